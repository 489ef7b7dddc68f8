"""Grading as a whole: failures of the machine are not the student's, and nothing is lost on the way."""

import dataclasses
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

import autograder.grading
from autograder.course import check_functions
from autograder.grading import Crew, grade_all, grade_apart
from autograder.sandbox import choose
from autograder.sandbox.plain import Plain
from autograder.submissions import read_submission

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
    assert result["status"] == "ungradable" and result["sha256"] is None
    assert "did not start (out of namespaces" in result["kit_errors"][0]
    assert "will be graded again" in result["reason"]


def test_a_grading_process_that_dies_leaves_a_result(halfway, monkeypatch):
    monkeypatch.setattr(autograder.grading, "grade", lambda submission, sandbox: os._exit(3))
    result = grade_apart(halfway, Plain())
    assert result["status"] == "ungradable" and "ended with status" in result["kit_errors"][0]


def test_a_grading_process_that_hangs_leaves_a_result(halfway, monkeypatch):
    monkeypatch.setattr(autograder.grading, "GRADING_WALL", 1)
    monkeypatch.setattr(autograder.grading, "grade", lambda submission, sandbox: time.sleep(60))
    result = grade_apart(halfway, Plain())
    assert result["status"] == "ungradable" and "ended with status 14" in result["kit_errors"][0]


def test_a_task_without_checks_is_the_kits_failure(halfway, monkeypatch):
    some = {name: function for name, function in check_functions().items() if not name.startswith("sine/")}
    monkeypatch.setattr(autograder.grading, "check_functions", lambda: some)
    result = grade_apart(halfway, Plain())
    assert result["kit_errors"] == ["the task sine has no check"] and result["sha256"] is None


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
        crew = Crew(executor, partial(grade_apart, sandbox=Plain()), ("none",), 3)
        for _, result in grade_all(submissions(), crew):
            under_way.discard(result["student"])
            seen.append(result["student"])
    assert sorted(seen) == sorted(f"s{n}" for n in range(12)) and most <= 3


def test_the_same_submission_gets_the_same_result(halfway):
    sandbox = choose()
    one, other = (grade_apart(halfway, sandbox) for _ in range(2))
    for result in (one, other):
        result.pop("seconds")
        for task in result["tasks"]:
            for check in task["checks"]:
                check.pop("seconds")
    assert json.dumps(one) == json.dumps(other)
