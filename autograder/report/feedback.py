"""`feedback.html`: one page for one student, that needs nothing but itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..course.model import assignment
from ..engine.outcome import WAITING, CheckResult, Status
from ..results.decisions import decisions
from ..results.diagnosis import MOST, to_mend
from ..results.model import Result, TaskResult
from ..results.store import result_path, write_whole
from ..text import ZERO_WIDTH, replace_unprintable
from .card import cards
from .prose import prose

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
SIGNS = {Status.PASSED: "✓", Status.UNTRIED: "–", Status.BLOCKED: "–", Status.PARTIAL: "~"}  # of all others ✗
MOST_LISTED = 50  # mistakes beyond the cards


@cache
def templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # not for who never writes a page

    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "points": "{:g}".format}
    return environment


def rendered(template: str, **about: object) -> str:
    """The page, in which nothing of what anyone wrote steers whatever shows it."""
    lines = templates().get_template(template).render(about).split("\n")
    return "\n".join(replace_unprintable(line, keep=ZERO_WIDTH) for line in lines)


@dataclass
class Line:
    """A check with its hidden twin, and what was not said before in its task."""

    title: str
    results: list[CheckResult] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    @property
    def state(self) -> Status:
        """The first that is not passed."""
        return next((one.status for one in self.results if one.status != Status.PASSED), Status.PASSED)

    @property
    def sign(self) -> str:
        return SIGNS.get(self.state, "✗")

    @property
    def told(self) -> str:
        """How it ended, on visible and on hidden data."""
        states = dict.fromkeys(STATES[one.status] for one in self.results)
        if len(states) == 1:
            return next(iter(states))
        return ", ".join(f"{STATES[one.status]}{'' if one.visible else ' on hidden data'}" for one in self.results)


@dataclass(frozen=True)
class Part:
    """A share of a task's points in the bar: earned, lost, or not tried."""

    kind: str
    points: float


@dataclass(frozen=True)
class Section:
    """A task on the page."""

    task: TaskResult
    state: Status
    sign: str
    lines: Sequence[Line]
    parts: Sequence[Part]


def write_feedback(out: Path, result: Result) -> None:
    """Write the page beside results.json."""
    write_whole(result_path(out, result.student).with_name("feedback.html"), page(result))


def page(result: Result) -> str:
    about, found = assignment().pictures, to_mend(result.diagnosis, result.tasks)
    titles = {task.id: task.title for task in result.tasks}
    return rendered(
        "feedback.html",
        r=result,
        heading=assignment().heading,
        decisions=decisions(result),
        sections=[section(task) for task in result.tasks],
        cards=cards(found[:MOST], titles),
        others=found[MOST : MOST + MOST_LISTED],
        left_out=len(found[MOST + MOST_LISTED :]),
        states=STATES,
        pictures=about.drawn(result.pictures),
        title=about.title,
        note=about.note,
    )


def section(task: TaskResult) -> Section:
    state = state_of(task)
    return Section(task, state, SIGNS.get(state, "✗"), joined(task.checks), parts_of(task))


def parts_of(task: TaskResult) -> list[Part]:
    """What was earned, what was lost, and what was not tried, as far as there is any."""
    waiting = sum(check.max_points - check.points for check in task.checks if check.status in WAITING)
    waiting = round(waiting, 2) if task.checks else task.max_points
    lost = round(task.max_points - task.points - waiting, 2)
    parts = (("earned", task.points), ("lost", lost), ("not tried", waiting))
    return [Part(kind, points) for kind, points in parts if points > 0]


def state_of(task: TaskResult) -> Status:
    """Passed, partly, failed, blocked or untried, for the task as a whole."""
    statuses = {check.status for check in task.checks}
    if task.points >= task.max_points:
        return Status.PASSED
    if task.points > 0:
        return Status.PARTIAL
    if statuses <= {Status.BLOCKED}:
        return Status.BLOCKED
    return Status.UNTRIED if statuses <= set(WAITING) else Status.FAILED


def joined(checks: Iterable[CheckResult]) -> list[Line]:
    """The checks with those on hidden data beside their visible twins; each message once."""
    lines: dict[str, Line] = {}
    said = {""}
    for check in checks:
        line = lines.setdefault(check.title, Line(check.title))
        line.results.append(check)
        if check.message not in said:
            line.messages.append(check.message)
        said.add(check.message)
    return list(lines.values())
