"""Runs in the sandbox, as the module `notebook` of the package: makes what students write of a notebook's cells.

`notebook.json` beside this file holds the cells, which of them are solutions, and where those belong; `lifting.py`
knows what of them counts.  A solution that cannot be made says why when it is called.
"""

import functools
import importlib
import json
import os
import types
from typing import Any

import numpy

PACKAGE = __name__.rpartition(".")[0]
lifting = importlib.import_module(f"{PACKAGE}.lifting")
FOLDER = os.path.dirname(os.path.abspath(__file__))
MAX_NOTES = 10


def module(name: str) -> Any:
    """A module of the package."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def given(subject: dict[str, Any]) -> dict[str, Any]:
    """What the notebook's first cell imports, and what Jupyter adds."""
    space: dict[str, Any] = {"__name__": "__main__", "np": numpy, "display": lambda *args, **options: None}
    for name in subject["names"]:
        origin, _, wanted = name.partition(".")
        if wanted == "*":
            space.update({n: value for n, value in vars(module(origin)).items() if not n.startswith("_")})
        else:
            space[wanted or origin] = getattr(module(origin), wanted) if wanted else module(origin)
    return space


def assemble() -> None:
    """Put the solved functions in their places; the student's class becomes a name of this module."""
    with open(os.path.join(FOLDER, "notebook.json"), encoding="utf-8") as stream:
        plan = json.load(stream)
    subject, kind = plan["subject"], plan["subject"]["kind"]
    space, whole = given(subject), plan["class"]
    statements, broken = lifting.read(plan["cells"], FOLDER)
    if whole in broken:
        raise broken[whole]
    made = {(s.cell, name) for s in statements for name in s.binds}
    cells = {
        name: cell for name, cell in plan["solutions"].items() if (cell, name) in made
    }  # else it is made elsewhere
    cells.update({} if whole is None else {kind: whole})
    statements = [s for s in statements if all(cells.get(name, s.cell) == s.cell for name in s.binds)]
    wanted = {**{name: len(plan["cells"]) for name in plan["solutions"]}, **cells}
    always = [s for s in statements if counts_anyway(s, set(plan["solutions"].values()), space, wanted)]
    run = lifting.Run(lifting.needed(statements, wanted, space, always), space, plan["skipped"], plan["careful"])
    used = {kind, *plan["solutions"]}.union(*(s.uses for s in run.statements))
    for cell, error in broken.items():
        for name in used.intersection(plan["names"][cell]) - space.keys():
            run.reasons.setdefault(name, lifting.unreadable(plan["cells"][cell][0], error))
    for statement, error in run.errors:  # as in a file: what the class is made with has to be there
        if statement.cell == whole and statement.binds & used:
            raise ImportError(run.reasons[kind]) if kind in run.reasons else error
    places = {name: place for functions in subject["solutions"].values() for name, place in functions.items()}
    for name, cell in plan["solutions"].items():
        own = whole is not None and whole > cell and name in vars(space[kind])  # the class comes later, with its own
        if (name in space or name in run.reasons) and not own:
            put(name, guarded(name, space.get(name), run.reasons), places[name], space.get(kind), space)
    notes = [f"{reason[0].upper()}{reason[1:]}." for reason in dict.fromkeys(run.reasons.values())]
    left_out = types.SimpleNamespace(notes=notes[:MAX_NOTES], late=run.late)
    setattr(module(subject["functions"]), "left_out", lambda: left_out)  # noqa: B010
    globals()[str(kind)] = space.get(kind)


def counts_anyway(statement: Any, solutions: set[int], space: dict[str, Any], wanted: dict[str, int]) -> bool:
    """Whether a statement is run though no name leads to it: it changes what is given, or is a setting."""
    patches = statement.stores & space.keys() and not statement.attributes & wanted.keys()
    star = statement.imports and any(name.name == "*" for name in statement.node.names)
    return bool(patches or star or statement.sets or (statement.imports and statement.cell in solutions))


def guarded(name: str, function: Any, reasons: dict[str, str]) -> Any:
    """The function; where a name that it needs could not be made, it says why in the place of a NameError."""

    def missing(*args: Any, **options: Any) -> Any:
        raise AttributeError(reasons[name])

    if function is None:
        return missing
    if not reasons or not isinstance(function, types.FunctionType):
        return function

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except NameError as error:
            if reason := reasons.get(error.name or ""):
                raise AttributeError(reason) from None
            raise

    return call


def put(name: str, function: Any, place: str, kind: Any, space: dict[str, Any]) -> None:
    """What the locked cells of the notebook do; see Subject.solutions."""
    what, _, path = place.partition(":")
    if what == "table":
        home, key, index = path.split("/")
        origin, _, table = home.partition(".")
        original = getattr(module(origin), table)
        for entries in (original, space[table]):  # the student's own, too
            if isinstance(entries, dict):
                row = list(entries.get(key, original[key]))
                row[int(index)] = function
                entries[key] = tuple(row)
    else:
        setattr(kind if what == "class" else module(path), name, function)


assemble()
