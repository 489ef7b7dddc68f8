"""What an assignment is called: by the kit, or by the rubric's own name, title and course."""

import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z"  # of folders and files, on every system
LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*\Z"  # not empty
FIELDS = {"assignment": ("name", NAME), "title": ("title", LINE), "course": ("course", LINE)}  # and the rubric's names


def own_names(rubric: Path) -> dict[str, str]:
    """`name`, `title` and `course`, as far as the rubric has them; what it has wrong, rubric.py refuses."""
    try:
        table: dict[str, Any] = tomllib.loads(rubric.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    given = {own: (table.get(field), form) for field, (own, form) in FIELDS.items()}
    return {own: text for own, (text, form) in given.items() if isinstance(text, str) and re.match(form, text)}
