"""Forgeries that earn full marks in nbgrader out of the box, tried there and here, side by side."""

import csv
import json
import shutil
import subprocess

import nbformat
import pytest
from nbformat import v4

from tests.kit import RELEASE

from .course import ENVIRONMENT, ROOT, clone_to, put, results, run
from .test_gradebook import cell

pytestmark = pytest.mark.whole
WRONG = "def forward(self, X):\n    return np.zeros((self.layer_sizes[-1], X.shape[1]))\n"
# Each is the start of the student's solution cell.
FORGERIES = {
    "honest": "",
    "patched_assert": "np.testing.assert_allclose = lambda *a, **k: None\nnp.allclose = lambda *a, **k: True\n",
    "blanked_tests": "get_ipython().input_transformers_cleanup.append(lambda lines: [])\n",
    "read_tests": """
import builtins, glob, json, re
for path in glob.glob("*.ipynb"):
    text = "".join("".join(c["source"]) for c in json.load(open(path))["cells"])
    found = re.findall(r"expected = (.*)", text)
    if found:
        answer = eval(found[-1], {"np": np})
        np.testing.assert_allclose = lambda *a, real=np.testing.assert_allclose, **k: real(answer, answer)
""",
    "written_gradebook": """
import glob, sqlite3
for path in glob.glob("../../../gradebook.db"):
    connection = sqlite3.connect(path, timeout=1)
    connection.execute("UPDATE grade SET manual_score = 20 WHERE rowid = (SELECT max(rowid) FROM grade)")
    connection.commit()
    connection.close()
""",
}


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """Scores, of 20, that nbgrader gives out of the box, with the tests in the notebook as its manual has them."""
    course = tmp_path_factory.mktemp("stock")
    test = "X = np.ones((3, 2))\nexpected = np.full((2, 2), 0.5)\nnp.testing.assert_allclose(forward(net, X), expected)"

    def marked(source, gid, grade):
        about = {"grade": grade, "grade_id": gid, "locked": grade, "schema_version": 3, "solution": not grade}
        about.update({"task": False}, **({"points": 20} if grade else {}))
        return v4.new_code_cell(source, metadata={"nbgrader": about})

    setup = "from types import SimpleNamespace\nimport numpy as np\nnet = SimpleNamespace(layer_sizes=[3, 2])"
    hidden = f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
    solution = "def forward(self, X):\n    ### BEGIN SOLUTION\n    return np.full((2, 2), 0.5)\n    ### END SOLUTION"
    cells = [v4.new_code_cell(setup), marked(solution, "forward-code", False), marked(hidden, "forward", True)]
    source = course / "source" / "ps18" / "ps18.ipynb"
    source.parent.mkdir(parents=True)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), source)
    environment = {**ENVIRONMENT, "PATH": f"{ROOT / '.venv' / 'bin'}:{ENVIRONMENT['PATH']}"}

    def nbgrader(*arguments):
        command = [ROOT / ".venv" / "bin" / "nbgrader", *arguments]
        done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]

    nbgrader("generate_assignment", "ps18")
    released = json.loads((course / "release" / "ps18" / "ps18.ipynb").read_text())
    for name, start in FORGERIES.items():
        cell(released, "forward-code")["source"] = start + WRONG
        put(course, name, json.dumps(released).encode())
    nbgrader("autograde", "ps18")
    nbgrader("export", "--to", "export.csv")
    with open(course / "export.csv", newline="") as stream:
        return {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    course = clone_to(tmp_path_factory.mktemp("ours") / "kit")
    shutil.rmtree(course / "tests" / "example_class")
    for name, start in FORGERIES.items():
        notebook = json.loads((RELEASE / "ps18.ipynb").read_text())
        cell(notebook, "forward-code")["source"] = start + WRONG + start
        put(course, name, json.dumps(notebook).encode())
    run(course, "make", "grade")
    run(course, ".venv/bin/nbgrader", "export", "--to", "export.csv")
    with open(course / "export.csv", newline="") as stream:
        exported = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(stream)}
    assert exported == {name: result["score"] + result["bonus"] for name, result in results(course).items()}
    return exported


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_earns_full_marks_in_stock_nbgrader_earns_nothing_here(stock, ours, forgery):
    assert stock[forgery] == (0 if forgery == "honest" else 20)
    assert ours[forgery] == 0
