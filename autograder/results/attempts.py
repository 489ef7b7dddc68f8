"""A result's final total is its `total`; here, which attempt's total counts."""

from dataclasses import replace

from .model import Result

BEST = "An earlier attempt counts:"


def better(earlier: Result | None, latest: Result) -> Result:
    """The latest result, unless an earlier attempt earned more: then that one, with a note.

    Not so where the earlier result is of the same attempt, and only the kit has changed since; nor where it
    had other points to reach.
    """
    if not earlier or latest.kit_errors or not earlier.sha256 or not latest.sha256:
        return latest
    same_attempt = earlier.sha256[32:] == latest.sha256[32:]
    scale, other = ((r.schema, r.max_score, r.max_bonus) for r in (earlier, latest))
    if same_attempt or scale != other or earlier.total <= latest.total:
        return latest
    notes = [note for note in earlier.notes if not note.startswith(BEST)]
    notes.append(f"{BEST} it earned {earlier.total:g} points, the latest {latest.total:g}.")
    return replace(earlier, notes=tuple(notes))
