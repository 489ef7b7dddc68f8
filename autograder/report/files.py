"""`results.json` for each student and `grades.csv` for the class, written whole or not at all."""

import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .. import ASSIGNMENT


class Unwritable(Exception):
    """The output folder cannot be written; one sentence."""


def open_output(out: Path) -> None:
    """Make the output folder, and see that files can be written there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / ".writable", "")
        (out / ".writable").unlink()
    except OSError as error:
        raise Unwritable(
            f"{out}: results cannot be written there ({error.strerror}); give another folder with --out."
        ) from None


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by a file with this text, so that a crash leaves the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8", newline="")
    fresh.replace(path)


def result_path(out: Path, student: str) -> Path:
    return out / student / ASSIGNMENT / "results.json"


def write_result(out: Path, result: dict[str, Any]) -> None:
    path = result_path(out, result["student"])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(result, indent=1) + "\n")


def read_result(out: Path, student: str) -> dict[str, Any] | None:
    """The result of an earlier run, or None where there is none that can be read."""
    try:
        found = json.loads(result_path(out, student).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    except (OSError, ValueError):
        return None


def write_grades(out: Path, results: Iterable[dict[str, Any]]) -> None:
    """`grades.csv`: a line per student, sorted by name, with the points of each task."""
    results = sorted(results, key=lambda result: result["student"])
    tasks = [task["id"] for task in results[0]["tasks"]] if results else []
    head = [
        "student",
        "status",
        "score",
        "max_score",
        "bonus",
        "max_bonus",
        *tasks,
        "source",
        "sandbox",
        "reason",
    ]
    path = out / "grades.csv"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(fresh, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(head)
        for r in results:
            points = [task["points"] for task in r["tasks"]]
            about = [r["student"], r["status"], r["score"], r["max_score"], r["bonus"], r["max_bonus"]]
            rows.writerow([*about, *points, r["source"], r["sandbox"], r["reason"] or ""])
    fresh.replace(path)
