"""Lifts a student's code out of a notebook: solution cells by grade id, or by what they define.

Nothing is parsed or run here but JSON; `sandbox/notebook.py` does the rest, in the sandbox.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .uploads import Refused

# Solution cells by grade id, in the order of the notebook: the functions that each defines.
SOLUTIONS = {
    "forward-code": ("forward",),
    "backward-code": ("backward",),
    "update-code": ("update",),
    "tanh-code": ("tanh", "tanh_derivative"),
    "l2-code": ("_l2_penalty",),
    "square-code": ("square_recipe",),
    "spirals-code": ("spirals_recipe",),
}
RUNNER = Path(__file__).parent / "sandbox" / "notebook.py"
MAX_CELLS = 2000
WHOLE_CLASS = "the class"


def cells_of(notebook: bytes) -> list[tuple[str, str]]:
    """(grade id or "", source) of each code cell; Refused where this is no notebook that can be read."""
    try:
        content = json.loads(notebook)
    except (ValueError, RecursionError):
        raise Refused("is not a notebook, because it is not JSON: save it in Jupyter and hand it in anew") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells", content.get("worksheets")), list):
        raise Refused("is JSON, but no notebook, because it has no cells: save it in Jupyter and hand it in anew")
    if content.get("nbformat") != 4:
        raise Refused("is a notebook of another format than 4: open it in Jupyter, save it, and hand it in anew")
    cells = [cell for cell in content["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    if len(cells) > MAX_CELLS:
        raise Refused(f"has {len(cells)} code cells, and {MAX_CELLS} are the most: remove what is not needed")
    return [(grade_id(cell), source_of(cell)) for cell in cells]


def grade_id(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = about.get("grade_id") if isinstance(about, dict) else None
    return found if isinstance(found, str) else ""


def source_of(cell: Mapping[str, Any]) -> str:
    source = cell.get("source")
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str)).replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode()  # lone surrogates, which JSON can spell


def lift(notebook: bytes, released: bytes) -> dict[str, bytes]:
    """The files that the notebook comes to, by name; none where it was not worked on."""
    as_released = {bare(source) for _, source in cells_of(released)}
    worked_on = [(gid, source) for gid, source in cells_of(notebook) if bare(source) not in as_released]
    chosen: dict[str, str] = {}
    for gid, functions in SOLUTIONS.items():
        source = find(gid, functions, worked_on)
        if source is not None:
            chosen[gid] = source
    whole = sorted({source for _, source in worked_on if re.search(r"^class NeuralNetwork\b", source, re.M)})
    if len(whole) > 1:
        raise Refused("defines `class NeuralNetwork` in more than one cell, not all the same: keep one of them")
    solutions = {WHOLE_CLASS: whole[0], **chosen} if whole else chosen
    if not solutions:
        return {}
    files = {"notebook.py": RUNNER.read_bytes()}
    plan: dict[str, list[str]] = {"others": [], "solutions": [], "functions": []}
    for number, (_, source) in enumerate(worked_on, 1):
        if source.strip() and source not in solutions.values():
            plan["others"].append(f"another cell ({number})")
            files[plan["others"][-1]] = source.encode()
    for gid, source in solutions.items():
        name = f"the cell of {gid.removesuffix('-code')}"
        if source.encode() not in files.values():  # one cell may hold several methods
            plan["solutions"].append(name)
            files[name] = source.encode()
        plan["functions"] += SOLUTIONS.get(gid, ())
    files["notebook.json"] = json.dumps(plan).encode()
    return files


def find(gid: str, functions: tuple[str, ...], worked_on: list[tuple[str, str]]) -> str | None:
    """The cell with this grade id, else the one that defines the function."""
    marked = [source for found, source in worked_on if found == gid and source.strip()]
    if marked:
        return marked[-1]  # of a duplicated cell, the last: it is the one that counts when the notebook is run
    defines = re.compile(rf"^(?:async )?def (?:{'|'.join(functions)})\b", re.M)
    by_content = list(dict.fromkeys(source for _, source in worked_on if defines.search(source)))
    if len(by_content) > 1:
        raise Refused(f"defines `{functions[0]}` in more than one cell, not all the same: keep one of them")
    return by_content[0] if by_content else None


def bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.split("\n")).strip()
