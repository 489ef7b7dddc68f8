"""The released notebook: built from the solutions, the same at each build, tried out, refused where it misbehaves."""

import copy
import json
import shutil

import pytest

from autograder.assignment.solution import SUBJECT
from autograder.course.rubric import rubric
from autograder.release.build import SOLUTIONS as PACKAGE
from autograder.release.build import SOURCE, TEXT
from autograder.release.notebook import (
    NotebookError,
    executed,
    function_text,
    instructor_notebook,
    student_notebook,
    try_out,
)
from tests.kit import RELEASE

POINTS = {task["id"]: task["points"] for task in rubric()["task"]}


@pytest.fixture(scope="module")
def instructor():
    return instructor_notebook(SOURCE / TEXT, PACKAGE)


@pytest.fixture(scope="module")
def released():
    return json.loads((RELEASE / "ps18.ipynb").read_text())


def about(notebook):
    return {
        a["grade_id"]: (a, cell) for cell in notebook["cells"] if (a := cell["metadata"].get("nbgrader"))
    }  # fmt: skip


def test_every_task_is_a_locked_graded_cell_with_the_rubrics_points(released):
    tasks = {gid: a for gid, (a, cell) in about(released).items() if a["grade"] and cell["cell_type"] == "code"}
    assert {gid: a["points"] for gid, a in tasks.items()} == POINTS and sum(POINTS.values()) == 150
    assert all(a["locked"] and not a["solution"] for a in tasks.values())


def test_there_is_a_question_for_each_exercise(released):
    questions = {gid: a for gid, (a, cell) in about(released).items() if a["grade"] and cell["cell_type"] == "markdown"}
    exercises = [task["id"] for task in rubric()["task"] if task["bonus"]]
    assert list(questions) == [f"{name}-question" for name in exercises]
    assert {a["points"] for a in questions.values()} == {4} and all(a["solution"] for a in questions.values())


def test_solution_cells_hold_the_packages_code_without_the_solutions(instructor, released):
    for gid in SUBJECT.defined:
        solved, stub = about(instructor)[gid][1].source, "".join(about(released)[gid][1]["source"])
        assert "### BEGIN SOLUTION" in solved and "SOLUTION" not in stub and "NotImplementedError" in stub
    forward = function_text(PACKAGE / "neural_network.py", "NeuralNetwork.forward")
    assert about(instructor)["forward-code"][1].source == forward and forward.startswith("def forward(self")


def test_two_builds_are_the_same(instructor, released):
    assert student_notebook(instructor_notebook(SOURCE / TEXT, PACKAGE)) == (RELEASE / "ps18.ipynb").read_text()
    assert [cell["id"] for cell in released["cells"]] == [cell.id for cell in instructor.cells]


def test_a_cell_that_fails_is_refused(instructor):
    broken = copy.deepcopy(instructor)
    about(broken)["update-code"][1].source = "def update(self, dW, db, eta):\n    return nothing"
    with pytest.raises(NotebookError, match=r"solved notebook.* cell update should say .*passes.*"):
        try_out(RELEASE, broken)


def test_a_function_that_is_gone_is_named():
    with pytest.raises(NotebookError, match=r"neural_network.py has no NeuralNetwork.backwards"):
        function_text(PACKAGE / "neural_network.py", "NeuralNetwork.backwards")


def test_in_the_notebook_a_student_reads_the_sentences_of_check_py(instructor, tmp_path):
    wrong = copy.deepcopy(instructor)
    cell = about(wrong)["backward-code"][1]
    assert " / m" in cell.source
    cell.source = cell.source.replace(" / m", "")
    wrong.cells = wrong.cells[: [c.id for c in wrong.cells].index("backward") + 1]
    folder = shutil.copytree(RELEASE, tmp_path / "ps18")
    shown = executed(wrong, folder)[-1].outputs
    text = " ".join(" ".join(output.get("text", "") for output in shown).split())
    assert "the 1/m of BP1 is missing" in text and "16.2 of 21 points" in text
    assert [output.data["text/plain"] for output in shown if output.output_type == "execute_result"] == ["16.2"]


def test_a_class_of_ones_own_in_the_notebook_is_what_is_checked(instructor, tmp_path):
    own = copy.deepcopy(instructor)
    wanted = ["setup", "forward-code", "forward-put", "forward"]
    own.cells = [c for c in own.cells if c.id in wanted]
    own.cells[1].source = "class NeuralNetwork(NeuralNetwork):\n    def forward(self, X):\n        return X"
    own.cells[2].source = "1 + 1"
    folder = shutil.copytree(RELEASE, tmp_path / "ps18")
    text = "".join(output.get("text", "") for output in executed(own, folder)[-1].outputs)
    assert "0 of 12 points" in text and "not written" not in text and "NotImplemented" not in text
