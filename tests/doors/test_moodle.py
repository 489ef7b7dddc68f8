"""Moodle: the assignment's grading worksheet, filled in, is what its offline grading reads."""

import re

import pytest

from autograder.text import harmless_cell
from tests.doors.class_of import grade, read_table, refused, run

ENGLISH = [
    *("Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"),
]
GERMAN = [
    *("ID", "Vollständiger Name", "ID-Nummer", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung"),
    *("Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)", "Feedback"),
]
TIME = '"Friday, 4 December 2026, 10:00 AM"'


def worksheet(header, most="100.00", who="Participant "):
    quoted = ",".join(f'"{heading}"' if " " in heading else heading for heading in header)
    people = [("7", "Åse Lindqvist", "m7", "ase@x.edu"), ("17", '"O""Neil, Bo"', "m17", "bo@x.edu")]
    people += [("27", "=Cmd|x", "m27", "cy@x.edu")]
    rows = [
        f'{who}{n},{name},{number},{mail},Submitted for grading,,{most},Yes,{TIME},-,"well, ""so""\nso"'
        for n, name, number, mail in people
    ]
    return "\n".join([quoted, *rows, ""])


def moodle_import(path, header=ENGLISH):
    """What `importgradeslib.php` and its form take: by participant, the grade; those out of range are skipped."""
    names, *rows = read_table(path)
    columns = [names.index(header[n]) for n in (0, 5, 9)]
    grades = {}
    for row in rows:
        participant, points, changed = (row[n] for n in columns)
        assert changed == "-"
        most = float(row[6].replace(",", "."))
        if points and 0 <= float(points) <= most:
            grades[re.search(r"\d+$", participant)[0]] = float(points)
    return grades


def set_up(folder, students, text, mark=""):
    grade(folder / "graded", students)
    (folder / "sheet.csv").write_text(mark + text, encoding="utf-8", newline="")
    return ("export", "--format", "moodle", "--out", folder / "graded", "--roster", folder / "sheet.csv")


BY = {
    "Identifier": ("Participant 7", "Participant 17"),
    "ID number": ("m7", "m17"),
    "Email address": ("ase@x.edu", "bo@x.edu"),
}


@pytest.mark.parametrize("column", BY)
def test_moodle_reads_the_grades_back_whatever_names_the_students(tmp_path, capsys, column):
    ase, bo = BY[column]
    command = set_up(tmp_path, {ase: {"score": 92.5}, bo: {"score": 40.0}}, worksheet(ENGLISH))
    status, said, _ = run(capsys, *command)
    assert status == 0 and f"2 of 2 students have their total in 'Grade', matched by '{column}'." in said
    assert moodle_import(tmp_path / "graded" / "moodle.csv") == {"7": 92.5, "17": 40.0}


def test_all_but_the_grades_is_as_it_was(tmp_path, capsys):
    command = set_up(tmp_path, {"m7": {"score": 92.5}}, worksheet(ENGLISH), mark="\ufeff")
    assert run(capsys, *command)[0] == 0
    before, after = (read_table(path) for path in (tmp_path / "sheet.csv", tmp_path / "graded" / "moodle.csv"))
    assert after[1][5] == "92.5" and [*after[1][:5], "", *after[1][6:]] == before[1]
    assert after[3][1] == "'=Cmd|x" and before[3][1] == "=Cmd|x"
    assert after[0] == before[0] and after[2] == before[2] and after[3][2:] == before[3][2:]
    assert (tmp_path / "graded" / "moodle.csv").read_bytes().startswith(b"\xef\xbb\xbfIdentifier,")


@pytest.mark.parametrize("folder", ["17", "Bo O'Neil_17_assignsubmission_file_"])
def test_a_participants_number_and_moodles_folder_name_are_enough(tmp_path, capsys, folder):
    run(capsys, *set_up(tmp_path, {folder: {"score": 40.0}}, worksheet(ENGLISH)))
    assert moodle_import(tmp_path / "graded" / "moodle.csv") == {"17": 40.0}


def test_more_than_moodles_maximum_is_cut_to_it_and_named(tmp_path, capsys):
    students = {"m7": {"score": 100.0, "bonus": 30.0}, "m17": {"score": 60.0, "bonus": 30.0}}
    _, said, _ = run(capsys, *set_up(tmp_path, students, worksheet(ENGLISH)))
    assert moodle_import(tmp_path / "graded" / "moodle.csv") == {"7": 100.0, "17": 90.0}
    assert "Above the maximum, which Moodle would refuse, so cut to it: m7." in said


def test_a_sheet_in_another_language_needs_the_grades_column_and_no_more(tmp_path, capsys):
    text = worksheet(GERMAN, most='"100,00"', who="Teilnehmer/in")
    command = set_up(tmp_path, {"17": {"score": 100.0, "bonus": 5.5}, "bo": {"score": 1.0}}, text)
    said = refused(capsys, *command)
    assert "--grade-column" in said and "6 'Bewertung'" in said
    for name in ("Bewertung", "6"):
        assert run(capsys, *command, "--grade-column", name)[0] == 0
        assert moodle_import(tmp_path / "graded" / "moodle.csv", GERMAN) == {"17": 100.0}


def test_semicolons_and_a_scale_are_kept(tmp_path, capsys):
    text = 'Identifier;"Full name";Grade;Scale\r\n"Participant 1";"A; B";;"bad, good"\r\n'
    assert run(capsys, *set_up(tmp_path, {"1": {"score": 120.0}}, text))[0] == 0
    after = (tmp_path / "graded" / "moodle.csv").read_bytes().decode()
    assert after == 'Identifier;Full name;Grade;Scale\r\nParticipant 1;"A; B";120;bad, good\r\n'


def test_unknown_and_missing_students_and_formulas_are_named(tmp_path, capsys):
    _, said, _ = run(capsys, *set_up(tmp_path, {"m7": {"score": 1.0}, "m99\x1b[2J": {}}, worksheet(ENGLISH)))
    assert "Graded, but not in the roster: m99\\x1b[2J." in said
    assert "In the roster, but not graded, so left as they were: m17, m27." in said
    assert "Named like a formula, so with an apostrophe before it, or in one line: m27." in said


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_people_say_of_themselves_computes_nothing_and_what_moodle_reads_stays(tmp_path, capsys, cell):
    header = "Identifier,Full name,Email address,Department,Status,Grade,Maximum Grade,Feedback comments"
    row = f'Participant 7,Åse,ase@x.edu,"{cell}",Submitted,,100,- well done'
    assert run(capsys, *set_up(tmp_path, {"7": {"score": 40.0}}, f"{header}\n{row}\n"))[0] == 0
    [after] = read_table(tmp_path / "graded" / "moodle.csv")[1:]
    assert after[3] == harmless_cell(cell) != cell
    assert after[:3] + after[4:] == ["Participant 7", "Åse", "ase@x.edu", "Submitted", "40", "100", "- well done"]


def test_two_folders_of_one_participant_are_refused(tmp_path, capsys):
    students = {"17": {"score": 1.0}, "Participant 17": {"score": 2.0}}
    assert "17 and Participant 17 are one person" in refused(capsys, *set_up(tmp_path, students, worksheet(ENGLISH)))


def bad_files():
    text = worksheet(ENGLISH)
    yield "UTF-16", text.encode("utf-16"), "is in UTF-16"
    yield "UTF-16 without mark", text.encode("utf-16-le"), "is in another encoding"
    yield "Windows", text.encode("cp1252"), "is in another encoding"
    yield "a quote that stays open", b'Identifier,Grade\n"Participant 7,\n', "is not a CSV file"
    yield "a header alone", b"Identifier,Grade\n", "a row for each student"
    yield "empty", b"", "a row for each student"
    yield "a picture", b"\x89PNG\r\n\x1a\n\0\0", "is in another encoding"


@pytest.mark.parametrize(("data", "said"), [pytest.param(*b[1:], id=b[0]) for b in bad_files()])
def test_another_file_is_refused_in_one_sentence(tmp_path, capsys, data, said):
    command = set_up(tmp_path, {"m7": {"score": 1.0}}, "")
    (tmp_path / "sheet.csv").write_bytes(data)
    assert said in refused(capsys, *command)
    assert not (tmp_path / "graded" / "moodle.csv").exists()


def test_a_roster_is_asked_for_found_and_never_overwritten(tmp_path, capsys):
    command = set_up(tmp_path, {"m7": {"score": 1.0}}, worksheet(ENGLISH))
    assert "needs --roster FILE" in refused(capsys, *command[:-2])
    assert "cannot be read (No such file or directory)" in refused(capsys, *command[:-1], tmp_path / "none.csv")
    assert "is the roster itself" in refused(capsys, *command, "--to", tmp_path / "sheet.csv")
    assert "cannot be written" in refused(capsys, *command, "--to", tmp_path / "sheet.csv" / "x.csv")
    assert (tmp_path / "sheet.csv").read_text(encoding="utf-8") == worksheet(ENGLISH)
