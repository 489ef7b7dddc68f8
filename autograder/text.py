"""Text that others chose - names, messages, what code says - made fit for a sentence, a terminal or a table.

This is not about reading source code, which is `engine/decoding.py`, nor about HTML and Markdown, where pages are made.
"""

import re
from typing import Any

MAX_NAME = 200  # characters of a name within a sentence
# What makes a spreadsheet compute a cell: a sign at its start, also one of full width; a semicolon begins a cell
# where that is what parts them.  A number, or a lone sign, computes nothing.
FORMULA = re.compile(r"(?:^|(?<=;))(?!-(?:\d+(?:[.,]\d+)?)?\s*$)(?=\s*[=+@\-\uff1d\uff0b\uff0d\uff20])")
ZERO_WIDTH = "\u200c\u200d"  # which some scripts need within words


def printable(text: str) -> str:
    """One line in which all that could steer a terminal, or is no character, stands escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_name(name: str) -> str:
    """The same, of bounded length."""
    return printable(name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}...")


def reason_of(error: Exception) -> str:
    """What an error says, fit for a sentence."""
    return printable_name(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def replace_unprintable(text: str, by: str = "\N{REPLACEMENT CHARACTER}", keep: str = "") -> str:
    """The text with `by` in the place of each such character, but for those in `keep`."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c in keep else by for c in text)


def encodable(text: str) -> str:
    """The text without lone surrogates, which JSON can spell and no encoding has."""
    return text.encode("utf-8", "replace").decode()


def harmless_cell(cell: Any) -> Any:
    """A cell for a table that people open; a number stays one, text is text of one line without control characters."""
    if not isinstance(cell, str):
        return cell
    text = cell.encode("utf-8", "backslashreplace").decode()  # folders may have names that are no text
    return FORMULA.sub("'", replace_unprintable(text, " ", keep=ZERO_WIDTH))
