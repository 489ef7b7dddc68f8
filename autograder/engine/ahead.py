"""Looks ahead from the notebook: what will not count when it is graded, by the same rules as there."""

import ast
import builtins
import dis
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

from .lifting import Run, Statement, needed, read
from .subject import Subject

THERE = {*sys.stdlib_module_names, "numpy", "matplotlib"}  # packages, when work is graded, and the students' own
SECONDS = 30  # for all that is run here


def look_ahead(
    task: str, history: Sequence[str], space: Mapping[str, Any], folder: Path, subject: Subject
) -> list[str]:
    """What will not count of the functions that a task is about, a sentence each.

    `history`: the text of each cell that was run; `space`: what they have made; `folder`: the student's.
    """
    cells = [(f"In [{number}]", source) for number, source in enumerate(history)]
    functions = subject.defined.get(f"{task}-code", subject.base)
    statements = chosen(cells, functions, subject.kind)
    made = {*vars(builtins), *(name for s in statements for name in s.binds), "__name__"}
    sentences = []
    for statement in statements:
        for package in sorted(packages_in(statement) - THERE - {subject.package}):
            why = f"When this is graded, there is no `{package}`, only NumPy and matplotlib"
            sentences.append(f"{why} ({statement.said()}).")
        for name in sorted((statement.uses - made) & space.keys()):
            why = f"When this is graded, there is no `{name}`: no cell that you have run makes it"
            sentences.append(f"{why} ({statement.said()}). Write what makes it into a cell.")
    if not all(statement.quiet for statement in statements):
        sentences += tried(cells, functions, folder, subject)
    return list(dict.fromkeys(sentences))


def chosen(cells: Sequence[tuple[str, str]], functions: Sequence[str], kind: str | None) -> list[Statement]:
    """The statements that the functions depend on, each name as it was made last."""
    latest: list[Statement] = []
    later: set[str] = set()
    for statement in reversed(read(cells)[0]):
        if not statement.binds or statement.binds - later:
            latest.insert(0, statement)
            later |= statement.binds - statement.uses
    wanted = {name: s.cell for s in latest for name in s.binds if name in functions or isinstance(s.node, ast.ClassDef)}
    wanted = {name: cell for name, cell in wanted.items() if name in functions or name == kind}
    return needed(latest, wanted, ())


def packages_in(statement: Statement) -> set[str]:
    """The packages that it imports, at once or when its functions are called; not what it only tries to."""
    if isinstance(statement.node, ast.Try):
        return set()
    return {name.partition(".")[0] for name in imported(statement.code)} - {""}


def imported(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imported(constant)


def tried(cells: Sequence[tuple[str, str]], functions: Sequence[str], folder: Path, subject: Subject) -> list[str]:
    """What cannot be run in a process of its own, away from the notebook's memory and files."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as empty:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.engine.ahead"],
                input=json.dumps([cells, functions, subject.package, subject.kind]),
                cwd=empty,
                env=environment,
                timeout=SECONDS,
                capture_output=True,
                encoding="utf-8",
            )
            return list(json.loads(done.stdout.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return [f"When this is graded, what your functions depend on does not end: it took more than {SECONDS} s."]
        except (OSError, ValueError, IndexError):
            return []  # it could not be tried here


def main() -> None:
    cells, functions, own, kind = json.load(sys.stdin)
    statements = chosen(cells, functions, kind)
    for package in {name for s in statements for name in packages_in(s)} - THERE - {own}:
        sys.modules[package] = None  # type: ignore[assignment]  # as if it were not there
    found = Run(statements, {"__name__": "__main__", "display": print}).reasons.values()
    told = [f"When this is graded: {reason}." for reason in dict.fromkeys(found) if "None in sys.modules" not in reason]
    print("\n" + json.dumps(told))


if __name__ == "__main__":
    main()
