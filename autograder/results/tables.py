"""Cells of a CSV file that no spreadsheet computes."""

import re
from typing import Any

# What makes a spreadsheet compute a cell: a sign at its start, also one of full width; a semicolon begins a cell
# where that is what parts them.  A number, or a lone sign, computes nothing.
FORMULA = re.compile(r"(?:^|(?<=;))(?!-(?:\d+(?:[.,]\d+)?)?\s*$)(?=\s*[=+@\-\uff1d\uff0b\uff0d\uff20])")
ZERO_WIDTH = "\u200c\u200d"  # which some scripts need within words


def harmless(cell: Any) -> Any:
    """A cell for a table that people open; a number stays one, text is text of one line without control characters."""
    if not isinstance(cell, str):
        return cell
    text = cell.encode("utf-8", "backslashreplace").decode()  # folders may have names that are no text
    return FORMULA.sub("'", "".join(c if c.isprintable() or c in ZERO_WIDTH else " " for c in text))
