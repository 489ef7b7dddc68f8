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
from urllib.parse import quote

from . import RELEASE
from .cells import SOLUTIONS, bare, grade_id, source_of

SHOWN = ("text/plain", "image/png", "image/jpeg")  # of an output; HTML and scripts of a student's are not
# The start of a Markdown link that leads elsewhere than to a page: it is made plain text.
LINK = re.compile(r"(\])(\((?!\s*<?(?:https?:|mailto:|attachment:|#))|:(?!\s*<?https?:))")
MAX_OUTPUT = 100_000  # characters of text in one output
MAX_CELLS = 2000  # of the student's own
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # that run nothing, whoever shows them
MAX_PICTURES, MAX_PICTURE = 20, 8 << 20  # in one cell; characters of one
BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
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
    cells: list[dict[str, Any]] = []
    seen, room = set(), MAX_CELLS
    for number, cell in enumerate(own):
        gid = grade_id(cell)
        kind = cell.get("cell_type")
        if gid in known and gid not in seen and kind == known[gid]["cell_type"]:
            seen.add(gid)
            kept = known[gid]
            if not kept["metadata"]["nbgrader"]["locked"]:
                kept["source"] = shown_source(cell)
        elif kind in ("code", "markdown") and room:
            room -= 1
            kept = {"cell_type": kind, "id": f"own-{number}", "metadata": {}, "source": shown_source(cell)}
        else:
            continue
        if kind == "code":
            kept.update(outputs=outputs_of(cell), execution_count=None)
        elif kept.get("metadata", {}).get("nbgrader", {}).get("locked") is not True:
            put_pictures(kept, cell)
        cells.append(kept)
    fresh["cells"] = with_missing(cells, list(known.values()))
    return fresh


def with_missing(cells: list[dict[str, Any]], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells, and what of the released notebook is not among them, each after the one that it follows there."""
    present = {id(cell) for cell in cells}
    following: dict[int, list[dict[str, Any]]] = {}
    last = 0  # the start
    for cell in known:
        if id(cell) in present:
            last = id(cell)
        else:
            following.setdefault(last, []).append(cell)
    return following.get(0, []) + [each for cell in cells for each in (cell, *following.get(id(cell), ()))]


def put_pictures(kept: dict[str, Any], cell: Mapping[str, Any]) -> None:
    """Keep the pictures pasted into a Markdown cell, under names of ours: one that is missing would stop nbgrader."""
    attached = cell.get("attachments")
    pictures: dict[str, dict[str, str]] = {}
    numbers: dict[str, int] = {}
    for name, data in list(attached.items())[:MAX_PICTURES] if isinstance(attached, dict) else ():
        found = {kind: text_of(data[kind], kind) for kind in PICTURES if kind in data} if isinstance(data, dict) else {}
        found = {kind: text for kind, text in found.items() if len(text) <= MAX_PICTURE and BASE64.fullmatch(text)}
        if found:
            numbers[name] = numbers[quote(name)] = len(pictures) + 1
            pictures[f"picture-{len(pictures) + 1}"] = found
    if pictures:
        kept["attachments"] = pictures
    names = "|".join(map(re.escape, sorted(numbers, key=len, reverse=True)))
    link = re.compile(rf"attachment:(?:({names})(?![\w.%-]))?" if names else "attachment:()")
    source = kept["source"]
    shown = link.sub(lambda m: f"attachment:picture-{numbers[m[1]]}" if m[1] else "picture that is missing: ", source)
    if html.unescape(source).replace("\\", "").count("attachment:") > source.count("attachment:"):
        shown = re.sub(r"\](?=[(:\[])", r"]\\", shown)  # spelt so that we cannot read it: no links, then
    kept["source"] = shown


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
    """The manually graded cells in which more stands than was released; the question may stand there, too."""
    known = {gid: c for c in released()["cells"] if c["cell_type"] == "markdown" and (gid := grade_id(c))}
    found = set()
    for cell in notebook["cells"]:
        if (gid := grade_id(cell)) in known and known[gid]["metadata"]["nbgrader"]["grade"]:
            answer = bare(source_of(cell))
            for given in (known.get(f"{gid}-text"), known[gid]):
                answer = answer.replace(bare(source_of(given)), "") if given else answer
            if answer.strip() not in ("", "*Your answer here.*"):
                found.add(gid)
    return found


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
