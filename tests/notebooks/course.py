"""A course folder as an instructor has it: a clone of the kit with a class handed in, graded by `make grade`."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from autograder.intake.submissions import read_submission, released_stubs
from tests.kit import clone_to as clone_to

from .converted import as_notebook

ROOT = Path(__file__).parent.parent.parent
CLASS = ROOT / "tests" / "example_class"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}


def hand_in(course: Path, student: str, source: Path | None = None) -> Path:
    """The example submission as a notebook."""
    files = read_submission((source or CLASS / student) / "ps18", student, released_stubs()).files
    return put(course, student, as_notebook(files))


def put(course: Path, student: str, notebook: bytes) -> Path:
    path = course / "submitted" / student / "ps18" / "ps18.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook)
    return path


def run(course: Path, *command: str, status: int = 0) -> str:
    """The output of a command in the course folder, where the environment is not activated."""
    done = subprocess.run(command, cwd=course, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert done.returncode == status, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stdout + done.stderr, done.stdout[-3000:] + done.stderr[-3000:]
    assert not re.search(r"\w+Warning: ", done.stdout + done.stderr), done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def gradebook(course: Path, name: str = "gradebook.db") -> Any:
    """nbgrader's, opened; nbgrader is imported only here, as that takes a second of each worker that collects tests."""
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{course / name}")


def results(course: Path) -> dict[str, dict]:
    found = {path.parents[1].name: json.loads(path.read_text()) for path in course.glob("graded/*/ps18/results.json")}
    assert found
    return found
