"""The stored starts: a correct network passes from them with room to spare, on any machine."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from autograder.checks import recipes, test_circle, test_sine, test_spirals, test_square, test_xor
from autograder.checks.answering import Answerer
from autograder.checks.case import Case
from autograder.checks.student import Student, direct
from autograder.course import check_functions, predict, seed_of, setting

TRAININGS = {"xor": test_xor, "circle": test_circle, "sine": test_sine}
ROOM = 0.6  # of the epochs


class Nudged(NeuralNetwork):
    """Another BLAS: the last bits of the starting weights and of every gradient differ."""

    def backward(self, Y):
        dW, db = super().backward(Y)
        return [g * (1 + 1e-12) for g in dW], [g * (1 - 1e-12) for g in db]


def student(network_class):
    return Student(direct(Answerer(network_class=network_class)))


def case_of(check_id, variant):
    check = check_functions()[check_id].about
    return Case(check.id, variant, seed_of(variant), None, setting(check, variant), predict)


@pytest.mark.parametrize("network_class", [NeuralNetwork, Nudged])
@pytest.mark.parametrize("variant", ["visible", "hidden"])
@pytest.mark.parametrize("task", TRAININGS)
def test_a_correct_network_learns_within_60_percent_of_the_epochs(task, variant, network_class, monkeypatch):
    module = TRAININGS[task]
    monkeypatch.setattr(module, "EPOCHS", int(ROOM * module.EPOCHS))
    module.test_learns(student(network_class), case_of(f"{task}/learns", variant))


@pytest.mark.parametrize("network_class", [NeuralNetwork, Nudged])
@pytest.mark.parametrize("variant", ["visible", "hidden"])
@pytest.mark.parametrize(("check_id", "module"), [("square/fits", test_square), ("spirals/separates", test_spirals)])
def test_the_solutions_recipes_succeed_from_one_start_more_than_needed(
    check_id, module, variant, network_class, monkeypatch
):
    monkeypatch.setattr(recipes, "NEEDED", 4)
    function = check_functions()[check_id]
    function(student(network_class), case_of(check_id, variant))


@pytest.mark.parametrize("task", TRAININGS)
def test_visible_and_hidden_data_differ(task):
    visible, hidden = (setting(check_functions()[f"{task}/learns"].about, v) for v in ("visible", "hidden"))
    assert visible != hidden and visible["start"] != hidden["start"]


def test_hidden_starts_of_the_recipes_are_others():
    for check_id in ("square/fits", "spirals/separates"):
        visible, hidden = (setting(check_functions()[check_id].about, v)["starts"] for v in ("visible", "hidden"))
        assert len(visible) == len(hidden) == 5 and not set(visible) & set(hidden)


def test_the_goal_of_the_sine_lies_between_the_bound_and_doing_nothing():
    x = np.random.RandomState(42).uniform(-2 * np.pi, 2 * np.pi, (1, 200))
    bound = np.sum(np.minimum(np.sin(x), 0) ** 2) / 400
    assert bound < test_sine.GOAL < np.sum((0.5 - np.sin(x)) ** 2) / 400
