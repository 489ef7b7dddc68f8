"""The stored sweep is the evidence for the grader's training checks, and it is about them as they are now."""

import json
from dataclasses import replace
from math import comb

import pytest

from autograder.assignment.network.training import STRETCH
from autograder.assignment.solution import solution
from autograder.course.reference import HOME, STARTS, case_of, checks, setting, student_of
from autograder.course.rubric import settings
from autograder.engine.runner import hold
from tests.sweeps import starts, sweep

LINES = starts.stored_table()
ROWS = {(row.check, row.variant): row for row in sweep.stored_table()}
FREE = {"xor": 1000, "circle": 300, "sine": 300, "square": 100, "spirals": 100}
SHARES = {"xor": 0.995, "circle": 0.99, "sine": 0.99, "square": 0.99, "spirals": 0.9}  # that pass, at least
ROOM = 0.6  # of the epochs, before which the stored starts pass
EACH = pytest.mark.parametrize("key", ROWS, ids="-".join)


def test_the_table_has_a_row_for_every_check_that_trains_and_both_variants():
    assert set(ROWS) == {(check, variant) for check in settings() for variant in ("visible", "hidden")}


@EACH
def test_every_row_rests_on_enough_starts(key):
    assert ROWS[key].starts >= FREE[key[0].partition("/")[0]]


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
def test_the_first_rows_starts_pass_before_60_percent_of_the_epochs(key):
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
    assert max(line.start for line in LINES) < sweep.FIRST


@pytest.mark.parametrize("check", ["xor/learns", "sine/learns"])
def test_a_run_of_the_sweep_is_the_graders_check(check, monkeypatch):
    needed, value = sweep.run(check, setting(checks()[check], HOME))
    module = sweep.module_of(check)
    assert value < module.GOAL and needed == ROWS[check, "visible"].stored_share * module.EPOCHS
    case, student = case_of(checks()[check], HOME), student_of(solution(()))
    monkeypatch.setattr(module, "EPOCHS", needed)
    hold(checks()[check], student, case)  # no Failed: so many are enough
    monkeypatch.setattr(module, "EPOCHS", needed - sweep.LOOK)
    with pytest.raises(Exception, match=f"After {needed - sweep.LOOK} epochs"):
        hold(checks()[check], student, case)


def test_a_start_that_does_not_get_there_is_counted_as_failed(monkeypatch):
    monkeypatch.setattr(sweep.module_of("xor/learns"), "EPOCHS", 10)
    row = settings()["xor/learns"]["visible"][0]
    needed, value = sweep.run("xor/learns", sweep.with_start("xor/learns", row, sweep.FIRST))
    assert needed is None and value > 0.01


def test_a_row_counts_shares_epochs_and_the_slowest_stored_start():
    free = [(250, 1.0), (500, 0.995), (None, 0.7), (1000, 1.0)]
    row = sweep.row_of("spirals/separates", "visible", free, [(250, 1), (3000, 1), (1500, 1), (600, 1), (600, 1)])
    assert (row.starts, row.passing, row.median_epochs, row.worst_epochs) == (4, 0.75, 500, 1000)
    assert (row.best_value, row.worst_value, row.stored_share) == (1.0, 0.7, 3000 / row.epochs)
    row = sweep.row_of("spirals/separates", "visible", free, [(250, 1), (None, 0.7)])
    assert row.stored_share == float("inf")


# The starts among which the seed chooses


def test_every_start_that_may_decide_a_grade_has_been_tried_and_no_other():
    stored = [(check, variant, row, start) for check, variant, row, found in starts.rows() for start in found]
    assert [(line.check, line.variant, line.row, line.start) for line in LINES] == stored, "say make sweep"
    for line in LINES:
        row = settings()[line.check][line.variant][line.row]
        assert json.loads(line.setting) == {n: v for n, v in row.items() if n not in ("start", "starts")}


def test_every_start_is_good():
    assert [line for line in LINES if not line.good] == []


def test_every_recipe_in_the_table_was_tried_from_every_start():
    for line in LINES:
        assert len(json.loads(line.right)) == len(starts.RIGHT.get(line.check, []))


@pytest.mark.parametrize("check", settings())
@pytest.mark.parametrize("variant", ["visible", "hidden"])
def test_the_seed_has_a_choice_of_at_least_sixteen(check, variant):
    rows = settings()[check][variant][variant == "visible" :]
    counts = [len(row["start"]) if "start" in row else comb(len(row["starts"]), STARTS) for row in rows]
    assert sum(counts) >= 16
    assert all(len(set(found)) == len(found) for *_, found in starts.rows())


@pytest.mark.parametrize(
    "changed",
    [{"epochs": 0}, {"epochs": 4000}, {"right": "[1000, 0]"}, {"wrong": 1}],
    ids=["never passes", "passes late", "fails for a right recipe", "suits a wrong one"],
)
def test_a_start_is_no_good_that(changed):
    line = next(line for line in LINES if line.check == "spirals/separates")
    assert line.good and not replace(line, **changed).good


def test_a_line_is_what_trying_the_start_again_gives():
    for check in ("xor/learns", "sine/learns"):
        line = [line for line in LINES if line.check == check][-1]
        assert starts.tried(line.check, line.variant, line.row, line.start) == line
