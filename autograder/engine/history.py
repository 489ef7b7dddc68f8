"""What a student's last run found, kept beside `check.py`, so that the next one can say what has changed."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .outcome import PAID, CheckResult

FILE = ".check_history.json"  # by check: the points it earned, and whether it passed
MOST = 4  # changes that are told


def told(folder: Path, results: Iterable[CheckResult]) -> list[str]:
    """Keep these results for the next run; what has changed since the last one, a line each.

    A history that cannot be read or written is none: nothing depends on it.
    """
    now = {result.id: (result.points, result.status in PAID, result.title) for result in results}
    before = kept(folder / FILE)
    fresh = before | {name: [points, passed] for name, (points, passed, _) in now.items()}
    with suppress(OSError):
        new = folder / f"{FILE}.{os.getpid()}"
        new.write_text(json.dumps(fresh, indent=1), encoding="utf-8")
        new.replace(folder / FILE)
    changes = []
    for name, (points, passed, title) in now.items():
        if name in before and (gained := round(points - before[name][0], 2)):
            said = "passes now" if passed and not before[name][1] else "does not pass any more"
            if passed == before[name][1]:
                said = "earns more than before" if gained > 0 else "earns less than before"
            changes.append((gained, f"  {gained:+g}  {said}: {title}"))
    if not changes:
        return []
    total = round(sum(gained for gained, _ in changes), 2)
    changes.sort(key=lambda change: (change[0] > 0, -abs(change[0])))  # what is lost first: it was not meant
    more = [f"  ... and {len(changes) - MOST} more."] if len(changes) > MOST else []
    return [f"Since the last run: {total:+g} points.", *(line for _, line in changes[:MOST]), *more]


def kept(path: Path) -> dict[str, list[float]]:
    """What the file holds, as far as it is as it was written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): [float(points), bool(passed)]
            for name, (points, passed) in found.items()
            if abs(float(points)) < 1000
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
