"""What was measured, and the tables of it."""

import statistics
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from .classroom import ENDLESS
from .running import NOTHING, Cost
from .tools import Scores, Tool


@dataclass
class Measured:
    """One tool's rounds: seconds for each of `students` submissions, and the scores, which must not vary."""

    tool: Tool
    students: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    scores: Scores = field(default_factory=dict)
    varying: set[str] = field(default_factory=set)  # students whose score was not the same in each round
    endless: Cost = NOTHING  # for the submission with an endless loop alone
    empty: Cost = NOTHING  # for one without code alone

    def add(self, cost: Cost, scores: Scores) -> None:
        self.wall.append(cost.wall / self.students)
        self.cpu.append(cost.cpu / self.students)
        self.varying |= {student for student in self.scores if self.scores[student] != scores[student]}
        self.scores = scores


def show(console: Console, found: list[Measured], rounds: int) -> None:
    ours, ours_twice = found[:2]
    table = Table(
        *("", "wall (range)", "of ours", "of ours, 2 jobs", "CPU (range)", "of ours", "start-up"),
        title=f"Seconds a submission: base tasks, {ours.students} submissions, median of {rounds} rounds",
    )
    for one in found:
        wall, cpu, startup = spread(one.wall), spread(one.cpu), f"{one.empty.wall:.1f}, {one.empty.cpu:.1f} CPU"
        walls = ratio(one.wall, ours.wall), ratio(one.wall, ours_twice.wall)
        table.add_row(one.tool.name, wall, *walls, cpu, ratio(one.cpu, ours.cpu), f"{startup}, {one.tool.starts}")
    console.print(table)
    console.print("start-up: a class of one student who handed in no code; `once` a class, or for `each` submission.")
    table = Table("", "isolated", "endless loop: wall seconds", "its score", "scores unlike ours", title="Outcome")
    for one in found:
        unlike = sum(one.scores[student] != score for student, score in ours.scores.items())
        isolated, waited = "yes" if one.tool.isolated else "no", f"{one.endless.wall:.0f}"
        ending = waited if one.endless.ended else f"{waited}, killed"
        score = shown(one.scores[ENDLESS])
        table.add_row(one.tool.name, isolated, ending, score, f"{unlike} of {len(ours.scores)}")
    console.print(table)
    differences(console, found)


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def ratio(values: list[float], others: list[float]) -> str:
    return f"{statistics.median(values) / statistics.median(others):.2f}"


def shown(score: float | None) -> str:
    return "no grade" if score is None else f"{score:g}"


def differences(console: Console, found: list[Measured]) -> None:
    """Each score that is not ours, or that varied from round to round."""
    ours = found[0]
    rows = [s for s, score in ours.scores.items() if any(one.scores[s] != score for one in found)]
    table = Table("submission", *(one.tool.name for one in found), title="Scores of 100 where the tools differ")
    for student in rows:
        table.add_row(student, *(shown(one.scores[student]) for one in found))
    console.print(table if rows else "All tools give the same scores.")
    for one in found:
        for student in sorted(one.varying):
            console.print(f"{one.tool.name}: the score of {student} was not the same in each round.")
