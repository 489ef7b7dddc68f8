"""When students handed in, by a column of a roster or worksheet: `[times]` in adjust.toml, or one student's line."""

import shutil
from datetime import datetime, timezone

import pytest

from autograder import ROOT
from autograder.course.rubric import LateRule, rubric
from autograder.platforms.canvas_moodle.roster import RosterError
from autograder.platforms.canvas_moodle.times import handed_in
from autograder.results.store import read_result
from tests.doors.class_of import run
from tests.doors.decided import decided, line
from tests.doors.test_moodle import ENGLISH, worksheet

CLASS = ROOT / "tests" / "example_class"
TIMES = '[times]\nfile = "sheet.csv"\ncolumn = "Submitted"\nmatch = "Login"\nzone = "Europe/Berlin"\n'


@pytest.fixture(autouse=True)
def late():
    """A due date; `object`, as the rubric is frozen."""
    object.__setattr__(rubric(), "late", LateRule(datetime(2026, 12, 1, 12, tzinfo=timezone.utc), 10))
    yield
    object.__setattr__(rubric(), "late", None)


def read(folder, *cells, text=TIMES):
    rows = [f'{name},"{cell}"' for name, cell in zip(("ann", "bo", "cy"), cells, strict=False)]
    (folder / "sheet.csv").write_text("\n".join(["Login,Submitted", *rows, ""]), encoding="utf-8")
    return handed_in(decided(folder, text), ["ann", "bo", "cy"])


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-12-01 12:00:00", "2026-12-01T11:00:00+00:00"),
        ("2026-12-01 12:00", "2026-12-01T11:00:00+00:00"),
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00+00:00"),
        ("2026-12-01 12:00:00 UTC", "2026-12-01T12:00:00+00:00"),
        ("2026-12-01T12:00:00Z", "2026-12-01T12:00:00+00:00"),
        ("2026-12-01 12:00:00 -0500", "2026-12-01T17:00:00+00:00"),
        ("Tuesday, 1 December 2026, 11:59 PM", "2026-12-01T22:59:00+00:00"),  # Moodle's worksheet
        ("1 December 2026, 12:05 am", "2026-11-30T23:05:00+00:00"),
    ],
)
def test_a_time_in_the_table_is_read_in_its_zone_or_that_of_the_table(tmp_path, cell, time):
    assert read(tmp_path, cell) == {"ann": time}


@pytest.mark.parametrize("cell", ["", "-", " - "])
def test_who_handed_in_nothing_has_no_time(tmp_path, cell):
    assert read(tmp_path, cell, "2026-12-01 12:00") == {"bo": "2026-12-01T11:00:00+00:00"}


def test_what_the_instructor_says_of_one_student_comes_first(tmp_path):
    text = line("handed_in", student="ann", time="2026-12-01T08:00:00+01:00") + TIMES
    assert read(tmp_path, "2026-12-09 12:00", text=text) == {"ann": "2026-12-01T07:00:00+00:00"}


@pytest.mark.parametrize(
    ("cell", "text", "said"),
    [
        ("yesterday", TIMES, "ann should have a time such as"),
        ("31 February 2026, 1:00 PM", TIMES, "'31 February 2026, 1:00 PM'"),
        ("Dienstag, 1. Dezember 2026, 23:59", TIMES, "ann should have a time such as"),
        ("2026-12-01 12:00", TIMES.replace("Berlin", "Bern"), "zone should be one such as Europe/Berlin"),
        ("2026-12-01 12:00", TIMES.replace('"Submitted"', '"Handed in"'), "has no column 'Handed in'"),
        ("2026-12-01 12:00", TIMES.replace('"sheet.csv"', '"roster.csv"'), "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path, cell, text, said):
    with pytest.raises(RosterError) as caught:
        read(tmp_path, cell, text=text)
    assert said in str(caught.value) and str(caught.value).endswith(".") and str(caught.value).isprintable()


def test_moodles_worksheet_as_downloaded_dates_a_class(tmp_path, capsys):
    for name in ("Bo_17_assignsubmission_file_", "7"):
        shutil.copytree(CLASS / "no_file", tmp_path / "in" / name)
        (tmp_path / "in" / name / "ps18" / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")  # the student's own
    (tmp_path / "in" / "sheet.csv").write_text(worksheet(ENGLISH), encoding="utf-8")
    times = TIMES.replace("Submitted", "Last modified (submission)").replace("Login", "Identifier")
    more = line("handed_in", student="7", time="2026-12-01T08:00:00Z", reason="By e-mail.")
    (tmp_path / "in" / "adjust.toml").write_text(more + times, encoding="utf-8")
    status, _, errors = run(capsys, "grade", tmp_path / "in", "--out", tmp_path / "out", "--jobs", 1)
    assert status == 0, errors
    bo, ase = (read_result(tmp_path / "out", name) for name in ("Bo_17_assignsubmission_file_", "7"))
    assert (bo.submitted, bo.late.days) == ("2026-12-04T09:00:00+00:00", 3)
    assert (ase.submitted, ase.late.days, ase.late.reason) == ("2026-12-01T08:00:00+00:00", 0, "By e-mail.")
    assert not any("timestamp.txt" in note for note in (*bo.notes, *ase.notes))
