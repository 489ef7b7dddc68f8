"""What was decided about a result beside its checks, in sentences: the same on the page and in every export."""

from ..intake.late import Lateness
from .model import Adjustment, Result


def decisions(result: Result) -> list[str]:
    """Overrules, lateness and an excuse, each with its reason; nothing where there is none."""
    said = [f"Excused, so without a grade: {result.excused}"] if result.excused else []
    titles = {task.id: task.title for task in result.tasks}
    titles |= {check.id: check.title for task in result.tasks for check in task.checks}
    said += [adjusted(line, titles) for line in result.adjustments]
    if result.late and (result.late.days or result.late.reason):
        said.append(lateness(result.late))
    return said


def adjusted(line: Adjustment, titles: dict[str, str]) -> str:
    about = titles.get(line.task, line.task)
    if line.check:
        about += f", {titles.get(line.check, line.check).rstrip('.')}"
    return f"{about}: {line.before:g} points became {line.after:g} of {line.max_points:g}. {line.reason}"


def lateness(late: Lateness) -> str:
    days = f"{late.days} day{'s' * (late.days > 1)}"
    said = f"Handed in {days} after it was due, {late.due}" if late.days else f"In time: it was due {late.due}"
    if late.free_days:
        said += f"; {late.free_days} of them cost{'s' * (late.free_days == 1)} nothing"
    cost = f": {late.penalty:g} points less" if late.penalty else ""
    return f"{said}{cost}." + (f" {late.reason}" if late.reason else "")
