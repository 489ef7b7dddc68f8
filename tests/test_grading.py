"""Grading as a whole: failures of the machine are not the student's, and nothing is lost on the way."""

import dataclasses
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import autograder.grading.runtime
import autograder.grading.submission
from autograder.course.reference import checks
from autograder.grading.pool import Crew, grade_all, grade_here
from autograder.grading.submission import Graded, grade_apart, grade_once
from autograder.intake.submissions import Submission, read_submission
from autograder.results.record import result
from autograder.sandbox import Child, choose
from autograder.sandbox.plain import Plain

EXAMPLES = Path(__file__).parent / "example_class"


class Broken(Plain):
    """A sandbox that ends before the worker runs."""

    name = "bubblewrap"

    def command(self, control, scratch):
        return ["/bin/sh", "-c", "echo out of namespaces >&2; exit 1"], {}


@pytest.fixture(scope="module")
def halfway():
    return read_submission(EXAMPLES / "halfway" / "ps18", "halfway", {})


def test_a_sandbox_that_does_not_start_is_the_kits_failure_and_is_graded_again(halfway):
    result = grade_apart(halfway, Broken())
    assert result.status == "ungradable" and result.sha256 is None
    assert "did not start (out of namespaces" in result.kit_errors[0]
    assert "will be graded again" in result.reason


def test_a_grading_process_that_dies_leaves_a_result(halfway, monkeypatch):
    monkeypatch.setattr(autograder.grading.submission, "grade", lambda submission, sandbox: os._exit(3))
    result = grade_apart(halfway, Plain())
    assert result.status == "ungradable" and "ended with status" in result.kit_errors[0]


def test_a_grading_process_that_hangs_leaves_a_result(halfway, monkeypatch):
    monkeypatch.setattr(autograder.grading.submission, "GRADING_WALL", 1)
    monkeypatch.setattr(autograder.grading.submission, "grade", lambda submission, sandbox: time.sleep(60))
    result = grade_apart(halfway, Plain())
    assert result.status == "ungradable" and "ended with status 14" in result.kit_errors[0]


def test_a_grading_process_that_computes_without_end_is_its_submissions_own_result(halfway, monkeypatch):
    def judge(submission, sandbox):
        while True:
            pass

    monkeypatch.setattr(autograder.grading.submission, "JUDGING_CPU", 1)
    monkeypatch.setattr(autograder.grading.submission, "grade", judge)
    result = grade_apart(halfway, Plain())
    assert result.status == "ungradable" and result.kit_errors == () and "more than 1 s" in result.reason
    assert result.sha256


# What takes too much memory in the grader: each of these where the checks judge.
HOGS = {
    "at once": "np.ones(1 << 27)",
    "bit by bit": "[np.ones(1 << 17) for _ in range(1000)]",
    "as Python's numbers": "list(range(1 << 26))",
    "as a text": "'x' * (1 << 30)",
}


@pytest.mark.parametrize("how", HOGS)
def test_a_judgement_that_takes_too_much_memory_is_its_submissions_own_result(how, halfway, monkeypatch):
    monkeypatch.setattr("autograder.engine.case.Case.verdict", lambda *_: eval(HOGS[how], {"np": np}))
    result = grade_apart(halfway, choose())
    assert result.status == "ungradable" and result.kit_errors == () and result.sha256
    assert result.reason.startswith("Judging what it answers takes more than")
    assert result.score == 0


def test_answers_that_pile_up_in_the_grader_are_not_asked_for_any_more(halfway, monkeypatch):
    kept = []

    def pile_up(self, *_):
        kept.append(np.ones(1 << 22))  # 32 MiB: so much always comes from the system, whatever lies free here

    monkeypatch.setattr("autograder.engine.case.Case.verdict", pile_up)
    result = grade_apart(halfway, choose())
    said = [check.message for task in result.tasks for check in task.checks]
    assert result.status == "graded" and result.kit_errors == ()
    assert any("all the memory that there is for them" in text for text in said), said


def test_the_time_that_judging_takes_is_the_submissions(halfway, monkeypatch):
    def compute(self, *_):
        until = time.thread_time() + 0.3
        while time.thread_time() < until:
            pass

    monkeypatch.setattr(autograder.grading.runtime, "SUBMISSION_CPU", 1.0)
    monkeypatch.setattr("autograder.engine.case.Case.verdict", compute)
    began = time.monotonic()
    result = grade_apart(halfway, choose())
    said = [check.message for task in result.tasks for check in task.checks]
    assert any("the 1 s for the whole submission are used up" in text for text in said), said
    assert time.monotonic() - began < 20


def submission_of(code, name="s01"):
    path = EXAMPLES / "complete" / "ps18" / "neural_network.py"
    files = {p.name: p.read_bytes() for p in path.parent.glob("*.py")}
    files["neural_network.py"] += code.encode()
    return Submission(name, files, "files", tuple(files), (), (), {}, None, name)


KILLED_BY_ITSELF = """
import os, signal
def backward(self, Y):
    os.kill(os.getpid(), signal.SIGKILL)
NeuralNetwork.backward = backward
"""


def test_who_kills_himself_is_graded_twice_and_the_second_result_stands(monkeypatch):
    for module in (autograder.grading.runtime, autograder.grading.submission):
        monkeypatch.setattr(module, "SUBMISSION_CPU", 20.0)
    submission, sandbox = submission_of(KILLED_BY_ITSELF), choose()
    first = grade_once(submission, sandbox)
    assert first.killed
    second = grade_apart(submission, sandbox)
    assert second.status == "graded" and second.score < 60
    assert {t.id: t.points for t in first.result.tasks} == {t.id: t.points for t in second.tasks}


def test_what_was_killed_by_others_is_graded_again_when_all_others_are_done():
    """The kernel ends an honest student's process for the memory that somebody else has taken."""
    order = []

    def grade(submission):
        order.append(submission.student)
        again = order.count(submission.student) > 1
        killed = submission.student == "s1" and not again
        found = result(dataclasses.replace(submission, reason="nothing to grade"), "none", None, "by nobody", 0.0)
        return Graded(dataclasses.replace(found, score=0 if killed else 100), 1.0 if killed else None).json

    submissions = [dataclasses.replace(submission_of(""), student=f"s{n}") for n in range(5)]
    with ThreadPoolExecutor(2) as executor:
        results = list(grade_all(submissions, Crew(executor, grade, ("none",), 4)))
    assert order[-1] == "s1" and len(order) == 6
    assert [(found.student, found.score) for _, found in results] == [(s.student, 100) for s, _ in results]
    assert len(results) == 5


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_student_whose_process_is_killed_from_outside_loses_nothing(number, tmp_path, monkeypatch):
    """By SIGKILL.  Other signals are not the kernel's, where memory runs out: nobody else sends them."""
    ask, done = Child.ask, tmp_path / "killed"

    def killing(self, header, arrays=(), cpu=10.0):
        if header.get("method") == "backward" and not done.exists():
            done.touch()
            os.kill(self._line.pid, number)
        return ask(self, header, arrays, cpu)

    monkeypatch.setattr(Child, "ask", killing)
    result = grade_apart(submission_of(""), choose())
    assert (result.score == 100) == (number == signal.SIGKILL)


def test_a_task_without_checks_is_the_kits_failure(halfway, monkeypatch):
    some = {name: check for name, check in checks().items() if not name.startswith("sine/")}
    monkeypatch.setattr(autograder.grading.submission, "checks", lambda: some)
    result = grade_apart(halfway, Plain())
    assert result.kit_errors == ("the task sine has no check",) and result.sha256 is None


def test_results_come_for_everyone_with_a_bounded_number_under_way(halfway):
    under_way, most = set(), 0

    def submissions():
        nonlocal most
        for number in range(12):
            under_way.add(f"s{number}")
            most = max(most, len(under_way))
            yield dataclasses.replace(halfway, student=f"s{number}", reason="nothing to grade")

    with ThreadPoolExecutor(2) as executor:
        seen = []
        crew = Crew(executor, partial(grade_here, sandbox=Plain()), ("none",), 3)
        for _, result in grade_all(submissions(), crew):
            under_way.discard(result.student)
            seen.append(result.student)
    assert sorted(seen) == sorted(f"s{n}" for n in range(12)) and most <= 3


def test_the_same_submission_gets_the_same_result(halfway):
    sandbox = choose()
    one, other = (grade_apart(halfway, sandbox) for _ in range(2))
    assert timeless(one) == timeless(other)


def timeless(result):
    def bare(task):
        return dataclasses.replace(task, checks=[dataclasses.replace(check, seconds=0) for check in task.checks])

    return dataclasses.replace(result, seconds=0, tasks=[bare(task) for task in result.tasks])
