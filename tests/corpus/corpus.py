"""The wrong and the correct submissions of `tests/submissions`, as files that a student would hand in.

A wrong one is a change of the solution: texts that are exchanged, or whole methods in another hand.
A correct one is a file of its own, or methods written into the released stub.
"""

import ast
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import indent

from autograder import RELEASE, ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = ROOT / "tests" / "submissions"
SOLUTIONS = ROOT / "solutions" / "backprop"
NETWORK, ACTIVATIONS, EXERCISES = "neural_network.py", "activations.py", "exercises.py"

Files = dict[str, str]  # by file name: what is handed in


class Misfit(Exception):
    """A change does not fit the text: what it replaces is not there, or not once only."""


@dataclass(frozen=True)
class Wrong:
    """One wrong submission, and what grading should make of it."""

    name: str
    group: str  # the file that it stands in
    costs: frozenset[str]  # tasks that must lose points
    may_cost: frozenset[str]  # tasks that may
    mistakes: frozenset[str]  # what the feedback should name: usually one, none where no name fits
    changes: tuple[tuple[str, str, str], ...]  # file, old text, new text
    code: str  # methods of NeuralNetwork, and functions beside it
    recipes: bool  # whether exercises.py is handed in

    def apply(self, files: Files) -> Files:
        """`files` with this mistake in them; raises Misfit."""
        changed = dict(files)
        for file, old, new in self.changes:
            if changed[file].count(old) != 1:
                raise Misfit(f"{self.name}: {old!r} should occur once in {file}, not {changed[file].count(old)} times")
            changed[file] = changed[file].replace(old, new)
        if self.code:
            changed[NETWORK] = with_methods(changed[NETWORK], self.code)
        return changed


@dataclass(frozen=True)
class Correct:
    """One correct submission; `bonus` names the exercises that it solves."""

    name: str
    style: str
    bonus: frozenset[str]
    files: Mapping[str, str]


@cache
def wrong() -> tuple[Wrong, ...]:
    found = []
    for path in sorted((FOLDER / "wrong").glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = {"file": NETWORK, "code": "", "mistake": [], "may_cost": [], "recipes": False}
        defaults |= {key: table.pop(key) for key in list(table) if not isinstance(table[key], dict)}
        for name, row in table.items():
            entry = {**defaults, **row}
            changes = entry.get("changes", [[entry["old"], entry["new"]]] if "old" in entry else [])
            found.append(
                Wrong(
                    name,
                    path.stem,
                    frozenset(entry["costs"]),
                    frozenset(entry["may_cost"]),
                    frozenset([entry["mistake"]] if isinstance(entry["mistake"], str) else entry["mistake"]),
                    tuple((c[-3] if len(c) == 3 else entry["file"], c[-2], c[-1]) for c in changes),
                    entry["code"],
                    entry["recipes"],
                )
            )
    return tuple(found)


@cache
def correct() -> tuple[Correct, ...]:
    folder = FOLDER / "correct"
    table = tomllib.loads((folder / "table.toml").read_text(encoding="utf-8"))
    stub = (RELEASE / "backprop" / NETWORK).read_text(encoding="utf-8")
    found = []
    for name, row in table.items():
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        files = {NETWORK: text if row.get("whole") else with_methods(stub, text)}
        for file in row.get("also", []):
            own = folder / f"{name}.{file}.py"
            files[f"{file}.py"] = (own if own.exists() else SOLUTIONS / f"{file}.py").read_text(encoding="utf-8")
        found.append(Correct(name, row["style"], frozenset(row.get("bonus", [])), files))
    return tuple(found)


def solution() -> Files:
    return {name: (SOLUTIONS / name).read_text(encoding="utf-8") for name in (NETWORK, ACTIVATIONS, EXERCISES)}


def handed_in(entry: Wrong | Correct) -> Files:
    """The files of one submission."""
    if isinstance(entry, Correct):
        return dict(entry.files)
    files = entry.apply(solution())
    if not entry.recipes:
        del files[EXERCISES]
    return files


def with_methods(text: str, code: str) -> str:
    """`text` with the methods in `code` in place of those of its class; what else `code` holds comes before it."""
    lines, written = text.split("\n"), ast.parse(code).body
    network = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == "NeuralNetwork")
    methods = {f.name: f for f in written if is_method(f)}
    beside = [n for n in written if not is_method(n)]
    there = {f.name: f for f in network.body if isinstance(f, ast.FunctionDef)}
    added = [indent(source(code, methods[name]), "    ") for name in methods if name not in there]
    edits = [(network.end_lineno, network.end_lineno, added)]
    edits += [
        (there[n].lineno - 1, there[n].end_lineno, [indent(source(code, methods[n]), "    ")])
        for n in there.keys() & methods
    ]
    edits += [(network.lineno - 1, network.lineno - 1, [source(code, node) for node in beside] + ["", ""])]
    for first, last, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        lines[first:last] = new
    return "\n".join(lines)


def is_method(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and bool(node.args.args) and node.args.args[0].arg == "self"


def source(code: str, node: ast.stmt) -> str:
    assert node.end_lineno is not None
    return "\n".join(code.split("\n")[node.lineno - 1 : node.end_lineno])


def network_class(files: Files) -> type:
    """The class NeuralNetwork of these files, imported here: no sandbox, so for the corpus's own code only."""
    root = types.ModuleType("handed_in")
    root.__path__ = [str(SOLUTIONS)]
    modules = {"handed_in": root}
    for name in (ACTIVATIONS, NETWORK):
        module = modules[f"handed_in.{name[:-3]}"] = types.ModuleType(f"handed_in.{name[:-3]}")
        module.__package__ = "handed_in"
    sys.modules.update(modules)
    try:
        for name in (ACTIVATIONS, NETWORK):
            exec(compile(files[name], name, "exec"), modules[f"handed_in.{name[:-3]}"].__dict__)
    finally:
        for name in modules:
            del sys.modules[name]
    return modules["handed_in.neural_network"].NeuralNetwork
