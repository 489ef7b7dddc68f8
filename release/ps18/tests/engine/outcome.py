"""What comes of one check: from the engine to every page, table and platform."""

from dataclasses import dataclass
from enum import Enum


class Status(str, Enum):
    """How a check ended."""

    PASSED = "passed"
    PARTIAL = "partial"  # right, for a share of the points
    FAILED = "failed"
    ERROR = "error"  # an exception of the student's
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the process ended
    BLOCKED = "blocked"  # what it needs gives no answer
    UNTRIED = "untried"  # still as it was released

    def __str__(self) -> str:
        return self.value


PAID = (Status.PASSED, Status.PARTIAL)
WAITING = (Status.BLOCKED, Status.UNTRIED)
WRONG = (Status.FAILED, Status.ERROR, Status.TIMEOUT, Status.CRASHED)


@dataclass(frozen=True)
class CheckResult:
    """One check on one variant of its data; `id` is task/name, with ``.hidden`` for the hidden variant."""

    id: str
    title: str
    status: Status
    points: float
    max_points: float
    message: str
    mistake: str | None  # the first of `mistakes`
    mistakes: tuple[str, ...]  # the known ones that explain what came back
    visible: bool
    seconds: float


@dataclass(frozen=True)
class Judgement:
    """What the engine says of one run of a check, before it is worth points."""

    status: Status
    message: str = ""
    mistakes: tuple[str, ...] = ()
    share: float = 0.0  # of the points, from 0 to 1
