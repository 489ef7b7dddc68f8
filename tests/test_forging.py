"""What a submission patches, prints or writes earns nothing: points come from the values that arrive."""

import pytest

from autograder.grading.submission import grade_apart
from autograder.intake.submissions import Submission
from autograder.results.model import as_dict
from autograder.sandbox import choose

CLASS = """
class NeuralNetwork:
    def __init__(self, layer_sizes, activation="sigmoid", **options):
        self.layer_sizes, self.L = layer_sizes, len(layer_sizes) - 1
        self.activation_name = activation
        self.weights = [np.zeros((n, k)) for k, n in zip(layer_sizes, layer_sizes[1:])]
        self.biases = [np.zeros((n, 1)) for n in layer_sizes[1:]]

    def forward(self, X):
        cheat()
        self.z_cache = [np.zeros((n, X.shape[1])) for n in self.layer_sizes[1:]]
        self.a_cache = [X, *self.z_cache]
        return self.z_cache[-1]

    def compute_loss(self, y_hat, Y):
        cheat()
        return 0.0

    def backward(self, Y):
        cheat()
        return [0 * W for W in self.weights], [0 * b for b in self.biases]

    def update(self, dW, db, eta):
        cheat()

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        cheat()
        return [0.0] * epochs
"""
PATCHES = """
import builtins, json, os, sys, time
import numpy as np

yes = lambda *args, **kwargs: True
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *args, **kwargs: None
np.allclose = np.array_equal = np.isclose = np.array_equiv = yes
builtins.AssertionError = type("AssertionError", (Exception,), {})
builtins.all = builtins.any = yes
time.time = time.perf_counter = time.process_time = lambda: 0.0

"""
WRITES = """
import json, os
import numpy as np

def cheat():
    for descriptor in range(64):
        for text in (b"score 100", json.dumps({"score": 100, "bonus": 50, "status": "passed"}).encode() * 20):
            try:
                os.write(descriptor, text)
            except OSError:
                pass
"""
FILES = """
import os
import numpy as np

def cheat():
    for folder in (".", "/tmp", "/tmp/ps18", "/tmp/ps18/backprop", "/kit", os.path.dirname(__file__)):
        for name in ("results.json", "conftest.py", "sitecustomize.py", "pytest.ini", "numpy.py", "grades.csv"):
            try:
                with open(os.path.join(folder, name), "w") as stream:
                    stream.write('{"score": 100}')
            except OSError:
                pass
"""
WORKER = """
import gc, sys
import numpy as np

def cheat():
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if callable(value) and getattr(value, "__name__", "") in ("encode", "frame", "receive", "decode"):
                frame.f_globals[value.__name__] = lambda *args, **kwargs: {"value": True}
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "expected" in thing:
            thing["expected"] = None
"""
ATTACKS = {
    "patches": PATCHES + "def cheat():\n    pass\n",
    "writes on every descriptor": WRITES,
    "patches and writes": PATCHES + WRITES,
    "writes files": FILES,
    "patches the worker": WORKER,
}


@pytest.fixture(scope="module")
def sandbox():
    return choose()


@pytest.mark.parametrize("name", ATTACKS)
def test_a_forgery_earns_nothing(sandbox, name):
    source = (ATTACKS[name] + CLASS).encode()
    files = {"neural_network.py": source}
    result = as_dict(grade_apart(Submission("eve", files, "files", tuple(files), (), (), {}, None, name), sandbox))
    assert result["kit_errors"] == []
    earned = {c["id"]: c["points"] for task in result["tasks"] for c in task["checks"] if c["points"]}
    assert (result["score"], result["bonus"], earned) == (0, 0, {})
    assert result["status"] == "graded"
