"""`report.html` for the class: who scored what, what was not understood, what needs a look."""

import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..course.model import assignment
from ..course.rubric import rubric
from ..intake.late import TIMESTAMP
from ..results.store import REPORT, write_whole
from .drawing import figure
from .feedback import templates
from .overview import Overview, Row

BINS = 10
SLOW = 10  # submissions named as the slowest


def write_report(out: Path, overview: Overview) -> None:
    """Write the page for a class of at least one."""
    rows, common, known = overview.rows, overview.mistakes.most_common(), assignment().mistakes
    page = (
        templates()
        .get_template("report.html")
        .render(
            assignment=assignment().heading,
            rows=rows,
            summary=summary(overview),
            histogram=histogram(rows),
            checks=overview.checks.values(),
            mistakes=[(known[name].says, number) for name, number in common if name in known],
            ungradable=[row for row in rows if row.status == "ungradable"],
            slow=sorted(rows, key=lambda row: -row.seconds)[:SLOW],
        )
    )
    write_whole(out / REPORT, page)


def summary(overview: Overview) -> list[str]:
    """The class in five lines; six where being late costs something."""
    rows = overview.rows
    scores, best = [row.score for row in rows], rows[0].max_score
    ungradable = [row.student for row in rows if row.status == "ungradable"]
    common = overview.mistakes.most_common(3)
    shares = {
        task.id: statistics.mean(row.points[number] for row in rows) / task.max_points
        for number, task in enumerate(overview.tasks.values())
        if not task.bonus
    }
    hardest = min(shares, key=lambda name: shares[name]) if shares else ""
    slowest, seconds = max(rows, key=lambda row: row.seconds), sum(row.seconds for row in rows)
    sandboxes = ", ".join(sorted({row.sandbox for row in rows}))
    return [
        f"{len(rows)} submissions, {len(ungradable)} of them ungradable; median score {statistics.median(scores):g}"
        f" of {best:g}, {sum(score >= best for score in scores)} with all points.",
        "What was not understood: "
        + ("; ".join(f"{name.replace('_', ' ')} ({number})" for name, number in common) or "no mistake has a name")
        + ".",
        f"Hardest task: {hardest}, with {shares[hardest]:.0%} of its points on average."
        if hardest
        else "No base task was graded.",
        "Ungradable: " + (", ".join(ungradable[:5]) + (", ..." if len(ungradable) > 5 else "") or "none") + ".",
        f"Slowest: {slowest.student}, {slowest.seconds:.0f} s; in all {seconds:.0f} s, sandbox: {sandboxes}.",
        *([undated(rows)] if rubric().late else []),
    ]


def undated(rows: Sequence[Row]) -> str:
    """Whose time of handing in is not known, so that they are never late."""
    names = [f"{row.student}{' (it cannot be read)' * row.time_unread}" for row in rows if not row.submitted]
    known = f"The time of {len(rows) - len(names)} of {len(rows)} is known, from {TIMESTAMP}"
    return f"{known}; not known, so not late: {', '.join(names) or 'none'}."


def histogram(rows: Sequence[Row]) -> str:
    """How many students reached which share of the base points."""
    best = rows[0].max_score or 1
    counts = Counter(min(int(BINS * row.score / best), BINS - 1) for row in rows)
    tallest, body = max(counts.values()), '<path class="axis" d="M30 10V130H430"/>'
    for number in range(BINS):
        height = 110 * counts[number] / tallest
        x = 30 + 40 * number
        body += f'<rect class="bar" x="{x + 2}" y="{130 - height:.1f}" width="36" height="{height:.1f}"/>'
        body += f'<text x="{x + 20}" y="{126 - height:.1f}" text-anchor="middle">{counts[number] or ""}</text>'
        body += f'<text x="{x}" y="146" text-anchor="middle">{best * number / BINS:g}</text>'
    body += f'<text x="430" y="146" text-anchor="middle">{best:g}</text>'
    said = ", ".join(f"{counts[n]} from {best * n / BINS:g}" for n in range(BINS) if counts[n])
    return figure(450, 150, f"Students by score: {said}", body)
