"""Cuts the solutions out of a module.

The stripping is nbgrader's; what it would let pass is refused here: a misspelt marker, an END without BEGIN.
"""

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from ..errors import KitError

MARKERS = {"### BEGIN SOLUTION": 1, "### END SOLUTION": -1}
PLACEHOLDER = "SOLUTION_WAS_HERE"


class ReleaseError(KitError):
    """The student folder cannot be built; one sentence that names file and line."""


def stub(path: Path) -> str:
    """The text of a module with each marked region replaced by `raise NotImplementedError("...")`."""
    from nbformat import v4
    from nbgrader.preprocessors import ClearSolutions

    text = path.read_text(encoding="utf-8")
    check_markers(path, text)
    notebook = v4.new_notebook(cells=[v4.new_code_cell(text)])
    strip = ClearSolutions(code_stub={"python": PLACEHOLDER}, enforce_metadata=False)
    lines = strip.preprocess(notebook, {})[0].cells[0].source.split("\n")
    function = ""
    for number, line in enumerate(lines):
        if found := re.match(r"\s*def (\w+)", line):
            function = found[1]
        lines[number] = line.replace(PLACEHOLDER, f'raise NotImplementedError("{function} is not written yet")')
    stripped = "\n".join(lines)
    try:
        ast.parse(stripped)
    except SyntaxError as error:
        raise ReleaseError(f"{path}: without its solution the file is no Python any more ({error}).") from None
    return stripped


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each comment."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.strip()


def check_markers(path: Path, text: str) -> None:
    """Raise ReleaseError for markers that are misspelt, nested or without their partner."""
    opened = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() in MARKERS:
            if (MARKERS[line.strip()] == 1) == bool(opened):
                what = f"a region that line {opened} opened is still open" if opened else "no region is open"
                raise ReleaseError(f"{path}, line {number}: {line.strip()!r}, but {what}.")
            opened = 0 if opened else number
    if opened:
        raise ReleaseError(f"{path}, line {opened}: this region has no '### END SOLUTION'.")
    try:
        found = list(comments(text))
    except (tokenize.TokenError, SyntaxError) as error:
        raise ReleaseError(f"{path}: the file is no Python ({error.args[0]}).") from None
    for number, comment in found:
        words = comment.lstrip("# ").upper()
        like = max(difflib.SequenceMatcher(None, words, m.lstrip("# ")).ratio() for m in MARKERS)
        if comment not in MARKERS and (like > 0.7 or re.search(r"\b(BEGIN|END)\W+SOL", words)):
            raise ReleaseError(
                f"{path}, line {number}: {comment!r} looks like a misspelt marker; there are {list(MARKERS)}."
            )
