"""Imports run one way, from room to room and from module to module; read from the text, wherever they stand in it."""

import ast
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.intake.cells import RUN_INSIDE
from autograder.sandbox import INSIDE_FILES

# What each room may import: rooms above it in this table, or the one module of them that is named.
BASICS = ("errors", "text")
ROOMS: dict[str, tuple[str, ...]] = {
    "errors": (),
    "text": (),
    "engine": (),
    "sandbox": (*BASICS, "engine.answering"),
    "course": (*BASICS, "engine"),
    "intake": (*BASICS, "engine", "course"),
    "results": (*BASICS, "engine", "course", "intake"),
    "report": (*BASICS, "engine", "course", "intake", "results"),
    "grading": (*BASICS, "engine", "sandbox", "course", "intake", "results", "report"),
    "similarity": (*BASICS, "engine", "course", "intake", "results", "report", "grading.cutoff"),
    "platforms": (*BASICS, "engine", "sandbox", "course", "intake", "results", "report", "grading"),
    "release": (*BASICS, "engine", "course", "platforms.nbgrader.alembic"),
    "doctor": (*BASICS, "engine", "sandbox", "course", "intake", "results", "grading"),
    "assignment": (*BASICS, "engine", "course", "report.drawing"),  # imported by its name only, by course/model.py
}
ROOMS["__main__"] = tuple(set(ROOMS) - {"assignment"})
DEFAULT = ("autograder.course.model", "autograder.assignment.ps18")
BESIDE_STUDENTS = [path.relative_to(ROOT) for path in (*INSIDE_FILES, *RUN_INSIDE.values())]  # in the sandbox
CHAPTER = re.compile(r"backprop|neural|\bps18|network|\bxor\b|sigmoid|spirals|\bz_cache", re.I)
STUDENTS_HAVE = {*sys.stdlib_module_names, "numpy"}


def modules_of(root: Path) -> dict[str, Path]:
    """By full name, the modules of the kit and of the solutions."""
    found = {}
    for top, package in ((root, "autograder"), (root / "solutions", "backprop")):
        for path in sorted((top / package).rglob("*.py")):
            found[".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


@cache
def nodes_of(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(text)))


def imports_of(name: str, path: Path, modules: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    """(full name, column) of what a module imports anywhere; of `from a import b` that is a.b where it is a module."""
    for node in nodes_of(path.read_text(encoding="utf-8")):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.col_offset) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = name.split(".")[: len(name.split(".")) - node.level + (path.name == "__init__.py")]
            base = ".".join([*(here if node.level else []), *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules else base, node.col_offset


def named_in(path: Path, modules: Mapping[str, object]) -> Iterator[str]:
    """Modules of the kit that stand in a text of their own, to be imported by name."""
    for node in nodes_of(path.read_text(encoding="utf-8")):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "." in node.value
            and node.value in modules
        ):
            yield node.value


def room_of(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def within(name: str, allowed: tuple[str, ...]) -> bool:
    """Whether a module is in one of these rooms, or is one of these modules; autograder itself holds two constants."""
    inside = name.removeprefix("autograder.")
    return inside == "autograder" or any(inside == one or inside.startswith(f"{one}.") for one in allowed)


def forbidden(root: Path) -> list[str]:
    """`importer -> imported` of each import that no room allows."""
    modules, found = modules_of(root), []
    for name, path in modules.items():
        package = name.split(".")[0]
        wanted = {other for other, _ in imports_of(name, path, modules)} | set(named_in(path, modules))
        for other in sorted(other for other in wanted if other.split(".")[0] in ("autograder", "backprop")):
            if package == "backprop" or other.startswith("backprop"):  # what is right is the assignment's alone
                fine = other.startswith("backprop") and (package == "backprop" or room_of(name) == "assignment")
            else:
                fine = (
                    room_of(other) == room_of(name)
                    or (name, other) == DEFAULT
                    or within(other, ROOMS.get(room_of(name), ()))
                )
            if not fine:
                found.append(f"{name} -> {other}")
    return found


def foreign(root: Path) -> list[str]:
    """`file -> imported` where what runs beside students' code, or is given to them, needs more than they have."""
    engine = [path.relative_to(root) for path in sorted((root / "autograder" / "engine").glob("*.py"))]
    found = []
    for path in dict.fromkeys([*BESIDE_STUDENTS, *engine]):
        siblings = {other.stem for other in (*BESIDE_STUDENTS, *engine)}
        for other, column in imports_of("autograder.engine.it", root / path, {}):
            top = other.removeprefix("autograder.engine").strip(".").split(".")[0]
            if top and top not in STUDENTS_HAVE | siblings and not (top == "IPython" and column):
                found.append(f"{path} -> {other}")
    return found


def circles(root: Path) -> list[list[str]]:
    """Groups of modules that import each other, however many steps that takes, within functions too."""
    modules = modules_of(root)
    direct = {name: {o for o, _ in imports_of(name, path, modules)} & modules.keys() for name, path in modules.items()}
    reached = {}
    for name in modules:
        seen: set[str] = set()
        ahead = list(direct[name])
        while ahead:
            if (other := ahead.pop()) not in seen:
                seen.add(other)
                ahead += direct[other]
        reached[name] = seen
    return [[n, *sorted(o for o in reached[n] if n in reached[o] and o != n)] for n in modules if n in reached[n]]


def test_every_module_has_a_room():
    assert {room_of(name) for name in modules_of(ROOT) if name.startswith("autograder.")} <= ROOMS.keys()


def test_the_table_of_rooms_has_no_circle():
    order = list(ROOMS)
    for room, allowed in ROOMS.items():
        assert all(order.index(other.split(".")[0]) < order.index(room) for other in allowed), room


def test_imports_run_one_way():
    assert forbidden(ROOT) == []


def test_nothing_imports_in_a_circle():
    assert circles(ROOT) == []


def test_what_runs_beside_students_code_needs_the_standard_library_and_numpy_only():
    assert foreign(ROOT) == []


def test_nothing_imports_the_command_line():
    modules = modules_of(ROOT)
    assert not [name for name, path in modules.items() for o, _ in imports_of(name, path, modules) if "__main__" in o]


def of_the_chapter(root: Path) -> list[str]:
    """`file: word` for each name or text, docstrings apart, in the rooms that are for any assignment."""
    found = []
    for path in sorted((root / "autograder").rglob("*")):
        place = path.relative_to(root / "autograder").as_posix()
        if place.startswith("assignment/") or path.suffix not in (".py", ".html"):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            tree = ast.parse(text)
            for node in ast.walk(tree):
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                    node.value.value = ""
            text = ast.unparse(tree)
        found += [f"{place}: {word}" for word in CHAPTER.findall(text.replace(DEFAULT[1], ""))]
    return found


def test_only_the_assignment_knows_the_chapter():
    assert of_the_chapter(ROOT) == []


# A line in a file of the tree, and what finds it.
WRONG = {
    "engine, upwards": ("engine/case.py", "from ..course.model import assignment", forbidden),
    "engine, to the assignment, in a function": (
        "engine/runner.py",
        "def f():\n    from ..assignment import ps18",
        forbidden,
    ),
    "engine, to the solution": ("engine/frozen.py", "import backprop.recipe", forbidden),
    "sandbox, to more than the wire format": ("sandbox/line.py", "from ..engine.case import Case", forbidden),
    "sandbox, to the assignment by its name": ("sandbox/line.py", "LATER = 'autograder.assignment.ps18'", forbidden),
    "intake, to the assignment": ("intake/late.py", "import autograder.assignment.mistakes", forbidden),
    "results, to a page": ("results/store.py", "from ..report import feedback", forbidden),
    "grading, to a platform": ("grading/pool.py", "from ..platforms.nbgrader.marked import plain", forbidden),
    "report, to the command line": ("report/terminal.py", "from ..__main__ import main", forbidden),
    "errors, to anything": ("errors.py", "from . import course", forbidden),
    "the solution, to the kit": ("../solutions/backprop/recipe.py", "from autograder import ROOT", forbidden),
    "a new room": ("helpers.py", "from .engine import case", forbidden),
    "the worker, to the kit": ("sandbox/worker.py", "import autograder", foreign),
    "the wire format, to a package": ("engine/answering.py", "import rich", foreign),
    "notebooks, to a package in a function": ("sandbox/notebook.py", "def f():\n    import nbformat", foreign),
    "the engine, to a package": ("engine/check.py", "import msgspec", foreign),
    "IPython, at once": ("engine/lifting.py", "import IPython", foreign),
    "two modules": ("engine/answering.py", "from .calls import Ask", circles),
    "two modules, in a function": ("results/model.py", "def f():\n    from . import store", circles),
    "the demonstrations": ("../solutions/backprop/demo_figures.py", "from . import demos", circles),
    "three modules": ("engine/subject.py", "from .frozen import save", circles),
    "a class of the chapter's": ("intake/cells.py", "KIND = 'NeuralNetwork'", of_the_chapter),
    "a name of the chapter's": ("engine/calls.py", "def xor(student): pass", of_the_chapter),
    "the assignment's name": ("platforms/gradescope/package.py", "FOLDER = 'release/ps18'", of_the_chapter),
    "a page on networks": ("report/templates/feedback.html", "<h2>Your network</h2>", of_the_chapter),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the kit's modules."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("autograder", "solutions/backprop"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("*.pyc"))
    return root


@pytest.mark.parametrize("where", WRONG)
def test_a_forbidden_import_is_found(where, tree):
    place, line, rule = WRONG[where]
    path = tree / "autograder" / place
    before = path.read_text(encoding="utf-8") if path.exists() else None
    try:
        path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
        assert re.search(rf"\b{path.stem}\b", str(rule(tree)))
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
