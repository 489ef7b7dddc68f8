"""Points, tasks and what the training checks start from: `rubric.toml` and `settings.toml`."""

import sys
from functools import cache
from typing import Any

from .model import assignment
from .seed import BadSeed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def rubric() -> dict[str, Any]:
    """`rubric.toml`, with every field of a task filled in and the tasks that are switched off left out."""
    table = tomllib.loads((assignment().folder / "rubric.toml").read_text(encoding="utf-8"))
    if "seed" in table:
        raise BadSeed("autograder/rubric.toml: take out the line `seed = ...`; the kit draws a hidden seed by itself.")
    defaults = {"bonus": False, "enabled": True}
    table["task"] = [task for task in ({**defaults, **row} for row in table["task"]) if task["enabled"]]
    return table


@cache
def settings() -> dict[str, dict[str, list[dict]]]:
    """`settings.toml`: by check, by variant, the rows to choose from."""
    path = assignment().folder / "settings.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
