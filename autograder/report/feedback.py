"""`feedback.html`: one page for one student, that needs nothing but itself."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..course.model import assignment
from ..results.store import result_path, write_whole

STATES = {
    **{"passed": "passed", "partial": "partly right", "failed": "wrong", "error": "stops with an error"},
    **{
        "timeout": "takes too long",
        "crashed": "crashes",
        "untried": "not written yet",
        "blocked": "can't be checked yet",
    },
}


@cache
def templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def write_feedback(out: Path, result: Mapping[str, Any]) -> None:
    """Write the page beside results.json."""
    write_whole(result_path(out, result["student"]).with_name("feedback.html"), page(result))


def page(result: Mapping[str, Any]) -> str:
    tasks = [{**task, "state": state_of(task), "checks": joined(task["checks"])} for task in result["tasks"]]
    return (
        templates()
        .get_template("feedback.html")
        .render(r=result, tasks=tasks, pictures=assignment().pictures.drawn(result.get("pictures", {})), states=STATES)
    )


def state_of(task: Mapping[str, Any]) -> str:
    """Passed, partly, failed, blocked or untried, for the task as a whole."""
    statuses = {check["status"] for check in task["checks"]}
    if task["points"] >= task["max_points"]:
        return "passed"
    if task["points"] > 0:
        return "partial"
    return next((s for s in ("untried", "blocked") if statuses <= {s}), "failed") if statuses else "blocked"


def joined(checks: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The checks with those on hidden data beside their visible twins, and each message said once."""
    rows: dict[str, dict[str, Any]] = {}
    for check in checks:
        row = rows.setdefault(check["title"], {"title": check["title"], "results": [], "messages": []})
        row["results"].append(check)
        if check["message"] and check["message"] not in row["messages"]:
            row["messages"].append(check["message"])
    return list(rows.values())
