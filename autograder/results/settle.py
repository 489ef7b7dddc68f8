"""What a result comes to in the end: the one place where decisions and lateness become points.

It starts from what the checks found each time, which every result keeps: so nothing is counted twice or lost,
however often a class is graded.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..course.adjust import NONE, Adjustments, Overrule, SwitchOff, check_points, ids_of
from ..course.rubric import rubric
from ..intake.late import lateness
from .model import Adjustment, Number, Result, TaskResult


def settled(result: Result, adjustments: Adjustments = NONE) -> Result:
    """The result with all that was decided about it: overrules first, then what being late costs, then excuses."""
    student = result.student
    lines: list[SwitchOff | Overrule] = [*adjustments.switched_off, *adjustments.overrules.get(student, ())]
    tasks, made = list[TaskResult](), list[Adjustment]()
    for task in result.tasks:
        done, adjusted = settled_task(task, [line for line in lines if task_of(line) == task.id], result.graded)
        tasks.append(done)
        made += adjusted

    def total(name: str, bonus: bool) -> Number:
        points: Number = round(sum(getattr(task, name) for task in tasks if task.bonus == bonus), 2)
        return points

    score, bonus = total("points", False), total("points", True)
    late = lateness(result.submitted, score + bonus, rubric().late, adjustments.extensions.get(student))
    lines_on_time = [of.get(student) for of in (adjustments.extensions, adjustments.handed_in)]
    if late and (why := [line.reason for line in lines_on_time if line]):
        late = replace(late, reason=" ".join(why))
    if late and late.penalty:
        left = round(score * (1 - late.penalty / (score + bonus)), 2)
        score, bonus = left, max(0.0, round(score + bonus - late.penalty - left, 2))  # exact in the sum
    excuse = adjustments.excuses.get(student)
    return replace(
        result,
        score=score,
        max_score=total("max_points", False),
        bonus=bonus,
        max_bonus=total("max_points", True),
        adjustments=tuple(made),
        excused=excuse.reason if excuse else None,
        late=late,
        tasks=tuple(tasks),
    )


def task_of(line: SwitchOff | Overrule) -> str | None:
    return line.check.split("/")[0] if line.check else getattr(line, "task", None)


def settled_task(
    task: TaskResult, lines: Sequence[SwitchOff | Overrule], graded: bool
) -> tuple[TaskResult, list[Adjustment]]:
    """One task, line by line; what could not be graded gets no points for a check that is switched off."""
    total, most, made = task.raw_points, task.raw_max_points, list[Adjustment]()
    points = {check.id: check.points for check in task.checks}
    worth = {check.id: check.max_points for check in task.checks} or dict(check_points())
    for line in lines:
        before, full = total, most
        ids = [name for name in ids_of(line.check) if name in worth] if line.check else []
        held, room = total, most
        if line.check:
            held, room = (sum(of.get(name, 0.0) for name in ids) for of in (points, worth))
        if isinstance(line, Overrule):
            after = held + line.add if line.add is not None else line.points or 0
            after = min(max(after, 0), room)
        elif line.points == "to everyone":
            after = room if graded else held
        else:
            after, most = 0, clean(most - room)
            worth.update(dict.fromkeys(ids, 0.0))
        points.update(dict.fromkeys(ids, after / (len(ids) or 1)))
        total = clean(min(max(total + after - held, 0), most))
        if isinstance(line, Overrule) or (before, full) != (total, most):
            made.append(Adjustment(task.id, line.check, before, total, most, line.reason))
    return replace(task, points=total, max_points=most), made


def clean(points: Number) -> Number:
    """To two places; a whole number as one, as in the rubric."""
    points = round(points, 2)
    return int(points) if points == int(points) else points
