"""What the benchmark gives to other graders judges as the kit does."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from autograder.grading.submission import grade_apart
from autograder.intake.submissions import read_submission, released_stubs
from autograder.results.model import as_dict
from autograder.sandbox import choose
from tests.kit import ASSIGNMENT

from .peers.classroom import EXAMPLES, write_package
from .peers.freeze import freeze


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return freeze(tmp_path_factory.mktemp("frozen") / "kit")


@pytest.mark.parametrize("student", ["complete", "halfway", "forgotten_mean"])
def test_plain_pytest_finds_on_the_given_checks_what_the_kit_finds(kit, tmp_path, student):
    submission = read_submission(EXAMPLES / student / ASSIGNMENT, student, released_stubs())
    result = as_dict(grade_apart(submission, choose()))
    ours = {
        f"{check['id'].removesuffix('.hidden').replace('/', '_')}_{'visible' if check['visible'] else 'hidden'}": check
        for task in result["tasks"]
        if not task["bonus"]
        for check in task["checks"]
    }
    package, report = write_package(tmp_path / student, student), tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", kit / "pytest_tests.py", "-q", f"--junitxml={report}"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{kit}:{package}"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == (0 if student == "complete" else 1), done.stdout + done.stderr
    theirs = {
        case.get("name")[len("test_check[") : -1]: len(case) == 0 for case in ElementTree.parse(report).iter("testcase")
    }
    assert theirs == {name: check["status"] == "passed" for name, check in ours.items()}
    assert all(theirs.values()) == (student == "complete")
