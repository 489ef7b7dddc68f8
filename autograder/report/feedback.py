"""`feedback.html`: one page for one student, that needs nothing but itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..course.model import assignment
from ..engine.outcome import CheckResult, Status
from ..results.model import Result, TaskResult
from ..results.store import result_path, write_whole

if TYPE_CHECKING:
    from jinja2 import Environment

STATES = {
    Status.PASSED: "passed",
    Status.PARTIAL: "partly right",
    Status.FAILED: "wrong",
    Status.ERROR: "stops with an error",
    Status.TIMEOUT: "takes too long",
    Status.CRASHED: "crashes",
    Status.UNTRIED: "not written yet",
    Status.BLOCKED: "can't be checked yet",
}


@cache
def templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # not for who never writes a page

    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@dataclass
class Line:
    """A check with its hidden twin, and each message said once."""

    title: str
    results: list[CheckResult] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def write_feedback(out: Path, result: Result) -> None:
    """Write the page beside results.json."""
    write_whole(result_path(out, result.student).with_name("feedback.html"), page(result))


def page(result: Result) -> str:
    tasks = [(task, state_of(task), joined(task.checks)) for task in result.tasks]
    about = assignment().pictures
    drawn = {"pictures": about.drawn(result.pictures), "title": about.title, "note": about.note}
    return (
        templates()
        .get_template("feedback.html")
        .render(r=result, heading=assignment().heading, tasks=tasks, states=STATES, **drawn)
    )


def state_of(task: TaskResult) -> Status:
    """Passed, partly, failed, blocked or untried, for the task as a whole."""
    statuses = {check.status for check in task.checks}
    if task.points >= task.max_points:
        return Status.PASSED
    if task.points > 0:
        return Status.PARTIAL
    alike = (status for status in (Status.UNTRIED, Status.BLOCKED) if statuses <= {status})
    return next(alike, Status.FAILED) if statuses else Status.BLOCKED


def joined(checks: Iterable[CheckResult]) -> list[Line]:
    """The checks with those on hidden data beside their visible twins."""
    lines: dict[str, Line] = {}
    for check in checks:
        line = lines.setdefault(check.title, Line(check.title))
        line.results.append(check)
        if check.message and check.message not in line.messages:
            line.messages.append(check.message)
    return list(lines.values())
