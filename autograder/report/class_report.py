"""`report.html` for the class: who scored what, what was not understood, what needs a look."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..course.adjust import FILE as ADJUST
from ..course.model import assignment
from ..course.rubric import rubric
from ..intake.late import TIMESTAMP
from ..results.store import REPORT, write_whole
from . import drawing
from .analysis import checks_of, graded, tasks_of
from .card import Card, card
from .feedback import rendered
from .overview import NOT_TRIED, Common, Overview, Row

BINS = 10
NAMED = 20  # students in one sentence
SLOW = 10  # submissions named as the slowest
MOST_CARDS = 40  # mistakes with a card
MOST_NAMES = 200  # students that are listed with a mistake
TALLEST = 240  # rows of the heat map: of a larger class each is the mean of several students
DIGITS = "0123456789"
UNTRIED = "n"  # in the heat map
COLOURS = {**dict(zip(DIGITS, drawing.SCALE[::-1], strict=True)), UNTRIED: "#9a9aa3"}


@dataclass(frozen=True)
class Taught:
    """A mistake with its card, and the rows of those who made it."""

    card: Card
    number: int
    rows: Sequence[Row]


def write_report(out: Path, overview: Overview) -> None:
    """Write the page for a class of at least one."""
    rows, titles = overview.rows, {task.id: task.title for task in overview.tasks.values()}
    by_name = {row.student: row for row in rows}
    page = rendered(
        "report.html",
        assignment=assignment().heading,
        rows=rows,
        summary=summary(overview),
        histogram=histogram(graded(overview)),
        heat_map=heat_map(overview),
        tasks=tasks_of(overview),
        checks=checks_of(overview),
        mistakes=[taught(n, one, by_name, titles) for n, one in enumerate(overview.mistakes[:MOST_CARDS], 1)],
        ungradable=[row for row in rows if row.status == "ungradable"],
        slow=sorted(overview.counted, key=lambda row: -row.seconds)[:SLOW] if len(rows) > 1 else [],
    )
    write_whole(out / REPORT, page)


def taught(number: int, common: Common, rows: dict[str, Row], titles: dict[str, str]) -> Taught:
    students = common.students
    return Taught(card(number, common.diagnosis, titles), len(students), [rows[s] for s in students[:MOST_NAMES]])


def summary(overview: Overview) -> list[str]:
    """The class in a few lines: only what there is to say."""
    rows, known = overview.counted, len(overview.counted)
    if not rows:
        return ["All are excused.", *decided(overview.rows)]
    scores, best = [row.score for row in rows], rows[0].max_score
    ungradable = [row.student for row in rows if row.status == "ungradable"]
    perfect, seconds = sum(score >= best for score in scores), sum(row.seconds for row in rows)
    slowest, sandboxes = max(rows, key=lambda row: row.seconds), ", ".join(sorted({row.sandbox for row in rows}))
    said = [f"{known} submission{'s' * (known > 1)}"]
    said[0] += f", {len(ungradable)} of them ungradable" if ungradable and known > 1 else ""
    said[0] += (
        f"; median score {statistics.median(scores):g} of {best:g}"
        if known > 1
        else f"; score {scores[0]:g} of {best:g}"
    )
    said[0] += f", {perfect} with all points." if perfect and known > 1 else "."
    if overview.mistakes:
        common = [(one.diagnosis.mistake or "", len(one.students)) for one in overview.mistakes[:3]]
        said.append(
            "What was not understood: " + "; ".join(f"{name.replace('_', ' ')} ({n})" for name, n in common) + "."
        )
    base = [task for task in tasks_of(overview) if not task.bonus]
    hardest = min(base, key=lambda task: task.share, default=None)
    if hardest and len(base) > 1 and hardest.share < 0.995:
        said.append(f"Hardest task: {hardest.id}, with {hardest.share:.0%} of its points on average.")
    doubted = [f"{one.title[:60]} ({one.task})" for one in checks_of(overview) if one.doubt]
    if doubted:
        more = f", and {len(doubted) - 3} more" if len(doubted) > 3 else ""
        said.append(f"Checks to look at, for good students fail them: {'; '.join(doubted[:3])}{more}.")
    if ungradable:
        said.append("Ungradable: " + ", ".join(ungradable[:5]) + (", ..." if len(ungradable) > 5 else "") + ".")
    took = (
        f"Slowest: {slowest.student}, {slowest.seconds:.0f} s; in all {seconds:.0f} s"
        if known > 1
        else f"{seconds:.0f} s"
    )
    return [
        *said,
        f"{took}, sandbox: {sandboxes}.",
        *([undated(rows)] if rubric().late else []),
        *decided(overview.rows),
        *identical(overview.rows),
    ]


def identical(rows: Sequence[Row]) -> list[str]:
    """A line on who handed in the same, if anybody did."""
    by: dict[str, list[str]] = {}
    for row in rows:
        by.setdefault(row.digest, []).append(row.student)
    groups = [", ".join(names) for digest, names in by.items() if digest and len(names) > 1]
    return [f"Identical submissions: {'; '.join(groups)}."] if groups else []


def decided(rows: Sequence[Row]) -> list[str]:
    """Who is excused, and about whose points something was decided."""
    excused = [row.student for row in rows if row.excused]
    others = [row.student for row in rows if row.decisions and not row.excused]
    lines = [("Excused, so in no statistics", excused), ("Overruled, or late", others)]
    return [f"{what}: {', '.join(names[:NAMED])}{more(len(names) - NAMED)}." for what, names in lines if names]


def more(number: int) -> str:
    return f", and {number} more" if number > 0 else ""


def undated(rows: Sequence[Row]) -> str:
    """Whose time of handing in is not known, so that they are never late."""
    names = [f"{row.student}{' (it cannot be read)' * row.time_unread}" for row in rows if not row.submitted]
    known = f"The time of {len(rows) - len(names)} of {len(rows)} is known, from {TIMESTAMP} or {ADJUST}"
    return f"{known}; not known, so not late: {', '.join(names) or 'none'}."


def histogram(rows: Sequence[Row]) -> str:
    """How many students reached which share of the base points; empty for fewer than two."""
    if len(rows) < 2:
        return ""
    best = rows[0].max_score or 1
    counts = Counter(min(int(BINS * row.score / best), BINS - 1) for row in rows)
    median = statistics.median(row.score for row in rows)
    said = ", ".join(f"{counts[n]} from {best * n / BINS:g}" for n in range(BINS) if counts[n])
    ends = [f"{best * number / BINS:g}" for number in range(BINS + 1)]
    marks = {f"median {median:g}": median / best}
    title = f"Students by score, median {median:g}: {said}"
    return drawing.bars([counts[number] for number in range(BINS)], ends, marks, title)


def heat_map(overview: Overview) -> str:
    """Students from the best down, tasks from left to right, and the share of points that each has in each."""
    rows = sorted(graded(overview), key=lambda row: (-sum(row.points), row.student))
    if len(rows) < 2:
        return ""
    tasks = list(overview.tasks.values())
    places = [[c.place for c in overview.checks.values() if c.task == task.id] for task in tasks]
    together = -(-len(rows) // TALLEST)
    groups = [rows[start : start + together] for start in range(0, len(rows), together)]
    lines = [
        "".join(cell(group, number, task.max_points, places[number]) for number, task in enumerate(tasks))
        for group in groups
    ]
    each = f"each row {together} students" if together > 1 else "each row one student"
    title = f"Share of points by student and task, {each}, the best at the top"
    return drawing.grid(lines, [task.id.replace("_", " ") for task in tasks], COLOURS, title)


def cell(rows: Sequence[Row], number: int, most: float, places: Sequence[int]) -> str:
    """A digit for the mean share, or that nobody of these tried it."""
    if not any(row.shares[place : place + 1] not in (b"", bytes([NOT_TRIED])) for row in rows for place in places):
        return UNTRIED
    share = statistics.fmean(row.points[number] for row in rows) / (most or 1)
    return DIGITS[min(int(10 * share), 9)]
