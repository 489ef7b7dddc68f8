"""The stored starts: a correct network passes from them with room to spare, on any machine."""

from dataclasses import asdict
from itertools import combinations

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork
from backprop.recipe import SPIRALS_ACCURACY

from autograder.assignment.checks import test_circle, test_sine, test_spirals, test_square, test_xor
from autograder.assignment.network import recipes
from autograder.assignment.network.proxy import NetworkStudent
from autograder.assignment.solution import SUBJECT
from autograder.course.reference import HOME, case_of, checks, setting, student_of
from autograder.course.rubric import settings
from autograder.engine.answering import Answerer
from tests.sweeps.starts import Nudged

TRAININGS = {"xor": test_xor, "circle": test_circle, "sine": test_sine}
ROOM = 0.6  # of the epochs


def student(network_class) -> NetworkStudent:
    return student_of(Answerer(asdict(SUBJECT), kind=network_class))


@pytest.mark.parametrize("network_class", [NeuralNetwork, Nudged])
@pytest.mark.parametrize("variant", [HOME, "visible", "hidden"])
@pytest.mark.parametrize("task", TRAININGS)
def test_a_correct_network_learns_within_60_percent_of_the_epochs(task, variant, network_class, monkeypatch):
    module = TRAININGS[task]
    monkeypatch.setattr(module, "EPOCHS", int(ROOM * module.EPOCHS))
    module.test_learns(student(network_class), case_of(checks()[f"{task}/learns"], variant))


@pytest.mark.parametrize("network_class", [NeuralNetwork, Nudged])
@pytest.mark.parametrize("variant", [HOME, "visible", "hidden"])
@pytest.mark.parametrize(("check_id", "module"), [("square/fits", test_square), ("spirals/separates", test_spirals)])
def test_the_solutions_recipes_succeed_from_every_start(check_id, module, variant, network_class, monkeypatch):
    monkeypatch.setattr(recipes, "NEEDED", 5)
    check = checks()[check_id]
    check.function(student(network_class), case_of(check, variant))


def test_no_two_variants_share_a_setting():
    for check_id in settings():
        found = [setting(checks()[check_id], variant) for variant in (HOME, "visible", "hidden")]
        assert all(one != other for one, other in combinations(found, 2))


def test_hidden_variants_defeat_weights_that_were_memorised():
    """Whatever the seed chooses: other labels, another place or another sign than in any visible variant."""
    for check_id, name in (("xor", "flipped"), ("circle", "centre"), ("sine", "sign"), ("spirals", "turn")):
        row = next(rows for key, rows in settings().items() if key.startswith(check_id))
        visible, hidden = ([one[name] for one in row[variant]] for variant in ("visible", "hidden"))
        assert not any(value in visible for value in hidden)


def test_98_percent_decides_where_99_are_asked():
    points = 2 * 97
    assert test_spirals.ASKED == SPIRALS_ACCURACY == 0.99 and test_spirals.GOAL == 0.98
    assert (points - 3) / points >= test_spirals.GOAL > (points - 4) / points


def test_the_goal_of_the_sine_lies_between_the_bound_and_doing_nothing():
    x = np.random.RandomState(42).uniform(-2 * np.pi, 2 * np.pi, (1, 200))
    bound = np.sum(np.minimum(np.sin(x), 0) ** 2) / 400
    assert bound < test_sine.GOAL < np.sum((0.5 - np.sin(x)) ** 2) / 400
