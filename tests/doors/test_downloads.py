"""A class as platforms hand it out, in their own names of files: whose each is, and what of it is graded."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from contextlib import ExitStack

import pytest

from autograder.intake.downloads import DATED, LATE, find_uploads
from autograder.intake.submissions import BadInput, read_submission
from autograder.platforms.canvas_moodle.roster import presence, read_roster
from tests.doors.class_of import run
from tests.handed_in import NETWORK, OTHER, STUBS, WORK, assert_well_formed, make_zip, put

NOTEBOOK = STUBS["ps18.ipynb"]
CANVAS = {
    f"lindqviståse_7_901_{NETWORK}": WORK,
    "lindqviståse_7_902_exercises.py": OTHER,
    "oneilbo_LATE_17_903_neural_network-1.py": OTHER,
    "van_der_berg_jan_27_904_homework 3.py": WORK,
    "leeann_LATE_37_905_ps18.zip": b"",  # filled in below
    "weicy_47_text.html": b"<p>see my repository</p>",
}
MOODLE = {
    f"Åse Lindqvist_7_assignsubmission_file_/{NETWORK}": WORK,
    "Åse Lindqvist_7_assignsubmission_onlinetext_/onlinetext.html": b"<p>done</p>",
    f"Bo O'Neil_17_assignsubmission_file/ps18/backprop/{NETWORK}": OTHER,
    "Bo O'Neil_17_assignsubmission_file/ps18/README.md": b"",
    "Jan van der Berg_27_assignsubmission_file_/my work.py": WORK,
    "Ann Lee_37_assignsubmission_file_/ps18.zip": b"",
    "Cy Wei_47_assignsubmission_onlinetext_/onlinetext.html": b"<p>see my repository</p>",
}
FLAT_MOODLE = {
    name.replace("_/", "_").replace("ps18/backprop/", "").replace("file/", "file_"): data
    for name, data in MOODLE.items()
    if "README" not in name
}
METADATA = """---
submission_901:
  :submitters:
  - :name: Åse Lindqvist
    :sid: m7
    :email: ase@x.edu
  :created_at: 2026-12-04 22:59:30.123456000 Z
  :score: 0.0
  :results:
    :tests: []
    :output: "=cmd|' /C calc'!A0"
submission_902:
  :submitters:
  - :name: Bo O'Neil
    :sid: ''
    :email: bo@x.edu
  - :name: Jan van der Berg
    :sid:
    :email:
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-12-04 20:00:00.000000000 Z
    zone: &1 !ruby/object:ActiveSupport::TimeZone
      name: Etc/UTC
    time: 2026-12-04 20:00:00.000000000 Z
"""
GRADESCOPE = {
    "submission_metadata.yml": METADATA.encode(),
    f"submission_901/{NETWORK}": WORK,
    f"submission_902/ps18/{NETWORK}": OTHER,
    "submission_902/autograder.log": b"",
}
GITHUB = {f"hw3-ase/backprop/{NETWORK}": WORK, f"hw3-bo-oneil/backprop/{NETWORK}": OTHER, "hw3-ase/README.md": b""}


def inner_zip() -> bytes:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(f"ps18/{NETWORK}", OTHER)
    return zipped.getvalue()


def filled(files, wrapper=""):
    return {wrapper + name: inner_zip() if name.endswith(".zip") else data for name, data in files.items()}


def handed(path):
    """Whose submissions are there, and what is graded of each."""
    with ExitStack() as stack:
        found = find_uploads(path, stack)
        read = {student: read_submission(upload, student, STUBS) for student, upload in found.uploads.items()}
    for submission in read.values():
        assert_well_formed(submission)
    return found, read


def files(read):
    return {student: submission.files for student, submission in read.items()}


CANVAS_FILES = {
    "lindqviståse_7": {NETWORK: WORK, "exercises.py": OTHER},
    "oneilbo_17": {NETWORK: OTHER},
    "van_der_berg_jan_27": {NETWORK: WORK},
    "leeann_37": {NETWORK: OTHER},
    "weicy_47": {},
}
MOODLE_FILES = {
    "Åse Lindqvist_7": {NETWORK: WORK},
    "Bo O'Neil_17": {NETWORK: OTHER},
    "Jan van der Berg_27": {NETWORK: WORK},
    "Ann Lee_37": {NETWORK: OTHER},
    "Cy Wei_47": {},
}
GRADESCOPE_FILES = {"m7": {NETWORK: WORK}, "bo@x.edu": {NETWORK: OTHER}, "Jan van der Berg": {NETWORK: OTHER}}
FORMS = {
    "canvas": ("canvas", CANVAS, "", CANVAS_FILES),
    "canvas, zipped again": ("canvas", CANVAS, "submissions/", CANVAS_FILES),
    "moodle": ("moodle", MOODLE, "", MOODLE_FILES),
    "moodle, flat": ("moodle", FLAT_MOODLE, "", MOODLE_FILES),
    "gradescope": ("gradescope", GRADESCOPE, "assignment_1234_export/", GRADESCOPE_FILES),
    "github": ("github", GITHUB, "hw3-submissions/", {"ase": {NETWORK: WORK}, "bo-oneil": {NETWORK: OTHER}}),
    "the kit's own": (
        "folders",
        {f"s01/ps18/{NETWORK}": WORK, f"s02/ps18/{NETWORK}": OTHER},
        "submitted/",
        {"s01": {NETWORK: WORK}, "s02": {NETWORK: OTHER}},
    ),
}


@pytest.mark.parametrize("unpacked", [False, True], ids=["zip", "unpacked"])
@pytest.mark.parametrize("name", FORMS)
def test_each_student_gets_what_is_theirs(tmp_path, name, unpacked):
    form, content, wrapper, expected = FORMS[name]
    if unpacked:
        path = put(tmp_path / (wrapper or "class"), filled(content))
    else:
        path = make_zip(tmp_path / "all.zip", filled(content, wrapper))
    found, read = handed(path)
    assert (found.form, found.said) == (form, [])
    assert files(read) == expected


def test_the_marks_of_a_platform_are_told_and_cost_no_file(tmp_path):
    _, read = handed(make_zip(tmp_path / "all.zip", filled(CANVAS)))
    late = {student for student, submission in read.items() if LATE in submission.notes}
    assert late == {"oneilbo_17", "leeann_37"}
    assert read["oneilbo_17"].taken == (NETWORK,) and read["oneilbo_17"].notes == (LATE,)
    assert "found text.html" in read["weicy_47"].reason
    _, read = handed(make_zip(tmp_path / "export.zip", GRADESCOPE))
    assert read["m7"].submitted == "2026-12-04T22:59:30+00:00" and DATED in read["m7"].notes
    assert read["bo@x.edu"].submitted is None


def test_anonymous_canvas_students_and_unknown_names(tmp_path):
    names = {
        f"anon_aB3xY_901_{NETWORK}": WORK,
        f"LATE_anon_9zzzz_902_{NETWORK}": OTHER,
        "README.txt": b"",
        "notes/x": b"",
    }
    found, read = handed(make_zip(tmp_path / "all.zip", names))
    assert files(read) == {"anon_aB3xY": {NETWORK: WORK}, "anon_9zzzz": {NETWORK: OTHER}}
    assert read["anon_9zzzz"].notes == (LATE,)
    assert found.said == ["Given to nobody, as their names say no student: README.txt, notes."]


def test_clones_are_known_by_git_whatever_their_folder_is_called(tmp_path):
    for user in ("ase", "bo"):
        put(tmp_path / "repos" / f"week-3-{user}", {f"backprop/{NETWORK}": WORK})
        subprocess.run(["git", "init", "-q", tmp_path / "repos" / f"week-3-{user}"], check=True)
    assert files(handed(tmp_path / "repos")[1]) == {"ase": {NETWORK: WORK}, "bo": {NETWORK: WORK}}


@pytest.mark.parametrize("other", ["Bo_17_assignsubmission_file_", "hw3-bo", "bo"])
def test_the_kits_own_layout_stays_that_whatever_the_folders_are_called(tmp_path, other):
    content = {f"{name}/ps18/{NETWORK}": WORK for name in ("s01", other)}
    path = put(tmp_path / "hw3-submissions", {**content, "adjust.toml": b"", "old_7_901_notes.txt": b""})
    found, read = handed(path)
    assert (found.form, found.said) == ("folders", [])
    assert files(read) == {"s01": {NETWORK: WORK}, other: {NETWORK: WORK}}


MOODLES, CANVASES = "x_9_assignsubmission_file_", "x_9_909_"  # what begins the names of the other platform's files


@pytest.mark.parametrize("unpacked", [True, False])
@pytest.mark.parametrize(
    "others, mine, form",
    [
        ("bo_17_902_", f"eve_27_903_{MOODLES}", "canvas"),
        ("bo_17_902_", "eve_27_903_submission_metadata.yml_", "canvas"),
        ("Bo_17_assignsubmission_file_", f"Eve_27_assignsubmission_file_{CANVASES}", "moodle"),
        ("Bo_17_assignsubmission_file_", "Eve_27_assignsubmission_file_LATE_anon_a_9_", "moodle"),
    ],
)
def test_a_students_file_named_as_another_platform_does_is_no_other_platforms(tmp_path, others, mine, form, unpacked):
    content = {others + NETWORK: WORK, others.replace("17", "37") + NETWORK: OTHER, mine + NETWORK: OTHER}
    path = put(tmp_path / "all", content) if unpacked else make_zip(tmp_path / "all.zip", content)
    found, read = handed(path)
    assert found.form == form and len(read) == 3 and not found.said
    assert [NETWORK in own for own in files(read).values()].count(True) >= 2 and {NETWORK: WORK} in files(read).values()


@pytest.mark.parametrize("way", ["x/../../Åse Lindqvist_7_assignsubmission_file/", "..\\..\\", "../", "a/../"])
def test_an_unsafe_path_is_that_students_alone(tmp_path, way):
    eve = f"Eve_27_assignsubmission_file/{way}{NETWORK}"
    make_zip(tmp_path / "all.zip", {f"Åse Lindqvist_7_assignsubmission_file/{NETWORK}": WORK, eve: OTHER})
    _, read = handed(tmp_path / "all.zip")
    assert read["Åse Lindqvist_7"].files == {NETWORK: WORK}
    assert read["Eve_27"].files == {} and "unsafe path" in read["Eve_27"].reason


def test_what_an_instructor_decides_is_no_students(tmp_path):
    path = put(tmp_path / "class", {**filled(MOODLE), "adjust.toml": b""})
    assert handed(path)[0].said == []


def test_a_student_with_two_submissions_has_the_last_graded_and_it_is_said(tmp_path):
    twice = {
        f"submission_90{n}": f"  :submitters:\n  - :sid: m7\n  :created_at: 2026-12-0{n} 10:00:00 Z\n"
        for n in (3, 1, 2)
    }
    text = "".join(f"{top}:\n{about}" for top, about in twice.items())
    content = {f"{top}/{NETWORK}": WORK + top.encode() + b"\n" for top in twice}
    found, read = handed(make_zip(tmp_path / "all.zip", {"submission_metadata.yml": text.encode(), **content}))
    assert b"901" not in read["m7"].files[NETWORK] and b"903" in read["m7"].files[NETWORK]
    assert found.said == ["m7 has 3 submissions: the last, submission_903, is graded."]


ODD = [
    '".."',
    '"a/../../b"',
    r'"a\0b"',
    '"=1+1"',
    f'"{"long" * 90}"',
    "[1, 2]",
    "{a: 1}",
    "1.50",
    "2026-01-01",
    '" "',
]


def test_whatever_gradescope_says_of_people_each_has_a_result_within_the_folder(tmp_path, capsys):
    text = "".join(f"submission_{n}:\n  :submitters:\n  - :sid: {sid}\n" for n, sid in enumerate(ODD))
    broken = "submission_x: 3\nsubmission_y:\n  :submitters: none\nsubmission_z:\n  :submitters:\n  - 7\n"
    content = {f"submission_{n}/{NETWORK}": b"" for n in [*range(len(ODD)), "x", "y", "z"]}
    path = make_zip(tmp_path / "in" / "all.zip", {"submission_metadata.yml": (text + broken).encode(), **content})
    status, _, said = run(capsys, "grade", path, "--out", tmp_path / "graded", "--jobs", "1")
    assert (status, said) == (0, "")
    assert len(list((tmp_path / "graded").glob("*/ps18/results.json"))) == len(ODD) + 1  # z is named by its folder
    assert sorted(os.listdir(tmp_path)) == ["graded", "in"]


def bomb(size: int) -> bytes:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NETWORK, b"#" * size)
    return zipped.getvalue()


def nested(times: int) -> bytes:
    data = inner_zip()
    for _ in range(times):
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.zip", data)
        data = zipped.getvalue()
    return data


HOSTILE = {
    "a large file": (NETWORK, b"#" * 2_000_000, "larger than 1 MiB"),
    "a zip with a large file": ("work.zip", bomb(2_000_000), "larger than 1 MiB"),
    "a zip that inflates": ("work.zip", b"\0" * (65 << 20), "larger than 64 MiB"),
    "a zip in a zip": ("work.zip", nested(1), "a zip within a zip"),
    "a damaged zip": ("work.zip", inner_zip()[:-30], "is not a zip that can be read"),
    "a zip that leaves its folder": ("work.zip", b"", "unsafe path"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_students_hostile_file_is_that_students_alone(tmp_path, name):
    file, data, why = HOSTILE[name]
    if not data:
        data = make_zip(tmp_path / "evil.zip", {f"../../{NETWORK}": WORK}).read_bytes()
    content = {f"evileve_1_801_{file}": data, f"lindqviståse_7_901_{NETWORK}": WORK}
    path = make_zip(tmp_path / "all.zip", content, compression=zipfile.ZIP_DEFLATED)
    found, read = handed(path)
    assert why in read["evileve_1"].reason and not read["evileve_1"].files
    assert read["lindqviståse_7"].files == {NETWORK: WORK} and found.said == []


REFUSED = {
    "no zip": ("all.zip", b"PK or not", "is not a zip that can be read"),
    "a photograph": ("all.jpg", b"\xff\xd8", "expected a folder, or the zip of all submissions"),
    "one student's": ("ps18.zip", inner_zip(), "names no students"),
    "a path that leaves": ("all.zip", None, "unsafe path"),
    "damaged metadata": ("all.zip", b"a: [", "is not as Gradescope writes it"),
    "metadata that are a list": ("all.zip", b"- 1", "is not as Gradescope writes it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_class_is_refused_in_one_sentence(tmp_path, name):
    file, data, why = REFUSED[name]
    if data is None:
        make_zip(tmp_path / file, {f"../Ann_1_assignsubmission_file_/{NETWORK}": WORK})
    elif "metadata" in name:
        make_zip(tmp_path / file, {"submission_metadata.yml": data, f"submission_1/{NETWORK}": WORK})
    else:
        (tmp_path / file).write_bytes(data)
    with pytest.raises(BadInput, match=why) as refused:
        handed(tmp_path / file)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_a_class_of_a_thousand_whole_folders_is_listed_and_no_zip_is_unpacked(tmp_path):
    content = {f"s{n}_{n}_assignsubmission_file_/ps18/{m}.txt": b"" for n in range(1000) for m in range(40)}
    path = make_zip(tmp_path / "all.zip", {**content, f"s7_7_assignsubmission_file_/ps18/{NETWORK}": WORK})
    with ExitStack() as stack:
        found = find_uploads(path, stack)
        assert len(found.uploads) == 1000
        assert read_submission(found.uploads["s7_7"], "s7_7", STUBS).files == {NETWORK: WORK}
    assert os.listdir(tmp_path) == ["all.zip"]


ROSTERS = {
    "canvas": """Student,ID,SIS Login ID,Section,HW 3 (88)
    Points Possible,,,,100
"Lindqvist, Åse",7,ase,A,
"O'Neil, Bo",17,bo,A,
"Lee, Ann",37,al,A,
"Wei, Cy",47,cy,A,
"Zed, Zoe",57,zz,A,
""",
    "moodle": """Identifier,Full name,Email address
Participant 7,Åse Lindqvist,a@x.edu
Participant 17,Bo O'Neil,b@x.edu
Participant 37,Ann Lee,l@x.edu
Participant 47,Cy Wei,c@x.edu
Participant 57,Zoe Zed,z@x.edu
""",
    "gradescope": "Name,SID,Email\nÅse Lindqvist,m7,ase@x.edu\nZoe Zed,m57,zz@x.edu\n",
    "github": "identifier,github_username,github_id,name\nm7,ase,1,Åse\nm57,zz,2,Zoe\n",
}
DOWNLOADS = {
    "canvas": CANVAS,
    "moodle": MOODLE,
    "gradescope": GRADESCOPE,
    "github": {f"hw3-submissions/{name}": data for name, data in GITHUB.items()},
}
COMPARED = {
    "canvas": ("4 of 5", "Zed, Zoe: 57", "van_der_berg_jan_27"),
    "moodle": ("4 of 5", "Zoe Zed: Participant 57", "Jan van der Berg_27"),
    "gradescope": ("1 of 2", "Zoe Zed: m57", "Jan van der Berg, bo@x.edu"),
    "github": ("1 of 2", "m57: zz", "bo-oneil"),
}


@pytest.mark.parametrize("form", ROSTERS)
def test_the_roster_says_who_is_missing_and_who_is_unknown(tmp_path, form):
    (tmp_path / "roster.csv").write_text(ROSTERS[form], encoding="utf-8")
    found, _ = handed(make_zip(tmp_path / "all.zip", filled(DOWNLOADS[form])))
    said = presence(read_roster(tmp_path / "roster.csv"), found.uploads)
    number, missing, unknown = COMPARED[form]
    assert said[0].startswith(f"{number} in ")
    assert said[1] == f"In the roster, but handed nothing in: {missing}."
    assert said[2:] == [f"Handed in, but not in the roster: {unknown}."]


def test_a_number_alone_names_nobody(tmp_path):
    """Folders `s01_7`, of a class that numbers its students itself, are not participant 7."""
    (tmp_path / "roster.csv").write_text("Identifier,Full name\nParticipant 7,Åse Lindqvist\n", encoding="utf-8")
    said = presence(read_roster(tmp_path / "roster.csv"), ["s01_7", "Bo O'Neil_7"])
    assert said[1:] == [
        "In the roster, but handed nothing in: Åse Lindqvist: Participant 7.",
        "Handed in, but not in the roster: Bo O'Neil_7, s01_7.",
    ]
