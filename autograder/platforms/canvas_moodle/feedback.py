"""The feedback pages as Canvas and Moodle take them back, or by e-mail address."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from ...intake.downloads import find_uploads
from ...results.store import Unwritable, result_names, result_path, same_file
from ...text import printable
from .roster import NAMING, NUMBERED, RosterError, listed, match, read_roster

FORMS = ("canvas", "moodle", "email")
PAGE = "feedback.html"
ADDRESS = re.compile(r"[^\s@/\\:*?\"<>|]{1,64}@[^\s@/\\:*?\"<>|]{1,255}")
WHEN = (1980, 1, 1, 0, 0, 0)  # so that the same pages give the same zip
CANVAS_NAMES = (
    "Canvas puts each page into a comment under the name of a file that was handed in: who opens it as a page has to"
    " save it with the ending .html."
)


def give_back(form: str, out: Path, students: Iterable[str], submitted: Path | None, to: Path | None) -> list[str]:
    """Write the zip that the platform takes: a page for each student of the download that was graded; sentences."""
    if submitted is None:
        raise RosterError(f"--feedback {form} needs --submitted FILE: the zip or folder that was graded.")
    with ExitStack() as stack:
        handed = find_uploads(submitted, stack)
    if handed.form != form:
        name = printable(str(submitted))
        raise RosterError(f"{name} is not what {form.title()} hands out: give the zip of all submissions from there.")
    prefix = {name: handed.back[who] for who, name in result_names(handed.uploads).items()}
    pages, without = pages_of(out, [student for student in students if prefix.get(student)])
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in pages.items():
            member = zipfile.ZipInfo(f"{prefix[student]}{PAGE}", WHEN)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, page)
    to = to or out / f"{form}-feedback.zip"
    write(to, zipped.getvalue(), submitted)
    unknown = [student for student in students if not prefix.get(student)]
    return [
        f"{len(pages)} pages are in {to}.",
        *([CANVAS_NAMES] if form == "canvas" else []),
        *([f"Not in {printable(str(submitted))} with a file, so left out: {listed(unknown)}."] if unknown else []),
        *without,
    ]


def by_address(
    out: Path, students: Iterable[str], roster: Path | None, login: str | None, to: Path | None
) -> list[str]:
    """Write a folder of pages that are called as the roster's e-mail addresses; sentences."""
    if roster is None:
        raise RosterError("--feedback email needs --roster FILE: a table with the students' e-mail addresses.")
    table = read_roster(roster)
    counts = {
        n: sum(bool(ADDRESS.fullmatch(table.cell(row, n))) for row in table.rows) for n in range(len(table.header))
    }
    column = max(counts, key=lambda n: counts[n])
    if not counts[column]:
        raise RosterError(f"{table.name} has no e-mail addresses, only {table.columns()}.")
    headings = [heading.strip() for heading in table.header]
    columns = [table.column(login)] if login else [n for n, name in enumerate(headings) if name in NAMING] or [column]
    numbered = next((n for n in columns if headings[n] in NUMBERED), None)
    _, rows = match(table, table.rows[1:], columns, students, numbered)
    address = {student: table.cell(row, column).lower() for student, row in rows.items()}
    held = Counter(map(same_file, address.values()))
    shared = [student for student, text in address.items() if ADDRESS.fullmatch(text) and held[same_file(text)] > 1]
    known = [student for student, text in address.items() if ADDRESS.fullmatch(text) and student not in shared]
    pages, without = pages_of(out, known)
    to = to or out / "by-email"
    for old in to.glob("*@*.html"):  # by an earlier run
        old.unlink()
    for student, page in pages.items():
        write(to / f"{address[student]}.html", page)
    unknown = [student for student in students if student not in known and student not in shared]
    return [
        f"{len(pages)} pages are in {to}, by {printable(table.header[column])!r}.",
        *([f"With an address that another has, too, so left out: {listed(shared)}."] if shared else []),
        *([f"Without an address in {table.name}, so left out: {listed(unknown)}."] if unknown else []),
        *without,
    ]


def pages_of(out: Path, students: Iterable[str]) -> tuple[Mapping[str, bytes], list[str]]:
    """The pages that there are, by student, and a sentence on those that are missing."""
    pages, missing = {}, []
    for student in students:
        try:
            pages[student] = result_path(out, student).with_name(PAGE).read_bytes()
        except OSError:
            missing.append(student)
    return pages, [f"Without a {PAGE}, so left out: {listed(missing)}; grade them again."] if missing else []


def write(to: Path, data: bytes, never: Path | None = None) -> None:
    """Replace a file, whole; never the one that was handed in."""
    if never and to.exists() and to.samefile(never):
        raise RosterError(f"{to} is what was handed in: give another file with --to.")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh = to.with_name(f".{to.name}.new")
        fresh.write_bytes(data)
        fresh.replace(to)
    except OSError as error:
        raise Unwritable(f"{to}: it cannot be written ({error.strerror}); give another with --to.") from None
