"""What shows a student that something is wrong: an input, and what comes of it.  This needs no NumPy."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What checks have found wrong: the task, the equation, the known mistake or None, and the first check."""

    task: str
    equation: str
    mistake: str | None
    check: str


Matrix = tuple[tuple[str, ...], ...]  # rows of entries, in significant digits


@dataclass(frozen=True)
class Compared:
    """One value as it should be and as it is; where that is no matrix, a few words."""

    name: str
    right: Matrix | str
    own: Matrix | str


@dataclass(frozen=True)
class Example:
    """The smallest input that shows what is wrong."""

    given: str  # code that the student can run
    values: tuple[Compared, ...]
    drawn: dict[str, Any] = field(default_factory=dict)  # what the assignment's picture of it is drawn from
