"""A cell that cannot be run costs its own task, as in files, and says why at that task's checks and in a note."""

import json
from contextlib import ExitStack

import pytest

from autograder.grading import submission
from autograder.intake.submissions import read_submission, released_stubs
from autograder.sandbox import choose
from tests.layers import sampled

from .converted import code_cell
from .test_lifting import by_id, graded, points, solved_with_exercises

WITHOUT_BACKWARD = "def backward(self, Y):\n    raise NotImplementedError\n"
UNUSED = "def backward(self, Y=x):\n    return None\n"
CANNOT_RUN = {  # the cell of backward, and where the fault is
    "only a comment": ("def backward(self, Y):\n    # my idea: the chain rule\n", 2),
    "prose": ("I could not solve this one, sorry.", 1),
    "a bracket": ("def backward(self, Y):\n    dW = [1\n    return dW\n", 2),
    "torch": ("import torch\n\ndef backward(self, Y):\n    return torch.zeros(3)\n", 1),
    "endless": ("import itertools\nx = [i for i in itertools.count()]\n" + UNUSED, 2),
    "endless, and catches all": (
        "def spin():\n    while True:\n        try:\n            while True:\n                pass\n"
        "        except BaseException:\n            pass\nx = spin()\n" + UNUSED,
        8,
    ),
    "endless in compiled code": ("import itertools\nx = max(itertools.repeat(1))\n" + UNUSED, 2),
    "ends the program": ("import os\nx = os._exit(0)\n" + UNUSED, 2),
    "leaves": ("import sys\nx = sys.exit()\n" + UNUSED, 2),
    "a name that is not there": ("x = undefined\n" + UNUSED, 1),
    "tabs and spaces": ("def backward(self, Y):\n\tdW = 1\n        return dW\n", 3),
    "a decorator": ("import numba\n@numba.njit\ndef backward(self, Y):\n    return None\n", 1),
    "return outside": ("dW, db = 1, 2\nreturn dW, db\n", 2),
}


@pytest.fixture(scope="module")
def without_backward(tmp_path_factory):
    """Points by task where backward is not written."""
    notebook = solved_with_exercises()
    by_id(notebook, "backward-code")["source"] = WITHOUT_BACKWARD
    return points(graded(notebook, tmp_path_factory.mktemp("without")))


@pytest.mark.parametrize("fault", sampled(CANNOT_RUN, ["a bracket", "ends the program"]))
def test_it_costs_its_own_task_and_is_named_with_its_line(tmp_path, without_backward, fault):
    source, line = CANNOT_RUN[fault]
    notebook = solved_with_exercises()
    by_id(notebook, "backward-code")["source"] = source
    result = graded(notebook, tmp_path)
    assert points(result) == without_backward and result["kit_errors"] == []
    where = f"he cell of backward, line {line}: `{source.splitlines()[line - 1].strip()[:80]}`"
    messages = [c["message"] for task in result["tasks"] if task["id"] == "backward" for c in task["checks"]]
    assert all(where in message for message in messages), messages
    assert [note for note in result["notes"] if where in note and note.endswith(".")], result["notes"]


@pytest.mark.parametrize(
    "statement, tries",
    [
        ("x = max(itertools.repeat(1))", 1),
        ("x = time.sleep(60)", 1),
        pytest.param("x = [max(itertools.repeat(1)), 2]\ny = max(itertools.repeat(2))", 2, marks=pytest.mark.whole),
        pytest.param("x = os._exit(0)", 0, marks=pytest.mark.whole),
        ("x = 1", 0),
    ],
)
def test_imports_that_did_not_end_are_paid_for(tmp_path, monkeypatch, statement, tries):
    monkeypatch.setattr(submission, "METHOD_CPU", 0.7)
    notebook = solved_with_exercises()
    uses = "def backward(self, Y=x, Z=y):" if "\ny" in statement else "def backward(self, Y=x):"
    source = f"import itertools, os, time\n{statement}\n{uses}\n    return None\n"
    by_id(notebook, "backward-code")["source"] = source
    path = tmp_path / "ps18.ipynb"
    path.write_text(json.dumps(notebook))
    handed_in = read_submission(path, "s01", released_stubs())
    with ExitStack() as stack:
        _, reply, _, before = submission.loaded(handed_in, choose(), stack)
    assert reply == {} and 0.7 * tries <= before < 0.7 * tries + 0.6


@pytest.mark.whole
def test_two_that_cannot_run_cost_two_tasks(tmp_path, without_backward):
    notebook = solved_with_exercises()
    by_id(notebook, "backward-code")["source"] = CANNOT_RUN["torch"][0]
    by_id(notebook, "square-code")["source"] = CANNOT_RUN["prose"][0]
    expected = {task: earned for task, earned in without_backward.items() if task != "square"}
    assert points(graded(notebook, tmp_path)) == expected


def test_an_import_that_is_not_there_and_not_used_costs_nothing_and_is_told(tmp_path):
    notebook = solved_with_exercises()
    by_id(notebook, "backward-code")["source"] = "import torch\n" + by_id(notebook, "backward-code")["source"]
    result = graded(notebook, tmp_path)
    assert (result["score"], result["bonus"]) == (100, 50)
    assert "The cell of backward, line 1: `import torch`" in result["notes"][0]


@pytest.mark.whole
def test_a_helper_that_cannot_be_read_is_told_where_it_is_needed(tmp_path):
    notebook = solved_with_exercises()
    cell = by_id(notebook, "forward-code")
    cell["source"] = cell["source"].replace("np.dot(", "times(")
    notebook["cells"].insert(notebook["cells"].index(cell), code_cell("def times(a, b)\n    return a @ b"))
    result = graded(notebook, tmp_path)
    message = next(task for task in result["tasks"] if task["id"] == "forward")["checks"][0]["message"]
    assert "code cell 2, line 1: `def times(a, b)` cannot be read" in message
    assert points(result)["backward"] == 35


def test_a_class_that_cannot_be_read_is_all_there_is(tmp_path):
    notebook = solved_with_exercises()
    notebook["cells"].append(code_cell("class NeuralNetwork:\n    def forward(self, X):\n"))
    result = graded(notebook, tmp_path)
    assert result["status"] == "ungradable" and "the class, line 2" in result["reason"], result["reason"]
