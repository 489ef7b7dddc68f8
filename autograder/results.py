"""The record of one submission, in the form that `results.json` has."""

import hashlib
from functools import cache
from typing import Any

import numpy as np

from . import ASSIGNMENT, ROOT, VERSION
from .checks.engine import Engine
from .course import course
from .submissions import Submission

SCHEMA = 1
# What decides a grade, besides the submission.
GRADED_BY = ("autograder", "solutions/backprop", f"release/{ASSIGNMENT}/backprop")


def load_problem(reply: dict, source: str) -> str | None:
    """Why the submission, "files" or a "notebook", cannot be imported, for the student; None if it can."""
    name, taken = "neural_network.py", "neural_network.py, activations.py and exercises.py are"
    if source == "notebook":
        name, taken = "The notebook", "the notebook is"
    if "timeout" in reply:
        limit = f"{reply['timeout']:.0f} s"
        return f"Importing {name} did not end within {limit}: keep demos and training out of it."
    if "crashed" in reply:
        return f"Importing {name} ended its process: {reply['crashed']}."
    if "raised" not in reply:
        return None
    raised = reply["raised"]
    where = f"{raised['file']}, line {raised['line']}: `{raised['code']}`. " if raised.get("file") else ""
    if raised["type"] == "ModuleNotFoundError":
        return (
            f"{where}{raised['message']}: only {taken} taken from what you hand in, and NumPy and matplotlib are"
            " there. Put what the code needs into it."
        )
    if raised["type"] == "AttributeError" and not where:
        return f"{name} defines no class `NeuralNetwork`: the class has to have this name."
    if raised["type"] == "SystemExit":
        return f"{where}Importing {name} ends the program: leave out sys.exit() and exit()."
    return f"{where}{name} cannot be imported: {raised['type']}: {raised['message']}."


def result(
    submission: Submission, sandbox: str, engine: Engine | None, reason: str | None, seconds: float
) -> dict[str, Any]:
    rubric = course().tasks
    tasks = []
    for task in rubric:
        checks = engine.results[task["id"]] if engine else []
        points = round(sum(check["points"] for check in checks), 2)
        tasks.append(
            {
                "id": task["id"],
                "title": task["title"],
                "points": points,
                "max_points": task["points"],
                "bonus": task["bonus"],
                "checks": checks,
            }
        )

    def total(name: str, bonus: bool) -> float:
        return round(sum(task[name] for task in tasks if task["bonus"] == bonus), 2)

    return {
        "schema": SCHEMA,
        "student": submission.student,
        "assignment": ASSIGNMENT,
        "source": submission.source,
        "status": "graded" if engine else "ungradable",
        "reason": reason,
        "score": total("points", False),
        "max_score": total("max_points", False),
        "bonus": total("points", True),
        "max_bonus": total("max_points", True),
        "sandbox": sandbox,
        "sha256": None if engine and engine.kit_errors else fingerprint(submission, sandbox),  # None: grade it again
        "seconds": round(seconds, 3),
        "taken": list(submission.taken),
        "ignored": list(submission.ignored),
        "notes": list(submission.notes),
        "kit_errors": engine.kit_errors if engine else [],
        "tasks": tasks,
    }


def kit_failure(submission: Submission, sandbox: str, error: BaseException) -> dict[str, Any]:
    """The result where grading itself went wrong: it will be graded again."""
    failed = result(
        submission, sandbox, None, "The kit itself failed on this submission; it will be graded again.", 0.0
    )
    return {**failed, "sha256": None, "kit_errors": [f"{type(error).__name__}: {error}"]}


@cache
def kit_sha256() -> str:
    """Of all that decides a grade apart from the submission: checks, reference, rubric, seeds, versions."""
    digest = hashlib.sha256(f"{VERSION} {SCHEMA} numpy {np.__version__}".encode())
    for folder in GRADED_BY:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def fingerprint(submission: Submission, sandbox: str) -> str:
    return hashlib.sha256(f"{kit_sha256()} {submission.sha256} {sandbox}".encode()).hexdigest()
