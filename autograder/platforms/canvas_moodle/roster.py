"""A roster that was downloaded elsewhere: read, matched with students, and written back in its own form."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import KitError
from ...text import printable

# Columns that name people as submissions are named, of Canvas, Moodle, Gradescope and GitHub Classroom.
NUMBERED = ("ID", "Identifier")  # by a number that stands in the names of files, too
NAMING = (
    *(*NUMBERED, "SIS Login ID", "SIS User ID", "Email address", "ID number", "Username"),
    *("SID", "Email", "github_username", "identifier"),
)


class RosterError(KitError):
    """The roster cannot be filled in; one sentence."""


@dataclass
class Roster:
    """A table with its dialect; `rows[0]` is the header.  What is not set stays as it is."""

    path: Path
    rows: list[list[str]]
    delimiter: str
    line_end: str
    mark: bool  # whether it began with a byte order mark

    @property
    def header(self) -> list[str]:
        return self.rows[0]

    def cell(self, row: list[str], column: int) -> str:
        return row[column].strip() if column < len(row) else ""

    def put(self, row: list[str], column: int, text: str) -> None:
        row.extend([""] * (column + 1 - len(row)))
        row[column] = text

    def text(self) -> str:
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=self.delimiter, lineterminator=self.line_end).writerows(self.rows)
        return ("\ufeff" if self.mark else "") + stream.getvalue()

    def column(self, name: str) -> int:
        """The column of this heading, or number, counted from 1; a Canvas heading may lack its ` (id)`."""
        for titles in (self.header, [re.sub(r"\s\(\d+\)$", "", heading) for heading in self.header]):
            found = [number for number, title in enumerate(titles) if title.strip() == name.strip()]
            if len(found) == 1:
                return found[0]
            if found:
                raise RosterError(f"{self.name} has {len(found)} columns called {name!r}: give the number of one.")
        if name.isdecimal() and 1 <= int(name) <= len(self.header):
            return int(name) - 1
        raise RosterError(f"{self.name} has no column {name!r}; it has {self.columns()}.")

    @property
    def name(self) -> str:
        return printable(str(self.path))

    def columns(self, numbers: Iterable[int] | None = None) -> str:
        """Some columns, or all, as a message shows them."""
        shown = range(len(self.header)) if numbers is None else numbers
        return ", ".join(f"{number + 1} {printable(self.header[number])!r}" for number in shown)


def read_roster(path: Path) -> Roster:
    """Read a CSV file in UTF-8; RosterError says what is wrong with any other."""
    name = printable(str(path))
    again = "download it anew and give it as it is, or save it as “CSV UTF-8”"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RosterError(f"{name}: the roster cannot be read ({error.strerror}); give it with --roster.") from None
    try:
        text = data.decode("utf-8")
        if "\0" in text:
            raise ValueError
    except ValueError:
        looks = "UTF-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "another encoding"
        raise RosterError(f"{name} should be a CSV file in UTF-8, but is in {looks}: {again}.") from None
    mark, text = text.startswith("\ufeff"), text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise RosterError(f"{name} is not a CSV file that can be read ({error}): {again}.") from None
    if len(rows) < 2 or len(rows[0]) < 2:
        raise RosterError(f"{name} should hold a header and a row for each student, but does not: {again}.")
    return Roster(path, rows, delimiter, "\r\n" if "\r\n" in text else "\n", mark)


def same_form(name: str) -> str:
    """A name without what file systems and programs change: macOS takes letters and accents apart."""
    return unicodedata.normalize("NFC", name).strip()


def match(
    roster: Roster,
    people: Sequence[list[str]],
    columns: Sequence[int],
    students: Iterable[str],
    numbered: int | None = None,
) -> tuple[int, dict[str, list[str]]]:
    """The one of `columns` that names most students, and by student the row that does; the first where equal.

    In the column `numbered`, "Participant 123" is named by its number too, and by what Canvas or Moodle call a
    submission: `ann lee_123`, where the row also has this name, or the folder "Ann Lee_123_assignsubmission_file_".
    """
    found = [(column, named(roster, people, column, students, column == numbered)) for column in columns]
    best, rows = max(found, key=lambda pair: len(pair[1]))
    where = f"in the column {printable(roster.header[best])!r} of {roster.name}"
    taken: dict[int, str] = {}
    for student, mine in rows.items():
        if len(mine) > 1:
            raise RosterError(f"{printable(student)} stands {len(mine)} times {where}: match by another with --match.")
        other = taken.setdefault(id(mine[0]), student)
        if other != student:
            raise RosterError(
                f"{printable(other)} and {printable(student)} are one person {where}: rename one of the folders."
            )
    return best, {student: mine[0] for student, mine in rows.items()}


def named(
    roster: Roster, people: Sequence[list[str]], column: int, students: Iterable[str], numbered: bool
) -> dict[str, list[list[str]]]:
    """By student, if there are any, the rows that this column names so."""
    by_name: dict[str | tuple[str, str], list[list[str]]] = {}
    for row in people:
        value = same_form(roster.cell(row, column))
        ending = re.search(r"\d+$", value) if numbered else None
        keys: set[str | tuple[str, str]] = {text for text in (value, ending[0] if ending else "") if text}
        if ending:  # a name with its number, which alone could be another's
            keys |= {(folded(row[n]), ending[0]) for n in range(min(2, len(row)))}
        for key in keys:
            by_name.setdefault(key, []).append(row)
    found = {}
    for student in students:
        folder = re.fullmatch(r"(.*)_(\d+)(_assignsubmission_.*)?", student, re.S) if numbered else None
        found[student] = by_name.get(same_form(folder[2] if folder and folder[3] else student), [])
        if folder and not found[student]:
            found[student] = by_name.get((folded(folder[1]), folder[2]), [])
    return {student: rows for student, rows in found.items() if rows}


def folded(name: str) -> str:
    """A name as it is in names of files: letters and digits alone, whatever their case."""
    return re.sub(r"[\W_\d]+", "", same_form(name).casefold())


def presence(roster: Roster, students: Collection[str], login: str | None = None) -> list[str]:
    """Sentences: who of the roster handed nothing in, and who handed in without being there."""
    headings = [heading.strip() for heading in roster.header]
    known = [n for n, heading in enumerate(headings) if heading in NAMING]
    columns = [roster.column(login)] if login else known or list(range(len(headings)))
    numbered = next((n for n, heading in enumerate(headings) if heading in NUMBERED), None)
    people = [row for row in roster.rows[1:] if any(roster.cell(row, n) for n in columns)]
    try:
        by, rows = match(roster, people, columns, students, numbered)
    except RosterError as error:
        return [f"The roster cannot be compared: {error}"]
    there = {id(row) for row in rows.values()}
    missing = sorted(
        f"{name_before(roster, row, by)}{called(roster, row, by)}" for row in people if id(row) not in there
    )
    unknown = [student for student in students if student not in rows]
    return [
        f"{len(rows)} of {len(people)} in {roster.name} handed in, matched by {printable(roster.header[by])!r}.",
        *([f"In the roster, but handed nothing in: {'; '.join(map(printable, missing))}."] if missing else []),
        *([f"Handed in, but not in the roster: {listed(unknown)}."] if unknown else []),
    ]


def name_before(roster: Roster, row: list[str], by: int) -> str:
    """What stands before the key in such a sentence: "Lindqvist, Åse: "."""
    return next((f"{roster.cell(row, n)}: " for n in range(2) if n != by and roster.cell(row, n)), "")


def called(roster: Roster, row: list[str], by: int) -> str:
    """A person as a sentence names them."""
    return same_form(roster.cell(row, by) or next(filter(None, map(str.strip, row)), ""))


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(printable, sorted(names)))
