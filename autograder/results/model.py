"""A result, from the engine to every page, table and platform; `results.json` has just these fields.

`results.schema.json` beside this file is written from here: `python -m autograder.results.model`.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..course.example import Example
from ..engine.outcome import CheckResult
from ..intake.late import Lateness

SCHEMA = 1
Number = int | float  # points, as they stand in the rubric
SCHEMA_FILE = Path(__file__).with_name("results.schema.json")


@dataclass(frozen=True)
class Excerpt:
    """A function of the student's, as it was handed in."""

    where: str  # the file, or the cell of a notebook
    first: int  # the number there of the first line
    text: tuple[str, ...]
    marked: tuple[int, ...] = ()  # numbers of the lines that are meant


@dataclass(frozen=True)
class Diagnosis:
    """One thing that is wrong: where in the chapter, in which piece of it, what it cost, and what shows it."""

    equation: str  # such as BP1; empty where that is not known
    piece: str  # of the equation
    mistake: str | None  # its name, if it has one
    sentence: str
    cost: float  # points
    evidence: tuple[str, ...]  # checks that show it, by id
    lines: tuple[Excerpt, ...] = ()  # of the student's code
    example: Example | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others of the submission: its task, and its name or the first check that shows it."""
        return self.evidence[0].split("/")[0], self.mistake or self.evidence[0]


@dataclass(frozen=True)
class Adjustment:
    """What an instructor decided about a task: the points before and after it, and what the task is worth then."""

    task: str
    check: str | None  # where it is about one
    before: Number
    after: Number
    max_points: Number
    reason: str


@dataclass(frozen=True)
class TaskResult:
    """What one task came to."""

    id: str
    title: str
    points: Number  # with all that an instructor decided, before what being late costs
    max_points: Number
    raw_points: Number  # of its checks
    raw_max_points: Number
    bonus: bool
    checks: tuple[CheckResult, ...]
    diagnosis: tuple[Diagnosis, ...] = ()  # without lines and example


@dataclass(frozen=True)
class Result:
    """What one submission came to, whatever happened."""

    schema: int
    student: str
    assignment: str
    source: Literal["files", "notebook"]
    status: Literal["graded", "ungradable"]
    reason: str | None  # why it could not be graded
    score: Number  # after all that an instructor decided, and what being late costs
    max_score: Number
    bonus: Number
    max_bonus: Number
    raw_score: Number  # of the checks, before
    raw_bonus: Number
    adjustments: tuple[Adjustment, ...]
    excused: str | None  # why this student gets no grade
    submitted: str | None  # ISO 8601, in UTC
    late: Lateness | None
    sandbox: str
    sha256: str | None  # of all that decides it; None: it is to be graded again
    seconds: float
    taken: tuple[str, ...]  # paths in the upload
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    kit_errors: tuple[str, ...]
    tasks: tuple[TaskResult, ...]
    diagnosis: tuple[Diagnosis, ...] = ()  # of all tasks, in their order
    pictures: dict[str, Any] = field(default_factory=dict)  # by check, what the assignment's pictures are drawn from
    example: bool = False  # of the example class

    @property
    def graded(self) -> bool:
        return self.status == "graded"

    @property
    def total(self) -> float:
        """Score and bonus together: the one number that counts."""
        return round(self.score + self.bonus, 2)


def as_dict(result: Result) -> dict[str, Any]:
    """The result as `results.json` has it."""
    return dict(json.loads(json.dumps(msgspec.to_builtins(result))))  # with lists, not tuples


def as_json(result: Result) -> str:
    return json.dumps(as_dict(result), indent=1) + "\n"


def from_json(text: str) -> Result:
    """The result in this text; ValueError where it is none."""
    try:
        return msgspec.convert(json.loads(text), Result)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of `results.json`."""
    (root,), parts = msgspec.json.schema_components([Result], ref_template="#/$defs/{name}")
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "results.json, one submission's result",
    }
    return {**about, **root, "$defs": parts}


schema_text = partial(json.dumps, indent=1, sort_keys=True)

if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(schema()) + "\n", encoding="utf-8")
