"""Lifts a student's code out of a notebook: solution cells by grade id, or by what they define.

Nothing is parsed or run here but JSON; `sandbox/notebook.py` and `engine/lifting.py` do the rest, in the sandbox.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from .. import ROOT
from ..course.model import BRINGING, assignment
from ..text import encodable
from .entries import Refused

RUN_INSIDE = {
    "notebook.py": ROOT / "autograder" / "sandbox" / "notebook.py",
    "lifting.py": ROOT / "autograder" / "engine" / "lifting.py",
}
# What the lines of a cell look like that make a name, for cells that cannot be read.
MAKES = re.compile(r"^(?:(?:async )?def |class )?([^\W\d]\w*)[ \t]*[(:=]", re.M)
MAX_CELLS = 2000
PLAN = "notebook.json"  # beside the files of RUN_INSIDE: the cells, and which of them are solutions


def cells_of(notebook: bytes) -> list[tuple[str, str]]:
    """(grade id or "", source) of each code cell, but that which brings the folder; Refused where there is none."""
    try:
        content = json.loads(notebook)
    except (ValueError, RecursionError):
        raise Refused("is not a notebook, because it is not JSON: save it in Jupyter and hand it in anew") from None
    listed = content.get("cells", content.get("worksheets")) if isinstance(content, dict) else None
    if not isinstance(listed, list) or (content.get("nbformat") == 4 and "cells" not in content):
        raise Refused("is JSON, but no notebook, because it has no cells: save it in Jupyter and hand it in anew")
    if content.get("nbformat") != 4:
        raise Refused("is a notebook of another format than 4: open it in Jupyter, save it, and hand it in anew")
    cells = [cell for cell in content["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    if len(cells) > MAX_CELLS:
        raise Refused(f"has {len(cells)} code cells, and {MAX_CELLS} are the most: remove what is not needed")
    found = [(grade_id(cell), source_of(cell)) for cell in cells]
    return [(gid, source) for gid, source in found if not source.startswith(BRINGING)]


@cache
def released_notebook() -> dict[str, Any]:
    """The notebook that students have, with each cell's source as one text."""
    notebook: dict[str, Any] = json.loads((assignment().release / assignment().notebook).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = source_of(cell)
    return notebook


def grade_id(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = about.get("grade_id") if isinstance(about, dict) else None
    return found if isinstance(found, str) else ""


def source_of(cell: Mapping[str, Any]) -> str:
    source = cell.get("source")
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str)).replace("\r\n", "\n").replace("\r", "\n")
    return encodable(text)


def lift(notebook: bytes, released: bytes) -> dict[str, bytes]:
    """The files that the notebook comes to, by name; none where it was not worked on."""
    as_released = {bare(source) for _, source in cells_of(released)}
    cells = [
        (gid, f"code cell {number}", source)
        for number, (gid, source) in enumerate(cells_of(notebook), 1)
        if source.strip() and bare(source) not in as_released
    ]
    subject = assignment().subject
    defined = subject.defined
    chosen = {gid: find(gid, functions, cells) for gid, functions in defined.items()}
    solutions = {gid: number for gid, number in chosen.items() if number is not None}
    kind = re.compile(rf"^class {subject.kind}\b", re.M) if subject.kind else None
    whole = {source: number for number, (_, _, source) in enumerate(cells) if kind and kind.search(source)}
    if len(whole) > 1:
        raise Refused(f"defines `class {subject.kind}` in more than one cell, not all the same: keep one of them")
    if not solutions and not whole:
        return {}
    labels = [label for _, label, _ in cells]
    for gid, number in reversed(solutions.items()):  # one cell may hold several methods: the first names it
        labels[number] = f"the cell of {gid.removesuffix('-code')}"
    for number in whole.values():
        labels[number] = "the class"
    names = [set(MAKES.findall(source)) for _, _, source in cells]  # that it makes, as far as the text tells
    for gid, number in solutions.items():
        names[number].update(defined[gid])
    plan = {
        "subject": asdict(subject),
        "cells": [(label, source) for label, (_, _, source) in zip(labels, cells, strict=True)],
        "names": [sorted(own) for own in names],
        "solutions": {name: number for gid, number in solutions.items() for name in defined[gid]},
        "class": next(iter(whole.values()), None),
        "skipped": [],
        "careful": False,
    }
    files = {name: path.read_bytes() for name, path in RUN_INSIDE.items()}
    return {**files, PLAN: json.dumps(plan, ensure_ascii=False).encode()}


def without(files: Mapping[str, bytes], late: Sequence[int], careful: bool) -> dict[str, bytes]:
    """The files of `lift`, with these statements left out; `careful`: with all that may not end."""
    plan = json.loads(files[PLAN])
    plan["skipped"], plan["careful"] = sorted({*plan["skipped"], *late}), careful
    return {**files, PLAN: json.dumps(plan, ensure_ascii=False).encode()}


def find(gid: str, functions: tuple[str, ...], cells: Sequence[tuple[str, str, str]]) -> int | None:
    """The number of the cell with this grade id, else of the one that defines the function."""
    marked = [number for number, (found, _, _) in enumerate(cells) if found == gid]
    if marked:
        return marked[-1]  # of a duplicated cell, the last: it is the one that counts when the notebook is run
    defines = re.compile(rf"^(?:async )?def (?:{'|'.join(functions)})\b", re.M)
    by_content = {source: number for number, (_, _, source) in enumerate(cells) if defines.search(source)}
    if len(by_content) > 1:
        raise Refused(f"defines `{functions[0]}` in more than one cell, not all the same: keep one of them")
    return next(iter(by_content.values()), None)


def bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.split("\n")).strip()
