"""The table of mistakes: each shows where it is charged, costs points there, and gets its own name."""

from functools import cache

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from autograder.assignment.mistakes import MISTAKES, network_with
from autograder.assignment.solution import solution
from autograder.course.reference import checks, differ, expected, seen_by
from tests.layers import sampled

from .in_process import VALUE_TASKS, arrays_of, graded, lost, names

COMPARED = [check for check in checks().values() if check.compared]
SAMPLE = list(MISTAKES)[::4]
BY_THE_CHECK = {"l2_in_update", "tanh_writes_into_z"}  # found by the check itself, not by comparing


@pytest.mark.parametrize("check", COMPARED, ids=lambda check: check.id)
@pytest.mark.parametrize("variant", ["visible", "hidden"])
def test_the_computation_without_mistakes_answers_like_the_solution(check, variant):
    assert not differ(expected(check.id, variant).right, seen_by(solution(()), check, variant))


@pytest.mark.parametrize("check", COMPARED, ids=lambda check: check.id)
@pytest.mark.parametrize("variant", ["visible", "hidden"])
def test_no_right_answer_is_zero_or_repeats_itself(check, variant):
    # But for what the equations make of single units, where zeros and ones abound.
    named = arrays_of(expected(check.id, variant).right)
    arrays = [array for (_, name), array in named.items() if not name.startswith("gradient ")]
    assert all(v.any() for v in arrays)
    assert not any(v.size > 1 and np.ptp(v) == 0 for v in arrays)


@pytest.mark.parametrize("check", COMPARED, ids=lambda check: check.id)
def test_a_mistake_that_is_not_tried_on_a_check_would_not_show_there(check):
    right, wrong = expected(check.id, "hidden").right, expected(check.id, "hidden").wrong
    assert wrong and wrong.keys() < MISTAKES.keys()
    for name in MISTAKES.keys() - wrong.keys():
        assert not differ(right, seen_by(solution((name,)), check, "hidden"))


def test_the_solution_loses_nothing():
    assert lost(graded(NeuralNetwork)) == {}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_shows_on_visible_and_on_hidden_data(name):
    for check in MISTAKES[name].charged:
        for variant in ("visible", "hidden"):
            assert name in expected(check, variant).wrong or name in BY_THE_CHECK


@cache
def graded_with(name):
    return graded(network_with(name))


@pytest.mark.parametrize("name", sampled(MISTAKES, SAMPLE))
def test_a_mistake_costs_points_where_it_belongs_and_is_named(name):
    engine = graded_with(name)
    own = {check.split("/")[0] for check in MISTAKES[name].charged}
    losses = lost(engine)
    assert own <= set(losses)
    # The gradient check is judged by its outcome: loss and gradient have to agree, whoever is wrong.
    assert set(losses) - own <= {"gradient_check"}
    assert names(engine) == {name}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_sentence_says_what_the_numbers_show(name):
    sentence = MISTAKES[name].says
    assert sentence.endswith(".") and len(sentence) > 40


@pytest.mark.parametrize(
    "name", sampled([name for name, m in MISTAKES.items() if any("backward" in c for c in m.charged)], SAMPLE)
)
def test_one_mistake_leaves_most_of_backward(name):
    assert lost(graded_with(name))["backward"] <= 16


def test_every_charge_names_a_check():
    assert {check for m in MISTAKES.values() for check in m.charged} <= set(checks())


def test_all_value_tasks_are_tried_here():
    assert {check.task.id for check in COMPARED} <= set(VALUE_TASKS)
