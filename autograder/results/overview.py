"""What is kept of each result while a class is graded: little, whatever students wrote."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ..course.model import assignment
from ..intake.late import UNREAD

KEPT = ("student", "status", "score", "max_score", "bonus", "max_bonus", "source", "sandbox", "reason", "seconds")


class Overview:
    """A class: a row per student, and over all students the mistakes named and the fates of each check."""

    def __init__(self, results: Iterable[Mapping[str, Any]] = ()):
        self._rows: dict[str, dict[str, Any]] = {}
        self.ungradable = 0
        self.mistakes: Counter[str] = Counter()  # students who made each; what was not tried is none
        self.checks: dict[str, dict[str, Any]] = {}  # by id, visible and hidden apart
        self.tasks: dict[str, dict[str, Any]] = {}  # id, max_points, bonus
        for result in results:
            self.add(result)

    def add(self, result: Mapping[str, Any]) -> None:
        row = {name: result[name] for name in KEPT}
        row["points"] = [task["points"] for task in result["tasks"]]
        row["remark"] = remark(result)
        row["link"] = f"{quote(result['student'], errors='surrogateescape')}/{assignment().name}/feedback.html"
        row["submitted"], row["time_unread"] = result.get("submitted"), UNREAD in result.get("notes", ())
        row["kit_error"] = (result["kit_errors"] or [""])[0]
        self._rows[result["student"]] = row
        self.ungradable += row["status"] == "ungradable"
        named = set()
        for task in result["tasks"]:
            self.tasks.setdefault(task["id"], {name: task[name] for name in ("id", "max_points", "bonus")})
            for check in task["checks"]:
                about = {"task": task["id"], "title": check["title"], "visible": check["visible"], "counts": Counter()}
                state = check["status"] if check["status"] in ("passed", "untried", "blocked") else "failed"
                self.checks.setdefault(check["id"], about)["counts"][state] += 1
                if check["mistake"] and check["status"] != "untried":
                    named.add(check["mistake"])
        self.mistakes.update(named)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """By student."""
        return [self._rows[student] for student in sorted(self._rows)]


def remark(result: Mapping[str, Any]) -> str:
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
