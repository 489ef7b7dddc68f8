"""The tools, each used as its own manual says: `Tool.grade` grades students, and gives the cost and their scores."""

import compileall
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import v4

from autograder.engine.calls import METHOD_CPU, TRAINING_CPU
from tests.kit import ASSIGNMENT, RUBRIC
from tests.notebooks.course import clone_to

from .classroom import EMPTY, EXAMPLES, SETUP, cell_text, files_of, hand_in, stub_text, write_given, write_package
from .freeze import freeze
from .running import NOTHING, Cost, environment, measured

Scores = dict[str, float | None]  # by student; None where there is no grade at all
ALL_OF_IT = 900.0  # seconds: a last resort
RUN = TRAINING_CPU  # seconds for one submission, where a tool has no time-out and whoever runs it has to set one


class Place:
    """A scratch folder with what all tools share, and a fresh folder for each run."""

    def __init__(self, scratch: Path):
        self.scratch, self.runs = scratch, 0
        self.log = scratch / "log"

    @cached_property
    def kit(self) -> Path:
        """The checks for the peers."""
        return freeze(self.scratch / "kit")

    @cached_property
    def checkout(self) -> Path:
        """The kit with its bonus tasks switched off."""
        folder = clone_to(self.scratch / "checkout")
        rubric = folder / RUBRIC
        text = rubric.read_text(encoding="utf-8")
        rubric.write_text(text.replace("bonus = true\n", "bonus = true\nenabled = false\n"), encoding="utf-8")
        compileall.compile_dir(folder, quiet=2)  # as in a checkout that has been used
        return folder

    @cached_property
    def points(self) -> dict[str, dict[str, float]]:
        """The points of each task, and of each check by the name that its tests have."""
        ask = "import checks_here as c, json; print(json.dumps([c.tasks(), {i.name: i.points for i in c.items()}]))"
        told = subprocess.run([sys.executable, "-c", ask], cwd=self.kit, capture_output=True, text=True, check=True)
        return dict(zip(("tasks", "checks"), json.loads(told.stdout), strict=True))

    def fresh(self) -> Path:
        self.runs += 1
        folder = self.scratch / f"run{self.runs}"
        folder.mkdir()
        return folder

    def peer(self, name: str, *path: Path) -> dict[str, str]:
        """The variables of a peer's commands: its own programs first, its own home."""
        home = self.scratch / f"home-{name}"
        home.mkdir(exist_ok=True)
        programs = f"{environment(name)}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": programs, "HOME": str(home), "PYTHONPATH": os.pathsep.join(map(str, (self.kit, *path)))}


@dataclass(frozen=True)
class Tool:
    name: str
    isolated: bool
    starts: str  # "once" a class, or for "each" submission
    grade: Callable[[Place, tuple[str, ...]], tuple[Cost, Scores]]


def kit(jobs: int) -> Callable[[Place, tuple[str, ...]], tuple[Cost, Scores]]:
    def grade(place: Place, students: tuple[str, ...]) -> tuple[Cost, Scores]:
        folder = place.fresh()
        submitted, out = hand_in(folder / "submitted", students), folder / "out"
        command = [sys.executable, "-m", "autograder", "grade", submitted, "--out", out, "--jobs", jobs]
        cost = measured(command, place.checkout, ALL_OF_IT, place.log, jobs)
        found = {student: out / student / ASSIGNMENT / "results.json" for student in students}
        return cost, {s: json.loads(path.read_text())["score"] if path.exists() else None for s, path in found.items()}

    return grade


def one_by_one(grade_one: Callable[[Place, Path, str], tuple[Cost, float | None]]):
    """A tool that knows one submission only: its command is run for each."""

    def grade(place: Place, students: tuple[str, ...]) -> tuple[Cost, Scores]:
        cost, scores = NOTHING, Scores()
        for student in students:
            spent, scores[student] = grade_one(place, place.fresh(), student)
            cost += spent
        return cost, scores

    return grade


def pytest(place: Place, folder: Path, student: str) -> tuple[Cost, float | None]:
    package, report = write_package(folder, student), folder / "report.xml"
    variables = place.peer("pytest", package)
    command = [environment("pytest") / "python", "-m", "pytest", place.kit / "pytest_tests.py", "-q"]
    command += [f"--timeout={METHOD_CPU:.0f}", f"--junitxml={report}"]
    cost = measured(command, folder, ALL_OF_IT, place.log, **variables)
    if not report.exists():
        return cost, None
    points = {f"test_check[{name}]": worth for name, worth in place.points["checks"].items()}
    passed = [case.get("name") for case in ElementTree.parse(report).iter("testcase") if len(case) == 0]
    return cost, round(sum(points[name] for name in passed), 2)


def gradescope(place: Place, folder: Path, student: str) -> tuple[Cost, float | None]:
    package, report = write_package(folder, student), folder / "results.json"
    command = [environment("gradescope") / "python", place.kit / "run_gradescope.py", report]
    cost = measured(command, folder, RUN, place.log, **place.peer("gradescope", package))
    return cost, score_in(report)


def otter(place: Place, folder: Path, student: str) -> tuple[Cost, float | None]:
    if not (archive := place.scratch / "autograder.zip").exists():
        make_otter_zip(place, archive)
    if text := cell_text(files_of(student)) or (None if student == EMPTY else stub_text()):
        submission = folder / f"{ASSIGNMENT}.ipynb"
        nbformat.write(notebook([v4.new_code_cell(SETUP), v4.new_code_cell(text)]), submission)
    else:
        submission = shutil.copy(EXAMPLES / student / ASSIGNMENT / "notes.txt", folder)
    command = [environment("otter") / "otter", "run", submission, "-a", archive, "-o", folder, "--no-logo"]
    cost = measured(command, folder, RUN, place.log, **place.peer("otter"))
    return cost, score_in(folder / "results.json")


def make_otter_zip(place: Place, archive: Path) -> None:
    folder = write_given(place.fresh())
    (folder / "tests").mkdir()
    text = (place.kit / "otter_tests.py").read_text()
    for number, task in enumerate(place.points["tasks"]):  # Otter sorts them by name
        (folder / "tests" / f"q{number}_{task}.py").write_text(text.replace("TASK", task))
    command = [environment("otter") / "otter", "generate", "-t", "tests", "-o", archive, "backprop"]
    must(place, measured(command, folder, ALL_OF_IT, place.log, **place.peer("otter")), archive)


def nbgrader(place: Place, students: tuple[str, ...]) -> tuple[Cost, Scores]:
    """One command for the class; a notebook's cell for each task gives its points, as partial credit is given."""
    folder = place.fresh()
    program, variables = environment("nbgrader") / "nbgrader", place.peer("nbgrader")
    (folder / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\nc.Execute.timeout = {METHOD_CPU:.0f}\n"
    )
    source = write_given(folder / "source" / ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
    nbformat.write(nbgrader_notebook(place), source)
    released = folder / "release" / ASSIGNMENT / source.name
    made = measured([program, "generate_assignment", ASSIGNMENT], folder, ALL_OF_IT, place.log, **variables)
    must(place, made, released)
    for student in students:
        submitted = hand_in(folder / "submitted", (student,)) / student / ASSIGNMENT
        files = files_of(student)
        if student == EMPTY:
            continue
        book = nbformat.read(released, as_version=4)
        if files:
            next(cell for cell in book.cells if cell.metadata.nbgrader.grade_id == "network").source = cell_text(files)
        nbformat.write(book, submitted / source.name)
    cost = measured([program, "autograde", ASSIGNMENT], folder, ALL_OF_IT, place.log, **variables)
    return cost, scores_in_gradebook(folder / "gradebook.db", students)


def nbgrader_notebook(place: Place) -> nbformat.NotebookNode:
    def cell(gid: str, source: str, **about) -> nbformat.NotebookNode:
        kind = {"grade": False, "solution": False, "locked": True, "task": False, **about}
        return v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": gid, "schema_version": 3, **kind}})

    cells = [cell("setup", SETUP), cell("network", stub_text(), solution=True, locked=False)]
    for task, points in place.points["tasks"].items():
        test = f"from checks_here import points_of\npoints_of(NeuralNetwork, {task!r})"
        cells.append(cell(task, test, grade=True, points=points))
    return notebook(cells)


def notebook(cells: list) -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def scores_in_gradebook(path: Path, students: tuple[str, ...]) -> Scores:
    from nbgrader.api import Gradebook, MissingEntry

    def score(book, student: str) -> float | None:
        try:
            submission = book.find_submission(ASSIGNMENT, student)
        except MissingEntry:
            return None
        graded = [grade.auto_score for sheet in submission.notebooks for grade in sheet.grades]
        return None if not graded or None in graded else round(sum(graded), 2)

    with Gradebook(f"sqlite:///{path}") as book:
        return {student: score(book, student) for student in students}


def score_in(report: Path) -> float | None:
    """The score in a results.json of Gradescope's form; None where it is missing or cut off."""
    try:
        told = json.loads(report.read_text())
    except (OSError, ValueError):
        return None
    return round(sum(test.get("score", 0.0) for test in told["tests"]), 2)


def must(place: Place, cost: Cost, made: Path) -> None:
    if not (cost.ended and made.exists()):
        raise SystemExit(f"{made.name} was not made:\n{place.log.read_text(errors='replace')[-3000:]}")


PEERS = "nbgrader", "otter", "gradescope", "pytest"  # with an environment of their own
TOOLS = (
    Tool("this kit", True, "once", kit(1)),
    Tool("this kit, 2 jobs", True, "once", kit(2)),
    Tool("nbgrader autograde", False, "once", nbgrader),
    Tool("otter run", False, "each", one_by_one(otter)),
    Tool("gradescope-utils", False, "each", one_by_one(gradescope)),
    Tool("pytest", False, "each", one_by_one(pytest)),
)
