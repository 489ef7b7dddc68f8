"""Makes the record of one submission."""

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from .. import ROOT, VERSION
from ..course.model import assignment
from ..course.reference import course
from ..course.seed import keyed
from ..engine.answering import Header
from ..engine.check import RubricTask
from ..engine.outcome import CheckResult
from ..engine.runner import Engine
from ..intake.excerpts import Excerpts
from ..intake.submissions import Submission
from .diagnosis import Examples, diagnosed, of_all
from .model import SCHEMA, Number, Result, TaskResult
from .settle import settled

SYNTAX = ("SyntaxError", "IndentationError", "TabError")


def load_problem(reply: Header, source: str) -> str | None:
    """Why the submission, "files" or a "notebook", cannot be imported, for the student; None if it can."""
    files, kind = assignment().subject.files, assignment().subject.kind
    name, taken = (
        files[0],
        " and ".join([", ".join(files[:-1]), files[-1]][-len(files) :]) + (" are" if files[1:] else " is"),
    )
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
    if raised["type"] == "AttributeError" and not where and kind:
        return f"{name} defines no class `{kind}`: the class has to have this name."
    if raised["type"] == "SystemExit":
        return f"{where}Importing {name} ends the program: leave out sys.exit() and exit()."
    reader = f" Python {version()} reads it here." if raised["type"] in SYNTAX else ""
    return f"{where}{name} cannot be imported: {raised['type']}: {raised['message']}.{reader}"


def version() -> str:
    """The grader's Python, which knows some syntax that an older one does not, and the other way round."""
    return ".".join(platform.python_version_tuple()[:2])


def result(
    submission: Submission,
    sandbox: str,
    engine: Engine | None,
    reason: str | None,
    seconds: float,
    examples: Examples | None = None,
) -> Result:
    """The record of one submission; without an engine nothing of it was graded, for this reason."""
    tasks = [task_result(task, engine.results[task.id] if engine else []) for task in course().tasks]

    def total(name: str, bonus: bool) -> Number:
        points: Number = round(sum(getattr(task, name) for task in tasks if task.bonus == bonus), 2)
        return points

    score, bonus = total("points", False), total("points", True)
    raw = Result(
        schema=SCHEMA,
        student=submission.student,
        assignment=assignment().name,
        source=submission.source,
        status="graded" if engine else "ungradable",
        reason=reason,
        score=score,
        max_score=total("max_points", False),
        bonus=bonus,
        max_bonus=total("max_points", True),
        raw_score=score,
        raw_bonus=bonus,
        adjustments=(),
        excused=None,
        submitted=submission.submitted,
        late=None,
        sandbox=sandbox,
        sha256=None if engine and engine.kit_errors else fingerprint(submission, sandbox),
        seconds=round(seconds, 3),
        taken=submission.taken,
        ignored=submission.ignored,
        notes=submission.notes,
        kit_errors=tuple(engine.kit_errors) if engine else (),
        tasks=tuple(tasks),
        diagnosis=of_all(tasks, Excerpts(submission), examples or {}),
        pictures=assignment().pictures.data(engine.cases) if engine else {},
    )
    return settled(raw)


def task_result(task: RubricTask, checks: Sequence[CheckResult]) -> TaskResult:
    points = round(sum(check.points for check in checks), 2)
    found = diagnosed(checks, assignment().mistakes)
    worth = task.points
    return TaskResult(task.id, task.title, points, worth, points, worth, task.bonus, tuple(checks), found)


def kit_failure(submission: Submission, sandbox: str, error: BaseException) -> Result:
    """The result where grading itself went wrong: it will be graded again."""
    reason = "The kit itself failed on this submission; it will be graded again."
    failed = result(submission, sandbox, None, reason, 0.0)
    return replace(failed, sha256=None, kit_errors=(f"{type(error).__name__}: {error}",))


def kit_sha256() -> str:
    """Of all that decides a grade apart from the submission: checks, reference, rubric, seed, versions.

    Of the seed it holds a keyed digest, from which nobody finds it.
    """
    return digest_with(keyed("kit"))


@cache
def digest_with(seed: bytes) -> str:
    digest = hashlib.sha256(f"{VERSION} {SCHEMA} numpy {np.__version__}".encode() + seed)
    about = assignment()
    given = about.release / about.subject.package
    for folder in dict.fromkeys((ROOT / "autograder", about.folder, about.solutions, given)):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def fingerprint(submission: Submission, sandbox: str) -> str:
    """What decides the result: the kit and the sandbox in its first half, what was handed in and when in the second."""
    halves = (f"{kit_sha256()} {sandbox}", f"{submission.sha256} {submission.submitted}")
    return "".join(hashlib.sha256(half.encode()).hexdigest()[:32] for half in halves)
