"""`adjust.toml`: what instructors decide becomes points in one place, and what cannot be meant is refused."""

import json
import re
from datetime import datetime, timezone

import pytest

from autograder import ROOT
from autograder.course.rubric import BadRubric, LateRule, rubric
from autograder.results.decisions import decisions
from autograder.results.model import as_json, from_json
from autograder.results.settle import settled
from tests.doors.decided import BP1, SINE, decided, line, overrule, raw, task_of

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=timezone.utc)


@pytest.fixture
def late():
    """Switch a rule on, with these fields; `object`, as the rubric is frozen."""
    yield lambda **fields: object.__setattr__(rubric(), "late", LateRule(DUE, 10, **fields))
    object.__setattr__(rubric(), "late", None)


OVERRULES = {
    "a task's points set": (overrule(task="backward", points=30), 30),
    "a task's points added to": (overrule(task="backward", add=2.5), 29.5),
    "a task's points taken away from": (overrule(task="backward", add=-7), 20),
    "a check's points set, on all its data": (overrule(check=BP1, points=3), 30),
    "a check's points added to": (overrule(check=BP1, add=1.5), 28.5),
    "of the hidden data alone": (overrule(check=f"{BP1}.hidden", points=3.2), 30.2),
    "never above what a task is worth": (overrule(task="backward", add=100), 35),
    "never above what a check is worth": (overrule(check=BP1, add=100), 35),
    "never below 0": (overrule(task="backward", add=-100), 0),
    "one after the other": (overrule(task="backward", points=10) + overrule(check=BP1, add=2), 12),
    "another's": (overrule("bo", task="backward", points=0), 27),
}


@pytest.mark.parametrize("case", OVERRULES)
def test_an_overrule_changes_its_task_and_what_the_checks_found_stays(tmp_path, case):
    text, points = OVERRULES[case]
    before = raw(lost=(BP1,))
    after = settled(before, decided(tmp_path, text))
    assert (task_of(after, "backward").points, after.score, after.total) == (points, 65 + points, 115 + points)
    assert task_of(after, "backward").raw_points == 27 and (after.raw_score, after.raw_bonus) == (92, 50)
    assert [task.checks for task in after.tasks] == [task.checks for task in before.tasks]
    assert [line.reason for line in after.adjustments] == ["So it was decided."] * (text.count('"ann"'))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_grading_again_neither_loses_a_decision_nor_counts_it_twice(tmp_path, late, times):
    late()
    text = overrule(task="sine", add=-1) + line("switch_off", check=BP1, points="out of the total")
    text += line("extension", student="ann", free_days=1)
    result = raw(lost=(BP1,), submitted="2026-12-04T00:00:00+00:00")
    for _ in range(times):
        result = from_json(as_json(settled(result, decided(tmp_path, text))))
    assert (result.late.days, result.late.free_days, result.late.penalty) == (3, 1, 28.2)
    assert (result.total, result.max_score, len(result.adjustments)) == (112.8, 92, 2)
    assert settled(result).total == round(142 * 0.7, 2)  # all lines taken out again


@pytest.mark.parametrize(
    ("points", "result", "score", "most"),
    [
        ("to everyone", raw(lost=(SINE,)), 100, 100),
        ("to everyone", raw(), 100, 100),
        ("to everyone", raw(reason="No file to grade."), 0, 100),
        ("out of the total", raw(lost=(SINE,)), 96, 96),
        ("out of the total", raw(lost=("sine",)), 95, 96),
        ("out of the total", raw(), 96, 96),
        ("out of the total", raw(reason="No file to grade."), 0, 96),
    ],
)
def test_a_check_switched_off_is_given_to_all_who_were_graded_or_taken_out_of_the_total(
    tmp_path, points, result, score, most
):
    after = settled(result, decided(tmp_path, line("switch_off", check=SINE, points=points)))
    assert (after.score, after.max_score) == (score, most)
    assert bool(after.adjustments) == ((after.score, most) != (result.score, 100))


def test_a_whole_task_may_be_switched_off_check_by_check(tmp_path):
    text = "".join(
        line("switch_off", check=name, points="out of the total") for name in ("sine/learns", "sine/starting_weights")
    )
    after = settled(raw(), decided(tmp_path, text))
    assert (task_of(after, "sine").points, task_of(after, "sine").max_points, after.max_score) == (0, 0, 95)


@pytest.mark.parametrize(
    ("submitted", "rule", "extension", "days", "free", "penalty"),
    [
        ("2026-12-02T00:09:00+00:00", {}, {}, 1, 0, 15),
        ("2026-12-02T00:09:00+00:00", {"grace_minutes": 10}, {}, 0, 0, 0),
        ("2026-12-02T00:09:01+00:00", {"grace_minutes": 10}, {}, 1, 0, 15),
        ("2026-12-04T00:00:00+00:00", {"free_days": 2}, {}, 3, 2, 15),
        ("2026-12-04T00:00:00+00:00", {"free_days": 2}, {"free_days": 0}, 3, 0, 45),
        ("2026-12-04T00:00:00+00:00", {}, {"free_days": 5}, 3, 3, 0),
        ("2026-12-04T00:00:00+00:00", {}, {"due": "2026-12-03T00:00:00Z"}, 1, 0, 15),
        ("2026-12-04T00:00:00+00:00", {}, {"due": "2026-12-05T00:00:00+01:00"}, 0, 0, 0),
        ("2027-12-04T00:00:00+00:00", {"max_percent": 50}, {}, 368, 0, 75),
        ("2026-12-04T00:00:00+00:00", {"max_percent": 50}, {}, 3, 0, 45),
        (None, {}, {"due": "2026-12-05T00:00:00+01:00"}, None, None, None),
    ],
)
def test_grace_budget_extensions_and_the_cap(tmp_path, late, submitted, rule, extension, days, free, penalty):
    late(**rule)
    text = line("extension", student="ann", **extension) if extension else ""
    after = settled(raw(submitted=submitted), decided(tmp_path, text))
    if days is None:
        assert after.late is None and after.total == 150
        return
    assert (after.late.days, after.late.free_days, after.late.penalty) == (days, free, penalty)
    assert (after.total, after.late.reason) == (150 - penalty, "So it was decided." if extension else None)


@pytest.mark.parametrize("lost", [(), ("backward",), ("xor/learns", "l2", "tanh"), ("forward", "backward", "sine")])
@pytest.mark.parametrize("percent", [0.1, 3.3, 33.33, 99.99, 100])
def test_score_and_bonus_after_the_penalty_add_up_to_the_total(late, lost, percent):
    late()
    object.__setattr__(rubric().late, "percent_per_day", percent)
    before = raw(lost=lost)
    after = settled(raw(lost=lost, submitted="2026-12-02T00:00:00+00:00"))
    assert after.total == round(before.total - after.late.penalty, 2) == round(after.score + after.bonus, 2)
    assert 0 <= after.score <= before.score and 0 <= after.bonus <= before.bonus
    assert str(after.bonus) != "-0.0"


def test_the_reasons_are_told_in_sentences(tmp_path, late):
    late()
    text = overrule(task="sine", points=1, reason="Asked by e-mail.")
    text += line("extension", student="ann", due="2026-12-02T00:00:00Z", reason="Ill for a day.")
    text += line("excuse", student="bo", reason="Away.")
    ann, bo = (
        settled(raw(name, submitted="2026-12-03T00:00:00+00:00"), decided(tmp_path, text)) for name in ("ann", "bo")
    )
    assert decisions(ann) == [
        "Learning the sine: 5 points became 1 of 5. Asked by e-mail.",
        "Handed in 1 day after it was due, 2026-12-02T00:00:00+00:00: 14.6 points less. Ill for a day.",
    ]
    assert decisions(bo)[0] == "Excused, so without a grade: Away."
    assert decisions(settled(raw("cy"))) == []


WRONG = {
    # who or what is not there
    "an unknown student": (overrule("anne", task="sine", points=1), ["no student anne", "is ann meant?"]),
    "one excused": (line("excuse", student="zoe"), ["no student zoe", "make an empty folder"]),
    "one with an extension": (line("extension", student="Bo", free_days=1), ["no student Bo", "is bo meant?"]),
    "an unknown task": (overrule(task="backwards", points=1), ["no task backwards", "is backward meant?"]),
    "an unknown check": (overrule(check="backward/bp1", points=1), ["no check backward/bp1", BP1]),
    "a check without its task": (overrule(check="learns", points=1), ["no check learns"]),
    "one to switch off": (
        line("switch_off", check="sine/learn", points="to everyone"),
        ["no check sine/learn", "is sine/learns meant?"],
    ),
    # what cannot be meant
    "neither task nor check": (overrule(points=1), ["either task or check, but has neither"]),
    "both": (overrule(task="sine", check=SINE, points=1), ["either task or check, but has both"]),
    "no points": (overrule(task="sine"), ["either points or add, but has neither"]),
    "two sorts of points": (overrule(task="sine", points=1, add=1), ["either points or add, but has both"]),
    "more than a task is worth": (overrule(task="sine", points=6), ["sine is worth 5 points", "cannot be 6"]),
    "more than a check is worth": (overrule(check=BP1, points=9), ["is worth 8 points", "cannot be 9"]),
    "points of what is switched off": (
        overrule(check=SINE, points=1) + line("switch_off", check=SINE, points="out of the total"),
        ["is worth 0 points"],
    ),
    "points below 0": (overrule(task="sine", points=-1), ["points should be a number from 0 on", "but is -1"]),
    "points in quotes": (overrule(task="sine", points="1"), ["points should be a number", "but is '1'"]),
    "no reason": (overrule(task="sine", points=1, reason=None), ["reason is missing", "which the student reads"]),
    "an empty reason": (overrule(task="sine", points=1, reason=" "), ["reason should be", "but is ' '"]),
    "a reason of two lines": (overrule(task="sine", points=1, reason="a\nb"), ["reason should be"]),
    "a number as a student": (overrule(7, task="sine", points=1), ["student should be the name", "but is 7"]),
    "switched off for whom": (line("switch_off", check=SINE, points="all"), ['"to everyone" or "out of the total"']),
    "switched off twice": (2 * line("switch_off", check=SINE, points="to everyone"), ["switched off already"]),
    "excused twice": (2 * line("excuse", student="ann"), ["one for ann already"]),
    "a misspelt table": (line("overule", student="ann"), ["no field overule", "is overrule meant?"]),
    "a misspelt field": (overrule(task="sine", point=1), ["no field point", "is points meant?"]),
    "a table in the place of a list": ("[overrule]\nstudent = 1", ["overrule should be tables"]),
    "no TOML": ("[[overrule]\n", ["should be TOML", "line 1"]),
    # being late
    "no due date to extend": (line("extension", student="ann", free_days=1), ["has extension, but", "[late]"]),
    "no due date to be in time for": (
        line("handed_in", student="ann", time="2026-12-01T00:00:00Z"),
        ["has handed_in, but"],
    ),
}
LATE_WRONG = {
    "a day without zone": (line("extension", student="ann", due="2026-12-01"), ["due should be a date with time"]),
    "a date and a budget": (
        line("extension", student="ann", due="2026-12-01T00:00:00Z", free_days=1),
        ["either due or free_days, but has both"],
    ),
    "neither": (line("extension", student="ann"), ["either due or free_days, but has neither"]),
    "days below 0": (line("extension", student="ann", free_days=-1), ["free_days should be a whole number"]),
    "half a day": (line("extension", student="ann", free_days=0.5), ["free_days should be a whole number"]),
    "two extensions": (2 * line("extension", student="ann", free_days=1), ["one for ann already"]),
    "a time without zone": (line("handed_in", student="ann", time="2026-12-01T00:00:00"), ["time should be a date"]),
    "times without a column": ('[times]\nfile = "a.csv"\nmatch = "ID"\n', ["times: column is missing"]),
}


@pytest.mark.parametrize("case", [*WRONG, *LATE_WRONG])
def test_what_cannot_be_meant_is_refused_in_one_sentence(tmp_path, late, case):
    if case in LATE_WRONG:
        late()
    text, words = {**WRONG, **LATE_WRONG}[case]
    with pytest.raises(BadRubric) as caught:
        decided(tmp_path, text)
    said = str(caught.value)
    assert caught.value.exit_status == 2 and said.isprintable() and said.endswith("."), said
    assert "adjust.toml" in said and all(word in said for word in words), said


def test_the_readmes_example_is_one(tmp_path, late):
    late()
    text = "".join(re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S))
    found = decided(tmp_path, text, "s01", "s02", "s03", "s04")
    assert [*found.overrules, *found.excuses, *found.extensions, *found.handed_in] == ["s01", "s02", "s03", "s04"]
    assert found.switched_off and found.times and found.folder == tmp_path


def test_a_result_keeps_all_this_as_json(tmp_path, late):
    late()
    text = overrule(check=BP1, points=3) + line("excuse", student="ann")
    result = settled(raw(lost=(BP1,), submitted="2026-12-04T00:00:00+00:00"), decided(tmp_path, text))
    held = json.loads(as_json(result))
    (adjustment,) = held["adjustments"]
    assert adjustment == {
        **{"task": "backward", "check": BP1, "before": 27, "after": 30, "max_points": 35},
        "reason": "So it was decided.",
    }
    assert held["excused"] == "So it was decided." and from_json(as_json(result)) == result
