"""The rubric and the settings: what can be wrong in them is one sentence, wherever it comes to light."""

import json
import os
import subprocess
import sys

import pytest

from autograder import ROOT
from autograder.course.model import assignment
from autograder.course.rubric import BadRubric, read_rubric, read_settings, rubric, settings
from autograder.platforms.gradescope.package import PACKAGES, locked

FOLDER = assignment().folder
RUBRIC = (FOLDER / "rubric.toml").read_text(encoding="utf-8")
SETTINGS = (FOLDER / "settings.toml").read_text(encoding="utf-8")
FORWARD = '[[task]]\nid = "forward"\ntitle = "Forward pass"\npoints = 20\n'
SPIRALS = '[[task]]\nid = "spirals"\ntitle = "Two spirals"\npoints = 10\n'
LATE = "[late]\ndue = 2026-12-01T23:59:00+01:00\npercent_per_day = 10\n"
ROWS = "visible = [{ start = [1] }, { start = [2] }]\nhidden = [{ start = [3] }]\n"


def task(**fields):
    """The rubric with just the task `forward`, with these lines instead of its own; without those that are None."""
    lines = {"id": '"forward"', "title": '"Forward pass"', "points": "20", **fields}
    return "[[task]]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items() if value is not None)


def refused(read, path, content):
    """The one sentence with which it is refused; it begins with the file."""
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadRubric) as caught:
        read(path)
    said = str(caught.value)
    assert caught.value.exit_status == 2
    assert said.isprintable() and said.endswith(".") and str(path) in said and len(said) < 600 + len(str(path)), said
    return said


WRONG = {
    # what is missing or misspelt
    "misspelt": (task(points=None, poinst=20), ["task forward", "no field poinst", "is points meant?", "size_shares"]),
    "misspelt twice": (task(bonsu="true"), ["task forward", "no field bonsu", "is bonus meant?"]),
    "in capitals": (task(Enabled="false"), ["task forward", "no field Enabled", "is enabled meant?"]),
    "like nothing": (task(**{'"\\u001b[2J"': 1}), ["task forward", r"no field \x1b[2J;", "the fields are id, title"]),
    "no id": (task(id=None), ["task number 1: id is missing", "a name of letters", '"part1"']),
    "no title": (FORWARD + task(id='"update"', title=None), ["task update: title is missing", "a line of text"]),
    "no points": (task(points=None), ["task forward: points is missing", "a number above 0"]),
    "no task": ("", ["task is missing", "[[task]]"]),
    "an empty list": ("task = []", ["task should be", "[[task]]", "but is []"]),
    "one bracket": ("[task]\nid = 1\n", ["task should be", "[[task]]", "but is {'id': 1}"]),
    "tasks": (FORWARD.replace("[[task]]", "[[tasks]]"), ["no field tasks", "is task meant?"]),
    "beside the tasks": ("points = 100\n" + FORWARD, ["no field points", "task, late, assignment"]),
    # of the wrong form
    "points as text": (task(points='"20"'), ["task forward: points should be a number above 0", "but is '20'"]),
    "negative points": (task(points="-3"), ["task forward: points should be a number above 0", "but is -3"]),
    "no points at all": (task(points="0"), ["points should be a number above 0", "but is 0."]),
    "points that are no number": (task(points="nan"), ["points should be a number above 0", "but is nan"]),
    "endless points": (task(points="inf"), ["points should be", "at most 10000", "but is inf"]),
    "true points": (task(points="true"), ["points should be a number above 0", "but is true"]),
    "a list of points": (task(points="[" + "1," * 999 + "]"), ["points should be a number", "..."]),
    "bonus in quotes": (task(bonus='"true"'), ["task forward: bonus should be true or false", "but is 'true'"]),
    "bonus as a number": (task(bonus="1"), ["bonus should be true or false", "but is 1"]),
    "enabled in words": (task(enabled='"no"'), ["enabled should be true or false", "but is 'no'"]),
    "a number as an id": (task(id="7"), ["task number 1: id should be a name", "but is 7"]),
    "an id of two words": (task(id='"for ward"'), ["task for ward: id should be a name", "'for ward'"]),
    "a path as an id": (task(id='"../up"'), ["id should be a name", "'../up'"]),
    "an empty title": (task(title='" "'), ["title should be a line of text", "but is ' '"]),
    "a title of two lines": (task(title='"a\\nb"'), ["title should be a line of text", r"'a\nb'"]),
    "a hint that is none": (task(hint="3"), ["hint should be text", "but is 3"]),
    "shares without sizes": (SPIRALS + "size_shares = [1.0, 0.5]", ["task spirals: size_shares should be a list of ["]),
    "a share in quotes": (SPIRALS + 'size_shares = [[70, "1"]]', ["size_shares should be", "but is [[70, '1']]"]),
    "a share above 1": (SPIRALS + "size_shares = [[70, 80]]", ["share from 0 to 1", "but is [[70, 80]]"]),
    "half a parameter": (SPIRALS + "size_shares = [[7.5, 1]]", ["size_shares should be", "but is [[7.5, 1]]"]),
    "sizes that fall": (SPIRALS + "size_shares = [[9, 1], [5, 0.5]]", ["sizes rising", "but is [9, 5]"]),
    "another assignment": ("assignment = '../x'\n" + FORWARD, ["assignment should be a name", "but is '../x'"]),
    # against the checks and each other
    "twice": (FORWARD + FORWARD, ["task forward", "two tasks with this id"]),
    "twice, once off": (FORWARD + FORWARD + "enabled = false", ["task forward", "two tasks with this id"]),
    "without checks": (task(id='"forwards"'), ["task forwards: no check belongs", "is forward meant?"]),
    "without checks or like": (task(id='"zzz"'), ["task zzz: no check belongs to this task; take it out"]),
    "all off": (task(enabled="false"), ["every task is switched off", "enabled = false"]),
    # being late
    "late is text": ("late = 'soon'\n" + FORWARD, ["[late]", "a table with due, percent_per_day", "'soon'"]),
    "late without zone": (LATE.replace("+01:00", "") + FORWARD, ["[late]", "due should be a date with time and zone"]),
    "late on a day": (LATE.replace("T23:59:00+01:00", "") + FORWARD, ["[late]", "but is 2026-12-01."]),
    "late by words": (
        LATE.replace("10", "'10 %'") + FORWARD,
        ["[late]", "should be 0 to 100", "'10 %'"],
    ),
    "late at any price": (
        LATE.replace("= 10", "= 101") + FORWARD,
        ["per_day should be 0 to 100", "but is 101"],
    ),
    "late misspelt": (LATE.replace("percent_per_day", "percent_a_day") + FORWARD, ["is percent_per_day meant?"]),
    # no TOML
    "an open text": ('[[task]]\nid = "forward\n', ["should be TOML", "line 2"]),
    "an open table": ("[[task]]\n[late\n", ["should be TOML", "line 2"]),
    "a missing value": ("[[task]]\nid =", ["should be TOML", "line 2"]),
    "a colon": (FORWARD + "bonus: true\n", ["should be TOML", "line 5"]),
    "a field twice": (FORWARD + "points = 5\n", ["should be TOML", "line 5"]),
    "no such day": (LATE.replace("-12-01", "-13-01"), ["should be TOML", "line 2"]),
    "a number without end": (task(points="9" * 5000), ["should be TOML"]),
    "brackets without end": ("x = " + "[" * 5000, ["should be TOML"]),
    "another encoding": ('# für\n[[task]]\ntitle = "\udcfc"', ["UTF-8", "line 3"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_rubric_that_cannot_be_used_is_one_sentence(tmp_path, case):
    content, essentials = WRONG[case]
    said = refused(read_rubric, tmp_path / "rubric.toml", content)
    assert all(part in said for part in essentials), said


WRONG_SETTINGS = {
    "no such check": ('["xor/learn"]\n' + ROWS, ['["xor/learn"]: there is no such check', "is xor/learns meant?"]),
    "no such task": ('["zzz"]\n' + ROWS, ['["zzz"]: there is no such check; mend']),
    "no table": ('"xor/learns" = 3', ["a table with visible, hidden", "but is 3"]),
    "misspelt": ('["xor/learns"]\n' + ROWS.replace("hidden", "hiden"), ["no field hiden", "is hidden meant?"]),
    "nothing hidden": ('["xor/learns"]\n' + ROWS.split("hidden")[0], ["hidden is missing", "at least one row"]),
    "an empty list": ('["xor/learns"]\n' + ROWS.replace("[{ start = [3] }]", "[]"), ["hidden should be", "but is []"]),
    "home alone": ('["xor/learns"]\n' + ROWS.replace(", { start = [2] }", ""), ["visible", "at least two rows"]),
    "rows that are none": ('["xor/learns"]\n' + ROWS.replace("{ start = [3] }", "3"), ["hidden should be a list"]),
    "no start": ('["xor/learns"]\n' + ROWS.replace("{ start = [3] }", "{}"), ["hidden row 1", "but has neither"]),
    "both": ('["xor/learns"]\n' + ROWS.replace("[2]", "[2], starts = [1]"), ["visible row 2", "but has both"]),
    "a lone start": ('["xor/learns"]\n' + ROWS.replace("[3]", "3"), ["hidden row 1: start should be a list of seeds"]),
    "no starts": ('["xor/learns"]\n' + ROWS.replace("[3]", "[]"), ["start should be a list of seeds", "but is []"]),
    "half a start": ('["xor/learns"]\n' + ROWS.replace("[3]", "[3.5]"), ["start should be", "but is [3.5]"]),
    "a start below 0": ('["xor/learns"]\n' + ROWS.replace("[3]", "[-3]"), ["start should be", "but is [-3]"]),
    "four starts": (
        '["square/fits"]\n' + ROWS.replace("start = [1]", "starts = [1, 2, 3, 4]"),
        ["visible row 1: starts should be a list of at least 5 seeds", "but is [1, 2, 3, 4]"],
    ),
    "a field less": (SETTINGS.replace("turn = 2.1, ", ""), ["spirals", "hidden row 2 lacks turn", "first visible row"]),
    "a field more": (SETTINGS.replace("turn = 2.1", "turn = 2.1, trun = 1"), ["hidden row 2 has trun"]),
    "no TOML": ('["xor/learns"]\nvisible = [{ start = [1] },\n', ["should be TOML", "line 2"]),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_settings_that_cannot_be_used_are_one_sentence(tmp_path, case):
    content, essentials = WRONG_SETTINGS[case]
    assert content not in (SETTINGS, ROWS)
    said = refused(read_settings, tmp_path / "settings.toml", content)
    assert all(part in said for part in essentials), said


def test_a_file_that_is_missing_or_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(BadRubric, match=r"gone\.toml is missing: put it back"):
        read_rubric(tmp_path / "gone.toml")
    with pytest.raises(BadRubric, match=r"cannot be read \(Is a directory\)"):
        read_rubric(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        FORWARD,
        "\ufeff" + FORWARD,
        FORWARD.replace("\n", "\r\n"),
        FORWARD + "bonus = false\nenabled = true\nhint = ''\n",
        'assignment = "ps18"\n' + FORWARD,
        FORWARD + SPIRALS + "enabled = false\n",
        FORWARD + task(id='"planned"', enabled="false"),  # as yet without checks
    ],
)
def test_what_can_be_used_is(tmp_path, content):
    (tmp_path / "rubric.toml").write_bytes(content.encode())
    [forward] = read_rubric(tmp_path / "rubric.toml").tasks
    assert (forward.id, forward.title, forward.points, forward.bonus) == ("forward", "Forward pass", 20, False)


def test_points_stay_as_they_are_written_and_shares_come_in_their_order(tmp_path):
    (tmp_path / "rubric.toml").write_text(task(points="2.5") + SPIRALS + "size_shares = [[70, 1], [110, 0.8]]\n")
    half, spirals = read_rubric(tmp_path / "rubric.toml").tasks
    assert half.points == 2.5 and isinstance(spirals.points, int)
    assert list(spirals.size_shares) == [(70, 1), (110, 0.8)]


def test_being_late_is_read_with_its_zone(tmp_path):
    (tmp_path / "rubric.toml").write_text(LATE + FORWARD)
    late = read_rubric(tmp_path / "rubric.toml").late
    assert (late.due.isoformat(), late.percent_per_day) == ("2026-12-01T23:59:00+01:00", 10)


def test_the_kits_own_can_be_used():
    assert [sum(task.points for task in rubric().tasks if task.bonus == bonus) for bonus in (False, True)] == [100, 50]
    assert {check.split("/")[0] for check in settings()} == {"xor", "circle", "sine", "square", "spirals"}


# ---- Where it comes to light

OTHER = """
from dataclasses import replace
from pathlib import Path
from autograder.assignment.ps18 import assignment as ps18
assignment = replace(ps18, folder=Path({folder!r}))
"""


def run_with(folder, command, rubric=RUBRIC, settings=SETTINGS):
    """Run Python for ps18 with this rubric and these settings."""
    (folder / "other_rubric.py").write_text(OTHER.format(folder=str(folder)))
    (folder / "rubric.toml").write_text(rubric)
    (folder / "settings.toml").write_text(settings)
    path = os.pathsep.join([str(ROOT), str(folder)])
    environment = {**os.environ, "PYTHONPATH": path, "AUTOGRADER_ASSIGNMENT": "other_rubric"}
    command = [sys.executable, "-m", *map(str, command)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


POINST = {"rubric": RUBRIC.replace("points", "poinst", 2)}
HIDEN = {"settings": SETTINGS.replace("hidden =", "hiden =", 1)}
EXAMPLE = ROOT / "tests" / "example_class"


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        *((["grade", EXAMPLE, "--out", "OUT"], wrong) for wrong in (POINST, HIDEN)),
        *((["grade-one", EXAMPLE / "halfway"], wrong) for wrong in (POINST, HIDEN)),
        *((command, POINST) for command in (["release"], ["release", "--check"], ["gradescope", "--to", "OUT"])),
    ],
)
def test_every_command_that_needs_it_says_the_sentence_and_does_nothing(tmp_path, command, wrong):
    out = tmp_path / "out"
    done = run_with(tmp_path, ["autograder", *(out if part == "OUT" else part for part in command)], **wrong)
    assert (done.returncode, done.stdout) == (2, "") and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"autograder: {tmp_path}/{next(iter(wrong))}.toml, ") and not out.exists()
    assert "is points meant?" in done.stderr or "is hidden meant?" in done.stderr


def test_the_doctor_names_it(tmp_path):
    done = run_with(tmp_path, ["autograder", "doctor"], **POINST)
    assert done.returncode == 1 and f"  FAIL  rubric    {tmp_path}/rubric.toml, task forward: " in done.stdout


def test_gradescope_gets_it_as_its_json(tmp_path):
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "neural_network.py").write_text("x = 1\n")
    done = run_with(tmp_path, ["autograder.platforms.gradescope.answer", tmp_path], **POINST)
    report = json.loads((tmp_path / "results" / "results.json").read_text())
    assert done.returncode == 1 and report["score"] == 0
    assert f"{tmp_path}/rubric.toml, task forward: there is no field poinst" in report["output"]


def test_what_reads_it_is_locked_and_goes_to_gradescope():
    assert "\nmsgspec==" in locked(PACKAGES, (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert "msgspec" not in (assignment().source / "requirements.txt").read_text(encoding="utf-8")
