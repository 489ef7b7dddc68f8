"""Grades one submission inside Gradescope's container, and writes the result in the form that Gradescope reads.

Run as `python -m autograder.platforms.gradescope.answer /autograder`.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from ... import ROOT
from ...engine.outcome import WAITING, CheckResult, Status
from ...results.decisions import adjusted, decisions, lateness
from ...results.model import Result, TaskResult, as_dict

DEFAULT_MESSAGES = {Status.UNTRIED: "Not written yet.", Status.BLOCKED: "This waits for something else."}
PUBLIC_FIELDS = (
    *("score", "bonus", "raw_score", "raw_bonus", "adjustments", "excused", "late", "sandbox", "sha256", "submitted"),
)
ADJUST = ROOT / "adjust.toml"  # in the package, if it was packed
NO_FAULT = "Nothing was graded. This is not your fault: please tell your instructor."


def main(root: Path) -> int:
    """Write ROOT/results/results.json, whatever happens; exit status 0 if something was graded."""
    began = perf_counter()
    try:
        report = in_gradescope(graded(root))
    except Exception as error:
        report = {"score": 0, "output": f"{NO_FAULT} (The kit failed: {type(error).__name__}: {error})", "tests": []}
    report["execution_time"] = round(perf_counter() - began)
    results = root / "results"
    results.mkdir(parents=True, exist_ok=True)
    fresh = results / f".results.{os.getpid()}"
    fresh.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    fresh.replace(results / "results.json")
    return 0 if report["tests"] else 1


def graded(root: Path) -> Result:
    """The kit's own result of what lies in ROOT/submission."""
    from ...course.adjust import NONE, names_in, read_adjustments
    from ...grading.submission import grade_apart
    from ...intake.late import parse_time
    from ...intake.submissions import read_submission, released_stubs
    from ...results.settle import settled
    from ...sandbox import choose

    about = metadata(root / "submission_metadata.json")
    users = about.get("users") or [{}]
    student = str(users[0].get("sid") or users[0].get("email") or about.get("id") or "student")
    adjustments, known = NONE, {str(users[0].get(name)) for name in ("sid", "email")}
    if ADJUST.exists():
        adjustments = read_adjustments(ADJUST, {name: student if name in known else name for name in names_in(ADJUST)})
    submission = read_submission(root / "submission", student, released_stubs())
    handed_in = adjustments.handed_in.get(student)
    submitted = handed_in.time.isoformat() if handed_in else parse_time(str(about.get("created_at")))
    return settled(grade_apart(replace(submission, submitted=submitted), choose()), adjustments)


def metadata(path: Path) -> dict[str, Any]:
    """What Gradescope says of the submission; nothing where it says nothing that can be read."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    users = about.get("users") if isinstance(about, dict) else None
    return about if isinstance(users, list) and all(isinstance(user, dict) for user in users) else {}


def in_gradescope(result: Result) -> dict[str, Any]:
    """A result of the kit as Gradescope's results.json.

    No test is hidden, or students could not see their total; what a hidden check says holds no hidden data.
    """
    if result.kit_errors:
        return {"score": 0, "output": f"{NO_FAULT} ({result.kit_errors[0]})", "tests": []}
    whole, lines = as_dict(result), []
    for number, task in enumerate(result.tasks, 1):
        if task.bonus:
            lines.append(bonus_line(task, f"{number}"))
        elif task.checks:
            told = [check for check in task.checks if check.max_points or check.message]  # 0 of 0 says nothing
            lines += [line(check, task, f"{number}.{n}") for n, check in enumerate(told, 1)]
        else:
            lines.append(entry(f"{number}", task, task.title, 0.0, task.max_points, result.reason or "", False))
    from ...results.diagnosis import in_words  # needs NumPy, whose lack is told

    titles = {task.id: task.title for task in result.tasks}
    lines += [other("Adjusted", line.after - line.before, adjusted(line, titles)) for line in result.adjustments]
    if result.late and result.late.days:
        lines.append(other("Late", -result.late.penalty, lateness(result.late)))
    return {
        "score": result.total,
        "output": "\n".join(
            [result.reason or "", *in_words(result), *result.notes, *decisions(result), *sources(result)]
        ).strip(),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {name: whole[name] for name in PUBLIC_FIELDS},
        "tests": lines,
    }


def other(name: str, points: float, output: str) -> dict[str, Any]:
    """What is added or taken off beside the checks."""
    return {"name": name, "score": round(points, 2), "max_score": 0, "output": output, **PLAIN}


PLAIN = {"name_format": "text", "output_format": "text", "visibility": "visible"}


def entry(
    number: str, task: TaskResult, name: str, score: float, most: float, output: str, passed: bool | None
) -> dict[str, Any]:
    status = {} if passed is None else {"status": "passed" if passed else "failed"}
    about = {"number": number, "name": name, "tags": [task.id], "output": output}
    return {**about, "score": score, "max_score": most, **status, **PLAIN}


def line(check: CheckResult, task: TaskResult, number: str) -> dict[str, Any]:
    """One check of a base task."""
    name = f"{task.title}: {check.title}{'' if check.visible else ' (on hidden data)'}"
    said = check.message or DEFAULT_MESSAGES.get(check.status, "")
    return entry(number, task, name, check.points, check.max_points, said, check.status == Status.PASSED)


def bonus_line(task: TaskResult, number: str) -> dict[str, Any]:
    """An exercise as one line above the maximum; one that was not tried is neither passed nor failed."""
    tried = [check for check in task.checks if check.status not in WAITING]
    messages = list(dict.fromkeys(check.message for check in task.checks if check.message))
    said = "\n".join(messages) if tried else "Not tried: that costs nothing."
    passed = task.raw_points == task.raw_max_points if tried else None
    name = f"Bonus, {task.title} (up to {task.raw_max_points:g})"
    return entry(number, task, name, task.raw_points, 0, said, passed)


def sources(result: Result) -> list[str]:
    return [f"Graded: {', '.join(result.taken)}."] if result.taken else []


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
