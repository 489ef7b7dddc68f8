"""What an instructor decides once grades are there: `adjust.toml`, beside the submissions.

It is not about what a check finds, which stays in every result as it was.  A line that names what is not there,
or cannot be meant, is refused in one sentence, before anything is graded or changed.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta

from ..engine.check import Check, checks_in, points_of
from ..text import printable
from .model import assignment
from .rubric import BadRubric, FreeDays, Line, checked, named, nearest, read_toml, rubric

FILE = "adjust.toml"
HIDDEN = ".hidden"  # ends the id of a check on hidden data
Student = Annotated[Line, Meta(description='the name of a student\'s folder in quotes, such as "s01"')]
Reason = Annotated[Line, Meta(description="a sentence in quotes, which the student reads")]
CheckId = Annotated[Line, Meta(description='a check as results.json names it, such as "task/check"')]
TaskId = Annotated[Line, Meta(description='the id of a task in quotes, such as "part1"')]
Points = Annotated[int, Meta(ge=0, le=10_000)] | Annotated[float, Meta(ge=0, le=10_000)]
Change = Annotated[int, Meta(ge=-10_000, le=10_000)] | Annotated[float, Meta(ge=-10_000, le=10_000)]
Moment = Annotated[datetime, Meta(tz=True, description="a date with time and zone, such as 2026-12-01T23:59:00+01:00")]
Lines = Sequence[dict[str, Any]]
T = TypeVar("T", bound="Excuse | Extension | HandedIn")


@dataclass(frozen=True)
class Overrule:
    """`[[overrule]]`: points for one student, of a task or of a check on all its data, set or added."""

    student: Student
    reason: Reason
    task: TaskId | None = None
    check: CheckId | None = None
    points: Annotated[Points, Meta(description="a number from 0 on, without quotes")] | None = None
    add: Annotated[Change, Meta(description="a number to add, or below 0 to take away, without quotes")] | None = None


@dataclass(frozen=True)
class SwitchOff:
    """`[[switch_off]]`: a check that counts for nobody any more."""

    check: CheckId
    points: Annotated[
        Literal["to everyone", "out of the total"], Meta(description='"to everyone" or "out of the total"')
    ]
    reason: Reason


@dataclass(frozen=True)
class Excuse:
    """`[[excuse]]`: a student who gets no grade, and counts in no statistics."""

    student: Student
    reason: Reason


@dataclass(frozen=True)
class Extension:
    """`[[extension]]`: another due date, or another number of days that cost nothing."""

    student: Student
    reason: Reason
    due: Moment | None = None
    free_days: FreeDays | None = None


@dataclass(frozen=True)
class HandedIn:
    """`[[handed_in]]`: when a student handed in, whatever files say."""

    student: Student
    reason: Reason
    time: Moment


@dataclass(frozen=True)
class Times:
    """`[times]`: a table that says when students handed in."""

    file: Annotated[Line, Meta(description="a CSV file in quotes, beside this one")]
    column: Annotated[Line, Meta(description="the heading, in quotes, of the column with the times")]
    match: Annotated[Line, Meta(description="the heading, in quotes, of the column that names students as folders do")]
    zone: Annotated[Line, Meta(description='the time zone of the table in quotes, such as "Europe/Berlin"')] = "UTC"


@dataclass(frozen=True)
class AdjustFile:
    overrule: Annotated[Lines, Meta(description="tables that each begin with the line [[overrule]]")] = ()
    switch_off: Annotated[Lines, Meta(description="tables that each begin with the line [[switch_off]]")] = ()
    excuse: Annotated[Lines, Meta(description="tables that each begin with the line [[excuse]]")] = ()
    extension: Annotated[Lines, Meta(description="tables that each begin with the line [[extension]]")] = ()
    handed_in: Annotated[Lines, Meta(description="tables that each begin with the line [[handed_in]]")] = ()
    times: Any = None


@dataclass(frozen=True)
class Adjustments:
    """All that was decided, by student where it is one student's."""

    overrules: Mapping[str, Sequence[Overrule]] = field(default_factory=dict)
    switched_off: Sequence[SwitchOff] = ()
    excuses: Mapping[str, Excuse] = field(default_factory=dict)
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    handed_in: Mapping[str, HandedIn] = field(default_factory=dict)
    times: Times | None = None
    folder: Path = Path()  # of the file


NONE = Adjustments()


def find_adjustments(given: Path | None, submitted: Path, names: Mapping[str, str]) -> Adjustments:
    """What the file decides that is given, or lies beside the submissions; `names` are those of results, by folder."""
    path = given or (submitted if submitted.is_dir() else submitted.parent) / FILE
    if given is None and not os.path.lexists(path):
        return NONE
    return read_adjustments(path, {**{name: name for name in names.values()}, **names})


def read_adjustments(path: Path, students: Mapping[str, str]) -> Adjustments:
    """What the file decides; `students` are the names of their results, by each name that they may have in it."""
    file = named(path)
    whole = checked(AdjustFile, read_toml(path), file)

    def lines(kind: type[Any], name: str) -> Iterable[tuple[str, Any]]:
        """Where it stands, and what; of a student, the name of the result."""
        for number, row in enumerate(getattr(whole, name), 1):
            where = f"{file}, {name} number {number}"
            line = checked(kind, row, where)
            if "student" in row:
                line = kind(**{**vars(line), "student": known_student(line.student, students, where)})
            yield where, line

    def one_each(kind: type[T], name: str) -> dict[str, T]:
        found: dict[str, T] = {}
        for where, line in lines(kind, name):
            if line.student in found:
                raise BadRubric(f"{where}: there is one for {printable(line.student)} already; keep one of them.")
            found[line.student] = line
        return found

    switched_off: dict[str, SwitchOff] = {}
    for where, line in lines(SwitchOff, "switch_off"):
        for check in covered(line.check, where):
            if switched_off.setdefault(check, line) is not line:
                raise BadRubric(f"{where}: {check} is switched off already; keep one of the two.")
    overrules: dict[str, list[Overrule]] = {}
    for where, line in lines(Overrule, "overrule"):
        refuse_overrule(line, switched_off, where)
        overrules.setdefault(line.student, []).append(line)
    for where, line in lines(Extension, "extension"):
        exactly_one(line, ("due", "free_days"), where)
    dated = {"extension": whole.extension, "handed_in": whole.handed_in, "times": whole.times}
    if rubric().late is None and (found := [name for name, lines in dated.items() if lines]):
        raise BadRubric(
            f"{file} has {found[0]}, but nobody is late by the rubric: switch on [late] there, or take it out."
        )
    return Adjustments(
        overrules,
        tuple(dict.fromkeys(switched_off.values())),
        one_each(Excuse, "excuse"),
        one_each(Extension, "extension"),
        one_each(HandedIn, "handed_in"),
        None if whole.times is None else checked(Times, whole.times, f"{file}, times"),
        path.parent,
    )


def names_in(path: Path) -> set[str]:
    """Whom a file names, for a place that knows no class: there a misspelt name is nobody's."""
    tables = [rows for rows in read_toml(path).values() if isinstance(rows, list)]
    found = (row.get("student") for rows in tables for row in rows if isinstance(row, dict))
    return {name for name in found if isinstance(name, str)}


def known_student(name: str, students: Mapping[str, str], where: str) -> str:
    if name not in students:
        mend = "mend the name, or make an empty folder of that name for one who handed in nothing"
        raise BadRubric(f"{where}: no student {printable(name)} is here{nearest(name, students)}; {mend}.")
    return students[name]


def exactly_one(line: object, names: Sequence[str], where: str) -> None:
    given = [name for name in names if getattr(line, name) is not None]
    if len(given) != 1:
        raise BadRubric(f"{where} should have either {' or '.join(names)}, but has {'both' if given else 'neither'}.")


def refuse_overrule(line: Overrule, switched_off: Mapping[str, SwitchOff], where: str) -> None:
    """Refuse what names no task or check, or more points than it is worth."""
    exactly_one(line, ("task", "check"), where)
    exactly_one(line, ("points", "add"), where)
    tasks = {task.id: task.points for task in rubric().tasks}
    out = [check for check, off in switched_off.items() if off.points == "out of the total"]
    if line.check is not None:
        checks = covered(line.check, where)
    elif line.task in tasks:
        checks = [check for check in check_points() if check.split("/")[0] == line.task]
    else:
        assert line.task is not None
        raise BadRubric(
            f"{where}: there is no task {printable(line.task)}{nearest(line.task, tasks)}; the tasks are"
            f" {', '.join(tasks)}."
        )
    most = round(sum(check_points()[check] for check in checks if check not in out), 2)
    if line.points is not None and line.points > most:
        raise BadRubric(
            f"{where}: {line.check or line.task} is worth {most:g} points, so points cannot be {line.points:g}."
        )


@cache
def check_points() -> dict[str, float]:
    """What each check is worth, by its id in results: that on hidden data ends with HIDDEN."""
    checks, worth = list(checks_in(assignment().checks).values()), dict[str, float]()
    for task in rubric().tasks:
        own: list[Check] = [check for check in checks if check.task.id == task.id]
        for (check, variant), points in points_of(own, ("visible", "hidden"), task.points).items():
            worth[check + HIDDEN * (variant == "hidden")] = points
    return worth


def ids_of(check: str) -> list[str]:
    """The ids in results that a check's name stands for: itself, and with it that on hidden data."""
    return [check] if check.endswith(HIDDEN) else [check, check + HIDDEN]


def covered(check: str, where: str) -> list[str]:
    """The same, of a check that there is."""
    known = check_points()
    if check not in known:
        task = check.split("/")[0]
        own = [name for name in known if name.split("/")[0] == task and not name.endswith(HIDDEN)]
        among = (
            f"; those of {task} are {', '.join(own)}" if own else "; a check is named task/check, as in results.json"
        )
        raise BadRubric(f"{where}: there is no check {printable(check)}{nearest(check, known)}{among}.")
    return ids_of(check)
