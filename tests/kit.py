"""The kit's own assignment, as tests name it, and copies of the kit."""

import shutil
import subprocess
import sys
from pathlib import Path

from autograder import ROOT
from autograder.course.model import assignment
from autograder.grading import kept
from autograder.release.build import SOLUTIONS, SOURCE, assemble
from tests.once import shared

ASSIGNMENT, RELEASE = assignment().name, assignment().release
RUBRIC = (assignment().folder / "rubric.toml").relative_to(ROOT)
CHECKS = (ROOT / assignment().checks.replace(".", "/")).relative_to(ROOT)


def clone_to(folder: Path) -> Path:
    """What git knows of the kit, with the environment that is there already."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)  # with its time, so that make sees .venv as current
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def fresh_release() -> Path:
    """The student folder, built anew: for `once`."""
    assemble(shared() / "release", SOLUTIONS, SOURCE)
    return shared() / "release"


def work_out() -> None:
    """Leave all expected values where `kept.at_hand` reads them: for `once`."""
    subprocess.run([sys.executable, "-m", kept.__name__], cwd=ROOT, check=True)


def graded_class(whole: bool) -> tuple[Path, str]:
    """Output folder and terminal output of the whole example class, graded by the command line: for `once`.

    In `make test`, which is not `whole`, an endless loop is cut off sooner.
    """
    program = "autograder" if whole else "tests.impatient"
    command = [sys.executable, "-m", program, "grade", "tests/example_class", "--out", shared() / "graded"]
    done = subprocess.run([*command, "--jobs", "2"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return shared() / "graded", done.stdout
