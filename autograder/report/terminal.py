"""What `grade` and `grade-one` show in a terminal."""

from collections.abc import Iterable
from typing import Any

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

MARKS = {
    "passed": "[green]passed[/]",
    "partial": "[yellow]partly[/]",
    "untried": "[dim]untried[/]",
    "blocked": "[yellow]blocked[/]",
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


def class_table(console: Console, results: Iterable[dict[str, Any]]) -> None:
    """A line per student: the points, and what cost most."""
    results = sorted(results, key=lambda result: result["student"])
    table = Table(box=None, pad_edge=False)
    for name, justify in (
        ("student", "left"),
        ("score", "right"),
        ("bonus", "right"),
        ("seconds", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for r in results:
        table.add_row(
            escape(safe(r["student"])),
            f"{r['score']:g}",
            f"{r['bonus']:g}",
            f"{r['seconds']:.1f}",
            escape(safe(remark(r))),
        )
    console.print(table)


def remark(result: dict[str, Any]) -> str:
    """Why there is no grade, or the dearest loss."""
    if result["reason"]:
        return result["reason"]
    tasks = [task for task in result["tasks"] if not task["bonus"]]
    checks = [check for task in tasks for check in task["checks"] if check["points"] < check["max_points"]]
    named = [check for check in checks if check["mistake"]]
    lost = [check for check in named or checks if check["status"] not in ("blocked", "untried")]
    if not checks:
        return "all right"
    if not lost:
        return "not written yet: " + ", ".join(task["id"] for task in tasks if task["points"] < task["max_points"])
    first = lost[0]
    return f"{first['id'].split('/')[0]}: " + (
        first["mistake"].replace("_", " ") if first["mistake"] else first["message"]
    )


def one_result(console: Console, result: dict[str, Any]) -> None:
    """Task by task, check by check."""
    for task in result["tasks"]:
        console.print(
            f"\n[bold]{escape(task['title'])}[/] ({task['id']}): {task['points']:g} of {task['max_points']:g} points"
        )
        said = set()
        for check in task["checks"]:
            hidden = "" if check["visible"] else " [dim](hidden data)[/]"
            mark = MARKS.get(check["status"], f"[red]{check['status']}[/]")
            console.print(f"  {mark:>18} {escape(check['title'])}{hidden}", highlight=False)
            if check["message"] and check["message"] not in said:
                console.print(f"          {escape(safe(check['message']))}", highlight=False)
                said.add(check["message"])
    console.print()
    for note in ([result["reason"]] if result["reason"] else []) + result["notes"]:
        console.print(escape(safe(note)))
    console.print(
        f"Score {result['score']:g} of {result['max_score']:g}, bonus {result['bonus']:g} of {result['max_bonus']:g}"
        f" (sandbox: {result['sandbox']}, {result['seconds']:.1f} s)."
    )


def safe(text: str) -> str:
    """Without the characters that could steer a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text).encode("utf-8", "backslashreplace").decode()
