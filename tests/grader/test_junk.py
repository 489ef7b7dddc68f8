"""Whatever a student's methods return, the kit itself does not fail and no point comes of it."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork
from backprop.recipe import Recipe

from .in_process import graded

SOME_TASKS = ("forward", "backward", "update", "gradient_check", "xor", "l2")
JUNK = {
    "None": None,
    "True": True,
    "number": 7,
    "huge number": 10**400,
    "not a number": float("nan"),
    "complex": 1j,
    "text": "100 points",
    "bytes": b"100",
    "empty list": [],
    "list of None": [None, None],
    "ragged list": [[1.0], [1.0, 2.0]],
    "deep list": [[[[[[1.0]]]]]],
    "long list": [0.5] * 100_000,
    "many arrays": [np.zeros(1)] * 3000,
    "dict": {"score": 100},
    "object": object(),
    "class": Recipe,
    "function": len,
    "scalar array": np.array(0.5),
    "empty array": np.zeros((0, 0)),
    "text array": np.array(["a", "b"]),
    "object array": np.array([None, {}], dtype=object),
    "complex array": np.ones((2, 5)) * 1j,
    "bool array": np.ones((2, 5), bool),
    "date array": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "record array": np.zeros(2, dtype=[("a", float)]),
    "long double": np.ones((2, 5), np.longdouble),
    "big-endian": np.ones((2, 5), ">f8"),
    "masked": np.ma.masked_all((2, 5)),
    "nine axes": np.zeros((1,) * 9),
    "pair": (None, None),
    "pair of lists": ([None] * 2, [object()] * 2),
}


@pytest.mark.parametrize("method", ["forward", "backward", "update", "train", "compute_loss", "_l2_penalty"])
@pytest.mark.parametrize("name", JUNK)
def test_junk_from_a_method_is_no_failure_of_the_kit(method, name):
    junk = JUNK[name]
    network = type("Junk", (NeuralNetwork,), {method: lambda self, *args, **kwargs: junk})
    engine = graded(network, SOME_TASKS)  # asserts that the kit did not fail
    task = {"train": "xor", "compute_loss": "gradient_check", "_l2_penalty": "l2"}.get(method, method)
    assert any(result.status != "passed" for result in engine.results[task])


@pytest.mark.parametrize("attribute", ["weights", "biases", "z_cache", "a_cache"])
@pytest.mark.parametrize("name", JUNK)
def test_junk_in_an_attribute_is_no_failure_of_the_kit(attribute, name):
    class Junk(NeuralNetwork):
        def forward(self, X):
            output = super().forward(X)
            setattr(self, attribute, JUNK[name])
            return output

    graded(Junk, SOME_TASKS)


FIELDS = ("layer_sizes", "activation", "output_activation", "eta", "epochs", "batch_size", "momentum", "l2")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", JUNK)
def test_junk_in_a_recipe_is_no_failure_of_the_kit(field, name):
    from autograder.assignment.network.proxy import NetworkStudent
    from autograder.assignment.network.recipes import read_recipe
    from autograder.engine.calls import in_process
    from autograder.engine.case import Failed

    answers = {"layer_sizes": [2, 3, 1], "activation": "tanh", "output_activation": None, "eta": 0.1}
    answers |= {"epochs": 10, "batch_size": None, "momentum": 0.0, "l2": 0.0, field: JUNK[name]}

    class Answers:
        def answer(self, header, arrays):
            from autograder.engine.answering import encode

            returned = []
            return {"value": encode([answers[f] for f in FIELDS], returned), "args": []}, returned

    harmless = {
        "number": ("eta", "epochs", "batch_size", "momentum", "l2"),
        "None": ("output_activation", "batch_size"),
    }
    student = NetworkStudent(in_process(Answers()))
    if field in harmless.get(name, ()):
        assert read_recipe(student, "spirals_recipe", 2, 1)
    else:
        with pytest.raises(Failed):
            read_recipe(student, "spirals_recipe", 2, 1)
