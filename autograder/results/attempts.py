"""What a result counts for, and which of a student's attempts does."""

from collections.abc import Mapping
from typing import Any

BEST = "An earlier attempt counts:"


def total(result: Mapping[str, Any]) -> float:
    """Score and bonus together, less what being late costs."""
    late = result.get("late") or {"penalty": 0}
    return round(result["score"] + result["bonus"] - late["penalty"], 2)


def better(earlier: Mapping[str, Any] | None, latest: Mapping[str, Any]) -> dict[str, Any]:
    """The latest result, unless an earlier attempt earned more: then that one, with a note.

    Not so where the earlier result is of the same attempt, and only the kit has changed since; nor where it
    had other points to reach.
    """
    if not earlier or latest["kit_errors"]:
        return dict(latest)
    try:
        same_attempt = earlier["sha256"][32:] == latest["sha256"][32:]
        same_scale = all(earlier[name] == latest[name] for name in ("schema", "max_score", "max_bonus"))
        if same_attempt or not same_scale or total(earlier) <= total(latest):
            return dict(latest)
        notes = [note for note in earlier["notes"] if not note.startswith(BEST)]
        notes.append(f"{BEST} it earned {total(earlier):g} points, the latest {total(latest):g}.")
        return {**earlier, "notes": notes}
    except (KeyError, TypeError):  # no result, or one that is to be graded again
        return dict(latest)
