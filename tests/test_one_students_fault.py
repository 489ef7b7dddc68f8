"""What goes wrong with one student's names, files or pages is that student's: all others are graded, and it is said."""

import json
import os
import re
import shutil
import time

import pytest

from autograder.grading.cutoff import TooLong, cut_off
from autograder.results.store import result_names
from tests.doors.class_of import read_table, run
from tests.layers import sampled
from tests.notebooks.course import CLASS

NAMES = [
    *(b"Zo\xeb", b"\xff\xfe", b"grades.csv", b"report.html", b"Canvas.CSV", b"writable", b".bob", b"..x", b"con"),
    *(b"new\nline", b"a\x1b[2Jb", "\u202eevil".encode(), b"A" * 255, b"ann", b"Ann", "änn".encode(), b"a\xcc\x88nn"),
    *(b"-x", b'=HYPERLINK("http://x")', b"[x]*?", b"50%", b"q'\"", b"sp ace ", b"{}"),
]


@pytest.fixture(scope="module")
def odd_class(tmp_path_factory):
    """Students with odd names, each with an empty upload, and an honest one."""
    folder = tmp_path_factory.mktemp("names")
    for name in NAMES:
        (folder / "my class" / os.fsdecode(name) / "ps18").mkdir(parents=True)
    shutil.copytree(CLASS / "halfway", folder / "my class" / "halfway")
    return folder


def grade(capsys, folder, *more):
    command = ("grade", folder / "my class", "--out", folder / "out", "--gradebook", folder / "gradebook.db", *more)
    return run(capsys, *command)


def result_of(folder, student):
    return json.loads((folder / "out" / student / "ps18" / "results.json").read_text())


def test_whatever_students_are_called_each_has_a_result_of_a_safe_name(odd_class, capsys):
    status, said, errors = grade(capsys, odd_class)
    assert status == 0 and "Traceback" not in errors
    students = {path.parents[1].name for path in (odd_class / "out").glob("*/ps18/results.json")}
    assert len(students) == len(NAMES) + 1
    assert {path.name for path in (odd_class / "autograded").iterdir()} == students
    assert result_of(odd_class, "halfway")["score"] == 30
    table = [row[0] for row in read_table(odd_class / "out" / "grades.csv")][1:]
    assert {name.removeprefix("'") for name in table} == students and len(table) == len(students)
    for name in students:
        assert name.isprintable() and not name.startswith(".") and result_of(odd_class, name)["student"] == name
    assert len({name.casefold() for name in students}) == len(students)
    assert "Zo\\udceb (Zo_-" in re.sub(r"\s+", " ", said)
    assert {
        "con",
        "-x",
        "50%",
        "A" * 255,
        "Ann",
    } <= students  # what harms nothing keeps its name, and its place in a roster


def test_such_names_are_the_same_at_each_run_and_may_be_given_either_way(odd_class, capsys):
    when = (odd_class / "out" / "halfway" / "ps18" / "results.json").stat().st_mtime_ns
    before = set((odd_class / "out").iterdir())
    assert grade(capsys, odd_class)[0] == 0
    assert set((odd_class / "out").iterdir()) == before
    assert (odd_class / "out" / "halfway" / "ps18" / "results.json").stat().st_mtime_ns == when
    name = next(path.name for path in before if path.name.startswith("_bob"))
    assert grade(capsys, odd_class, "--student", ".bob")[0] == grade(capsys, odd_class, "--student", name)[0] == 0
    status, _, errors = grade(capsys, odd_class, "--student", "Zo\udcec")
    assert status == 2 and "Zo\\udcec: there is no such student" in errors


def test_they_are_exported(odd_class, capsys):
    assert run(capsys, "export", "--format", "csv", "--out", odd_class / "out")[0] == 0
    assert len(read_table(odd_class / "out" / "csv.csv")) == len(NAMES) + 2


def test_no_name_can_take_anothers():
    [*_, made] = result_names([".x"]).values()
    names = result_names([".x", made, made.upper()])
    assert len({name.casefold() for name in names.values()}) == 3


@pytest.fixture
def pair(tmp_path):
    """An honest student and one whom something happens to."""
    for name in ("halfway", "unlucky"):
        shutil.copytree(CLASS / "halfway", tmp_path / "my class" / name)
    return tmp_path


def a_file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


HARM = {
    "student": (lambda folder: a_file(folder / "out" / "unlucky"), "no feedback.html"),
    "assignment": (lambda folder: a_file(folder / "out" / "unlucky" / "ps18"), "no feedback.html"),
    "result": (lambda folder: (folder / "out/unlucky/ps18/results.json").mkdir(parents=True), "no results.json"),
    "page": (lambda folder: (folder / "out/unlucky/ps18/feedback.html").mkdir(parents=True), "no feedback.html"),
    "marked student": (lambda folder: a_file(folder / "autograded" / "unlucky"), "nbgrader has not all of it"),
    "marked notebook": (
        lambda folder: (folder / "autograded/unlucky/ps18/ps18.ipynb").mkdir(parents=True),
        "nbgrader has not all",
    ),
}


@pytest.mark.parametrize("kind", sampled(HARM, ["marked student"]))
def test_what_cannot_be_written_of_one_is_named_and_the_others_are_graded(pair, capsys, kind):
    harm, said = HARM[kind]
    harm(pair)
    status, _, errors = grade(capsys, pair)
    [line] = errors.strip().splitlines()
    assert status == 1 and line.startswith("autograder: the kit itself failed on unlucky: ") and said in line
    assert result_of(pair, "halfway")["score"] == 30
    assert {row[0] for row in read_table(pair / "out" / "grades.csv")} == {"student", "halfway", "unlucky"}


@pytest.mark.parametrize("spoil", sampled(["tasks", "score", "student", "reason", "kit_errors"], ["tasks"]))
def test_an_earlier_result_that_is_damaged_is_graded_anew(pair, capsys, spoil):
    assert grade(capsys, pair)[0] == 0
    path = pair / "out" / "unlucky" / "ps18" / "results.json"
    damaged = json.loads(path.read_text())
    damaged.pop(spoil)
    path.write_text(json.dumps(damaged))
    assert grade(capsys, pair)[0] == 0
    assert result_of(pair, "unlucky") == {**result_of(pair, "halfway"), "student": "unlucky"} | {
        "seconds": result_of(pair, "unlucky")["seconds"],
        "tasks": result_of(pair, "unlucky")["tasks"],
    }


def test_a_student_who_is_gone_keeps_the_result_and_is_named_and_in_no_table(pair, capsys):
    grade(capsys, pair)
    shutil.rmtree(pair / "my class" / "unlucky")
    _, said, _ = grade(capsys, pair)
    assert "Not among the submissions any more" in said and "unlucky." in said
    assert result_of(pair, "unlucky")["score"] == 30
    assert [row[0] for row in read_table(pair / "out" / "grades.csv")] == ["student", "halfway"]
    _, said, _ = run(capsys, "export", "--format", "csv", "--out", pair / "out")
    assert "left out: unlucky." in said
    assert [row[0] for row in read_table(pair / "out" / "csv.csv")] == ["student", "halfway"]


def endless():
    while True:
        pass


def stubborn():
    for _ in range(2):
        try:
            endless()
        except Exception:
            continue
    endless()


def backtracking():
    re.match(r"(a+)+$", "a" * 40 + "b")


@pytest.mark.parametrize("step", [endless, stubborn, backtracking])
def test_what_takes_too_long_is_cut_off(step):
    began = time.process_time()
    with pytest.raises(TooLong, match=r"more than 0\.2 s"), cut_off(0.2):
        step()
    assert time.process_time() - began < 10


def test_what_is_done_in_time_is_not_cut_off_later():
    with cut_off(0.3):
        pass
    began = time.process_time()
    while time.process_time() - began < 0.6:
        pass
