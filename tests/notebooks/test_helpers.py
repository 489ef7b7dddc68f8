"""Whatever the solutions depend on is run: the same code gets the same points in a notebook as in files."""

import pytest

from tests.layers import sampled

from .converted import code_cell
from .test_lifting import by_id, graded, points, solved_base

# What makes `times`, which forward uses in the place of np.dot: a cell before it.
HELPERS = {
    "lambda": "times = lambda a, b: a @ b",
    "partial": "from functools import partial\ntimes = partial(np.matmul)",
    "constants": "EPS = 10**-30\nONE, ZERO = 1.0, 2 - 2\ntimes = lambda a, b: a @ b * ONE + ZERO + EPS - EPS",
    "type alias": "Array = np.ndarray\nMaybe = Array | None\ndef times(a: Array, b: Maybe) -> Array:\n    return a @ b",
    "if": "if np.__version__ > '0':\n    times = np.matmul\nelse:\n    times = None",
    "try": "try:\n    import numba\n    fast = numba.njit\nexcept ImportError:\n    fast = lambda f: f\n"
    "@fast\ndef times(a, b):\n    return a @ b",
    "for": "ops = []\nfor op in (np.matmul,):\n    ops.append(op)\ntimes = ops[0]",
    "with": "with np.errstate(all='ignore') as state:\n    times = np.matmul",
    "table": "ops = {}\nops['times'] = np.matmul\nops.update(one=1)\ndef times(a, b):\n    return ops['times'](a, b)",
    "future": "from __future__ import annotations\ndef times(a: Unknown, b: list[Missing]):\n    return a @ b",
    "setting": "np.seterr(all='ignore')\nnp.random.seed(0)\ntimes = np.matmul",
    "dataclass": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Ops:\n    one: float = 1.0\n"
    "    def __call__(self, a, b):\n        return a @ b * self.one\ntimes = Ops()",
    "subclass": "class Base:\n    @staticmethod\n    def times(a, b):\n        return a @ b\nclass Own(Base): ...\n"
    "times = Own.times",
    "star": "from operator import *\ntimes = matmul",
    "walrus": "(times := np.matmul)",
    "magic": "%%time\ntimes = np.matmul",
    "main": "if __name__ == '__main__':\n    times = np.matmul",
    "display": "def times(a, b):\n    display(a.shape)\n    return a @ b",
    "a demo below": "times = np.matmul\nnet = NeuralNetwork([2, 3, 1])\nwhile True:\n    net.train(1, 2)",
    "a global": "calls = 0\ndef times(a, b):\n    global calls\n    calls += 1\n    return a @ b",
    "a factory": "def maker(f):\n    def made(a, b):\n        return f(a, b)\n    return made\n"
    "times = maker(np.matmul)",
    "a match": "match 1:\n    case 1:\n        times = np.matmul",
}


def with_helper(source, place=0, head=""):
    """The solved notebook with `times` in forward, made in a cell that stands `place` cells after it."""
    notebook = solved_base()
    cell = by_id(notebook, "forward-code")
    assert "np.dot(" in cell["source"]
    cell["source"] = head + cell["source"].replace("np.dot(", "times(")
    notebook["cells"].insert(notebook["cells"].index(cell) + place, code_cell(source))
    return notebook


def total(notebook, tmp_path):
    result = graded(notebook, tmp_path)
    assert result["kit_errors"] == result["notes"] == [], result["notes"]
    return result["score"] + result["bonus"]


@pytest.mark.parametrize("kind", sampled(HELPERS, ["future", "table", "main"]))
def test_a_helper_counts(tmp_path, kind):
    assert total(with_helper(HELPERS[kind]), tmp_path) == 100


@pytest.mark.parametrize("kind", sampled(["lambda", "dataclass", "table"], ["lambda"]))
def test_a_helper_in_a_later_cell_counts(tmp_path, kind):
    assert total(with_helper(HELPERS[kind], place=5), tmp_path) == 100


def test_what_a_helper_needs_may_stand_in_a_later_cell(tmp_path):
    notebook = with_helper("times = maker(np.matmul)")
    notebook["cells"].append(code_cell("def maker(f):\n    return f"))
    assert total(notebook, tmp_path) == 100


@pytest.mark.whole
def test_the_future_of_one_cell_holds_in_the_next(tmp_path):
    notebook = with_helper("def times(a: Unknown, b: Missing):\n    return a @ b", head="x: int = 3\n")
    notebook["cells"].insert(1, code_cell("from __future__ import annotations"))
    assert total(notebook, tmp_path) == 100


def test_what_a_later_experiment_makes_of_the_name_does_not_count(tmp_path):
    notebook = with_helper("times = np.matmul")
    notebook["cells"].append(code_cell("times = 0.5  # epochs"))
    assert total(notebook, tmp_path) == 100


def test_a_helper_that_is_made_anew_before_its_last_use_is_the_new_one(tmp_path):
    notebook = with_helper("times = None")
    cell = by_id(notebook, "update-code")
    cell["source"] = "times = np.matmul\n" + cell["source"].replace("for l in", "times\n    for l in")
    assert total(notebook, tmp_path) == 100


@pytest.mark.whole
@pytest.mark.parametrize(
    "patch",
    [
        "NeuralNetwork.pre = pre",
        "setattr(NeuralNetwork, 'pre', pre)",
        "def added_to(c):\n    def add(f):\n        setattr(c, f.__name__, f)\n        return f\n    return add\n"
        "@added_to(NeuralNetwork)\ndef pre(self, a, b):\n    return a @ b",
    ],
)
def test_a_method_added_to_the_class_counts(tmp_path, patch):
    notebook = with_helper(f"def pre(self, a, b):\n    return a @ b\n{patch}")
    cell = by_id(notebook, "forward-code")
    cell["source"] = cell["source"].replace("times(", "self.pre(")
    assert total(notebook, tmp_path) == 100


@pytest.mark.whole
def test_what_nothing_depends_on_is_not_run(tmp_path):
    notebook = with_helper("times = np.matmul")
    notebook["cells"] += [
        code_cell("while True:\n    pass"),
        code_cell("x = [exit(0) for _ in range(3)]\nimport torch"),
    ]
    assert total(notebook, tmp_path) == 100


@pytest.mark.whole
def test_a_later_whole_class_has_its_own_methods(tmp_path):
    notebook = solved_base()
    wrong = "class NeuralNetwork(NeuralNetwork):\n    def forward(self, X):\n        return X"
    notebook["cells"].append(code_cell(wrong))
    assert "forward" not in points(graded(notebook, tmp_path))
