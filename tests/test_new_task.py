"""A new task in ps18 takes the edits that the README lists, and no other: here one is added so, built and graded.

The task is one more activation, softsign: sigma(z) = z / (1 + |z|), and sigma'(z) = 1 / (1 + |z|)^2.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import ROOT
from tests.kit import clone_to

ASSIGNMENT = "autograder/assignment"


def cell(grade_id: str, grade: bool = False, solution: bool = False) -> str:
    """The first line of a cell in the notebook's text."""
    about = {"grade": grade, "grade_id": grade_id, "locked": not solution, "schema_version": 3}
    about |= {"solution": solution, "task": False, **({"points": 5} if grade else {})}
    return f"# %% nbgrader={json.dumps(about)}\n"


NEW = {  # files that are there anew
    f"{ASSIGNMENT}/checks/test_softsign.py": '''"""Task `softsign`: one more activation and its derivative."""

from autograder.engine.check import Task

from .test_backward import judge_gradients, maker

softsign = Task("softsign", needs=("forward", "backward"))


@softsign.check(weight=4, needs=("forward",))
def test_values(student, case):
    """With "softsign" the output is z / (1 + |z|), between -1 and 1."""
    network = case.network(student, [3, 4, 2], "softsign")
    case.close("the output", network.forward(case.array(3, 5, scale=1.5)))


@softsign.check(weight=6)
def test_gradient(student, case):
    """The derivative of softsign is 1 / (1 + |z|)^2."""
    judge_gradients(case, maker(student, case, [3, 5, 4, 2], "softsign"), case.array(3, 6), case.array(2, 6))
''',
    f"{ASSIGNMENT}/mistakes/softsign.py": '''"""Mistakes in the derivative of softsign."""

import numpy as np
from backprop.activations import ACTIVATIONS

from autograder.engine.case import Mistake

MISTAKES = (
    Mistake(
        name="softsign_slope_not_squared",
        equation="softsign",
        replaces={"derivative": lambda name, z: 1 / (1 + np.abs(z)) if name == "softsign" else ACTIVATIONS[name][1](z)},
        says="Your derivative of softsign is 1 / (1 + |z|): the square is missing.",
        charged=("softsign/gradient",),
    ),
)
''',
}
CHANGED = {  # (what stands there, what is put before it) of each place in files that are there already
    "solutions/backprop/activations.py": [
        (
            "# name: (function, its derivative)",
            '''def softsign(z: np.ndarray) -> np.ndarray:
    """z / (1 + |z|), between -1 and 1."""
    ### BEGIN SOLUTION
    return z / (1.0 + np.abs(z))
    ### END SOLUTION


def softsign_derivative(z: np.ndarray) -> np.ndarray:
    """The derivative of softsign with respect to z."""
    ### BEGIN SOLUTION
    return 1.0 / (1.0 + np.abs(z)) ** 2
    ### END SOLUTION


''',
        ),
        ('    "tanh": (tanh, tanh_derivative),\n', '    "softsign": (softsign, softsign_derivative),\n'),
    ],
    "source/ps18/ps18.py": [
        (
            '# %% [markdown] tasks=["l2"]\n# ## Exercise 18.2',
            '# %% [markdown] tasks=["softsign"]\n# ## Softsign\n#\n# Write `softsign` and its derivative.\n\n'
            + cell("softsign-code", solution=True)
            + "# solutions: activations.py softsign softsign_derivative\n\n"
            + cell("softsign-put")
            + 'ACTIVATIONS["softsign"] = softsign, softsign_derivative\n\n'
            + cell("softsign", grade=True)
            + 'check("softsign")\n\n',
        )
    ],
    "source/ps18/README.md": [
        (
            "<!-- for l2 -->\n",
            "<!-- for softsign -->\n- **Softsign.** Add `softsign` and its derivative.\n<!-- end softsign -->\n",
        )
    ],
    f"{ASSIGNMENT}/rubric.toml": [
        ('[[task]]\nid = "l2"', '[[task]]\nid = "softsign"\ntitle = "Softsign"\npoints = 5\nbonus = true\n\n')
    ],
    f"{ASSIGNMENT}/solution.py": [
        (
            '        "l2-code"',
            """        "softsign-code": {
            "softsign": "table:activations.ACTIVATIONS/softsign/0",
            "softsign_derivative": "table:activations.ACTIVATIONS/softsign/1",
        },
""",
        )
    ],
    f"{ASSIGNMENT}/mistakes/__init__.py": [
        ("    tanh,\n", "    softsign,\n"),
        ("tanh, l2, momentum)", "softsign, "),
    ],
}


def kit(folder: Path, *arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "autograder", *arguments]
    environment = {**os.environ, "AUTOGRADER_EXAMPLE_SEED": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == status and "Traceback" not in done.stderr, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def add_task(folder: Path, without: str = "") -> Path:
    """Make the edits, but for the one in that file."""
    for name, text in NEW.items():
        assert not (folder / name).exists()
        if name != without:
            (folder / name).write_text(text, encoding="utf-8")
    for name, places in CHANGED.items():
        text = (folder / name).read_text(encoding="utf-8")
        for before, put in places if name != without else ():
            assert text.count(before) == 1, before
            text = text.replace(before, put + before)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_readme_lists_these_edits_and_no_other():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    paragraph = re.search(r"\*\*A new task\*\*.*?\n\n(.*?)\n\n", readme, re.S)[1]
    listed = {path.replace("<task>", "softsign") for path in re.findall(r"`([\w./<>]+/[\w./<>]*)`", paragraph)}
    made = {*NEW, *CHANGED}
    assert {path for path in made if not any(path == one or path.startswith(f"{one}/") for one in listed)} == set()
    assert {one for one in listed if not any(path == one or path.startswith(f"{one}/") for path in made)} == set()
    assert len(listed) == len(made)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = add_task(clone_to(tmp_path_factory.mktemp("course")))
    kit(folder, "release")
    return folder


def solved(course: Path) -> tuple[dict[str, str], str]:
    """Files and notebook with everything right."""
    files = {n: (course / "solutions" / "backprop" / n).read_text() for n in ("neural_network.py", "activations.py")}
    code = "import nbformat; from autograder.release.build import *; from autograder.release.notebook import *\n"
    code += "print(nbformat.writes(instructor_notebook(SOURCE / TEXT, SOLUTIONS)))"
    notebook = subprocess.run([sys.executable, "-c", code], cwd=course, capture_output=True, text=True, check=True)
    return files, notebook.stdout


@pytest.fixture(scope="module")
def graded(course):
    files, notebook = solved(course)
    right, wrong = "1.0 / (1.0 + np.abs(z)) ** 2", "1.0 / (1.0 + np.abs(z))"
    assert right in files["activations.py"] and right in notebook
    handed_in = {
        "right": files,
        "wrong": {**files, "activations.py": files["activations.py"].replace(right, wrong)},
        "right_notebook": {"ps18.ipynb": notebook},
        "wrong_notebook": {"ps18.ipynb": notebook.replace(right, wrong)},
        "stub": {"activations.py": (course / "release" / "ps18" / "backprop" / "activations.py").read_text()},
    }
    for student, texts in handed_in.items():
        for name, text in texts.items():
            path = course / "submitted" / student / "ps18" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    kit(course, "grade", "submitted")
    found = {student: course / "graded" / student / "ps18" / "results.json" for student in handed_in}
    return {student: json.loads(path.read_text(encoding="utf-8")) for student, path in found.items()}


@pytest.mark.whole
@pytest.mark.parametrize(
    "student, points, named",
    [
        ("right", 5, set()),
        ("right_notebook", 5, set()),
        ("wrong", 2, {"softsign_slope_not_squared"}),
        ("wrong_notebook", 2, {"softsign_slope_not_squared"}),
        ("stub", 0, set()),
    ],
)
def test_the_task_is_graded_and_its_mistake_has_its_name(graded, student, points, named):
    result = graded[student]
    [task] = [task for task in result["tasks"] if task["id"] == "softsign"]
    assert (task["points"], task["max_points"], result["max_bonus"]) == (points, 5, 55)
    assert {check["mistake"] for task in result["tasks"] for check in task["checks"]} - {None} == named
    assert result["score"] == (0 if student == "stub" else 100) and result["kit_errors"] == []


@pytest.mark.whole
def test_students_have_it_in_handout_notebook_and_checks(course):
    release = course / "release" / "ps18"
    handout = (release / "README.md").read_text(encoding="utf-8")
    assert "| `softsign` | Softsign | 5 bonus |" in handout and "**Softsign.**" in handout
    assert (release / "tests" / "test_softsign.py").exists() and not list(release.rglob("softsign.py"))
    done = subprocess.run(
        [sys.executable, "check.py", "--task", "softsign"], cwd=release, capture_output=True, text=True
    )
    assert "Softsign (softsign): 0 of 3 points" in done.stdout


@pytest.mark.whole
@pytest.mark.parametrize(
    "forgotten, said",
    [
        (f"{ASSIGNMENT}/solution.py", "softsign-code: it solves softsign, softsign_derivative, but the assignment's"),
        ("source/ps18/ps18.py", "softsign-code: it solves nothing, but the assignment's"),
        ("solutions/backprop/activations.py", "activations.py has no softsign"),
        (f"{ASSIGNMENT}/checks/test_softsign.py", "rubric.toml, task softsign: no check belongs to this task"),
    ],
)
def test_an_edit_that_is_forgotten_is_said_at_the_release(tmp_path, forgotten, said):
    folder = add_task(clone_to(tmp_path), without=forgotten)
    assert said in kit(folder, "release", status=2)


@pytest.mark.whole
def test_a_task_that_the_rubric_lacks_is_said_at_the_release(tmp_path):
    folder = add_task(clone_to(tmp_path), without=f"{ASSIGNMENT}/rubric.toml")
    assert kit(folder, "release").endswith("Not in the rubric, or switched off there, so left out: softsign.\n")
