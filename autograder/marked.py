"""The notebook as nbgrader keeps it under `autograded/`: what a student handed in, with our results as outputs.

Nothing of it is run.  Of the student's own outputs text and pictures stay, so that answers can be read with them.
"""

import html
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from . import RELEASE
from .cells import SOLUTIONS, bare, grade_id, source_of

SHOWN = ("text/plain", "image/png", "image/jpeg")  # of an output; HTML and scripts of a student's are not
# The start of a Markdown link that leads elsewhere than to a page: it is made plain text.
LINK = re.compile(r"(\])(\((?!\s*<?(?:https?:|mailto:|attachment:|#))|:(?!\s*<?https?:))")
MAX_OUTPUT = 100_000  # characters of text in one output
MAX_CELLS = 2000
STATES = {
    "passed": "passed",
    "partial": "partly right",
    "untried": "not written yet",
    "blocked": "can't be checked yet",
}


@cache
def released() -> dict[str, Any]:
    notebook = json.loads((RELEASE / f"{RELEASE.name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = source_of(cell)
    return notebook


def handed_in(notebook: bytes | None, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The student's notebook in the form that nbgrader expects; else the released one, with the files in it.

    Cells that nbgrader knows stand there once each, with the released text where they are locked; those that
    the student deleted come back, and copies of them become ordinary cells.
    """
    own = parsed(notebook)
    fresh = deepcopy(released())
    if own is None:
        return with_files(fresh, files)
    known = {gid: cell for cell in fresh["cells"] if (gid := grade_id(cell))}
    cells, seen = [], set()
    for number, cell in enumerate(own[:MAX_CELLS]):
        gid = grade_id(cell)
        kind = cell.get("cell_type")
        if gid in known and gid not in seen and kind == known[gid]["cell_type"]:
            seen.add(gid)
            kept = known[gid]
            if not kept["metadata"]["nbgrader"]["locked"]:
                kept["source"] = shown_source(cell)
        elif kind in ("code", "markdown"):
            kept = {"cell_type": kind, "id": f"own-{number}", "metadata": {}, "source": shown_source(cell)}
        else:
            continue
        if kind == "code":
            kept.update(outputs=outputs_of(cell), execution_count=None)
        cells.append(kept)
    fresh["cells"] = cells + [cell for gid, cell in known.items() if gid not in seen]
    return fresh


def parsed(notebook: bytes | None) -> list[dict] | None:
    """The cells of a notebook that can be read, else None."""
    try:
        content = json.loads(notebook or b"")
    except (ValueError, RecursionError):
        return None
    cells = content.get("cells") if isinstance(content, dict) and content.get("nbformat") == 4 else None
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def with_files(fresh: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The released notebook with the handed-in files as cells after the first code cell."""
    place = next(n for n, cell in enumerate(fresh["cells"]) if cell["cell_type"] == "code") + 1
    for number, (name, text) in enumerate(files.items()):
        source = f"# {name}, as handed in\n{text.decode('utf-8', 'replace')}"
        cell = {"cell_type": "code", "id": f"file-{number}", "metadata": {}, "source": source}
        fresh["cells"].insert(place + number, {**cell, "outputs": [], "execution_count": None})
    return fresh


def shown_source(cell: Mapping[str, Any]) -> str:
    """The text of a student's cell; of Markdown without what a browser would run."""
    source = source_of(cell)
    if cell.get("cell_type") == "code":
        return source
    source = LINK.sub(r"\1\\\2", source)
    if not re.search("<[a-zA-Z!/?]", source):
        return source
    from nbconvert.preprocessors.sanitize import SanitizeHTML

    return SanitizeHTML().sanitize_html_tags(source)


def outputs_of(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A student's own outputs, as far as they are text or pictures."""
    kept: list[dict[str, Any]] = []
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        if output.get("output_type") == "stream":
            kept.append({"output_type": "stream", "name": "stdout", "text": text_of(output.get("text"))})
        elif output.get("output_type") in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            data = {kind: text_of(output["data"][kind], kind) for kind in SHOWN if kind in output["data"]}
            if data:
                kept.append({"output_type": "display_data", "data": data, "metadata": {}})
        elif output.get("output_type") == "error":
            said = f"{text_of(output.get('ename'))}: {text_of(output.get('evalue'))}"
            kept.append({"output_type": "stream", "name": "stderr", "text": said})
    return kept


def text_of(value: Any, kind: str = "text/plain") -> str:
    """JSON's text or list of lines as one text."""
    lines = value if isinstance(value, list) else [value]
    text = "".join(line for line in lines if isinstance(line, str)).encode("utf-8", "replace").decode()
    return text[:MAX_OUTPUT] if kind == "text/plain" else text


def answered(notebook: Mapping[str, Any]) -> set[str]:
    """The manually graded cells whose text is not the released one."""
    questions = {grade_id(c): bare(source_of(c)) for c in released()["cells"] if c["cell_type"] == "markdown"}
    return {
        gid
        for cell in notebook["cells"]
        if (gid := grade_id(cell)) and gid in questions and bare(source_of(cell)) != questions[gid]
    }


def put_results(notebook: dict[str, Any], result: Mapping[str, Any]) -> None:
    """Give each task's cell its outputs: the message, for people, and the points, for nbgrader."""
    tasks = {task["id"]: task for task in result["tasks"]}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (task := tasks.get(grade_id(cell))):
            message = {"text/html": as_html(task, result), "text/plain": as_text(task, result)}
            # A plain float: nbgrader takes what it cannot read for full marks.
            score = {"data": {"text/plain": repr(float(task["points"]))}, "execution_count": None}
            cell["outputs"] = [
                {"output_type": "display_data", "data": message, "metadata": {}},
                {"output_type": "execute_result", "metadata": {}, **score},
            ]


def lines_of(task: Mapping[str, Any], result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(state, title, message) of each check; one line where nothing could be graded."""
    if not task["checks"]:
        return [("not graded", task["title"], result["reason"] or "")]
    checks = []
    for check in task["checks"]:
        title = check["title"] if check["visible"] else f"{check['title']} (hidden data)"
        checks.append((STATES.get(check["status"], "wrong"), title, check["message"]))
    return checks


def as_text(task: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    lines = [f"{task['points']:g} of {task['max_points']:g} points"]
    return "\n".join(
        [*lines, *(f"{state}: {title} {message}".strip() for state, title, message in lines_of(task, result))]
    )


def as_html(task: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    items = [
        f"<li><b>{html.escape(state)}</b>: {html.escape(title)}<br>{html.escape(message)}</li>"
        for state, title, message in lines_of(task, result)
    ]
    return f"<p>{task['points']:g} of {task['max_points']:g} points</p><ul>{''.join(items)}</ul>"


def comments(result: Mapping[str, Any]) -> dict[str, str]:
    """What to say at each solution cell: the messages of its task, safe to be shown as Markdown."""
    said = {}
    for task in result["tasks"]:
        cell = f"{task['id']}-code"
        if cell in SOLUTIONS:
            found = [message for state, _, message in lines_of(task, result) if state != "passed" and message]
            said[cell] = html.escape("\n".join(dict.fromkeys(found)), quote=False)
    return said
