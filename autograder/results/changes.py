"""Whose score is another than before, by how much, and why: two results of one student held against each other."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..course.adjust import HIDDEN
from ..engine.outcome import CheckResult
from .model import Result, TaskResult


@dataclass(frozen=True)
class Change:
    """One student's score with its bonus, and of how much; None where there is no grade."""

    student: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None
    why: tuple[str, ...]


def changed(student: str, before: Result | None, after: Result | None) -> Change | None:
    """What has changed in what a student gets, of how much; None if nothing has."""
    if before and after and worth(before) == worth(after):
        return None
    return Change(student, grade(before), grade(after), tuple(reasons(before, after)))


def grade(result: Result | None) -> tuple[float, float] | None:
    return None if result is None or result.excused else (result.total, result.max_score + result.max_bonus)


def worth(result: Result) -> tuple[object, ...]:
    return result.total, result.max_score, result.max_bonus, bool(result.excused)


def reasons(before: Result | None, after: Result | None) -> Iterator[str]:
    """The checks whose points differ, and what was decided; first what explains the rest."""
    if before is None or after is None:
        yield "graded for the first time" if after else "not among the submissions any more"
        return
    if before.excused != after.excused:
        yield f"excused: {after.excused}" if after.excused else "not excused any more"
    if after.kit_errors:
        yield "the kit itself failed"
    elif before.sha256 and after.sha256 and before.sha256[32:] != after.sha256[32:]:
        yield "handed in anew, or at another time"
    if before.status != after.status:
        yield f"could not be graded: {after.reason}" if after.reason else "can be graded now"
    elif after.graded:
        yield from changed_checks(before, after)
    for result, other, said in ((after, before, "adjusted"), (before, after, "not adjusted any more")):
        for line in result.adjustments:
            if line not in other.adjustments:
                points = "" if line.before == line.after else f", {line.before:g} to {line.after:g}"
                yield f"{said}: {line.check or line.task}{points}"
    costs = [result.late.penalty if result.late else 0.0 for result in (before, after)]
    if costs[0] != costs[1]:
        yield f"being late costs {costs[1]:g} points, before {costs[0]:g}"


def changed_checks(before: Result, after: Result) -> Iterator[str]:
    """A check and its twin on hidden data as one; of a task that is only worth more or less, the task."""
    old, only = {task.id: task for task in before.tasks}, set()
    for task in after.tasks:
        was_worth = old[task.id].raw_max_points if task.id in old else task.raw_max_points
        if task.raw_max_points != was_worth and shares(old[task.id]) == shares(task):
            only.add(task.id)
            if old[task.id].raw_points != task.raw_points:
                points = f"{old[task.id].raw_points:g} to {task.raw_points:g}"
                yield f"{task.id} {points}, being worth {task.raw_max_points:g}, before {was_worth:g}"
    held = [points_of(result) for result in (before, after)]
    for name in dict.fromkeys([*held[0], *held[1]]):
        was, now = (of.get(name) for of in held)
        if was != now and name.partition("/")[0] not in only:
            yield f"{name} {'new' if was is None else f'{was:g}'} to {'gone' if now is None else f'{now:g}'}"


def shares(task: TaskResult) -> dict[str, float]:
    """By check, which part of what it is worth was earned."""
    return {check.id: round(check.points / check.max_points, 2) if check.max_points else 0.0 for check in task.checks}


def points_of(result: Result) -> dict[str, float]:
    found: dict[str, float] = {}
    checks: Iterator[CheckResult] = (check for task in result.tasks for check in task.checks)
    for check in checks:
        name = check.id.removesuffix(HIDDEN)
        found[name] = round(found.get(name, 0.0) + check.points, 2)
    return found
