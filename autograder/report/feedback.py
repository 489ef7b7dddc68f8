"""`feedback.html`: one page for one student, that needs nothing but itself."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..results.record import PICTURED, learnt
from ..results.store import result_path, write_whole
from . import drawing

STATES = {
    **{"passed": "passed", "partial": "partly right", "failed": "wrong", "error": "stops with an error"},
    **{
        "timeout": "takes too long",
        "crashed": "crashes",
        "untried": "not written yet",
        "blocked": "can't be checked yet",
    },
}
XOR = [(0.25, 0.25, 0), (0.25, 0.75, 1), (0.75, 0.25, 1), (0.75, 0.75, 0)]  # in the picture's own units
SUBJECTS = {"xor/learns": "XOR", "circle/learns": "the circle", "spirals/separates": "the spirals"}


@cache
def templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@cache
def reference(check: str) -> list[list[float]]:
    """The losses of the solution on this check."""
    from backprop.neural_network import NeuralNetwork

    from ..course.reference import check_functions, course, predict, seed_of, setting
    from ..engine.answering import Answerer
    from ..engine.calls import Student, direct
    from ..engine.case import Case

    if check not in ("xor/learns", "circle/learns") or check.split("/")[0] not in {t["id"] for t in course().tasks}:
        return []  # every recipe of the spirals has a curve of its own
    function = check_functions()[check]
    about = function.about  # type: ignore[attr-defined]
    case = Case(check, "visible", seed_of("visible"), None, setting(about, "visible"), predict)
    function(Student(direct(Answerer(network_class=NeuralNetwork))), case)
    return learnt(case, *PICTURED[check])["losses"]


def write_feedback(out: Path, result: Mapping[str, Any]) -> None:
    """Write the page beside results.json."""
    write_whole(result_path(out, result["student"]).with_name("feedback.html"), page(result))


def page(result: Mapping[str, Any]) -> str:
    tasks = [{**task, "state": state_of(task), "checks": joined(task["checks"])} for task in result["tasks"]]
    return (
        templates()
        .get_template("feedback.html")
        .render(r=result, tasks=tasks, pictures=pictures(result), states=STATES)
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


def pictures(result: Mapping[str, Any]) -> list[dict[str, str]]:
    """Caption and SVG of each picture."""
    drawn = []
    for check, picture in result.get("pictures", {}).items():
        if "gradient" in picture:
            caption = (
                f"Where {picture['gradient']} is wrong in the check of {check.split('/')[1].split('_')[0].upper()}"
            )
            caption += ": the darker an entry, the further off"
            drawn.append({"caption": caption, "svg": drawing.heat_map(picture["error"], caption)})
            continue
        subject, own = SUBJECTS[check], picture["losses"]
        caption = f"The loss on {subject}: {own[-1][1]:.2g} after {own[-1][0]} epochs"
        drawn.append({"caption": caption, "svg": drawing.curves(own, reference(check), caption)})
        caption = f"What your network answers on the plane of {subject}: from blue (low) to orange (high)"
        points = XOR if check == "xor/learns" else []
        svg = drawing.region(picture["region"], caption, picture.get("centre"), points)
        drawn.append({"caption": caption, "svg": svg})
    return drawn
