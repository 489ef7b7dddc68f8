"""What hostile submissions get: a result, no point that they did not earn, nothing outside changed, nothing left."""

import json
import os
import re
from functools import cache

import numpy as np
import pytest

from autograder.course.reference import rubric

from .corpus import hostile, twin_name
from .graded import LAST, MARK, SECRET_VALUE, grade_corpus, names, twins_of
from .hidden import LENGTH, Search, arrays_of
from .uploads import UPLOADS

# Sandbox, user, and which submissions are graded: pairwise, each in both sandboxes and as both users.
WHOLE = [("bubblewrap", "root", "even"), ("landlock", "root", "odd")]
WHOLE += [("bubblewrap", "nobody", "odd"), ("landlock", "nobody", "even")]
if os.geteuid() != 0:
    WHOLE = [("bubblewrap", "nobody", "all"), ("landlock", "nobody", "all")]
SAMPLE = (*WHOLE[0][:2], "one of each")
LAYER = {SAMPLE: pytest.mark.sample} | dict.fromkeys(WHOLE, pytest.mark.whole)
TASKS = [task.id for task in rubric().tasks]
graded = cache(grade_corpus)
pytestmark = pytest.mark.timeout(1500)  # the first test of each run waits for all of it


def named(run, *name):
    return "-".join([*run[: 3 if run == SAMPLE else 2], *name]).replace(" ", "_")


each_run = pytest.mark.parametrize("run", [pytest.param(run, id=named(run), marks=LAYER[run]) for run in LAYER])
each_submission = pytest.mark.parametrize(
    ("run", "name"),
    [pytest.param(run, name, id=named(run, name), marks=LAYER[run]) for run in LAYER for name in names(run[2])],
)


@pytest.fixture(scope="module")
def search():
    return Search(arrays_of("hidden"), arrays_of("visible"))


def points(result):
    """By task."""
    return {task["id"]: task["points"] for task in result["tasks"]}


# The class


@each_run
def test_every_submission_has_a_result_and_the_kit_failed_on_none(run):
    assert graded(*run).status == 0, graded(*run).said
    assert set(graded(*run).results) == {*names(run[2]), *twins_of(run[2]), LAST}
    assert {name: r["kit_errors"] for name, r in graded(*run).results.items() if r["kit_errors"]} == {}
    assert all(r["sha256"] for r in graded(*run).results.values())


@each_run
def test_honest_students_before_and_after_get_what_they_deserve(run):
    first, last = graded(*run).results[twin_name("solved")], graded(*run).results[LAST]
    assert (first["score"], first["bonus"]) == (last["score"], last["bonus"]) == (100, 30)
    for on in ("stub", "idle"):
        assert set(points(graded(*run).results[twin_name(on)]).values()) == {0}


@each_run
def test_nothing_is_left_running(run):
    assert graded(*run).left_running == []


@each_run
def test_nothing_outside_is_changed(run):
    assert len(graded(*run).before) > 200
    changed = {path for path, _ in graded(*run).before.items() ^ graded(*run).after.items()}
    assert changed == set()
    assert not any(MARK in name for folder in ("/tmp", "/var/tmp", "/dev/shm") for name in os.listdir(folder))


@each_run
def test_nobody_was_reached(run):
    assert graded(*run).contacted == []


# Each submission


@each_submission
def test_it_gets_its_twins_points_and_no_other(run, name):
    result, row = graded(*run).results[name], hostile().get(name) or UPLOADS[name]
    got = points(result)
    if row.reason:
        assert result["status"] == "ungradable" and row.reason in result["reason"], result["reason"]
        assert set(got.values()) == {0}
        return
    assert (result["status"], result["reason"]) == ("graded", None)
    if name in UPLOADS:
        assert got == points(graded(*run).results[row.twin])
    elif row.earns_at_most:
        assert all(got[task] <= row.earns_at_most.get(task, 0) for task in TASKS), got
    elif row.at_most:
        most = points(graded(*run).results[twin_name(row.on)])
        assert all(got[task] <= most[task] for task in TASKS), got
    else:
        may = [points(graded(*run).results[twin]) for twin in row.twins]
        assert all(min(p[t] for p in may) <= got[t] <= max(p[t] for p in may) for t in TASKS), (got, may)


@each_submission
def test_its_result_is_clean(run, name):
    """No traceback, no control character, no text without end; bounded in time."""
    result = graded(*run).results[name]
    said = [result["reason"] or "", *result["notes"], *result["ignored"], *result["taken"]]
    said += [check["message"] for task in result["tasks"] for check in task["checks"]]
    assert not [
        text for text in said if len(text) > 2000 or "Traceback" in text or re.search(r"[\0-\x08\x0b-\x1f]", text)
    ]
    broken = r"NameError|ImportError|UnboundLocalError|SyntaxError: (?!'\(' was never closed)"
    assert not re.search(broken, "".join(said)), "the attack itself does not work"
    assert len(json.dumps(result)) < 200_000
    json.dumps(result, allow_nan=False)


@each_submission
def test_its_result_shows_no_hidden_number(run, search, name):
    own = {path: text for path, text in graded(*run).texts.items() if f"/{name}/" in path}
    assert own
    assert {path: places for path, text in own.items() if (places := search.found(text))} == {}


@each_run
def test_nothing_that_was_written_shows_a_secret_or_a_hidden_number(run, search):
    assert SECRET_VALUE not in graded(*run).said and search.found(graded(*run).said) == []
    for path, text in graded(*run).texts.items():
        assert SECRET_VALUE not in text, path
        assert not re.search(rf"<script>alert\((1|'{MARK}')\)", text) or path.endswith((".json", ".csv", ".db")), path


# The tests themselves


def test_the_corpus_is_large_and_each_says_what_it_tries():
    assert len(names()) >= 100 and len(names("one of each")) == 10
    assert all(row.tries.strip() for row in [*hostile().values(), *UPLOADS.values()])
    assert all(set(row.when) and row.code.strip() for row in hostile().values())


@pytest.mark.parametrize("style", [repr, "{:.3f}".format, "{:.4f}".format, "{:.6g}".format, "{:.8e}".format])
def test_the_search_finds_what_it_is_for(search, style):
    found = 0
    for array in arrays_of("hidden")[::50]:
        numbers = array.ravel().tolist()
        if len(numbers) >= 8 and all(0.1 < abs(x) < 1000 and x != round(x, 3) for x in numbers):
            found += bool(search.found("the input was [" + ", ".join(map(style, numbers)) + "]"))
            assert search.found("the input was [" + ", ".join(map(style, numbers)) + "]"), numbers
    assert found > 3


@pytest.mark.whole
def test_the_search_finds_nothing_in_other_numbers(search):
    rng = np.random.RandomState(0)
    assert search.found(" ".join(f"{x:.3f}" for x in rng.uniform(-2, 2, 20_000))) == []
    assert search.found(" ".join(f"{x:.3f}" for a in arrays_of("visible")[::9] for x in np.ravel(a))) == []


@each_run
def test_what_is_planted_to_be_shown_is_shown_where_it_may_be(run):
    """Inputs of visible checks do come back, so the ways that hidden ones could take are open."""
    known = Search(arrays_of("visible"), [])
    for name in ("inputs_in_messages", "inputs_in_late_messages", "inputs_remembered", "inputs_in_lines"):
        if name in graded(*run).results:
            assert known.found(json.dumps(graded(*run).results[name])), name


def test_runs_of_numbers_are_long_enough():
    assert LENGTH >= 4
