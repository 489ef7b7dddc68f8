"""The record of one submission, in the form that `results.json` has."""

import hashlib
import platform
from functools import cache
from typing import Any

import numpy as np

from .. import ASSIGNMENT, ROOT, VERSION
from ..assignment.network.training import loss_of
from ..course.reference import course, predict, rubric
from ..course.seed import keyed
from ..engine.case import Case
from ..engine.runner import Engine
from ..intake.late import late_rule, lateness
from ..intake.submissions import Submission

SCHEMA = 1
PICTURED = {"xor/learns": (-0.5, 1.5), "circle/learns": (-1.0, 1.0), "spirals/separates": (-1.1, 1.1)}  # and the plane
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
GRID = 40  # cells along each side of a plane
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
    reader = f" Python {version()} reads it here." if raised["type"] in SYNTAX else ""
    return f"{where}{name} cannot be imported: {raised['type']}: {raised['message']}.{reader}"


def version() -> str:
    """The grader's Python, which knows some syntax that an older one does not, and the other way round."""
    return ".".join(platform.python_version_tuple()[:2])


def result(
    submission: Submission, sandbox: str, engine: Engine | None, reason: str | None, seconds: float
) -> dict[str, Any]:
    tasks = []
    for task in course().tasks:
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
        "submitted": submission.submitted,
        "late": lateness(submission.submitted, total("points", False) + total("points", True), late_rule(rubric())),
        "sandbox": sandbox,
        "sha256": None if engine and engine.kit_errors else fingerprint(submission, sandbox),  # None: grade it again
        "seconds": round(seconds, 3),
        "taken": list(submission.taken),
        "ignored": list(submission.ignored),
        "notes": list(submission.notes),
        "kit_errors": engine.kit_errors if engine else [],
        "tasks": tasks,
        "pictures": pictures(engine) if engine else {},
    }


def pictures(engine: Engine) -> dict[str, Any]:
    """What the feedback draws, of visible checks only: how the loss fell, what is answered where, which gradient errs.

    By check: `losses` [[epochs, loss], ...] and `region`, rows of digits from 0 (the lowest output) to 9, the
    first row at the top (with the `centre` of a true circle); or `gradient`, its name, and `error`, rows of digits
    from 0 (right) to 9 (the largest error).
    """
    drawn: dict[str, Any] = {}
    for check, case in engine.cases.items():
        if check in PICTURED and case.watched and case.watched[0].history:
            drawn[check] = learnt(case, *PICTURED[check])
        elif case.error_of and check.startswith("backward/") and not any("gradient" in d for d in drawn.values()):
            name, error = case.error_of
            if np.isfinite(error).all() and max(error.shape) <= GRID:
                drawn[check] = {"gradient": name, "error": digits(error / error.max())}
    return {check: picture for check, picture in drawn.items() if picture}


def learnt(case: Case, low: float, high: float) -> dict[str, Any]:
    network, X, Y, activation, output_activation = case.watched
    with np.errstate(over="ignore"):
        losses = [
            [done, loss_of(predict(weights, biases, X, activation, output_activation), Y)]
            for done, (weights, biases) in network.history
        ]
    if not np.isfinite([loss for _, loss in losses]).all():
        return {}
    axis = low + (high - low) * (np.arange(GRID) + 0.5) / GRID
    plane = np.stack([values.ravel() for values in np.meshgrid(axis, axis[::-1])])
    weights, biases = network.history[-1][1]
    answer = predict(weights, biases, plane, activation, output_activation).reshape(GRID, GRID)
    lowest, highest = (-1, 1) if (output_activation or activation) == "tanh" else (0, 1)
    region = digits(np.clip((answer - lowest) / (highest - lowest), 0, 1))
    drawn = {"losses": [[done, float(f"{loss:.4g}")] for done, loss in losses], "region": region}
    return {**drawn, **{name: value for name, value in case.setting.items() if name == "centre"}}


def digits(shares: np.ndarray) -> list[str]:
    """Numbers from 0 to 1 as rows of digits; what is no number, as of infinite weights, is 0."""
    return ["".join(map(str, row)) for row in np.minimum(np.nan_to_num(shares) * 10, 9).astype(int)]


def kit_failure(submission: Submission, sandbox: str, error: BaseException) -> dict[str, Any]:
    """The result where grading itself went wrong: it will be graded again."""
    failed = result(
        submission, sandbox, None, "The kit itself failed on this submission; it will be graded again.", 0.0
    )
    return {**failed, "sha256": None, "kit_errors": [f"{type(error).__name__}: {error}"]}


def kit_sha256() -> str:
    """Of all that decides a grade apart from the submission: checks, reference, rubric, seed, versions.

    Of the seed it holds a keyed digest, from which nobody finds it.
    """
    return digest_with(keyed("kit"))


@cache
def digest_with(seed: bytes) -> str:
    digest = hashlib.sha256(f"{VERSION} {SCHEMA} numpy {np.__version__}".encode() + seed)
    for folder in GRADED_BY:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def fingerprint(submission: Submission, sandbox: str) -> str:
    """What decides the result: the kit and the sandbox in its first half, what was handed in and when in the second."""
    halves = (f"{kit_sha256()} {sandbox}", f"{submission.sha256} {submission.submitted}")
    return "".join(hashlib.sha256(half.encode()).hexdigest()[:32] for half in halves)
