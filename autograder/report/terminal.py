"""What `grade` and `grade-one` show in a terminal."""

from collections.abc import Sequence
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from ..engine.outcome import Status
from ..results.changes import Change
from ..results.decisions import decisions
from ..results.diagnosis import in_words
from ..results.model import Result
from ..text import printable
from .overview import Row

MOST_ROWS = 200  # that anyone reads in a terminal
LONG = 3.0  # seconds from which on the bar says whose grading takes them
MARKS = {
    Status.PASSED: "[green]passed[/]",
    Status.PARTIAL: "[yellow]partly[/]",
    Status.UNTRIED: "[dim]untried[/]",
    Status.BLOCKED: "[yellow]blocked[/]",
}


def progress(console: Console) -> Progress:
    """A bar with the number of submissions done, the time gone and the time left."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    return Progress(TextColumn("Grading"), *columns, console=console, transient=True, disable=not console.is_terminal)


def under_way(ungradable: int, student: str, seconds: float) -> str:
    """What stands beside the bar: with whom the grader has been busy longest."""
    busy = f"; {escape(printable(student))} for {seconds:.0f} s" if seconds >= LONG else ""
    return f"{ungradable} ungradable{busy}"


def class_table(console: Console, rows: Sequence[Row]) -> None:
    """A line per student: the points, and what cost most; of a large class, the first lines."""
    table = Table(box=None, pad_edge=False)
    for name in ("student", "score", "bonus", "seconds", ""):
        justify: Literal["left", "right"] = "left" if name in ("student", "") else "right"
        table.add_column(name, justify=justify, overflow="fold")
    for r in rows[:MOST_ROWS]:
        points = ("excused", "") if r.excused else (f"{r.score:g}", f"{r.bonus:g}")
        table.add_row(escape(printable(r.student)), *points, f"{r.seconds:.1f}", escape(printable(r.remark)))
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"... and {len(rows) - MOST_ROWS:,} more, which report.html and grades.csv have.")


def changes_table(console: Console, changes: Sequence[Change], students: int) -> None:
    """A line per student whose score, bonus included, or its maximum is another than before: how, and why."""
    table = Table(box=None, pad_edge=False)
    for name in ("student", "before", "after", "change", "why"):
        justify: Literal["left", "right"] = "left" if name in ("student", "why") else "right"
        table.add_column(name, justify=justify, overflow="fold")
    for change in changes:
        by = f"{change.after[0] - change.before[0]:+g}" if change.before and change.after else ""
        totals = ["{:g}/{:g}".format(*pair) if pair else "-" for pair in (change.before, change.after)]
        table.add_row(escape(printable(change.student)), *totals, by, escape(printable("; ".join(change.why))))
    if changes:
        console.print(table)
    console.print(f"The scores of {len(changes)} of {students} students change.")


def one_result(console: Console, result: Result) -> None:
    """Task by task, check by check."""
    for task in result.tasks:
        console.print(f"\n[bold]{escape(task.title)}[/] ({task.id}): {task.points:g} of {task.max_points:g} points")
        said = set()
        for check in task.checks:
            hidden = "" if check.visible else " [dim](hidden data)[/]"
            mark = MARKS.get(check.status, f"[red]{check.status}[/]")
            console.print(f"  {mark:>18} {escape(check.title)}{hidden}", highlight=False)
            if check.message and check.message not in said:
                console.print(f"          {escape(printable(check.message))}", highlight=False)
                said.add(check.message)
    console.print()
    for note in [*filter(None, [result.reason]), *in_words(result), *result.notes, *decisions(result)]:
        console.print(escape(printable(note)))
    console.print(
        f"Score {result.score:g} of {result.max_score:g}, bonus {result.bonus:g} of {result.max_bonus:g}"
        f" (sandbox: {result.sandbox}, {result.seconds:.1f} s)."
    )
