"""What a class's points say of the tasks and checks: how hard they are, and whether they tell students apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .overview import NOT_TRIED, CheckCounts, Overview, Row

FEWEST = 8  # students who tried a check: of fewer nothing is said
BEST = 0.25  # the share of students that are called the best
ALMOST = 99.5  # percent of a check's points that count as all


@dataclass(frozen=True)
class TaskItem:
    """A task in a class: mean share of its points, and their correlation with the rest of the score."""

    id: str
    title: str
    bonus: bool
    share: float
    discrimination: float | None  # None where it cannot be known


@dataclass(frozen=True)
class CheckItem:
    """A check with its hidden twin: shares of students who pass, None where nobody tried it."""

    task: str
    title: str
    visible: float | None
    hidden: float | None
    failed: int  # students who lose points on either
    untried: int
    blocked: int
    doubt: str  # why it may be at fault itself


def correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Pearson's; None for fewer than three students, or where one of both is always the same."""
    if len(one) < 3 or np.ptp(one) < 1e-9 or np.ptp(other) < 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def tasks_of(overview: Overview) -> list[TaskItem]:
    """Of those that could be graded, and are not excused."""
    rows = graded(overview)
    if not rows:
        return []
    points = np.array([row.points for row in rows], float)
    total, found = points.sum(axis=1), []
    for number, task in enumerate(overview.tasks.values()):
        own = points[:, number]
        rest = correlation(own, total - own)
        share = float(own.mean() / task.max_points) if task.max_points else 1.0
        found.append(TaskItem(task.id, task.title, task.bonus, share, rest))
    return found


def checks_of(overview: Overview) -> list[CheckItem]:
    """A row for each check, in the order of the tasks."""
    rows = graded(overview)
    shares = np.full((len(rows), len(overview.checks)), NOT_TRIED, np.uint8)
    for number, row in enumerate(rows):
        shares[number, : len(row.shares)] = np.frombuffer(row.shares, np.uint8)
    points = np.array([sum(row.points) for row in rows], float)
    twins: dict[tuple[str, str], dict[bool, CheckCounts]] = {}
    for counts in overview.checks.values():
        twins.setdefault((counts.task, counts.title), {})[counts.visible] = counts
    return [item(task, title, both, shares, points) for (task, title), both in twins.items()]


def item(task: str, title: str, both: dict[bool, CheckCounts], shares: np.ndarray, points: np.ndarray) -> CheckItem:
    rates = {visible: pass_rate(shares[:, counts.place]) for visible, counts in both.items()}
    own = shares[:, [counts.place for counts in both.values()]]
    tried = np.asarray((own != NOT_TRIED).any(axis=1))
    passed = np.asarray((np.where(own == NOT_TRIED, 0, own) >= ALMOST).all(axis=1))
    first = both.get(True) or both[False]
    waiting = first.counts
    return CheckItem(
        task=task,
        title=title,
        visible=rates.get(True),
        hidden=rates.get(False),
        failed=int((tried & ~passed).sum()),
        untried=waiting["untried"],
        blocked=waiting["blocked"],
        doubt=doubt(passed[tried], points[tried]),
    )


def pass_rate(shares: np.ndarray) -> float | None:
    tried = shares != NOT_TRIED
    return float((shares[tried] >= ALMOST).mean()) if tried.any() else None


def doubt(passed: np.ndarray, points: np.ndarray) -> str:
    """Why the check may be at fault; empty where nothing speaks for that.

    The points of the check itself are among `points`: so they speak for it, and what is found in spite of them is sure.
    """
    if len(passed) < FEWEST or passed.all():
        return ""
    if not passed.any():
        return "nobody passes it"
    best = np.argsort(-points, kind="stable")[: max(2, round(BEST * len(points)))]
    rest = np.setdiff1d(np.arange(len(points)), best)
    among = float(passed[best].mean())
    if among < 0.5:
        return f"only {among:.0%} of the best quarter pass it"
    if len(rest) and among < passed[rest].mean() - 0.1:
        return "the best quarter pass it less often than the others"
    return ""


def graded(overview: Overview) -> Sequence[Row]:
    return [row for row in overview.counted if row.status == "graded"]
