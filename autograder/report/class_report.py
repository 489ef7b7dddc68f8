"""`report.html` for the class: who scored what, what was not understood, what needs a look."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import ASSIGNMENT
from ..mistakes import MISTAKES
from .drawing import figure
from .feedback import templates
from .files import write_whole

BINS = 10
SLOW = 10  # submissions named as the slowest


def write_report(out: Path, results: Iterable[Mapping[str, Any]]) -> None:
    """Write the page for these results, at least one."""
    results = sorted(results, key=lambda result: result["student"])
    counts = mistakes(results)
    rows = [
        {**{name: r[name] for name in ("student", "score", "bonus", "seconds", "status", "reason")}, "link": link(r)}
        for r in results
    ]
    page = (
        templates()
        .get_template("report.html")
        .render(
            results=results,
            rows=rows,
            summary=summary(results),
            histogram=histogram(results),
            checks=pass_rates(results),
            mistakes=[(MISTAKES[name].sentence, number) for name, number in counts.most_common() if name in MISTAKES],
            ungradable=[row for row in rows if row["status"] == "ungradable"],
            slow=sorted(rows, key=lambda row: -row["seconds"])[:SLOW],
        )
    )
    write_whole(out / "report.html", page)


def link(result: Mapping[str, Any]) -> str:
    return f"{quote(result['student'], errors='surrogateescape')}/{ASSIGNMENT}/feedback.html"


def mistakes(results: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many students made each named mistake; what was not tried is none."""

    def made(result: Mapping[str, Any]) -> set[str]:
        checks = [check for task in result["tasks"] for check in task["checks"]]
        return {check["mistake"] for check in checks if check["mistake"] and check["status"] != "untried"}

    return Counter(name for result in results for name in made(result))


def pass_rates(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each check the number of students who pass it, fail it, did not get to it; visible and hidden apart."""
    rows: dict[str, dict[str, Any]] = {}
    for r in results:
        for task in r["tasks"]:
            for check in task["checks"]:
                row = rows.setdefault(check["id"], {"task": task["id"], "title": check["title"], "counts": Counter()})
                row["visible"] = check["visible"]
                state = check["status"] if check["status"] in ("passed", "untried", "blocked") else "failed"
                row["counts"][state] += 1
    return list(rows.values())


def summary(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The class in five lines."""
    scores = [r["score"] for r in results]
    best = results[0]["max_score"]
    ungradable = [r["student"] for r in results if r["status"] == "ungradable"]
    common = mistakes(results).most_common(3)
    tasks = {t["id"]: [] for t in results[0]["tasks"] if not t["bonus"]}  # type: ignore[var-annotated]
    for r in results:
        for task in r["tasks"]:
            if task["id"] in tasks:
                tasks[task["id"]].append(task["points"] / task["max_points"])
    hardest = min(tasks, key=lambda name: statistics.mean(tasks[name])) if tasks else ""
    slowest = max(results, key=lambda r: r["seconds"])
    return [
        f"{len(results)} submissions, {len(ungradable)} of them ungradable; median score {statistics.median(scores):g}"
        f" of {best:g}, {sum(score >= best for score in scores)} with all points.",
        "What was not understood: "
        + ("; ".join(f"{name.replace('_', ' ')} ({number})" for name, number in common) or "no mistake has a name")
        + ".",
        f"Hardest task: {hardest}, with {statistics.mean(tasks[hardest]):.0%} of its points on average."
        if hardest
        else "No base task was graded.",
        "Ungradable: " + (", ".join(ungradable[:5]) + (", ..." if len(ungradable) > 5 else "") or "none") + ".",
        f"Slowest: {slowest['student']}, {slowest['seconds']:.0f} s; in all {sum(r['seconds'] for r in results):.0f} s,"
        f" in the sandbox {', '.join(sorted({r['sandbox'] for r in results}))}.",
    ]


def histogram(results: Sequence[Mapping[str, Any]]) -> str:
    """How many students reached which share of the base points."""
    best = results[0]["max_score"] or 1
    counts = Counter(min(int(BINS * r["score"] / best), BINS - 1) for r in results)
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
