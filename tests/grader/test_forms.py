"""Answers that have the outer form of right ones and hold something else: the student's fault, never the kit's."""

from itertools import product

import numpy as np
import pytest
from backprop import exercises
from backprop.neural_network import NeuralNetwork

from autograder.course.reference import course
from autograder.engine import check as checking
from autograder.engine.runner import Engine
from tests.layers import combined, in_part, in_turn, sampled

from .in_process import InProcess, graded
from .test_junk import JUNK, METHODS, SOME_TASKS

USES_GRADIENTS = ("gradient_check", "xor", "l2")


@pytest.mark.parametrize(("part", "name"), in_part(product((0, 1), JUNK), 7))
def test_junk_within_the_gradients(part, name):
    number = list(JUNK).index(name)  # pairwise: two of the three tasks for one part, another two for the other

    class Junk(NeuralNetwork):
        def backward(self, Y):
            gradients = super().backward(Y)
            gradients[part][0] = JUNK[name]
            return gradients

    used = [in_turn(USES_GRADIENTS, part, number), in_turn(USES_GRADIENTS, part, number, 1)]
    engine = graded(Junk, ("backward", *used))  # asserts that the kit did not fail
    assert any(result.status != "passed" for result in engine.results["backward"])


SHAPED = {
    "complex": lambda g: g + 1j,
    "text": lambda g: g.astype(str),
    "objects": lambda g: g.astype(object),
    "half precision": lambda g: g.astype(np.float16),
    "unsigned": lambda g: np.abs(g).astype(np.uint64),
    "true or false": lambda g: g > 0,
    "nested lists": lambda g: g.tolist(),
    "ragged lists": lambda g: [row[: number + 1] for number, row in enumerate(g.tolist())],
    "a matrix": lambda g: np.asmatrix(g),
    "one axis more": lambda g: g[None],
    "one axis": lambda g: g.ravel(),
    "one number": lambda g: g.ravel()[0],
}


@pytest.mark.parametrize(("name", "method"), combined(list(SHAPED), ["forward", "backward"]))
def test_right_numbers_of_an_unexpected_form(name, method):
    class Formed(NeuralNetwork):
        def backward(self, Y):
            change = SHAPED[name] if method == "backward" else lambda g: g
            return tuple([change(g) for g in gradients] for gradients in super().backward(Y))

        def forward(self, X):
            output = super().forward(X)
            return SHAPED[name](output) if method == "forward" else output

    graded(Formed, SOME_TASKS)


@pytest.mark.parametrize(
    ("method", "form"),
    combined(["__init__", *METHODS], ["no argument", "static", "a number", "a class", "keywords only"]),
)
def test_methods_that_take_no_arguments(method, form):
    forms = {
        "no argument": lambda: None,
        "static": staticmethod(lambda: None),
        "a number": 3.0,
        "a class": dict,
        "keywords only": lambda self, *, X=None: X,
    }
    engine = graded(type("Formed", (NeuralNetwork,), {method: forms[form]}), SOME_TASKS)
    if method in ("forward", "backward", "update"):
        assert not any(result.points for result in engine.results[method])


@pytest.mark.parametrize("name", sampled(JUNK, list(JUNK)[::8]))
def test_junk_within_the_history(name):
    class Junk(NeuralNetwork):
        def train(self, X, Y, *args, **options):
            super().train(X, Y, *args, **options)
            return [JUNK[name]] * 12

    engine = graded(Junk, ("forward", "backward", "update", "xor"))
    assert any(r.id == "xor/history" and r.status != "passed" for r in engine.results["xor"])


@pytest.mark.parametrize("name", sampled(JUNK, list(JUNK)[::4]))
def test_recipes_that_are_none(name, monkeypatch):
    for recipe in ("square_recipe", "spirals_recipe"):
        monkeypatch.setattr(exercises, recipe, lambda: JUNK[name])
    engine = graded(NeuralNetwork, ("square", "spirals"))
    assert not any(result.points for task in ("square", "spirals") for result in engine.results[task])


def judged(on_right: bool) -> Engine:
    """The results of one check that cannot judge a wrong network's answer, nor, if `on_right`, the right one's."""

    @checking.Task("forward", owns=("forward",)).check(weight=1, compared=False)
    def test_fragile(student, case):
        """A check."""
        output = student.network([2, 1]).forward(np.zeros((2, 1)))
        if on_right or output is None:
            raise TypeError("this cannot be judged")

    engine = Engine(course(), InProcess(type("Nothing", (NeuralNetwork,), {"forward": lambda self, X: None})))
    engine.run_all([test_fragile.check])
    return engine


def test_what_cannot_be_judged_is_the_students_fault_unless_the_right_network_cannot_be_judged_either():
    engine = judged(on_right=False)
    assert engine.kit_errors == []
    assert {r.status for r in engine.results["forward"]} == {"failed"}
    assert "form" in engine.results["forward"][0].message
    engine = judged(on_right=True)
    assert len(engine.kit_errors) == 2 and "TypeError" in engine.kit_errors[0]
