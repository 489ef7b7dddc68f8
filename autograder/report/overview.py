"""What is kept of each result while a class is graded: little, whatever students wrote."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from ..course.model import assignment
from ..engine.outcome import WAITING, Status
from ..intake.late import UNREAD
from ..results.decisions import decisions
from ..results.diagnosis import to_mend
from ..results.model import Diagnosis, Number, Result, TaskResult
from ..results.store import GRADES, write_whole
from ..text import harmless_cell

NOT_TRIED = 255  # in the place of a share: not written, or not reached


@dataclass(frozen=True)
class Row:
    """One student in the tables of a class."""

    student: str
    status: str
    score: Number
    max_score: Number
    bonus: Number
    max_bonus: Number
    source: str
    sandbox: str
    reason: str | None
    seconds: float
    points: tuple[Number, ...]  # task by task
    remark: str
    link: str
    submitted: str | None
    time_unread: bool
    kit_error: str
    total: float
    raw_score: Number
    raw_bonus: Number
    late_days: int
    penalty: float
    excused: bool
    decisions: tuple[str, ...]
    shares: bytes  # of the points of each check, in the overview's order: 0 to 100, or NOT_TRIED
    digest: str  # equal where two handed in the same; "" where there is nothing, or it is not known


@dataclass
class CheckCounts:
    """How a check went in a class."""

    task: str
    title: str
    visible: bool
    place: int  # in the shares of a row
    counts: Counter[str] = field(default_factory=Counter)  # students by passed, failed, untried, blocked


@dataclass
class Common:
    """A known mistake in a class: who made it, and one of its diagnoses without the student's code."""

    diagnosis: Diagnosis
    students: list[str] = field(default_factory=list)


class Overview:
    """A class: a row per student, and over all students the mistakes named and the fates of each check."""

    def __init__(self, results: Iterable[Result] = ()):
        self._rows: dict[str, Row] = {}
        self.ungradable = 0
        self._common: dict[str, Common] = {}  # by the mistake's name; what was not tried is none
        self.checks: dict[str, CheckCounts] = {}  # by id, visible and hidden apart
        self.tasks: dict[str, TaskResult] = {}  # by id, that of the first result
        for result in results:
            self.add(result)

    def add(self, result: Result, digest: str = "") -> None:
        self._rows[result.student] = Row(
            student=result.student,
            status="excused" if result.excused else result.status,
            score=result.score,
            max_score=result.max_score,
            bonus=result.bonus,
            max_bonus=result.max_bonus,
            source=result.source,
            sandbox=result.sandbox,
            reason=result.reason,
            seconds=result.seconds,
            points=tuple(task.points for task in result.tasks),
            remark=remark(result),
            link=f"{quote(result.student, errors='surrogateescape')}/{assignment().name}/feedback.html",
            submitted=result.submitted,
            time_unread=UNREAD in result.notes,
            kit_error=(result.kit_errors or ("",))[0],
            total=result.total,
            raw_score=result.raw_score,
            raw_bonus=result.raw_bonus,
            late_days=result.late.days if result.late else 0,
            penalty=result.late.penalty if result.late else 0.0,
            excused=result.excused is not None,
            decisions=tuple(decisions(result)),
            shares=b"" if result.excused else self._shares(result),
            digest=digest,
        )
        for task in result.tasks:
            self.tasks.setdefault(task.id, task)
        if result.excused:
            return
        self.ungradable += not result.graded
        for one in to_mend(result.diagnosis, result.tasks):
            if one.mistake:
                common = self._common.setdefault(one.mistake, Common(replace(one, lines=())))
                common.students.append(result.student)
                if common.diagnosis.example is None:
                    common.diagnosis = replace(one, lines=())

    def _shares(self, result: Result) -> bytes:
        """Those of this result's checks, each of which is counted."""
        found = bytearray(b"\xff" * len(self.checks))
        for task in result.tasks:
            for check in task.checks:
                counted = self.checks.get(check.id)
                if counted is None:
                    counted = CheckCounts(task.id, check.title, check.visible, len(self.checks))
                    self.checks[check.id] = counted
                    found.append(NOT_TRIED)
                told_apart = check.status in (Status.PASSED, *WAITING)
                counted.counts[check.status.value if told_apart else Status.FAILED.value] += 1
                if check.status not in WAITING:
                    found[counted.place] = round(100 * check.points / check.max_points) if check.max_points else 100
        return bytes(found)

    @property
    def mistakes(self) -> list[Common]:
        """Those that most students made first."""
        return sorted(self._common.values(), key=lambda common: -len(common.students))

    @property
    def rows(self) -> list[Row]:
        """By student."""
        return [self._rows[student] for student in sorted(self._rows)]

    @property
    def counted(self) -> list[Row]:
        """Those who count in statistics: all but the excused."""
        return [row for row in self.rows if not row.excused]


def remark(result: Result) -> str:
    """Why there is no grade, or the most expensive loss."""
    if result.excused:
        return f"excused: {result.excused}"
    if result.reason:
        return result.reason
    tasks = [task for task in result.tasks if not task.bonus]
    checks = [check for task in tasks for check in task.checks if check.points < check.max_points]
    named = [check for check in checks if check.mistake]
    lost = [check for check in named or checks if check.status not in WAITING]
    if not checks:
        return "all right"
    if not lost:
        return "not written yet: " + ", ".join(task.id for task in tasks if task.points < task.max_points)
    first = lost[0]
    return f"{first.id.split('/')[0]}: " + (first.mistake.replace("_", " ") if first.mistake else first.message)


def write_grades(out: Path, overview: Overview) -> None:
    """`grades.csv`: a line per student, sorted by name, with the points of each task."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(
        [
            *("student", "status", "score", "max_score", "bonus", "max_bonus"),
            *overview.tasks,
            *("source", "sandbox", "reason"),
            *("total", "raw_score", "raw_bonus", "late_days", "penalty", "decisions"),
        ]
    )
    for row in overview.rows:
        points: list[Number | str] = [row.score, row.max_score, row.bonus, row.max_bonus, *row.points]
        about = [row.source, row.sandbox, row.reason or ""]
        final: list[Number | str] = [row.total, row.raw_score, row.raw_bonus, row.late_days, row.penalty]
        if row.excused:
            points, final = [""] * len(points), [""] * len(final)
        cells = [row.student, row.status, *points, *about, *final, " ".join(row.decisions)]
        lines.writerow(map(harmless_cell, cells))
    write_whole(out / GRADES, text.getvalue())
