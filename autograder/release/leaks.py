"""Refuses a student folder in which a line of a solution still stands, or a sentence for students does not."""

import json
import re
from pathlib import Path
from typing import Any

from ..course.model import assignment
from ..engine.history import FILE as HISTORY
from .strip import MARKERS, ReleaseError

NEVER = {HISTORY, "__pycache__", ".DS_Store", ".pytest_cache", ".ipynb_checkpoints"}


def refuse_leaks(folder: Path, solutions: Path) -> None:
    """Raise ReleaseError where a line that stands only inside solution regions stands in the release."""
    inside: dict[str, str] = {}
    outside: set[str] = set()
    for path in (solutions / f"{name}.py" for name in assignment().given):
        depth = 0
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            line = " ".join(line.split())
            if line in MARKERS:
                depth += MARKERS[line]
            elif depth:
                inside.setdefault(line, f"{path.name}, line {number}")
            else:
                outside.add(line)
    # `else:` or `return a` give nothing away, wherever they stand.
    secret = {
        line: place for line, place in inside.items() if line not in outside and len(re.findall(r"\w+", line)) > 3
    }
    for path in files_of(folder):
        if path.suffix in (".npz", ".png"):
            continue
        for number, line in enumerate(text_of(path).split("\n"), 1):
            if place := secret.get(" ".join(line.split())):
                raise ReleaseError(
                    f"{path.relative_to(folder)}, line {number}: this line is part of the solution ({place})."
                )


def refuse_lost_text(instructor: Any, notebook: dict[str, Any]) -> None:
    """Raise ReleaseError where students do not get a sentence of the notebook's text."""
    given = {cell["id"]: " ".join("".join(cell["source"]).split()) for cell in notebook["cells"]}
    for cell in (cell for cell in instructor.cells if cell.cell_type == "markdown"):
        for sentence in re.split(r"(?<=[.?!:])\s+|\n\s*\n", cell.source.strip()):
            if " ".join(sentence.split()) not in given.get(cell.id, ""):
                lacking = f"the students' notebook lacks {' '.join(sentence.split())!r} of the cell {cell.id}"
                raise ReleaseError(
                    f"{assignment().text}: {lacking}: nbgrader replaces an answer whole, so put what students are"
                    " to read into a cell of its own."
                )


def text_of(path: Path) -> str:
    """What stands in a file; of a notebook, what stands in its cells."""
    text = path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text


def files_of(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not NEVER & set(p.relative_to(folder).parts))
