"""Nobody holds up a class: the bar says who has taken longest, and Ctrl-C keeps all that is done."""

import json
import os
import pty
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep

import pytest

from autograder import ROOT
from autograder.grading import pool
from autograder.grading.runtime import SUBMISSION_CPU
from autograder.grading.submission import Graded, once_more
from autograder.intake.submissions import Submission
from autograder.report.terminal import under_way
from autograder.results.record import result
from tests.test_resume import left_behind

CLASS = ROOT / "tests" / "example_class"
QUICK = ["stub_untouched", "syntax_error", "no_file"]
MARK = "STOPPED_RUN"


def asleep(name):
    """A submission that sleeps as often as it is asked."""
    return f"import time\n\n\nclass NeuralNetwork:\n    def __init__(self, *a, **k):\n        time.sleep({name})\n"


@contextmanager
def in_terminal(arguments, mark):
    """The process of `grade`, in a terminal of its own, and that terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({MARK: mark, "TERM": "xterm", "COLUMNS": "120"})
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "autograder", "grade", *map(str, arguments)])
    try:
        yield pid, terminal
    finally:
        os.close(terminal)


def read_until(terminal, enough):
    """What the terminal shows until it is enough, or all that it shows."""
    text, deadline = "", monotonic() + 60
    while not enough(text) and monotonic() < deadline:
        try:
            text += os.read(terminal, 1 << 16).decode()
        except OSError:  # Linux's way to say that nobody writes any more
            break
    return text


def test_ctrl_c_keeps_what_is_done_and_leaves_nothing_behind(tmp_path):
    for name in QUICK:
        shutil.copytree(CLASS / name, tmp_path / "in" / name)
    for name in ("[red]sleeper", "z_other"):
        (tmp_path / "in" / name / "ps18").mkdir(parents=True)
        (tmp_path / "in" / name / "ps18" / "neural_network.py").write_text(asleep("9"))
    out, mark = tmp_path / "out", str(tmp_path)
    with in_terminal([tmp_path / "in", "--out", out, "--jobs", "2"], mark) as (pid, terminal):
        shown = read_until(terminal, lambda text: "[red]sleeper for" in text and len(results_in(out)) == 3)
        began = monotonic()
        os.write(terminal, b"\x03")
        said = read_until(terminal, lambda text: False)
        _, status = os.waitpid(pid, 0)
    assert "[red]sleeper for" in shown
    assert os.waitstatus_to_exitcode(status) == 130 and monotonic() - began < 5
    assert "what is graded is kept" in said and "Traceback" not in said and "ForkServerProcess" not in said
    deadline = monotonic() + 5
    while left_behind(f"{MARK}={mark}") and monotonic() < deadline:
        sleep(0.05)
    assert not left_behind(f"{MARK}={mark}")
    assert {path.parents[1].name for path in results_in(out)} == set(QUICK)
    assert all(json.loads(path.read_text())["student"] == path.parents[1].name for path in results_in(out))
    rows = (out / "grades.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == sorted(QUICK)
    assert "syntax_error" in (out / "report.html").read_text()


def results_in(out):
    return sorted(out.glob("*/ps18/results.json"))


@pytest.mark.parametrize("first", [0.0, 30.0, 0.8 * SUBMISSION_CPU, SUBMISSION_CPU])
def test_who_sleeps_and_has_a_process_killed_is_done_with_in_five_minutes_and_who_computes_has_time_again(first):
    left = SUBMISSION_CPU - once_more(nothing("s"), first).spent
    assert first + left <= 280  # and two sandboxes to start
    assert left >= 30


def nothing(student):
    return Submission(student, {}, "files", (), (), (), {}, "nothing to grade", "")


def test_the_one_whose_grading_runs_longest_is_named_and_nobody_who_waits(monkeypatch):
    monkeypatch.setattr(pool, "TICK", 0.01)
    told, may_end = [], Event()

    def grade(submission):
        if submission.student == "slow":
            may_end.wait(10)
        if submission.student == "last":
            sleep(0.3)
            may_end.set()
        return Graded(result(submission, "none", None, "by nobody", 0.0)).json

    names = ["quick", "slow", "a", "b", "c", "last"]
    with ThreadPoolExecutor(2) as executor:
        crew = pool.Crew(executor, grade, ("none",), 6, 2)
        done = [s.student for s, _ in pool.grade_all(map(nothing, names), crew, lambda *what: told.append(what))]
    assert set(done[:4]) == {"quick", "a", "b", "c"}
    named = list(dict.fromkeys(student for student, _ in told))  # in the order of the first time
    assert named in (["quick", "slow"], ["quick", "slow", "last"])
    assert max(seconds for student, seconds in told if student == "slow") >= 0.1


@pytest.mark.parametrize(
    "seconds, student, shown",
    [
        (0.4, "s1", "2 ungradable"),
        (12.4, "s1", "2 ungradable; s1 for 12 s"),
        (240, "[bold]x", r"2 ungradable; \[bold]x for 240 s"),
        (7, "new\nline", r"2 ungradable; new\nline for 7 s"),
    ],
)
def test_what_stands_beside_the_bar(seconds, student, shown):
    assert under_way(2, student, seconds) == shown
