"""Builds the student folder: stubs from the solution, the visible checks, their frozen data, the handout."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

import numpy as np

from .. import ROOT
from ..course.model import assignment
from .alone import alone, unpack
from .leaks import files_of, refuse_leaks, refuse_lost_text
from .own_name import titled
from .strip import stub

GIVEN, SOURCE, SOLUTIONS, RELEASE = (
    assignment().given,
    assignment().source,
    assignment().solutions,
    assignment().release,
)
TEXT = assignment().text
ENGINE = ROOT / "autograder" / "engine"
FOR_TASKS = re.compile(r"<!-- for ([^\n]+) -->\n(.*?)<!-- end \1 -->\n", re.DOTALL)  # a part of the handout


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
    from ..course.reference import checks, course_at_home
    from ..engine.frozen import FILE, save
    from .notebook import NOTEBOOK, instructor_notebook, student_notebook

    about = assignment()
    package, tests = folder / about.subject.package, folder / "tests"
    package.mkdir(parents=True)
    tests.mkdir()
    for name in GIVEN:
        path = solutions / f"{name}.py"
        (package / path.name).write_text(stub(path), encoding="utf-8")
    rooms = {about.checks: tests, "autograder.engine": tests / "engine"}
    rooms |= {f"{about.checks.rpartition('.')[0]}.{name}": tests / name for name in about.rooms}
    for room, inside in rooms.items():
        inside.mkdir(exist_ok=True)
        for path in files_of(ROOT / room.replace(".", "/")):
            (inside / path.name).write_text(at_home(path, inside, rooms), encoding="utf-8")
    for path in (path for path in files_of(source) if path.name != TEXT):
        (folder / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path.relative_to(source))
    for path, where in about.borrowed.items():
        (folder / where).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / where)
    instructor = instructor_notebook(source / TEXT, solutions)
    notebook = student_notebook(instructor)
    refuse_lost_text(instructor, json.loads(notebook))
    (folder / NOTEBOOK).write_text(notebook, encoding="utf-8")
    (folder / "README.md").write_text(handout(source / "README.md"), encoding="utf-8")
    course = course_at_home()
    graded = {task.id for task in course.tasks}
    save(
        tests / FILE,
        course,
        [check for check in checks().values() if check.task.id in graded],
        about.subject,
        about.proxy_room,
    )
    refuse_leaks(folder, solutions)
    (folder / about.lone_notebook).write_text(alone(notebook, folder), encoding="utf-8")


def at_home(path: Path, inside: Path, rooms: Mapping[str, Path]) -> str:
    """The text of a module with its imports as they are in the students' tests/, of which `inside` is a part."""

    def there(found: re.Match[str]) -> str:
        return "." * (1 + (inside.name != "tests")) + rooms[found[0]].name.replace("tests", "")

    named = "|".join(map(re.escape, rooms))
    return re.sub(rf"\b(?:{named})\b", there, path.read_text(encoding="utf-8"))


def handout(path: Path) -> str:
    """The handout with the rubric's tables in the place of their markers, without what is about other tasks only."""
    from ..course.rubric import rubric

    tasks = rubric().tasks
    points = [f"| `{t.id}` | {t.title} | {t.points:g}{' bonus' if t.bonus else ''} |" for t in tasks]
    sizes = [f"| up to {most} | {share:.0%} |" for task in tasks for most, share in task.size_shares]
    tables = {
        "<!-- points -->": ["| task | | points |", "|---|---|---|", *points],
        "<!-- sizes -->": ["  | parameters | of the points |", "  |---|---|", *(f"  {row}" for row in sizes)],
    }
    text = path.read_text(encoding="utf-8")
    graded = {task.id for task in tasks}
    while found := FOR_TASKS.search(text):  # from outside to inside
        kept = found[2] if graded & set(found[1].split()) else ""
        text = text[: found.start()] + kept + text[found.end() :]
    lines = titled(text).split("\n")
    return "\n".join("\n".join(tables.get(line, [line])) for line in lines)


def of_other_names() -> list[str]:
    """What stands beside the student folder, and was built when the assignment had another name."""
    beside = (path for path in RELEASE.parent.iterdir() if not path.name.startswith(".") and path.stem != RELEASE.name)
    return sorted(path.relative_to(ROOT).as_posix() for path in beside)


def stale(target: Path = RELEASE) -> str | None:
    """Where the released folder differs from a fresh build; None if it is current."""
    if not target.is_dir():
        return f"{target} does not exist"
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        assemble(fresh, SOLUTIONS, SOURCE)
        return first_difference(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def first_difference(fresh: Path, target: Path) -> str | None:
    """Where the second folder differs from the first."""
    built, found = ({path.relative_to(folder): path for path in files_of(folder)} for folder in (fresh, target))
    for name in sorted(built.keys() | found.keys(), key=lambda path: (path.name == assignment().lone_notebook, path)):
        if name not in built or name not in found:
            return f"{name} is {'missing' if name in built else 'not part of a fresh build'}"
        if where := difference(built[name], found[name]):
            return f"{name}{where}"
    return None


def difference(built: Path, found: Path) -> str | None:
    if built.read_bytes() == found.read_bytes():
        return None
    if built.name == assignment().lone_notebook:
        return difference_inside(built, found)
    if built.suffix == ".npz":
        try:
            with np.load(built) as a, np.load(found) as b:  # another machine's last bits are no change
                if bytes(a["index"]) == bytes(b["index"]) and np.allclose(a["numbers"], b["numbers"], 1e-9, 1e-12):
                    return None
        except Exception:
            return " cannot be read"
        return " holds other values than a fresh build"
    lines = zip_longest(*(path.read_bytes().split(b"\n") for path in (built, found)))
    number = next(n for n, (a, b) in enumerate(lines, 1) if a != b)
    return f", line {number} differs from a fresh build"


def difference_inside(built: Path, found: Path) -> str | None:
    """Where two notebooks differ that bring files with them, or these files."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name for name in ("built", "found")]
        try:
            texts = [unpack(path, folder) for path, folder in zip((built, found), folders, strict=True)]
        except Exception:
            return " cannot be read"
        if texts[0] != texts[1]:
            return " differs from a fresh build"
        within = first_difference(*folders)
        return f" brings other files than a fresh build: {within}" if within else None
