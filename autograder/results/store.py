"""`results.json` for each student and `grades.csv` for the class, written whole or not at all."""

import contextlib
import csv
import fcntl
import hashlib
import os
import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

from ..course.model import assignment
from ..errors import KitError
from ..text import replace_unprintable
from .model import Result, as_json, from_json

GRADES, REPORT, WRITABLE = "grades.csv", "report.html", "writable"
MAX_BYTES = 255  # of the name of a folder; names in zips may be longer
EXPORTS = ("canvas.csv", "moodle.csv", "csv.csv")


class Unwritable(KitError):
    """The output folder cannot be written; one sentence."""


def open_output(out: Path) -> int:
    """Make the output folder, see that files can be written there, and lock it; the descriptor of the lock."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / WRITABLE, "")
        (out / WRITABLE).unlink()
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


def result_names(folders: Iterable[str]) -> dict[str, str]:
    """By student's folder, the name of the results: the folder's own, unless it is unfit for a file or a table.

    It is unfit if it is too long, cannot be shown, is that of a file of the class, begins with a dot, or differs
    from an earlier one only in what some file systems do not tell apart.  Such a name is the same at each run.
    """
    names: dict[str, str] = {}
    taken = {same_file(name) for name in (GRADES, REPORT, WRITABLE, *EXPORTS)}
    for folder in sorted(folders):
        name = folder
        long = len(os.fsencode(folder)) > MAX_BYTES
        if long or not folder.isprintable() or folder.startswith(".") or same_file(folder) in taken:
            shown = re.sub(r"^[.]|[^ -~]", "_", replace_unprintable(folder, "_")[:80])
            name = f"{shown}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}"
        while same_file(name) in taken:
            name += "_"
        taken.add(same_file(name))
        names[folder] = name
    return names


def same_file(name: str) -> str:
    """A name as those file systems see it that tell neither case nor the forms of an accented letter apart.

    Some have tables of capitals, in which a dotless i is an I; some leave out dots and blanks at the end.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).upper().casefold()).rstrip(". ")


def result_path(out: Path, student: str) -> Path:
    return out / student / assignment().name / "results.json"


def write_result(out: Path, result: Result) -> None:
    write_whole(result_path(out, result.student), as_json(result))


def read_result(out: Path, student: str) -> Result | None:
    """The result of an earlier run, or None where there is none that can be read."""
    try:
        return from_json(result_path(out, student).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def students_in(out: Path) -> list[str]:
    """Whose results lie there."""
    try:
        return sorted(entry.name for entry in os.scandir(out) if os.path.lexists(result_path(out, entry.name)))
    except OSError:
        return []


def remove_examples(out: Path) -> None:
    """Take out what an earlier run wrote of the example class, and the exports, which may hold it."""
    examples = [name for name in students_in(out) if (found := read_result(out, name)) and found.example]
    for name in examples:
        remove_folder(out / name / assignment().name, ("results.json", "feedback.html"))
    for export in EXPORTS if examples else ():
        (out / export).unlink(missing_ok=True)


def remove_folder(folder: Path, files: Iterable[str]) -> None:
    """Remove these files of ours, and the folders that they leave empty."""
    for name in files:
        (folder / name).unlink(missing_ok=True)
    for empty in (folder, folder.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()


def left(out: Path, students: Collection[str]) -> list[str]:
    """Whose results lie there though they are none of these students."""
    return [name for name in students_in(out) if name not in students]


def students_of(grades: Path) -> set[str] | None:
    """The students in a `grades.csv`, as that shows their names; None where there is none."""
    try:
        with open(grades, encoding="utf-8", newline="") as stream:
            return {row[0] for row in csv.reader(stream) if row}
    except (OSError, ValueError, csv.Error):
        return None
