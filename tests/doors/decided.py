"""A class for the tests of what instructors decide: raw results of the kit's own checks, without grading."""

import json
from pathlib import Path

from autograder.course.adjust import check_points, read_adjustments
from autograder.course.rubric import rubric
from autograder.results.model import Result
from autograder.results.settle import settled
from tests.doors.class_of import result_of

BP1, SINE = "backward/bp1_output_error", "sine/learns"


def raw(student: str = "ann", lost: tuple[str, ...] = (), **fields) -> Result:
    """Full marks but for the checks whose ids begin with one of `lost`; with a `reason` ungradable, so nothing."""
    graded, tasks = fields.get("reason") is None, []
    for task in rubric().tasks:
        checks = []
        for name, worth in check_points().items() if graded else ():
            if name.split("/")[0] == task.id:
                right = not name.startswith(lost) if lost else True
                about = {
                    "message": "",
                    "mistake": None,
                    "mistakes": [],
                    "visible": "hidden" not in name,
                    "seconds": 0.0,
                }
                status = "passed" if right else "failed"
                points = {"points": worth * right, "max_points": worth}
                checks.append({"id": name, "title": f"{name}.", "status": status, **points, **about})
        points = round(sum(check["points"] for check in checks), 2)
        worth = {"points": points, "raw_points": points, "max_points": task.points, "raw_max_points": task.points}
        tasks.append({"id": task.id, "title": task.title, **worth, "bonus": task.bonus, "checks": checks})
    totals = {bonus: round(sum(t["points"] for t in tasks if t["bonus"] == bonus), 2) for bonus in (False, True)}
    status = "graded" if graded else "ungradable"
    return result_of(student, score=totals[False], bonus=totals[True], tasks=tasks, **{"status": status, **fields})


def decided(folder: Path, text: str, *students: str):
    """What adjust.toml with this text decides."""
    (folder / "adjust.toml").write_text(text, encoding="utf-8")
    return read_adjustments(folder / "adjust.toml", {name: name for name in students or ("ann", "bo", "cy")})


def overrule(student: str = "ann", **fields) -> str:
    return line("overrule", student=student, **fields)


def line(kind: str, **fields) -> str:
    """A table of adjust.toml; dates go without quotes."""
    fields = {"reason": "So it was decided.", **fields}
    values = {n: v if isinstance(v, str) and v[:2] == "20" else json.dumps(v) for n, v in fields.items()}
    return f"[[{kind}]]\n" + "".join(f"{name} = {value}\n" for name, value in values.items() if value != "null")


def task_of(result: Result, name: str):
    return next(task for task in result.tasks if task.id == name)


__all__ = ["BP1", "SINE", "decided", "line", "overrule", "raw", "settled", "task_of"]
