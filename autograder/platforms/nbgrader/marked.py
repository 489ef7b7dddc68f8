"""The notebook as nbgrader keeps it under `autograded/`: what a student handed in, with our results as outputs.

Nothing of it is run.  Of the student's own outputs text and pictures stay, so that answers can be read with them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import quote

from ...course.model import assignment
from ...engine.outcome import Status
from ...intake.cells import bare, grade_id, released_notebook, source_of
from ...results.decisions import adjusted, decisions
from ...results.diagnosis import headed, to_mend
from ...results.model import Result, TaskResult
from ...text import encodable, replace_unprintable

SHOWN = ("text/plain", "image/png", "image/jpeg")  # of an output; HTML and scripts of a student's are not
# Where Markdown begins a tag: with a space there it is plain text.
TAG = re.compile(r"<(?=[a-zA-Z!/?])")
# The language of a fenced piece of code: some colouring is slow, and diagrams are no text.
FENCE = re.compile(r"^([ \t>*+\-\d.)]*)(`{3,}(?!`)|~{3,}(?!~))(?![ \t]*(?:python)?[ \t]*$)[^`\n]*$", re.MULTILINE)
BASE64 = re.compile(r"[A-Za-z0-9+/\s]+(?:=\s*){0,2}")
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # that run nothing, whoever shows them
MAX_PICTURES, MAX_NAME = 20, 200  # pasted into one cell; characters of a name
# Characters of one text, and of all in a notebook: what draws them needs time that grows with the square of a text.
ROOM = {
    "markdown": (10_000, 200_000),
    "code": (60_000, 600_000),
    "output": (60_000, 600_000),
    "picture": (2 << 20, 6 << 20),
}
MAX_LINE = 500  # characters of a line of code
CUT = "... (the rest is left out here)"
EXCUSED = "<!-- excused -->"  # begins a comment; `literal` lets nobody else's text begin so
MAX_CELLS = 2000  # of the student's own
MAX_OUTPUTS = 100  # of one cell
STATES = {
    Status.PASSED: "passed",
    Status.PARTIAL: "partly right",
    Status.UNTRIED: "not written yet",
    Status.BLOCKED: "can't be checked yet",
}


def handed_in(notebook: bytes | None, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The student's notebook in the form that nbgrader expects; else the released one, with the files in it.

    Cells that nbgrader knows stand there once each, with the released text where they are locked; those that
    the student deleted come back, and copies of them become ordinary cells.
    """
    own = parsed(notebook)
    fresh = deepcopy(released_notebook())
    if own is None:
        return with_files(fresh, files)
    known = {gid: cell for cell in fresh["cells"] if (gid := grade_id(cell))}
    cells: list[dict[str, Any]] = []
    seen, room, more = set(), Room(), MAX_CELLS
    for number, cell in enumerate(own):
        gid = grade_id(cell)
        kind = cell.get("cell_type")
        if gid in known and gid not in seen and kind == known[gid]["cell_type"]:
            seen.add(gid)
            kept = known[gid]
            if not kept["metadata"]["nbgrader"]["locked"]:
                put_source(kept, cell, room)
        elif kind in ("code", "markdown") and more:
            more -= 1
            kept = {"cell_type": kind, "id": f"own-{number}", "metadata": {}}
            put_source(kept, cell, room)
        else:
            continue
        if kind == "code":
            kept.update(outputs=outputs_of(cell, room), execution_count=None)
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


def put_source(kept: dict[str, Any], cell: Mapping[str, Any], room: Room) -> None:
    """Put a student's text into the cell, bounded; of Markdown without what a browser would run, with its pictures.

    Pasted pictures get names of ours: a link to one that is missing would end nbconvert with an error.
    """
    source = source_of(cell)
    if cell.get("cell_type") == "code":
        kept["source"] = shown_code(source, room)
        return
    attached = cell.get("attachments")
    pictures: dict[str, dict[str, str]] = {}
    for name, data in list(attached.items())[:MAX_PICTURES] if isinstance(attached, dict) else ():
        found = {kind: text_of(data[kind]) for kind in PICTURES if kind in data} if isinstance(data, dict) else {}
        found = {k: room.fit(text, "picture") for k, text in found.items() if BASE64.fullmatch(text)}
        if any(found.values()) and len(name) <= MAX_NAME:
            own = f"picture-{len(pictures) + 1}"
            pictures[own] = {kind: text for kind, text in found.items() if text}
            for spelt in (name, quote(name, errors="replace")):
                source = re.sub(rf"attachment:{re.escape(spelt)}(?![\w.%-])", f"attachment:{own}", source)
    if pictures:
        kept["attachments"] = pictures
    kept["source"] = plain(room.fit(source, "markdown"), tuple(pictures))


def parsed(notebook: bytes | None) -> list[dict[str, Any]] | None:
    """The cells of a notebook that can be read, else None."""
    try:
        content = json.loads(notebook or b"")
    except (ValueError, RecursionError):
        return None
    cells = content.get("cells") if isinstance(content, dict) and content.get("nbformat") == 4 else None
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


class Room:
    """What is left of a notebook's room for each kind of text; see ROOM."""

    def __init__(self) -> None:
        self._left = {kind: most for kind, (_, most) in ROOM.items()}

    def fit(self, text: str, kind: str) -> str:
        """As much of a text as there is room for; of a picture all, or nothing."""
        most = min(ROOM[kind][0], self._left[kind])
        whole = len(text) <= most
        if kind == "picture":
            text = text if whole else ""
        elif not whole:
            text = f"{text[:most]}\n{CUT}"
        self._left[kind] -= min(len(text), most)
        return text


def with_files(fresh: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The released notebook with the handed-in files as cells after the first code cell."""
    place = next(n for n, cell in enumerate(fresh["cells"]) if cell["cell_type"] == "code") + 1
    room = Room()
    for number, (name, text) in enumerate(files.items()):
        source = shown_code(f"# {name}, as handed in\n{text.decode('utf-8', 'replace')}", room)
        cell = {"cell_type": "code", "id": f"file-{number}", "metadata": {}, "source": source}
        fresh["cells"].insert(place + number, {**cell, "outputs": [], "execution_count": None})
    return fresh


def shown_code(source: str, room: Room) -> str:
    """Code without long lines and stretches of white space, over which colouring takes hours."""
    lines = [
        line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]} {CUT}" for line in map(str.rstrip, source.split("\n"))
    ]
    return room.fit(re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)), "code")


def plain(markdown: str, attached: tuple[str, ...] = ()) -> str:
    """Markdown whose tags and dangerous links are plain text, wherever they stand: in code and formulas, too.

    A picture that is not attached to the cell would end nbconvert with an error.
    """
    return links(attached).sub("] ", FENCE.sub(r"\1\2", TAG.sub("< ", markdown)))


@cache
def links(attached: tuple[str, ...]) -> re.Pattern[str]:
    """Where a Markdown link begins that leads elsewhere than to a page or to one of these attachments."""
    names = "".join(f"|attachment:{name}(?=[\\s)>])" for name in map(re.escape, attached))
    return re.compile(rf"\](?=\((?!\s*<?(?:https?:|mailto:|#{names}))|:(?!\s*<?https?:))")


def outputs_of(cell: Mapping[str, Any], room: Room) -> list[dict[str, Any]]:
    """A student's own outputs, as far as they are text or pictures, and there is room."""
    kept: list[dict[str, Any]] = []

    def put(text: str, name: str) -> None:
        kept.append({"output_type": "stream", "name": name, "text": room.fit(text, "output")})

    outputs = cell.get("outputs")
    for output in outputs[:MAX_OUTPUTS] if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        if output.get("output_type") == "stream":
            put(text_of(output.get("text")), "stdout")
        elif output.get("output_type") in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            data = {}
            for kind in SHOWN:
                text = text_of(output["data"].get(kind, ""))
                if kind == "text/plain":
                    data[kind] = room.fit(text, "output")
                elif BASE64.fullmatch(text):
                    data[kind] = room.fit(text, "picture")
            if any(data.values()):
                kept.append(
                    {"output_type": "display_data", "data": {k: v for k, v in data.items() if v}, "metadata": {}}
                )
        elif output.get("output_type") == "error":
            put(f"{text_of(output.get('ename'))}: {text_of(output.get('evalue'))}", "stderr")
    return kept


def text_of(value: Any) -> str:
    """JSON's text or list of lines as one text."""
    lines = value if isinstance(value, list) else [value]
    return encodable("".join(line for line in lines if isinstance(line, str)))


def answered(notebook: Mapping[str, Any]) -> set[str]:
    """The manually graded cells in which more stands than was released; the question may stand there, too."""
    known = {gid: c for c in released_notebook()["cells"] if c["cell_type"] == "markdown" and (gid := grade_id(c))}
    found = set()
    for cell in notebook["cells"]:
        if (gid := grade_id(cell)) in known and known[gid]["metadata"]["nbgrader"]["grade"]:
            answer = bare(source_of(cell))
            for given in (known.get(f"{gid}-text"), known[gid]):
                answer = answer.replace(bare(plain(source_of(given))), "") if given else answer
            if answer.strip() not in ("", "*Your answer here.*"):
                found.add(gid)
    return found


def put_results(notebook: dict[str, Any], result: Result) -> None:
    """Give each task's cell its outputs: the message, for people, and the points, for nbgrader."""
    tasks = {task.id: task for task in result.tasks}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (task := tasks.get(grade_id(cell))):
            message = {"text/html": as_html(task, result), "text/plain": as_text(task, result)}
            # A plain float: nbgrader takes what it cannot read for full marks.
            score = {"data": {"text/plain": repr(float(task.points))}, "execution_count": None}
            cell["outputs"] = [
                {"output_type": "display_data", "data": message, "metadata": {}},
                {"output_type": "execute_result", "metadata": {}, **score},
            ]


def lines_of(task: TaskResult, result: Result) -> list[tuple[str, str, str]]:
    """(state, title, message) of each check; one line where nothing could be graded."""
    checks = [("decided", "", said) for said in decided(task, result)]
    if not task.checks:
        return [*checks, ("not graded", task.title, result.reason or "")]
    for check in task.checks:
        title = check.title if check.visible else f"{check.title} (hidden data)"
        checks.append((STATES.get(check.status, "wrong"), title, check.message))
    return checks


def decided(task: TaskResult, result: Result) -> list[str]:
    """What was decided about a task; at the first one, about the whole submission."""
    titles = {task.id: task.title}
    said = [adjusted(line, titles) for line in result.adjustments if line.task == task.id]
    others = decisions(replace(result, adjustments=()))
    return [*(others if task is result.tasks[0] else []), *said]


def as_text(task: TaskResult, result: Result) -> str:
    lines = [f"{task.points:g} of {task.max_points:g} points"]
    return "\n".join(
        [*lines, *(f"{state}: {title} {message}".strip() for state, title, message in lines_of(task, result))]
    )


def as_html(task: TaskResult, result: Result) -> str:
    items = [
        f"<li><b>{html.escape(state)}</b>: {html.escape(title)}<br>{html.escape(message)}</li>"
        for state, title, message in lines_of(task, result)
    ]
    return f"<p>{task.points:g} of {task.max_points:g} points</p><ul>{''.join(items)}</ul>"


def comments(result: Result) -> dict[str, str]:
    """What to say at each solution cell: what to mend first, and the messages of its task, shown as they are."""
    said = {}
    for task in result.tasks:
        cell = f"{task.id}-code"
        if cell in assignment().subject.solutions:
            found = [f"{headed(one, {})}: {one.sentence}" for one in to_mend(task.diagnosis, [task]) if one.mistake]
            lines = lines_of(task, result)
            found += [message for state, _, message in lines if state != STATES[Status.PASSED] and message]
            mark = EXCUSED if result.excused and task is result.tasks[0] else ""
            said[cell] = mark + literal("\n".join(dict.fromkeys(found)))
    return said


def literal(text: str) -> str:
    """Any text as Markdown that shows just this text: in it may stand what a student's code says."""
    text = replace_unprintable(text, keep="\n")
    # In Markdown <pre> ends only with its tag; blank lines, links, formulas and all else in it are text.
    return f'<pre style="white-space: pre-wrap">{html.escape(text, quote=False)}</pre>' if text else ""
