"""A second assignment goes the whole way by the kit's own commands; all of it is this folder, and no room knows it."""

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest

from tests.kit import clone_to
from tests.layers import is_whole, sampled

from .assignment import MISTAKES, SOLUTION

ENVIRONMENT = {**os.environ, "AUTOGRADER_ASSIGNMENT": "tests.second_assignment.assignment"}
SOLVED = SOLUTION.read_text(encoding="utf-8")
[(RIGHT, WRONG)] = MISTAKES["normalised_over_all"].replaces.items()
SENTENCE = MISTAKES["normalised_over_all"].says
OVER_ALL = SOLVED.replace(RIGHT, WRONG)
CLASS = {  # the points, and the mistakes that are named
    "file": (10, []),
    "notebook": (10, []),
    "over_all": (4, ["normalised_over_all"]),
    "over_all_notebook": (4, ["normalised_over_all"]),
    "overflows": (4, []),
    "stub": (0, []),
    "no_python": (0, []),
}


def run(folder, *command, status=0):
    """What a command prints; it ends with this status, and without a traceback."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == status and "Traceback" not in done.stderr, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def kit(folder, *arguments, status=0):
    return run(folder, sys.executable, "-m", "autograder", *arguments, status=status)


@pytest.fixture(scope="module")
def course(request, tmp_path_factory):
    """A copy of the kit with the student folder built in it; in `make test` its notebook is not tried out before."""
    folder = clone_to(tmp_path_factory.mktemp("course"))
    if is_whole(request.config):
        assert "tests/second_assignment/release/softmax: " in kit(folder, "release")
    else:
        run(folder, sys.executable, "-c", "from autograder.release.build import build; build()")
    return SimpleNamespace(root=folder, release=folder / "tests" / "second_assignment" / "release" / "softmax")


@pytest.fixture
def student_folder(course, tmp_path):
    return shutil.copytree(course.release, tmp_path / "softmax")


def notebook_with(course, solution):
    """The released notebook with the functions of a file in its solution cell."""
    notebook = json.loads((course.release / "softmax.ipynb").read_text(encoding="utf-8"))
    [cell] = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "softmax-code"]
    cell["source"] = solution.partition("import numpy as np\n")[2]
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def graded(course):
    """The class, graded: its results by student."""
    stub = (course.release / "softmax_kit" / "softmax.py").read_text(encoding="utf-8")
    handed_in = {
        "file": {"softmax.py": SOLVED},
        "notebook": {"softmax.ipynb": notebook_with(course, SOLVED)},
        "over_all": {"softmax.py": OVER_ALL},
        "over_all_notebook": {"softmax.ipynb": notebook_with(course, OVER_ALL)},
        "overflows": {"softmax.py": SOLVED.replace("np.exp(z - z.max(axis=0))", "np.exp(z)")},
        "stub": {"softmax.py": stub},
        "no_python": {"softmax.py": SOLVED.replace("def softmax(z):", "def softmax(z:")},
    }
    for student, files in handed_in.items():
        for name, text in files.items():
            path = course.root / "submitted" / student / "softmax" / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
    kit(course.root, "grade", "submitted", "--out", "graded", "--gradebook", "gradebook.db")
    results = {student: course.root / "graded" / student / "softmax" / "results.json" for student in handed_in}
    return {student: json.loads(path.read_text(encoding="utf-8")) for student, path in results.items()}


@pytest.mark.whole
def test_the_student_folder_is_current(course):
    assert kit(course.root, "release", "--check") == "tests/second_assignment/release/softmax is current.\n"


def test_the_student_folder_holds_no_solution(course):
    released = {path.relative_to(course.release).as_posix(): path for path in course.release.rglob("*")}
    assert {"README.md", "check.py", "softmax.ipynb", "softmax_kit/softmax.py", "tests/test_softmax.py"} <= set(
        released
    )
    assert not any("backprop" in name for name in released)
    text = "".join(path.read_text("latin-1") for path in released.values() if path.is_file())
    assert RIGHT not in text and "| `softmax` | Softmax and its gradient | 10 |" in text


@pytest.mark.parametrize(
    "source, said, passed",
    [
        (None, "Points so far: 0 of 6.", "2 skipped"),
        (OVER_ALL, SENTENCE.split(":")[0][:60], "1 failed, 1 passed"),
        (SOLVED, "Everything here passes. Hand in what you worked on in softmax_kit/ (softmax.py)", "2 passed"),
    ],
    ids=["stub", "mistake", "solved"],
)
def test_students_see_what_passes_and_which_mistake_they_made(student_folder, source, said, passed):
    if source:
        (student_folder / "softmax_kit" / "softmax.py").write_text(source, encoding="utf-8")
    printed = run(student_folder, sys.executable, "check.py", status=int(source != SOLVED))
    assert said in " ".join(printed.split())
    assert passed in run(student_folder, sys.executable, "-m", "pytest", "-q", status=int(source == OVER_ALL))


@pytest.mark.parametrize("student", CLASS)
def test_the_sandbox_grades_files_and_notebooks_and_names_the_mistake(graded, student):
    result, (points, mistakes) = graded[student], CLASS[student]
    assert (result["score"], result["max_score"], result["max_bonus"]) == (points, 10, 0)
    assert result["sandbox"] in ("bubblewrap", "landlock") and result["kit_errors"] == []
    assert result["source"] == ("notebook" if "notebook" in student else "files")
    named = {check["mistake"] for task in result["tasks"] for check in task["checks"]} - {None}
    assert sorted(named) == mistakes


def test_what_cannot_be_graded_has_its_reason(graded):
    assert {name for name, result in graded.items() if result["status"] == "ungradable"} == {"no_python"}
    assert "softmax.py, line" in graded["no_python"]["reason"] and "never closed" in graded["no_python"]["reason"]


def test_pages_and_tables_are_of_this_assignment(course, graded):
    out = course.root / "graded"
    page = (out / "over_all" / "softmax" / "feedback.html").read_text(encoding="utf-8")
    assert SENTENCE in page and "network" not in page
    report = (out / "report.html").read_text(encoding="utf-8")
    assert SENTENCE in report and "Class report, softmax" in report
    with open(out / "grades.csv", encoding="utf-8") as stream:
        assert {row["student"]: float(row["score"]) for row in csv.DictReader(stream)} == {
            n: p for n, (p, _) in CLASS.items()
        }


def test_nbgraders_gradebook_has_the_points_and_the_sentence(course, graded):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        scores = {name: book.find_submission("softmax", name).score for name in CLASS}
        comment = book.find_comment("softmax-code", "softmax", "softmax", "over_all").auto_comment
    assert scores == {name: points for name, (points, _) in CLASS.items()}
    assert SENTENCE in comment
    marked = (course.root / "autograded" / "over_all" / "softmax" / "softmax.ipynb").read_text(encoding="utf-8")
    assert "4 of 10 points" in marked


def test_grades_are_exported(course, graded, tmp_path):
    roster = tmp_path / "roster.csv"
    lines = [f"{name},{number},{name},{name},one," for number, name in enumerate(CLASS)]
    roster.write_text("\n".join(["Student,ID,SIS User ID,SIS Login ID,Section,softmax (7)", *lines, ""]))
    kit(course.root, "export", "--format", "canvas", "--roster", str(roster), "--to", str(tmp_path / "canvas.csv"))
    with open(tmp_path / "canvas.csv", encoding="utf-8") as stream:
        column = {row["Student"]: float(row["softmax (7)"]) for row in csv.DictReader(stream)}
    assert column == {name: points for name, (points, _) in CLASS.items()}
    kit(course.root, "export", "--format", "csv", "--to", str(tmp_path / "plain.csv"))
    with open(tmp_path / "plain.csv", encoding="utf-8") as stream:
        assert {row["student"]: float(row["total"]) for row in csv.DictReader(stream)} == column


@pytest.mark.parametrize("student", sampled(["over_all", "notebook"], ["notebook"]))
def test_one_submission_is_graded_alone(course, graded, student):
    printed = kit(course.root, "grade-one", "--json", f"submitted/{student}/softmax")
    assert json.loads(printed)["score"] == CLASS[student][0]


def test_the_machine_is_examined_by_this_assignments_solution(course):
    assert "the solution gets 10 + 0 points" in kit(course.root, "doctor")


def test_gradescopes_zip_grades_this_assignment(course, graded, tmp_path):
    kit(course.root, "gradescope", "--to", str(tmp_path / "kit.zip"))
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        assert not [name for name in archive.namelist() if name.startswith(("solutions/", "release/"))]
        archive.extractall(tmp_path / "source")
    os.chmod(tmp_path / "source" / "run_autograder", 0o755)
    (tmp_path / "source" / ".venv").symlink_to(course.root / ".venv")
    shutil.copytree(course.root / "submitted" / "over_all" / "softmax", tmp_path / "submission")
    there = {"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(tmp_path)}
    done = subprocess.run([tmp_path / "source" / "run_autograder"], env=there, cwd="/", capture_output=True, text=True)
    results = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert results["score"] == 4, done.stderr
    assert any(SENTENCE in test["output"] for test in results["tests"])
