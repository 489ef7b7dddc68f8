"""The plain table, and results that are not there or cannot be read."""

import re

import pytest

from autograder.text import harmless_cell
from tests.doors.class_of import grade, read_table, refused, run

NAMES = ["=1+1", "+4", "-x", "@sum", 'Eve "the, one"', "Zoë", "ann", " =1", "a;=1", "\uff1d1", "-1.5", "-"]


def export(capsys, out):
    assert run(capsys, "export", "--format", "csv", "--out", out)[0] == 0
    return read_table(out / "csv.csv")


def test_it_says_score_bonus_total_and_status(tmp_path, capsys):
    out = grade(
        tmp_path, {"b": {"score": 92.35, "bonus": 7.5}, "a": {"status": "ungradable"}, "c": {"kit_errors": ["x"]}}
    )
    assert export(capsys, out) == [
        ["student", "score", "bonus", "total", "status"],
        ["a", "0.0", "0.0", "0", "ungradable"],
        ["b", "92.35", "7.5", "99.85", "graded"],
        ["c", "0.0", "0.0", "0", "kit failed"],
    ]


def test_being_late_stands_apart_and_the_total_is_what_is_left(tmp_path, capsys):
    late = {"due": "2026-12-01T23:59:00+00:00", "days": 2, "penalty": 20.0}
    rows = export(capsys, grade(tmp_path, {"a": {"score": 72.0, "bonus": 8.0, "late": late}, "b": {"score": 5.0}}))
    assert rows[0] == ["student", "score", "bonus", "total", "status", "late_days", "penalty", "decisions"]
    said = "Handed in 2 days after it was due, 2026-12-01T23:59:00+00:00: 20 points less."
    assert rows[1] == ["a", "72.0", "8.0", "80", "graded", "2", "20.0", said]
    assert rows[2] == ["b", "5.0", "0.0", "5", "graded", "", "", ""]


def test_no_name_computes_anything_in_a_spreadsheet(tmp_path, capsys):
    names = [row[0] for row in export(capsys, grade(tmp_path, {name: {} for name in NAMES}))[1:]]
    assert sorted(name.replace("'", "") for name in names) == sorted(NAMES)
    assert not [name for name in names if re.search("(^|;) *[=+@\uff1d-]", name) and name not in ("-1.5", "-")]
    assert {"-1.5", "-"} <= set(names)  # a number, and nothing, stay what they are


@pytest.mark.parametrize("text", ["\tx", "a\rb", "new\nline", "a\x00b", "\x1b[2J", "a\u202eb", "a\u2028b"])
def test_a_cell_has_no_control_characters(text):
    assert harmless_cell(text).isprintable()


@pytest.mark.parametrize("cell", [-1.5, 0, 92.35, "Zoë", "a - b", "f(a, -1)", "می\u200cخواهم", "", "x=1"])
def test_numbers_and_ordinary_text_stay_as_they_are(cell):
    assert harmless_cell(cell) == cell


def test_a_name_that_is_no_text_is_escaped(tmp_path, capsys):
    grade(tmp_path, {"ann": {}})
    (tmp_path / "ann" / "ps18" / "results.json").write_text(
        (tmp_path / "ann" / "ps18" / "results.json").read_text().replace('"ann"', '"b\\udcff"')
    )
    assert export(capsys, tmp_path)[1][0] == "b\\udcff"


@pytest.mark.parametrize("form", ["canvas", "moodle", "csv"])
@pytest.mark.parametrize("make", [True, False], ids=["empty", "missing"])
def test_a_folder_without_results_is_refused(tmp_path, capsys, form, make):
    if make:
        (tmp_path / "out" / "somebody").mkdir(parents=True)
    said = refused(capsys, "export", "--format", form, "--out", tmp_path / "out", "--roster", tmp_path / "r.csv")
    assert "holds no results" in said and "make grade" in said


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"score": 1'])
def test_a_result_that_cannot_be_read_is_named(tmp_path, capsys, text):
    grade(tmp_path, {"ann": {}, "bo": {}})
    (tmp_path / "bo" / "ps18" / "results.json").write_text(text)
    assert "bo/ps18/results.json is no result" in refused(capsys, "export", "--format", "csv", "--out", tmp_path)


def test_a_roster_for_the_plain_table_is_refused(tmp_path, capsys):
    grade(tmp_path, {"ann": {}})
    assert "takes no roster" in refused(capsys, "export", "--format", "csv", "--out", tmp_path, "--column", "x")
