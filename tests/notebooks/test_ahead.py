"""In the notebook, `check` says what will not count when it is graded."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment.solution import SUBJECT
from autograder.engine.ahead import look_ahead
from autograder.release.notebook import executed
from tests.kit import RELEASE

from .converted import RELEASED, code_cell

FORWARD = "def forward(self, X):\n    return times(self.weights[0], X)"
SETUP = "import numpy as np\nfrom backprop.neural_network import NeuralNetwork"


def said(*cells, task="forward", **space):
    return " ".join(look_ahead(task, ["", SETUP, *cells], {"np": np, **space}, RELEASE, SUBJECT))


@pytest.mark.parametrize(
    "helper",
    [
        "times = np.matmul",
        "from functools import partial\ntimes = partial(np.matmul)",
        "try:\n    import torch\n    times = torch.matmul\nexcept ImportError:\n    times = np.matmul",
        "import matplotlib.pyplot as plt\ndef times(a, b):\n    return a @ b",
        "class Ops:\n    def __call__(self, a, b):\n        return a @ b\ntimes = Ops()",
    ],
)
def test_nothing_is_said_of_what_counts(helper):
    assert said(helper, FORWARD, "import torch  # in a plot", times=1, torch=1) == ""


@pytest.mark.parametrize(
    "helper, words",
    [
        ("import torch\ntimes = torch.matmul", "there is no `torch`"),
        ("from helpers import times", "there is no `helpers`"),
        ("def times(a, b):\n    import scipy.linalg\n    return a @ b", "there is no `scipy`"),
        ("get_ipython().run_line_magic('run', 'helpers.py')", "there is no `times`: no cell"),
        ("exec('times = np.matmul')", "there is no `times`: no cell"),
        ("W = np.load('weights.npy')\ndef times(a, b):\n    return W @ b", "line 1: `W = np.load('weights.npy')`"),
        ("times = max([i for i in iter(int, 1)])", "did not end within 2 s"),
        ("times = input('how? ')", "EOFError"),
    ],
)
def test_what_will_not_count_is_named(helper, words):
    told = said(helper, FORWARD, times=1)
    assert words in told and "When this is graded" in told and "In [" in told, told


def test_a_cell_that_was_mended_and_run_again_is_looked_at_as_it_is_now():
    assert said("import torch\ntimes = torch.matmul", FORWARD, "times = np.matmul", FORWARD, times=1) == ""


def test_a_task_looks_at_its_own_functions():
    history = ["import torch\ndef backward(self, Y):\n    return torch.ones(1)", "def forward(self, X):\n    return X"]
    assert said(*history) == ""
    assert "torch" in said(*history, task="backward") and "torch" in said(*history, task="xor")


def test_a_typing_error_is_left_to_the_check_itself():
    assert said(FORWARD) == ""


def test_the_notebook_shows_it_below_the_check(tmp_path):
    import nbformat

    folder = Path(shutil.copytree(RELEASE, tmp_path / "ps18"))
    (folder / "helpers.py").write_text("def times(a, b):\n    return a @ b\n")
    cells = {cell["id"]: {**cell, "source": "".join(cell["source"])} for cell in RELEASED["cells"]}
    wanted = [cells["setup"], code_cell("from helpers import times"), code_cell(FORWARD), cells["forward"]]
    notebook = {**RELEASED, "cells": [{**cell, "id": f"c{n}"} for n, cell in enumerate(wanted)]}
    outputs = executed(nbformat.from_dict(notebook), folder)[-1].outputs
    text = " ".join("".join(output.get("text", "") for output in outputs).split())
    assert "When this is graded, there is no `helpers`, only NumPy and matplotlib (In [2], line 1:" in text
