"""Builds the student folder: stubs from the solution, the visible checks, their frozen data, the handout.

The stripping is nbgrader's; what it would let pass is refused here: a misspelt marker, an END without
BEGIN, a solution line that still stands somewhere in the release.
"""

import ast
import difflib
import io
import json
import os
import re
import shutil
import tokenize
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from .. import ASSIGNMENT, RELEASE, ROOT

MARKERS = {"### BEGIN SOLUTION": 1, "### END SOLUTION": -1}
# The modules that students get, with their solution regions stripped; all others stay hidden.
GIVEN = (
    *("__init__", "activations", "datasets", "demo_figures", "demos", "exercises", "figures", "gallery"),
    *("gradient_check", "neural_network", "recipe"),
)
SOURCE = ROOT / "source" / ASSIGNMENT
SOLUTIONS = ROOT / "solutions" / "backprop"
# What goes into the students' tests/, and where there: the checks, what they ask by, and what runs them.
CHECKS = {"checks": ROOT / "autograder/assignment/checks", "network": ROOT / "autograder/assignment/network", "engine": ROOT / "autograder/engine"}
OURS = re.compile(r"\bautograder\.(?:assignment\.)?(checks|network|engine)\b")
TEXT = f"{ASSIGNMENT}.py"  # the notebook, as authored
PLACEHOLDER = "SOLUTION_WAS_HERE"
NEVER = {"__pycache__", ".DS_Store", ".pytest_cache", ".ipynb_checkpoints"}


class ReleaseError(Exception):
    """The student folder cannot be built; one sentence that names file and line."""


def build(target: Path = RELEASE, solutions: Path = SOLUTIONS, source: Path = SOURCE, tried: bool = False) -> list[str]:
    """Build the student folder and put it in place whole; the names of its files.

    `tried` runs the notebook first, solved and stripped, which takes half a minute.
    """
    from .notebook import instructor_notebook, try_out

    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        assemble(fresh, solutions, source)
        if tried:
            try_out(fresh, instructor_notebook(source / TEXT, solutions))
        old = target.with_name(f".{target.name}-{os.getpid()}-old")
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return [str(path.relative_to(target)) for path in files_of(target)]


def assemble(folder: Path, solutions: Path, source: Path) -> None:
    """Write the student folder's files to `folder`, which must not exist yet."""
    from ..engine.frozen import FILE, save
    from ..course.reference import check_functions, course_at_home
    from .notebook import NOTEBOOK, instructor_notebook, student_notebook

    (folder / "backprop").mkdir(parents=True)
    (folder / "tests").mkdir()
    for name in GIVEN:
        path = solutions / f"{name}.py"
        (folder / "backprop" / path.name).write_text(stub(path), encoding="utf-8")
    for room, origin in CHECKS.items():
        inside = folder / "tests" / ("" if room == "checks" else room)
        inside.mkdir(exist_ok=True)
        for path in files_of(origin):
            (inside / path.name).write_text(at_home(path, room), encoding="utf-8")
    for path in (path for path in files_of(source) if path.name != TEXT):
        (folder / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path.relative_to(source))
    instructor = instructor_notebook(source / TEXT, solutions)
    notebook = student_notebook(instructor)
    refuse_lost_text(instructor, json.loads(notebook))
    (folder / NOTEBOOK).write_text(notebook, encoding="utf-8")
    (folder / "README.md").write_text(handout(source / "README.md"), encoding="utf-8")
    course = course_at_home()
    graded = {task["id"] for task in course.tasks}
    checks = {name: function.about for name, function in check_functions().items()}  # type: ignore[attr-defined]
    save(folder / "tests" / FILE, course, {n: c for n, c in checks.items() if c.task.id in graded})
    refuse_leaks(folder, solutions)


def at_home(path: Path, room: str) -> str:
    """The text of a module of these rooms with its imports as they are in the students' tests/."""
    up = "." if room == "checks" else ".."
    return OURS.sub(lambda found: up + found[1].replace("checks", ""), path.read_text(encoding="utf-8"))


def handout(path: Path) -> str:
    """The handout with the rubric's tables in the place of their markers."""
    from ..course.reference import rubric

    tasks = rubric()["task"]
    points = [f"| `{t['id']}` | {t['title']} | {t['points']:g}{' bonus' if t['bonus'] else ''} |" for t in tasks]
    shares: list = next((t["size_shares"] for t in tasks if "size_shares" in t), [])
    sizes = [f"| up to {most} | {share:.0%} |" for most, share in shares]
    tables = {
        "<!-- points -->": ["| task | | points |", "|---|---|---|", *points],
        "<!-- sizes -->": ["  | parameters | of the points |", "  |---|---|", *(f"  {row}" for row in sizes)],
    }
    lines = path.read_text(encoding="utf-8").split("\n")
    return "\n".join("\n".join(tables.get(line, [line])) for line in lines)


def stub(path: Path) -> str:
    """The text of a module with each marked region replaced by `raise NotImplementedError("...")`."""
    from nbformat import v4
    from nbgrader.preprocessors import ClearSolutions

    text = path.read_text(encoding="utf-8")
    check_markers(path, text)
    notebook = v4.new_notebook(cells=[v4.new_code_cell(text)])
    strip = ClearSolutions(code_stub={"python": PLACEHOLDER}, enforce_metadata=False)
    lines = strip.preprocess(notebook, {})[0].cells[0].source.split("\n")
    function = ""
    for number, line in enumerate(lines):
        if found := re.match(r"\s*def (\w+)", line):
            function = found[1]
        lines[number] = line.replace(PLACEHOLDER, f'raise NotImplementedError("{function} is not written yet")')
    stripped = "\n".join(lines)
    try:
        ast.parse(stripped)
    except SyntaxError as error:
        raise ReleaseError(f"{path}: without its solution the file is no Python any more ({error}).") from None
    return stripped


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each comment."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.strip()


def check_markers(path: Path, text: str) -> None:
    """Raise ReleaseError for markers that are misspelt, nested or without their partner."""
    opened = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() in MARKERS:
            if (MARKERS[line.strip()] == 1) == bool(opened):
                what = f"a region that line {opened} opened is still open" if opened else "no region is open"
                raise ReleaseError(f"{path}, line {number}: {line.strip()!r}, but {what}.")
            opened = 0 if opened else number
    if opened:
        raise ReleaseError(f"{path}, line {opened}: this region has no '### END SOLUTION'.")
    try:
        found = list(comments(text))
    except (tokenize.TokenError, SyntaxError) as error:
        raise ReleaseError(f"{path}: the file is no Python ({error.args[0]}).") from None
    for number, comment in found:
        words = comment.lstrip("# ").upper()
        like = max(difflib.SequenceMatcher(None, words, m.lstrip("# ")).ratio() for m in MARKERS)
        if comment not in MARKERS and (like > 0.7 or re.search(r"\b(BEGIN|END)\W+SOL", words)):
            raise ReleaseError(
                f"{path}, line {number}: {comment!r} looks like a misspelt marker; there are {list(MARKERS)}."
            )


def refuse_leaks(folder: Path, solutions: Path) -> None:
    """Raise ReleaseError where a line that stands only inside solution regions stands in the release."""
    inside: dict[str, str] = {}
    outside: set[str] = set()
    for path in (solutions / f"{name}.py" for name in GIVEN):
        depth = 0
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            line = " ".join(line.split())
            if line in MARKERS:
                depth += MARKERS[line]
            elif depth:
                inside.setdefault(line, f"{path.name}, line {number}")
            else:
                outside.add(line)
    # `else:` or `return a` give nothing away, wherever they stand.
    secret = {
        line: place for line, place in inside.items() if line not in outside and len(re.findall(r"\w+", line)) > 3
    }
    for path in files_of(folder):
        if path.suffix in (".npz", ".png"):
            continue
        for number, line in enumerate(text_of(path).split("\n"), 1):
            if place := secret.get(" ".join(line.split())):
                raise ReleaseError(
                    f"{path.relative_to(folder)}, line {number}: this line is part of the solution ({place})."
                )


def refuse_lost_text(instructor: Any, notebook: dict[str, Any]) -> None:
    """Raise ReleaseError where students do not get a sentence of the notebook's text."""
    given = {cell["id"]: " ".join("".join(cell["source"]).split()) for cell in notebook["cells"]}
    for cell in (cell for cell in instructor.cells if cell.cell_type == "markdown"):
        for sentence in re.split(r"(?<=[.?!:])\s+|\n\s*\n", cell.source.strip()):
            if " ".join(sentence.split()) not in given.get(cell.id, ""):
                raise ReleaseError(
                    f"{TEXT}: the students' notebook lacks {' '.join(sentence.split())!r} of the cell {cell.id}:"
                    " nbgrader replaces an answer whole, so put what students are to read into a cell of its own."
                )


def text_of(path: Path) -> str:
    """What stands in a file; of a notebook, what stands in its cells."""
    text = path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text


def files_of(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not NEVER & set(p.relative_to(folder).parts))


def stale(target: Path = RELEASE) -> str | None:
    """Where the released folder differs from a fresh build; None if it is current."""
    if not target.is_dir():
        return f"{target} does not exist"
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        assemble(fresh, SOLUTIONS, SOURCE)
        built, found = ({path.relative_to(folder): path for path in files_of(folder)} for folder in (fresh, target))
        for name in sorted(built.keys() | found.keys()):
            if name not in built or name not in found:
                return f"{name} is {'missing' if name in built else 'not part of a fresh build'}"
            if where := difference(built[name], found[name]):
                return f"{name}{where}"
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return None


def difference(built: Path, found: Path) -> str | None:
    one, other = built.read_bytes(), found.read_bytes()
    if one == other:
        return None
    if built.suffix == ".npz":
        try:
            with np.load(built) as a, np.load(found) as b:  # another machine's last bits are no change
                if bytes(a["index"]) == bytes(b["index"]) and np.allclose(a["numbers"], b["numbers"], 1e-9, 1e-12):
                    return None
        except Exception:
            return " cannot be read"
        return " holds other values than a fresh build"
    lines = zip_longest(one.split(b"\n"), other.split(b"\n"))
    number = next(n for n, (a, b) in enumerate(lines, 1) if a != b)
    return f", line {number} differs from a fresh build"
