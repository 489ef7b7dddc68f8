"""The stored sweep is the evidence for the grader's training checks, and it is about them as they are now."""

import json

import pytest
from backprop.neural_network import NeuralNetwork

from autograder.checks.answering import Answerer
from autograder.checks.case import Case
from autograder.checks.student import Student, direct
from autograder.checks.training import STRETCH
from autograder.course import check_functions, predict, seed_of, setting, settings
from tests.sweeps import sweep

ROWS = {(row.check, row.variant): row for row in sweep.stored_table()}
STARTS = {"xor": 1000, "circle": 300, "sine": 300, "square": 100, "spirals": 100}
SHARES = {"xor": 0.995, "circle": 0.99, "sine": 0.99, "square": 0.99, "spirals": 0.9}  # that pass, at least
ROOM = 0.6  # of the epochs, before which the stored starts pass
EACH = pytest.mark.parametrize("key", ROWS, ids="-".join)


def test_the_table_has_a_row_for_every_check_that_trains_and_both_variants():
    trains = [check for check, function in check_functions().items() if {"start", "starts"} & set(stored(function))]
    assert set(ROWS) == {(check, variant) for check in trains for variant in ("visible", "hidden")}


def stored(function):
    return settings().get(function.about.id, {}).get("visible", {})


@EACH
def test_every_row_rests_on_enough_starts(key):
    assert ROWS[key].starts >= STARTS[key[0].partition("/")[0]]


@EACH
def test_the_settings_of_the_sweep_are_those_of_the_grader(key):
    assert json.loads(ROWS[key].setting) == json.loads(sweep.setting_of(*key)), "say make sweep"


@EACH
def test_the_thresholds_of_the_sweep_are_those_of_the_grader(key):
    row = ROWS[key]
    assert {"goal": row.goal, "epochs": row.epochs, "eta": row.eta} == sweep.allowed(row.check), "say make sweep"


@EACH
def test_nearly_every_free_start_passes(key):
    assert ROWS[key].passing >= SHARES[key[0].partition("/")[0]]


@EACH
def test_the_stored_starts_pass_before_60_percent_of_the_epochs(key):
    assert ROWS[key].stored_share < ROOM


@EACH
def test_the_numbers_of_a_row_agree_with_each_other(key):
    row = ROWS[key]
    assert STRETCH <= row.median_epochs <= row.worst_epochs <= row.epochs
    met = [(v >= row.goal) if row.check in sweep.MORE_IS_BETTER else (v < row.goal) for v in values(row)]
    assert met == [True, row.passing == 1]


def values(row):
    return row.best_value, row.worst_value


def test_free_starts_are_not_the_stored_ones():
    assert max(seed for check, variant in ROWS for seed in sweep.stored_starts(check, variant)) < sweep.FIRST


@pytest.mark.parametrize("check", ["xor/learns", "sine/learns"])
def test_a_run_of_the_sweep_is_the_graders_check(check, monkeypatch):
    seed = sweep.stored_starts(check, "visible")[0]
    needed, value = sweep.run(check, "visible", seed)
    module = sweep.module_of(check)
    assert value < module.GOAL and needed == ROWS[check, "visible"].stored_share * module.EPOCHS
    function = check_functions()[check]
    case = Case(check, "visible", seed_of("visible"), None, setting(function.about, "visible"), predict)
    monkeypatch.setattr(module, "EPOCHS", needed)
    function(Student(direct(Answerer(network_class=NeuralNetwork))), case)  # no Failed: so many are enough
    monkeypatch.setattr(module, "EPOCHS", needed - STRETCH)
    with pytest.raises(Exception, match=f"After {needed - STRETCH} epochs"):
        function(Student(direct(Answerer(network_class=NeuralNetwork))), case)


def test_a_start_that_does_not_get_there_is_counted_as_failed(monkeypatch):
    monkeypatch.setattr(sweep.module_of("xor/learns"), "EPOCHS", 10)
    needed, value = sweep.run("xor/learns", "visible", sweep.FIRST)
    assert needed is None and value > 0.01


def test_a_row_counts_shares_epochs_and_the_third_stored_start_that_passes():
    free = [(250, 1.0), (500, 0.995), (None, 0.7), (1000, 1.0)]
    row = sweep.row_of("spirals/separates", "visible", free, [(250, 1), (3000, 1), (None, 0), (1500, 1), (600, 1)])
    assert (row.starts, row.passing, row.median_epochs, row.worst_epochs) == (4, 0.75, 500, 1000)
    assert (row.best_value, row.worst_value, row.stored_share) == (1.0, 0.7, 1500 / row.epochs)
