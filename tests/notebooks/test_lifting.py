"""What is lifted out of a notebook: the student's cells by grade id or by what they define, whatever else is there."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment.solution import SUBJECT
from autograder.grading.submission import grade_apart
from autograder.intake.cells import lift
from autograder.intake.entries import Refused
from autograder.intake.submissions import read_submission, released_stubs
from autograder.results.model import as_dict
from autograder.sandbox import choose
from tests.kit import RELEASE

from .converted import RELEASED, code_cell, notebook_of

STUB = (RELEASE / "ps18.ipynb").read_bytes()
BASE = Path(__file__).parent.parent / "example_class" / "base_only" / "ps18"
COMPLETE = BASE.parents[1] / "complete" / "ps18"
TASKS = ("forward", "backward", "update", "gradient_check")


@pytest.fixture
def solved():
    """The notebook of a student who solved the base."""
    return solved_base()


def solved_base():
    return notebook_of(read_submission(BASE, "base", released_stubs()).files)


def solved_with_exercises():
    return notebook_of(read_submission(COMPLETE, "complete", released_stubs()).files)


def by_id(notebook, gid):
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == gid)


def graded(notebook, tmp_path, name="ps18.ipynb"):
    text = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    (tmp_path / name).write_bytes(text)
    return as_dict(grade_apart(read_submission(tmp_path / name, "s01", released_stubs()), choose()))


def points(result):
    return {task["id"]: task["points"] for task in result["tasks"] if task["points"]}


def lifted(notebook):
    return lift(json.dumps(notebook).encode(), STUB)


def plan(notebook):
    return json.loads(lifted(notebook)["notebook.json"])


def solutions(notebook):
    """The source of the cell that each function is taken from."""
    found = plan(notebook)
    return {name: found["cells"][cell][1] for name, cell in found["solutions"].items()}


def test_the_released_notebook_is_no_work():
    assert lift(STUB, STUB) == {}


def test_running_it_changes_nothing():
    run = copy.deepcopy(RELEASED)
    for cell in run["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["execution_count"], cell["outputs"] = 7, [{"output_type": "stream", "name": "stdout", "text": "x"}]
    assert lifted(run) == {}


def test_the_solved_notebook_gets_all_base_points(solved, tmp_path):
    result = graded(solved, tmp_path)
    assert (result["source"], result["status"], result["score"], result["taken"]) == (
        *("notebook", "graded", 100),
        ["ps18.ipynb"],
    )


def test_every_solution_cell_of_the_released_notebook_is_known():
    marked = {
        gid for cell in RELEASED["cells"]
        if (about := cell["metadata"].get("nbgrader", {})) and (gid := about["grade_id"])
        and about["solution"] and cell["cell_type"] == "code"
    }  # fmt: skip
    assert marked == set(SUBJECT.defined)


def test_order_does_not_matter(solved):
    turned = {**solved, "cells": solved["cells"][::-1]}
    assert solutions(turned) == solutions(solved)


def test_cells_without_metadata_are_found_by_what_they_define(solved):
    bare = copy.deepcopy(solved)
    for cell in bare["cells"]:
        cell["metadata"] = {}
    assert solutions(bare) == solutions(solved)


def test_without_metadata_two_versions_are_refused_with_a_reason(solved, tmp_path):
    for cell in solved["cells"]:
        cell["metadata"] = {}
    solved["cells"].append(code_cell("def update(self, dW, db, eta):\n    pass"))
    result = graded(solved, tmp_path)
    assert result["status"] == "ungradable" and "`update` in more than one cell" in result["reason"]


def test_a_copied_cell_is_no_harm_and_of_two_versions_the_last_counts(solved):
    again = copy.deepcopy(solved)
    again["cells"].append(copy.deepcopy(by_id(solved, "update-code")))
    assert solutions(again) == solutions(solved)
    again["cells"][-1]["source"] = "def update(self, dW, db, eta):\n    pass"
    assert "pass" in solutions(again)["update"]


def test_a_copied_stub_does_not_take_the_place_of_the_work(solved):
    solved["cells"].append(copy.deepcopy(by_id(RELEASED, "update-code")))
    assert "NotImplementedError" not in solutions(solved)["update"]


@pytest.mark.whole
def test_a_deleted_cell_costs_what_was_in_it_and_no_more(solved, tmp_path):
    solved["cells"] = [cell for cell in solved["cells"] if cell is not by_id(solved, "update-code")]
    result = points(graded(solved, tmp_path))
    assert (result["forward"], result["backward"]) == (20, 35) and "update" not in result


def test_a_renamed_cell_is_found_by_its_content(solved):
    by_id(solved, "update-code")["metadata"]["nbgrader"]["grade_id"] = "my-update"
    assert "update" in solutions(solved)


def test_helpers_live_in_other_cells_and_plots_endless_loops_and_shell_lines_do_not_run(solved, tmp_path):
    cell = by_id(solved, "forward-code")
    cell["source"] = cell["source"].replace(
        "def forward(self, X):", "def forward(self, X):\n        assert FACTOR == 1"
    )
    helpers = "import seaborn as sns\nFACTOR = 1\nwhile True:\n    pass\nraise SystemExit\n"
    shell = "!touch /tmp/touched\n%time print(1)\nfiles = !ls\nhelp?\n"
    broken = "def half(:"
    solved["cells"] += [code_cell(source) for source in (helpers, shell, broken, "%%bash\nexit 1")]
    assert points(graded(solved, tmp_path))["forward"] == 20


@pytest.mark.whole
@pytest.mark.parametrize("lines", ["%matplotlib inline\n{}", "%%time\n{}", "{}\n!pip list", "{}\nprint?"])
def test_magics_in_a_solution_cell_do_not_matter(solved, tmp_path, lines):
    cell = by_id(solved, "update-code")
    cell["source"] = lines.format(cell["source"])
    assert points(graded(solved, tmp_path))["update"] == 10


@pytest.mark.whole
def test_a_trial_left_below_a_function_does_not_matter(solved, tmp_path):
    trial = "\nnet = NeuralNetwork([2, 3, 1])\nout = net.backward(np.ones((1, 1)))\nnet.forward(3)\nexit()\n"
    by_id(solved, "backward-code")["source"] += trial
    assert points(graded(solved, tmp_path))["backward"] == 35


def test_a_whole_class_in_one_cell_counts(tmp_path):
    source = (BASE / "neural_network.py").read_text()
    notebook = copy.deepcopy(RELEASED)
    text = "\n".join(line for line in source.split("\n") if not line.startswith("from .activations"))
    notebook["cells"].append(code_cell(text))
    assert graded(notebook, tmp_path)["score"] == 100


def test_an_exception_is_told_with_its_cell_and_line(solved, tmp_path):
    by_id(solved, "update-code")["source"] = "def update(self, dW, db, eta):\n    return 1 / 0\n"
    checks = next(task for task in graded(solved, tmp_path)["tasks"] if task["id"] == "update")["checks"]
    assert "the cell of update, line 2" in checks[0]["message"] and "1 / 0" in checks[0]["message"]


@pytest.mark.parametrize(
    "text, said",
    [
        (b"", "is empty"),
        (b"not json", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "has no cells"),
        (b'{"cells": 3}', "has no cells"),
        (b'{"nbformat": 3, "worksheets": []}', "another format than 4"),
        (b'{"nbformat": 5, "cells": []}', "another format than 4"),
        (b'{"nbformat": 4, "cells": [%s]}' % b",".join([b'{"cell_type": "code"}'] * 2001), "2000 are the most"),
        (STUB.decode().encode("utf-16"), "UTF-16"),
        (STUB[: len(STUB) // 2], "is not JSON"),
    ],
    ids=["empty", "text", "deep", "list", "no cells", "version 3", "version 5", "many cells", "utf-16", "cut off"],
)
def test_what_is_no_notebook_has_a_reason(tmp_path, text, said):
    result = graded(text, tmp_path)
    assert result["status"] == "ungradable" and said in result["reason"], result["reason"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
sources = st.text(max_size=60) | st.lists(st.text(max_size=30), max_size=3) | json_values
ids = st.sampled_from([*SUBJECT.defined, *TASKS, "setup", "other"])
cells = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | json_values, "source": sources},
    optional={
        "metadata": st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries({"grade_id": ids | json_values})})
        | json_values,
        "outputs": json_values,
    },
)


@given(
    st.fixed_dictionaries({"nbformat": st.just(4), "cells": st.lists(cells | json_values, max_size=8)}) | json_values
)
def test_any_json_gives_files_or_a_reason(content):
    try:
        files = lift(json.dumps(content).encode("utf-8", "surrogatepass"), STUB)
    except Refused as refusal:
        assert str(refusal)
    else:
        if files:
            found = json.loads(files["notebook.json"])
            assert set(files) == {"notebook.py", "lifting.py", "notebook.json"}
            assert all(cell < len(found["cells"]) for cell in found["solutions"].values())


def test_a_cell_is_called_by_its_place_in_the_notebook(solved):
    solved["cells"] += [code_cell(f"x{n} = {n}") for n in range(3)]
    labels = [label for label, _ in plan(solved)["cells"]]
    place = sum(cell["cell_type"] == "code" for cell in solved["cells"])
    assert labels[-1] == f"code cell {place}" and "the cell of forward" in labels
