"""A name of one's own, by a line of the rubric and `make release`: folders, notebook, gradebook and pages have it."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from autograder.course.model import assignment
from autograder.course.names import own_names
from autograder.platforms.canvas_moodle.export import canvas_column
from autograder.platforms.canvas_moodle.roster import read_roster
from autograder.release.own_name import named, titled
from tests.kit import RUBRIC, clone_to

TITLE, COURSE = "Homework 3: <gradients> & \\\\1", "CS 101"
CALLED = """
import json
from dataclasses import replace
from pathlib import Path
from autograder.assignment.ps18 import assignment as ps18
assignment = replace(ps18, folder=Path(__file__).parent)
"""
ASK = """
import json, sys
from autograder.course.model import assignment
from autograder.intake.naming import meant
about = assignment()
names = [about.name, about.notebook, about.text, about.student_folder, about.source.name, about.heading]
print(json.dumps([names, [meant(name) for name in sys.argv[1:]]]))
"""


@pytest.mark.parametrize(
    "line, name, uploads",
    [
        ("", "ps18", ["ps18 (1).ipynb", "ps_18.ipynb", "s01_123_ps18.ipynb"]),
        ('assignment = "hw3"', "hw3", ["hw3.ipynb", "HW3 (2).ipynb", "hw_3.ipynb", "s01_123_hw3-Copy1.ipynb"]),
        ('assignment = "HW-3"', "HW-3", ["HW-3.ipynb", "hw-3 (1).ipynb", "hw 3.ipynb", "HW3.ipynb.txt"]),
        ('assignment = "week_2"', "week_2", ["week_2-1.ipynb", "Week 2.ipynb", "copy of week-2.ipynb"]),
        ('assignment = "3rd"', "3rd", ["3rd.ipynb", "3rd (1).ipynb"]),
        ('assignment = "../x"', "ps18", ["ps18.ipynb"]),  # which the rubric's reader refuses
        ("assignment = [", "ps18", ["ps18.ipynb"]),
    ],
)
def test_all_that_is_called_by_the_name_follows_the_rubric(tmp_path, line, name, uploads):
    (tmp_path / "called.py").write_text(CALLED)
    (tmp_path / "rubric.toml").write_text(f"{line}\ntask = []\n")
    environment = {**os.environ, "AUTOGRADER_ASSIGNMENT": "called", "PYTHONPATH": str(tmp_path)}
    other = ["neural-network.py", "exercises (1).py", "another.ipynb"]
    command = [sys.executable, "-c", ASK, *uploads, *other]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    names, meant = json.loads(said)
    assert names == [name, f"{name}.ipynb", "ps18.py", f"release/{name}", "ps18", name]
    assert meant == [f"{name}.ipynb"] * len(uploads) + ["neural_network.py", "exercises.py", None]


@pytest.mark.parametrize(
    "text, found",
    [
        ('assignment = "hw3"\ntitle = "A"\ncourse = "B"\n', {"name": "hw3", "title": "A", "course": "B"}),
        ('title = "Ünit 3"\r\n', {"title": "Ünit 3"}),
        ('title = ""\ncourse = 3\nassignment = true\n', {}),
        ('title = """a\nb"""\n', {}),
        ('[[task]]\ntitle = "A"\n', {}),
        ("\ufefftitle = 'A'", {"title": "A"}),
        ("title", {}),
    ],
)
def test_only_what_can_be_used_is_taken(tmp_path, text, found):
    (tmp_path / "rubric.toml").write_bytes(text.encode())
    assert own_names(tmp_path / "rubric.toml") == found
    assert own_names(tmp_path / "missing.toml") == {}


@pytest.mark.parametrize(
    "called, before, after",
    [
        ({"name": "hw3"}, "# Set 18\n\n`ps18.ipynb` ps18x", "# Set 18\n\n`hw3.ipynb` ps18x"),
        ({"title": TITLE}, "# Set 18\n\nText", f"# {TITLE}\n\nText"),
        ({"course": COURSE}, "# Set 18\n\nText", f"# Set 18\n\n*{COURSE}*\n\nText"),
        ({"title": "A", "course": "B"}, "# Set 18", "# A\n\n*B*"),
        ({}, "# Set ps18\nText\n", "# Set ps18\nText\n"),
    ],
)
def test_what_students_read_has_title_course_and_name(monkeypatch, called, before, after):
    about = assignment()
    for field, value in {"first_name": about.name, **called}.items():
        monkeypatch.setitem(vars(about), field, value)
    assert titled(before) == after
    assert named(before) == before.replace("ps18.", f"{called.get('name', 'ps18')}.")


@pytest.mark.parametrize(
    "name, headings, chosen",
    [
        ("HW3", ["Essay (1)", "hw3: Gradients (2)"], "hw3: Gradients (2)"),
        ("hw1", ["hw10 (1)", "hw1 (2)", "ahw1 (3)"], "hw1 (2)"),
        ("hw-3", ["HW-3b (1)", "Week 3, HW-3 (2)"], "Week 3, HW-3 (2)"),
        ("ps18", ["PS18 (1)", "ps1 (2)"], "PS18 (1)"),
    ],
)
def test_canvas_column_of_this_name_is_found(tmp_path, monkeypatch, name, headings, chosen):
    monkeypatch.setitem(vars(assignment()), "name", name)
    header = ",".join(["Student,ID", *(f'"{heading}"' for heading in headings)])
    (tmp_path / "roster.csv").write_text(f"{header}\nAnn,1{',' * len(headings)}\n")
    roster = read_roster(tmp_path / "roster.csv")
    assert roster.header[canvas_column(roster, None)] == chosen


@pytest.fixture(scope="module")
def renamed(tmp_path_factory):
    """A copy of the kit with three lines in its rubric and a new release, and what the command said."""
    copy = clone_to(tmp_path_factory.mktemp("renamed"))
    text = (copy / RUBRIC).read_text(encoding="utf-8")
    lines = 'assignment = "hw3"\ntitle = "Homework 3: <gradients>"\ncourse = "CS 101"\n'
    (copy / RUBRIC).write_text(lines + text, encoding="utf-8")
    return copy, run(copy, sys.executable, "-m", "autograder", "release")


def run(copy, *command):
    environment = {**os.environ, "AUTOGRADER_EXAMPLE_SEED": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.whole
def test_the_release_has_the_name_everywhere_and_the_first_one_nowhere(renamed):
    copy, said = renamed
    assert "release/hw3: " in said and "Built under another name: release/ps18" in said
    release = copy / "release" / "hw3"
    texts = {
        path: path.read_bytes() for path in release.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert [path.name for path, text in texts.items() if b"ps18" in text.lower() or "ps18" in path.name] == []
    assert (release / "README.md").read_text().startswith("# Homework 3: <gradients>\n\n*CS 101*\n\nA network")
    first = "".join(json.loads(texts[release / "hw3.ipynb"])["cells"][0]["source"])
    assert first.startswith("# Homework 3: <gradients>\n\n*CS 101*\n") and "**Hand in `hw3.ipynb`.**" in first
    assert "is current" in run(copy, sys.executable, "-m", "autograder", "release", "--check")


@pytest.mark.whole
def test_a_class_is_graded_under_the_name_by_all_doors(renamed):
    copy, _ = renamed
    solutions = copy / "solutions" / "backprop"
    for student in ("anna", "ben"):
        (copy / "submitted" / student / "hw3").mkdir(parents=True)
    for name in ("neural_network.py", "activations.py"):
        (copy / "submitted" / "anna" / "hw3" / name).write_text((solutions / name).read_text())
    code = "import nbformat; from autograder.release.build import *; from autograder.release.notebook import *\n"
    code += "print(nbformat.writes(instructor_notebook(SOURCE / TEXT, SOLUTIONS)))"
    (copy / "submitted" / "ben" / "hw3" / "hw3 (1).ipynb").write_text(run(copy, sys.executable, "-c", code))
    run(copy, "make", "grade")
    for student, source in (("anna", "files"), ("ben", "notebook")):
        result = json.loads((copy / "graded" / student / "hw3" / "results.json").read_text())
        assert (result["assignment"], result["source"], result["score"]) == ("hw3", source, 100), result["reason"]
        assert "CS 101, Homework 3: &lt;gradients&gt;" in (copy / "graded" / student / "hw3/feedback.html").read_text()
        assert (copy / "autograded" / student / "hw3" / "hw3.ipynb").exists()
    assert "CS 101, Homework 3: &lt;gradients&gt;" in (copy / "graded" / "report.html").read_text()
    read = "from nbgrader.api import Gradebook; book = Gradebook('sqlite:///gradebook.db')\n"
    read += "print([a.name for a in book.assignments], book.find_submission('hw3', 'ben').score)"
    assert run(copy, sys.executable, "-c", read).split() == ["['hw3']", "150.0"]
    run(copy, "make", "feedback")
    assert (copy / "feedback" / "ben" / "hw3" / "hw3.html").exists()
    run(copy, sys.executable, "-m", "autograder", "gradescope")
    with zipfile.ZipFile(copy / "dist" / "hw3-gradescope.zip") as archive:
        assert {"release/hw3/hw3.ipynb", "release/hw3/backprop/neural_network.py"} <= set(archive.namelist())
        assert not [name for name in archive.namelist() if name.startswith("release/ps18")]


@pytest.mark.whole
def test_the_example_class_is_graded_as_it_was_made(renamed):
    copy, _ = renamed
    command = [sys.executable, "-m", "autograder", "grade", "tests/example_class", "--out", "example"]
    said = run(copy, *command, "--student", "halfway", "--student", "no_file")
    assert json.loads((copy / "example" / "halfway" / "hw3" / "results.json").read_text())["score"] == 30, said
    reason = json.loads((copy / "example" / "no_file" / "hw3" / "results.json").read_text())["reason"]
    assert "hw3.ipynb" in reason and "ps18" not in reason
