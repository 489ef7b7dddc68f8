"""Runs in the sandbox, as the module `backprop.notebook`: makes a network of a notebook's cells.

`notebook.json` beside this file holds the cells, and which of them are solutions; `lifting.py` knows what of
them counts.  A solution that cannot be made says why when it is called.
"""

import functools
import json
import os
import types
from typing import Any

import numpy
from backprop import activations, exercises, neural_network
from backprop.lifting import Run, Statement, needed, read, unreadable

FOLDER = os.path.dirname(os.path.abspath(__file__))
CLASS = "NeuralNetwork"
MAX_NOTES = 10


def given() -> dict[str, Any]:
    """What the notebook's first cell imports, and what Jupyter adds."""
    space: dict[str, Any] = {"__name__": "__main__", "np": numpy, "display": lambda *args, **options: None}
    space.update(exercises=exercises, Recipe=exercises.Recipe)
    for module in (activations, neural_network):
        space.update({name: value for name, value in vars(module).items() if not name.startswith("_")})
    return space


def assemble() -> type:
    """The student's NeuralNetwork, with the solved methods put in."""
    with open(os.path.join(FOLDER, "notebook.json"), encoding="utf-8") as stream:
        plan = json.load(stream)
    space, whole = given(), plan["class"]
    statements, broken = read(plan["cells"], FOLDER)
    if whole in broken:
        raise broken[whole]
    made = {(s.cell, name) for s in statements for name in s.binds}
    cells = {
        name: cell for name, cell in plan["solutions"].items() if (cell, name) in made
    }  # else it is made elsewhere
    cells.update({} if whole is None else {CLASS: whole})
    statements = [s for s in statements if all(cells.get(name, s.cell) == s.cell for name in s.binds)]
    wanted = {**{name: len(plan["cells"]) for name in plan["solutions"]}, **cells}
    always = [s for s in statements if counts_anyway(s, set(plan["solutions"].values()), space, wanted)]
    run = Run(needed(statements, wanted, space, always), space, plan["skipped"], plan["careful"])
    used = {CLASS, *plan["solutions"]}.union(*(s.uses for s in run.statements))
    for cell, error in broken.items():
        for name in used.intersection(plan["names"][cell]) - space.keys():
            run.reasons.setdefault(name, unreadable(plan["cells"][cell][0], error))
    for statement, error in run.errors:  # as in a file: what the class is made with has to be there
        if statement.cell == whole and statement.binds & used:
            raise ImportError(run.reasons[CLASS]) if CLASS in run.reasons else error
    for name, cell in plan["solutions"].items():
        own = whole is not None and whole > cell and name in vars(space[CLASS])  # the class comes later, with its own
        if (name in space or name in run.reasons) and not own:
            put(name, guarded(name, space.get(name), run.reasons), space)
    notes = [f"{reason[0].upper()}{reason[1:]}." for reason in dict.fromkeys(run.reasons.values())]
    setattr(exercises, "left_out", lambda: types.SimpleNamespace(notes=notes[:MAX_NOTES], late=run.late))  # noqa: B010
    return space[CLASS]


def counts_anyway(statement: Statement, solutions: set[int], space: dict, wanted: dict) -> bool:
    """Whether a statement is run though no name leads to it: it changes what is given, or is a setting."""
    patches = statement.stores & space.keys() and not statement.attributes & wanted.keys()
    star = statement.imports and any(name.name == "*" for name in statement.node.names)  # type: ignore[attr-defined]
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


def put(name: str, function: Any, space: dict) -> None:
    """What the locked cells of the notebook do."""
    if name in ("tanh", "tanh_derivative"):
        for table in (activations.ACTIVATIONS, space["ACTIVATIONS"]):
            if isinstance(table, dict):
                pair = table.get("tanh", activations.ACTIVATIONS["tanh"])
                table["tanh"] = (function, pair[1]) if name == "tanh" else (pair[0], function)
    else:
        setattr(exercises if name.endswith("_recipe") else space[CLASS], name, function)


NeuralNetwork = assemble()
