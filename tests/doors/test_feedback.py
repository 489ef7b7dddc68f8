"""Feedback pages go back as each platform takes them: read with the rules of its own import."""

import os
import re
import zipfile

import pytest

from autograder.results.store import result_path
from tests.doors.class_of import grade, refused, run
from tests.doors.test_downloads import CANVAS, DOWNLOADS, MOODLE, ROSTERS, filled
from tests.handed_in import NETWORK, WORK, make_zip, put


def moodle_import(path, participants):
    """What Moodle's `is_valid_filename_for_import` makes of a zip: by participant, the file's name and content."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            while parts:
                info = parts.pop(0).split("_", 4)
                if len(info) >= 4 and info[1] in participants and info[2:4] == ["assignsubmission", "file"]:
                    file = "/".join([*info[4:], *parts]).lstrip("/")
                    found[info[1], file] = archive.read(name).decode()
                    break
    return found


def canvas_import(path, attachments):
    """What Canvas's `infer_comment_context_from_filename` makes of it: by user and attachment, the content."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            words = os.path.basename(name).split("_")
            user, attachment = [word for word in words if word.isdecimal()][:2]
            if attachments.get(attachment) == user and not words[-1].startswith("link"):
                found[user, attachment] = archive.read(name).decode()
    return found


def pages(out, students):
    """A graded class, with a page for each that says whose it is."""
    grade(out, {student: {"score": 50.0} for student in students})
    for student in students:
        result_path(out, student).with_name("feedback.html").write_text(f"<p>{student}</p>", encoding="utf-8")
    return out


def give(capsys, tmp_path, form, content, students):
    archive = make_zip(tmp_path / "all.zip", filled(content))
    out = pages(tmp_path / "graded", students)
    return run(capsys, "export", "--feedback", form, "--submitted", archive, "--out", out)


MOODLE_STUDENTS = ["Åse Lindqvist_7", "Bo O'Neil_17", "Jan van der Berg_27", "Cy Wei_47"]
CANVAS_STUDENTS = ["lindqviståse_7", "oneilbo_17", "van_der_berg_jan_27", "weicy_47"]


def test_moodle_takes_every_page_for_whom_it_is(tmp_path, capsys):
    status, said, _ = give(capsys, tmp_path, "moodle", MOODLE, MOODLE_STUDENTS)
    assert (status, said.count("left out")) == (0, 0) and "4 pages are in " in said
    found = moodle_import(tmp_path / "graded" / "moodle-feedback.zip", {"7", "17", "27", "37", "47"})
    expected = {(who.rpartition("_")[2], "feedback.html"): f"<p>{who}</p>" for who in MOODLE_STUDENTS}
    assert found == expected


def test_canvas_takes_the_pages_of_those_who_handed_in_a_file(tmp_path, capsys):
    status, said, _ = give(capsys, tmp_path, "canvas", CANVAS, CANVAS_STUDENTS)
    assert status == 0 and "3 pages are in " in said and "with a file, so left out: weicy_47." in said
    assert "under the name of a file that was handed in" in said
    attachments = {"901": "7", "902": "7", "903": "17", "904": "27", "905": "37"}
    found = canvas_import(tmp_path / "graded" / "canvas-feedback.zip", attachments)
    assert sorted(content for content in found.values()) == sorted(f"<p>{who}</p>" for who in CANVAS_STUDENTS[:3])
    assert {user for user, _ in found} == {"7", "17", "27"}


def test_the_same_pages_give_the_same_zip_and_no_student_gets_anothers(tmp_path, capsys):
    give(capsys, tmp_path, "moodle", MOODLE, [*MOODLE_STUDENTS, "s01"])
    first = (tmp_path / "graded" / "moodle-feedback.zip").read_bytes()
    _, said, _ = give(capsys, tmp_path, "moodle", MOODLE, [*MOODLE_STUDENTS, "s01"])
    assert "so left out: s01." in said and (tmp_path / "graded" / "moodle-feedback.zip").read_bytes() == first


ADDRESSES = {
    "moodle": (MOODLE_STUDENTS[:2], {"a@x.edu.html": MOODLE_STUDENTS[0], "b@x.edu.html": MOODLE_STUDENTS[1]}),
    "gradescope": (["m7"], {"ase@x.edu.html": "m7"}),
    "addresses as folders": (["Ase@X.edu", "b@x.edu"], {"ase@x.edu.html": "Ase@X.edu", "b@x.edu.html": "b@x.edu"}),
    "github": (["ase"], {"ase@x.edu.html": "ase"}),
}
TABLES = {
    **ROSTERS,
    "addresses as folders": "Name,Mail\nÅse,Ase@X.edu\nBo,b@x.edu\nNone,\n",
    "github": "identifier,github_username\nase@x.edu,ase\nzz@x.edu,zz\n",
}


@pytest.mark.parametrize("form", ADDRESSES)
def test_pages_by_address(tmp_path, capsys, form):
    students, expected = ADDRESSES[form]
    (tmp_path / "roster.csv").write_text(TABLES[form], encoding="utf-8")
    out = pages(tmp_path / "graded", [*students, "nobody"])
    put(out / "by-email", {"gone@x.edu.html": b"of an earlier run"})
    status, said, _ = run(capsys, "export", "--feedback", "email", "--roster", tmp_path / "roster.csv", "--out", out)
    assert status == 0 and "so left out: nobody." in said
    assert {path.name: path.read_text() for path in (out / "by-email").iterdir()} == {
        name: f"<p>{who}</p>" for name, who in expected.items()
    }


def test_no_student_gets_the_page_of_another_who_has_the_same_address(tmp_path, capsys):
    (tmp_path / "roster.csv").write_text("SID,Email\na,Kim@x.edu\nb,kim@X.edu\nc,c@x.edu\n", encoding="utf-8")
    out = pages(tmp_path / "graded", ["a", "b", "c"])
    _, said, _ = run(capsys, "export", "--feedback", "email", "--roster", tmp_path / "roster.csv", "--out", out)
    assert "With an address that another has, too, so left out: a, b." in said
    assert [path.name for path in (out / "by-email").iterdir()] == ["c@x.edu.html"]


REFUSED = {
    "no archive": (["canvas"], "needs --submitted FILE"),
    "another platform's": (["canvas", "--submitted", "moodle.zip"], "is not what Canvas hands out"),
    "no roster": (["email"], "needs --roster FILE"),
    "no addresses": (["email", "--roster", "canvas.csv"], "has no e-mail addresses"),
    "over the archive": (["moodle", "--submitted", "moodle.zip", "--to", "moodle.zip"], "is what was handed in"),
    "below a file": (["moodle", "--submitted", "moodle.zip", "--to", "moodle.zip/x.zip"], "cannot be written"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_given_back_is_said_in_one_sentence(tmp_path, capsys, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    pages(tmp_path / "graded", ["s01"])
    before = make_zip(tmp_path / "moodle.zip", filled(DOWNLOADS["moodle"])).read_bytes()
    (tmp_path / "canvas.csv").write_text(ROSTERS["canvas"], encoding="utf-8")
    arguments, why = REFUSED[name]
    assert why in refused(capsys, "export", "--feedback", *arguments)
    assert (tmp_path / "moodle.zip").read_bytes() == before


def test_a_class_is_graded_from_its_zip_and_its_feedback_goes_back(tmp_path, capsys):
    """From Canvas and back: two students, one of them with nothing to grade, and one who is missing."""
    content = {f"lindqviståse_LATE_7_901_{NETWORK}": WORK, "weicy_47_link.html": b""}
    archive, out = make_zip(tmp_path / "submissions.zip", content), tmp_path / "graded"
    (tmp_path / "roster.csv").write_text(ROSTERS["canvas"], encoding="utf-8")
    status, said, _ = run(capsys, "grade", archive, "--out", out, "--roster", tmp_path / "roster.csv", "--jobs", "1")
    assert status == 0 and "In the roster, but handed nothing in: Lee, Ann: 37; O'Neil, Bo: 17; Zed, Zoe: 57." in said
    page = (out / "lindqviståse_7" / "ps18" / "feedback.html").read_text(encoding="utf-8")
    assert "Canvas marks this as handed in late." in page
    assert run(capsys, "export", "--feedback", "canvas", "--submitted", archive, "--out", out)[0] == 0
    assert canvas_import(out / "canvas-feedback.zip", {"901": "7"}) == {("7", "901"): page}
    roster = ("--roster", tmp_path / "roster.csv")
    status, said, _ = run(capsys, "export", "--format", "canvas", *roster, "--out", out)
    assert status == 0 and "2 of 2 students have their total in 'HW 3 (88)', matched by 'ID'." in said
    rows = re.findall(r'"(.*?)",(\d+),.*,(\S*)$', (out / "canvas.csv").read_text(encoding="utf-8"), re.M)
    assert {number: bool(points) for _, number, points in rows} == {
        "7": True, "17": False, "37": False, "47": True, "57": False,
    }  # fmt: skip
