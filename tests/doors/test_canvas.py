"""Canvas: the gradebook's export, filled in, is what Canvas's import reads."""

import re

import pytest

from tests.doors.class_of import grade, read_table, refused, run

HEADER = 'Student,ID,SIS User ID,SIS Login ID,Section,"Essay, first (11)",ps18: Backpropagation (4242),Final Score\r\n'
ROSTER = (
    HEADER
    + ",,,,,Manual Posting,,\r\n"
    + "    Points Possible,,,,,10,100,(read only)\r\n"
    + '"Lee, Ann",101,u-1,ann,"A, ""early""",7.5,,\r\n'
    + '"Müller, Bärbel",102,u-2,bärbel,A,8,3,\r\n'
    + '"=HYPERLINK(""x"")",103,u-3,carl,B,9,,\r\n'
    + '"Dahl, Dora",104,u-4,dora,B,,EX,\r\n'
    + '"Eve, Absent",105,u-5,eve,B,5,12,\r\n'
    + '"Student, Test",106,,f00,B,,,\r\n'
)
CLASS = {
    "ann": {"score": 92.5, "bonus": 30.0},
    "ba\u0308rbel": {"score": 61.25},  # as macOS names a folder
    "carl": {"status": "ungradable", "reason": "No file to grade."},
    "dora": {"score": 80.0},
    "zoe": {"score": 10.0},
}


def canvas_import(path):
    """What Canvas's import takes from a file: by student ID, by assignment ID, the grade."""
    header, *rows = read_table(path)
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    ids = {n: match[2] for n, h in enumerate(header) if (match := re.fullmatch(r"(.*)\s\((\d+)\)", h))}
    rows = [row for row in rows if row[1] and not row[0].startswith("    Points Possible")]
    return {row[1]: {assignment: row[n] for n, assignment in ids.items()} for row in rows}


@pytest.fixture
def folder(tmp_path):
    grade(tmp_path / "graded", CLASS)
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8", newline="")
    return tmp_path


def export(capsys, folder, *more):
    command = ("export", "--format", "canvas", "--out", folder / "graded", "--roster", folder / "roster.csv", *more)
    return run(capsys, *command)


def test_canvas_reads_the_totals_back_and_nothing_else_has_changed(folder, capsys):
    status, said, _ = export(capsys, folder)
    before, after = canvas_import(folder / "roster.csv"), canvas_import(folder / "graded" / "canvas.csv")
    assert status == 0 and "Written to" in said
    assert {student: grades.pop("4242") for student, grades in after.items()} == {
        **{"101": "122.5", "102": "61.25", "103": "0", "104": "EX", "105": "12", "106": ""},
    }
    assert after == {student: {"11": grades["11"]} for student, grades in before.items()}
    changed = (folder / "graded" / "canvas.csv").read_bytes().decode().replace(",122.5,", ",,")
    assert changed.replace(",61.25,", ",3,").replace("9,0,", "9,,").replace("'=HYPER", "=HYPER") == ROSTER


def test_who_is_unknown_missing_excused_or_ungradable_is_named(folder, capsys):
    _, said, _ = export(capsys, folder)
    assert "3 of 5 students have their total in 'ps18: Backpropagation (4242)', matched by 'SIS Login ID'." in said
    assert "Graded, but not in the roster: zoe." in said
    assert "In the roster, but not graded, so left as they were: eve, f00." in said
    assert "Excused (EX), so left as they were: dora." in said
    assert "Without a gradable submission, so 0: carl." in said
    assert "Named like a formula, so with an apostrophe before it, or in one line: carl." in said


def test_a_result_that_the_kit_failed_on_is_left_out_and_named(folder, capsys):
    grade(folder / "graded", {"ann": {"kit_errors": ["broken"], "status": "ungradable", "sha256": None}})
    _, said, _ = export(capsys, folder)
    assert canvas_import(folder / "graded" / "canvas.csv")["101"]["4242"] == ""
    assert "Not graded because the kit itself failed, so left as they were: ann." in said


@pytest.mark.parametrize(("naming", "column"), [({"ann": "101"}, "ID"), ({"ann": "u-1"}, "SIS User ID")])
def test_students_may_be_named_by_other_columns(folder, capsys, naming, column):
    grade(folder / "other", {naming[name]: fields for name, fields in CLASS.items() if name in naming})
    command = ("export", "--format", "canvas", "--out", folder / "other", "--roster", folder / "roster.csv")
    status, said, _ = run(capsys, *command)
    assert status == 0 and f"matched by '{column}'" in said
    assert canvas_import(folder / "other" / "canvas.csv")["101"]["4242"] == "122.5"


@pytest.mark.parametrize("name", ["Essay, first (11)", "Essay, first", "6"])
def test_a_column_may_be_named_by_heading_title_or_number(folder, capsys, name):
    assert export(capsys, folder, "--column", name)[0] == 0
    assert canvas_import(folder / "graded" / "canvas.csv")["101"] == {"11": "122.5", "4242": ""}


def with_header(folder, header):
    text = ROSTER.replace(HEADER, header)
    (folder / "roster.csv").write_text(text, encoding="utf-8", newline="")


def sentence(capsys, folder, *more):
    command = ("export", "--format", "canvas", "--out", folder / "graded", "--roster", folder / "roster.csv", *more)
    return refused(capsys, *command)


def test_two_columns_of_this_assignment_have_to_be_told_apart(folder, capsys):
    with_header(folder, HEADER.replace("Essay, first (11)", "PS18 draft (11)"))
    said = sentence(capsys, folder)
    assert "--column" in said and "6 'PS18 draft (11)', 7 'ps18: Backpropagation (4242)'" in said


def test_the_only_assignment_is_taken_whatever_its_name(folder, capsys):
    with_header(folder, HEADER.replace("ps18: Backpropagation", "Week 9").replace("Essay, first (11)", "Notes"))
    assert "total in 'Week 9 (4242)'" in export(capsys, folder)[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--column", "ps19"], "has no column 'ps19'; it has 1 'Student', 2 'ID'"),
        (["--column", "4"], "names students"),
        (["--match", "Nickname"], "has no column 'Nickname'"),
        (["--match", "Section"], "No graded student, such as 'ann', stands in"),
    ],
)
def test_a_column_that_cannot_be_is_refused_in_one_sentence(folder, capsys, more, said):
    assert said in sentence(capsys, folder, *more)


def test_a_file_that_is_no_gradebook_is_refused(folder, capsys):
    with_header(folder, "a,b,c,d,e,f,g,h\r\n")
    assert "no assignment's column" in sentence(capsys, folder)
    assert "none of SIS Login ID, ID, SIS User ID" in sentence(capsys, folder, "--column", "g")


def test_two_rows_for_one_student_are_refused(folder, capsys):
    (folder / "roster.csv").write_text(ROSTER + '"Lee, Ann",107,u-7,ann,C,,,\r\n', encoding="utf-8", newline="")
    assert "ann stands 2 times" in sentence(capsys, folder)


@pytest.mark.parametrize("name", ["=1+1", "+1;=2", "@SUM(A1)", "-2+3", "\t=1", "\r=1", "Lee;=1", "\uff1d1"])
def test_a_name_that_a_spreadsheet_would_compute_is_made_harmless_and_canvas_knows_the_student_by_id(
    folder, capsys, name
):
    text = ROSTER.replace('"Lee, Ann"', f'"{name}"').replace(",u-1,", ",-1.5,").replace('"A, ""early"""', "-x")
    (folder / "roster.csv").write_text(text, encoding="utf-8", newline="")
    assert export(capsys, folder)[0] == 0
    assert canvas_import(folder / "graded" / "canvas.csv")["101"]["4242"] == "122.5"
    row = next(row for row in read_table(folder / "graded" / "canvas.csv") if row[1] == "101")
    assert re.sub("^ ", "", row[0].replace("'", "")) == re.sub(r"^\s", "", name)
    assert not re.search("(^|;)[=+@\\-\t\r\uff1d]", row[0])
    assert row[2:5] == ["-1.5", "ann", "-x"]  # an ID, and what the instructor wrote


def test_a_student_whom_canvas_knows_by_a_formula_keeps_it_and_is_named(folder, capsys):
    (folder / "roster.csv").write_text(ROSTER.replace(",u-1,", ",=u,"), encoding="utf-8", newline="")
    _, said, _ = export(capsys, folder)
    assert "Known by what is like a formula, so do not open the file in a spreadsheet: ann." in said
    assert ",=u," in (folder / "graded" / "canvas.csv").read_text()


def test_a_student_who_is_gone_is_left_out_and_named(folder, capsys):
    (folder / "graded" / "grades.csv").write_text(
        "student,score\nba\u0308rbel,1\ncarl,0\ndora,1\nzoe,1\n", encoding="utf-8"
    )
    _, said, _ = export(capsys, folder)
    assert "Not among the submissions graded last, so left out: ann." in said
    assert canvas_import(folder / "graded" / "canvas.csv")["101"]["4242"] == ""
