"""`results.json` for each student and `grades.csv` for the class, written whole or not at all."""

import csv
import fcntl
import io
import json
import os
from pathlib import Path
from typing import Any

from .. import ASSIGNMENT
from .overview import Overview


class Unwritable(Exception):
    """The output folder cannot be written; one sentence."""


def open_output(out: Path) -> int:
    """Make the output folder, see that files can be written there, and lock it; the descriptor of the lock."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / "writable", "")
        (out / "writable").unlink()
        locked = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise Unwritable(
            f"{out}: results cannot be written there ({error.strerror}); give another folder with --out."
        ) from None
    try:
        fcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(locked)
        raise Unwritable(f"{out}: another run writes there now; wait for it, or give another --out.") from None
    except OSError:  # a file system without locks
        pass
    return locked


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by a file with this text, so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    fresh.replace(path)


def result_path(out: Path, student: str) -> Path:
    return out / student / ASSIGNMENT / "results.json"


def write_result(out: Path, result: dict[str, Any]) -> None:
    write_whole(result_path(out, result["student"]), json.dumps(result, indent=1) + "\n")


def read_result(out: Path, student: str) -> dict[str, Any] | None:
    """The result of an earlier run, or None where there is none that can be read."""
    try:
        found = json.loads(result_path(out, student).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    except (OSError, ValueError):
        return None


def write_grades(out: Path, overview: Overview) -> None:
    """`grades.csv`: a line per student, sorted by name, with the points of each task."""
    before = ("student", "status", "score", "max_score", "bonus", "max_bonus")
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow([*before, *overview.tasks, "source", "sandbox", "reason"])
    for row in overview.rows:
        after = [row["source"], row["sandbox"], row["reason"] or ""]
        lines.writerow([*(row[name] for name in before), *row["points"], *after])
    write_whole(out / "grades.csv", text.getvalue())
