"""When something was handed in, what being late costs, and which attempt counts."""

import json
import os
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.course.rubric import BadRubric, LateRule, checked, rubric
from autograder.intake.late import WORD, Lateness, lateness, parse_time
from autograder.results import attempts
from autograder.results.model import from_json
from autograder.results.record import fingerprint
from autograder.results.store import read_result, result_path
from tests.doors.class_of import result_of, run
from tests.handed_in import NETWORK, WORK, make_zip, put, read

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=timezone.utc)
CLASS = ROOT / "tests" / "example_class"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-12-01 23:59:00.123456 UTC\n", "2026-12-01T23:59:00+00:00"),  # nbgrader, out of the box
        ("2026-12-02 00:30:00.000001 Europe/Berlin", "2026-12-01T23:30:00+00:00"),
        ("2026-12-01 23:59:00 -0330", "2026-12-02T03:29:00+00:00"),
        ("2026-12-01T15:59:00.365935-08:00", "2026-12-01T23:59:00+00:00"),  # Gradescope
        ("2026-12-01T23:59:00Z", "2026-12-01T23:59:00+00:00"),
        ("2026-12-01 23:59:00", "2026-12-01T23:59:00+00:00"),
        ("2026-07-01 12:00:00.5 CEST", "2026-07-01T10:00:00+00:00"),
        ("2026-12-01 12:00:00 CET", "2026-12-01T11:00:00+00:00"),
        ("2026-07-01 12:00:00 PDT", "2026-07-01T19:00:00+00:00"),
        ("2026-07-01 12:00:00 BST", "2026-07-01T11:00:00+00:00"),
        ("2026-12-01 12:00:00 EST", "2026-12-01T17:00:00+00:00"),
        ("2026-07-01 12:00:00 EDT", "2026-07-01T16:00:00+00:00"),
        ("2026-07-01 12:00:00 IST", "2026-07-01T06:30:00+00:00"),
        ("2026-07-01 12:00:00 NDT", "2026-07-01T14:30:00+00:00"),
        ("2026-07-01 12:00:00 ACST", "2026-07-01T02:30:00+00:00"),
        ("2026-07-01 12:00:00 NZST", "2026-07-01T00:00:00+00:00"),
        ("2026-07-01 12:00:00 gmt", "2026-07-01T12:00:00+00:00"),
        ("2026-07-01 12:00:00 -03", "2026-07-01T15:00:00+00:00"),
        ("2026-07-01 12:00:00 UTC+05:45", "2026-07-01T06:15:00+00:00"),
        ("2026-07-01 12:00:00 UTC-03:30", "2026-07-01T15:30:00+00:00"),
    ],
)
def test_a_time_is_read_in_nbgraders_and_gradescopes_form(text, time):
    assert parse_time(text) == time


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "5", "2026-13-01 00:00:00", "2026-12-01 25:00:00", "2026-12-01 00:00:00 +9999", "None"),
        *("2026-12-01 00:00:00 XYZT", "2026-12-01 00:00:00 UTC+", "2026-12-01 00:00:00 +1"),
        *("2026-12-01 00:00:00 Nowhere/Town", "2026-12-01 00:00:00 ../../etc/passwd", "2026-12-01 00:00:00 Europe"),
        *("0001-01-01 00:00:00 +1400", "9999-12-31 23:59:59 -1200", "2026-12-01 00:00:00 " + "A" * 100),
    ],
)
def test_what_is_no_time_is_none(text):
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("submitted", "days", "penalty"),
    [
        ("2026-12-01T23:59:00+00:00", 0, 0),
        ("2026-12-01T23:59:01+00:00", 1, 12),
        ("2026-12-02T23:59:00+00:00", 1, 12),
        ("2026-12-02T23:59:01+00:00", 2, 24),
        ("2027-12-02T23:59:01+00:00", 367, 120),
        ("2026-01-01T00:00:00+00:00", 0, 0),
    ],
)
def test_each_day_begun_costs_its_share_of_what_was_earned_and_never_more_than_all(submitted, days, penalty):
    late = lateness(submitted, 120.0, LateRule(DUE, 10.0))
    assert late == Lateness("2026-12-01T23:59:00+00:00", days, penalty)


@pytest.fixture
def with_late_days():
    """Switch the rule on; `object`, as the rubric is frozen."""
    yield lambda: object.__setattr__(rubric(), "late", LateRule(DUE, 10))
    object.__setattr__(rubric(), "late", None)


def test_without_a_rule_or_a_time_nobody_is_late():
    assert lateness(None, 100.0, LateRule(DUE, 10.0)) is None
    assert lateness("2030-01-01T00:00:00+00:00", 100.0, None) is None
    assert rubric().late is None  # as the kit comes


@pytest.mark.parametrize(
    "table",
    [
        *("2026-12-01", {}, {"due": DUE}, {"due": DUE, "percent_per_day": 10, "grace": 1}),
        *({"due": DUE, "percent_per_day": 10, "grace_minutes": minutes} for minutes in (-1, 1.5, "10", 100_000)),
        *({"due": DUE, "percent_per_day": 10, "free_days": days} for days in (-1, 0.5, "2", True)),
        *({"due": DUE, "percent_per_day": 10, "max_percent": most} for most in (-1, 101, "50")),
        *({"due": "2026-12-01", "percent_per_day": 10}, {"due": datetime(2026, 12, 1), "percent_per_day": 10}),
        *({"due": DUE, "percent_per_day": percent} for percent in (-1, 101, "10", True, float("nan"))),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_in_one_sentence(table):
    with pytest.raises(BadRubric, match=r"(?s)^[^\n]*\[late\][^\n]*rubric\.toml[^\n]*\.$"):
        checked(LateRule, table, "[late] in rubric.toml")


def test_nbgraders_timestamp_is_recorded_and_not_listed(tmp_path):
    submission = read(
        put(tmp_path / "ps18", {NETWORK: WORK, "timestamp.txt": b"2026-12-02 00:30:00.1 Europe/Berlin\n"})
    )
    assert submission.submitted == "2026-12-01T23:30:00+00:00"
    assert (submission.files, submission.ignored, submission.notes) == ({NETWORK: WORK}, (), ())


def test_the_time_is_part_of_what_decides_the_result(tmp_path):
    early, late, same = (
        read(put(tmp_path / name, {NETWORK: WORK, "timestamp.txt": time}))
        for name, time in (("a", b"2026-12-01 00:00:00"), ("b", b"2026-12-02 00:00:00"), ("c", b"2026-12-01 00:00:00"))
    )
    assert fingerprint(early, "bubblewrap") == fingerprint(same, "bubblewrap") != fingerprint(late, "bubblewrap")


def link(path):
    path.parent.parent.joinpath("elsewhere").write_text("2026-12-01 00:00:00")
    path.symlink_to("../elsewhere")


@pytest.mark.parametrize(
    "make",
    [
        *(link, os.mkfifo, Path.mkdir, lambda path: path.write_bytes(b"\xff\xfe2\0")),
        *(lambda path: path.write_bytes(b"2" * (2 << 20)), lambda path: path.write_text("last week")),
    ],
    ids=["a link", "a FIFO", "a folder", "UTF-16", "2 MiB", "words"],
)
def test_a_timestamp_that_is_none_changes_no_grade_and_a_note_says_so(tmp_path, make):
    folder = put(tmp_path / "ps18", {NETWORK: WORK})
    make(folder / "timestamp.txt")
    submission = read(folder)
    assert (submission.files, submission.reason, submission.submitted) == ({NETWORK: WORK}, None, None)
    assert any("timestamp.txt holds no time" in note for note in submission.notes)


def test_a_late_submission_is_scored_after_the_penalty_and_the_raw_score_stands_beside_it(
    with_late_days, tmp_path, capsys
):
    with_late_days()
    shutil.copytree(CLASS / "halfway", tmp_path / "class" / "halfway")
    (tmp_path / "class" / "halfway" / "ps18" / "timestamp.txt").write_text("2026-12-03 12:00:00.5 UTC")
    status, said, _ = run(capsys, "grade-one", tmp_path / "class" / "halfway" / "ps18", "--json")
    result = json.loads(said)
    assert status == 0 and (result["score"], result["bonus"]) == (24, 0)
    assert (result["raw_score"], result["raw_bonus"]) == (30, 0)
    assert result["submitted"] == "2026-12-03T12:00:00+00:00"
    assert result["late"] == {
        "due": "2026-12-01T23:59:00+00:00",
        "days": 2,
        "penalty": 6.0,
        "free_days": 0,
        "reason": None,
    }
    assert from_json(said).total == 24


@pytest.mark.parametrize(
    "files",
    [
        {"ps18/timestamp.txt": b"2026-01-01 00:00:00 UTC"},
        {"backprop/timestamp.txt": b"2026-01-01 00:00:00 UTC"},
        {"TIMESTAMP.TXT": b"2026-01-01 00:00:00 UTC", "timestamp.txt.txt": b"2026-01-01 00:00:00 UTC"},
    ],
)
def test_a_time_deeper_down_or_of_another_name_never_counts(tmp_path, files):
    assert read(put(tmp_path / "ps18", {NETWORK: WORK, **files})).submitted is None


@pytest.mark.parametrize("name", ["timestamp.txt", "ps18/timestamp.txt"])
def test_a_time_in_a_zip_never_counts_and_nbgraders_beside_it_does(tmp_path, name):
    make_zip(tmp_path / "ps18" / "all.zip", {NETWORK: WORK, name: b"2026-01-01 00:00:00 UTC"})
    submission = read(tmp_path / "ps18")
    assert (submission.files, submission.submitted) == ({NETWORK: WORK}, None)
    assert read(tmp_path / "ps18" / "all.zip").submitted is None
    (tmp_path / "ps18" / "timestamp.txt").write_text("2026-12-02 00:00:00 UTC")
    assert read(tmp_path / "ps18").submitted == "2026-12-02T00:00:00+00:00"


def test_whose_word_a_time_is_and_who_has_none_is_said_where_being_late_costs(with_late_days, tmp_path, capsys):
    times = {
        "ann": "2026-12-01 12:00:00 CET",
        "bob": "yesterday evening",
        "cy": "2026-12-01 12:00:00 XYZT",
        "dora": None,
    }
    for name, time in times.items():
        shutil.copytree(CLASS / "no_file", tmp_path / "class" / name)
        (tmp_path / "class" / name / "ps18").mkdir(exist_ok=True)
        if time:
            (tmp_path / "class" / name / "ps18" / "timestamp.txt").write_text(time)
    said = [" ".join(run(capsys, "grade", tmp_path / "class", "--out", tmp_path / "off")[1].split())]
    with_late_days()
    said += [" ".join(run(capsys, "grade", tmp_path / "class", "--out", tmp_path / "on")[1].split())]
    line = (
        "The time of 1 of 4 is known, from timestamp.txt or adjust.toml; not known, so not late:"
        " bob (it cannot be read), cy (it cannot be read), dora."
    )
    pages = [(tmp_path / out / "report.html").read_text() for out in ("off", "on")]
    assert [line in text for text in (*said, *pages)] == [False, True, False, True]
    notes = {
        (out, name): json.loads((tmp_path / out / name / "ps18" / "results.json").read_text())["notes"]
        for out in ("off", "on")
        for name in ("ann", "dora")
    }
    assert {key for key, note in notes.items() if WORD in note} == {("on", "ann")}


LATE = {"due": "2026-12-01T23:59:00+00:00", "days": 2, "penalty": 20.0}


def attempt(score, attempt_number, kit="k", **fields):
    return result_of("s", **{"score": score, "sha256": kit * 32 + f"{attempt_number:032x}", **fields})


@pytest.mark.parametrize(
    ("earlier", "latest", "wins"),
    [
        pytest.param(attempt(80.0, 1), attempt(70.0, 2), "earlier", id="the better one"),
        pytest.param(attempt(80.0, 1, kit="o"), attempt(70.0, 2), "earlier", id="also where the kit has changed"),
        pytest.param(attempt(80.0, 1), attempt(80.0, 2), "latest", id="of equals the latest"),
        pytest.param(attempt(80.0, 1, kit="o"), attempt(70.0, 1), "latest", id="one attempt, graded anew"),
        pytest.param(attempt(80.0, 1, max_score=120), attempt(70.0, 2), "latest", id="another scale"),
        pytest.param(attempt(80.0, 1, sha256=None), attempt(70.0, 2), "latest", id="the kit had failed"),
        pytest.param(None, attempt(70.0, 2), "latest", id="none before"),
        pytest.param(
            attempt(70.0, 1),
            attempt(60.0, 2, raw_score=80.0, late=LATE),
            "earlier",
            id="lateness counts",
        ),
        pytest.param(attempt(80.0, 1), attempt(0.0, 2, kit_errors=["x"], sha256=None), "latest", id="the kit fails"),
    ],
)
def test_the_better_attempt_counts(earlier, latest, wins):
    chosen = attempts.better(earlier, latest)
    if wins == "latest":
        assert chosen == latest
    else:
        assert replace(chosen, notes=()) == earlier
        (note,) = chosen.notes
        assert note.startswith(attempts.BEST) and f"latest {latest.total:g}" in note
        assert len(attempts.better(chosen, latest).notes) == 1


@pytest.mark.parametrize("text", ['{"score": 80}', "[]", "{", ""])
def test_what_is_no_result_of_the_kit_is_no_earlier_attempt(tmp_path, text):
    path = result_path(tmp_path, "s")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert read_result(tmp_path, "s") is None


def test_best_of_keeps_the_earlier_result_until_an_attempt_is_better(tmp_path, capsys):
    handed = tmp_path / "class" / "s" / "ps18"

    def grade(example, *more):
        shutil.rmtree(handed, ignore_errors=True)
        shutil.copytree(CLASS / example / "ps18", handed)
        assert run(capsys, "grade", tmp_path / "class", "--out", tmp_path / "out", *more)[0] == 0
        return json.loads((tmp_path / "out" / "s" / "ps18" / "results.json").read_text())

    assert grade("halfway")["score"] == 30
    kept = grade("syntax_error", "--best-of")
    assert (kept["score"], kept["status"]) == (30, "graded")
    assert any("it earned 30 points, the latest 0" in note for note in kept["notes"])
    assert "30" in (tmp_path / "out" / "grades.csv").read_text()
    assert grade("syntax_error")["score"] == 0  # without it, what was handed in last counts
