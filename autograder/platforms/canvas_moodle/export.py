"""Grades for elsewhere: a roster from Canvas or Moodle filled in, or a plain table."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...course.model import assignment
from ...results.decisions import decisions
from ...results.model import Result
from ...results.store import GRADES, Unwritable, read_result, result_path, students_in, students_of, write_whole
from ...text import FORMULA, harmless_cell, printable
from .roster import Roster, RosterError, called, match, read_roster

FORMATS = ("canvas", "moodle", "csv")
LOGINS = {  # the columns that may name students, the likeliest first
    "canvas": ("SIS Login ID", "ID", "SIS User ID"),
    "moodle": ("Identifier", "Email address", "ID number", "Username"),
}
EXCUSED = {"canvas": "EX", "moodle": ""}
COMMENTS = "Feedback comments"  # of Moodle's worksheet, in English
CANVAS_COLUMN = re.compile(r"(.*)\s\((\d+)\)", re.DOTALL)


@dataclass
class Export:
    """What was written where, and what a person should know about it."""

    text: str
    said: list[str] = field(default_factory=list)


def graded(out: Path) -> dict[str, Result]:
    """Every result in `out`, by student."""
    names = students_in(out)
    if not names:
        raise RosterError(f"{out} holds no results: run `make grade`, or name the folder with --out.")
    results = {}
    for name in names:
        found = read_result(out, name)
        if found is None:
            raise RosterError(f"{printable(str(result_path(out, name)))} is no result: run `make grade` again.")
        results[name] = found
    return results


def still_there(out: Path, results: Mapping[str, Result]) -> tuple[dict[str, Result], list[str]]:
    """The results of those who were there when the class was graded last, and what to say of the others."""
    table = students_of(out / GRADES)
    there = {name: result for name, result in results.items() if table is None or harmless_cell(name) in table}
    gone = [printable(name) for name in results if name not in there]
    if not there:
        raise RosterError(f"{out / GRADES} names nobody who has a result there: run `make grade` again.")
    return there, [f"Not among the submissions graded last, so left out: {', '.join(gone)}."] if gone else []


def export(
    form: str, results: Mapping[str, Result], roster: Path | None, column: str | None, login: str | None
) -> Export:
    """The text of the file, in one of FORMATS; `column` and `login` are headings or numbers, from 1."""
    if form == "csv":
        if roster or column or login:
            raise RosterError("The format csv takes no roster: leave out --roster, --column and --match.")
        return Export(plain(results.values()))
    if roster is None:
        where = "the gradebook's CSV export" if form == "canvas" else "the assignment's grading worksheet"
        raise RosterError(f"{form} needs --roster FILE: {where}, as downloaded there.")
    return fill(form, read_roster(roster), results, column, login)


def plain(results: Iterable[Result]) -> str:
    """A line per student; names that a spreadsheet would compute are made harmless."""
    results = sorted(results, key=lambda result: result.student)
    late, decided = any(result.late for result in results), any(map(decisions, results))
    stream = io.StringIO(newline="")
    table = csv.writer(stream)
    more = [*(["late_days", "penalty"] if late else []), *(["decisions"] if decided else [])]
    table.writerow(["student", "score", "bonus", "total", "status", *more])
    for r in results:
        about = [r.late.days, r.late.penalty] if r.late else ["", ""]
        points = ["", "", ""] if r.excused else [r.score, r.bonus, number(r.total)]
        status = "excused" if r.excused else "kit failed" if r.kit_errors else r.status
        row = [r.student, *points, status, *(about if late else []), *([" ".join(decisions(r))] if decided else [])]
        table.writerow(map(harmless_cell, row))
    return stream.getvalue()


def number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def fill(form: str, roster: Roster, results: Mapping[str, Result], column: str | None, login: str | None) -> Export:
    """Put each student's total into the roster's column for this assignment; all else stays as it is."""
    target = canvas_column(roster, column) if form == "canvas" else moodle_column(roster, column)
    known = [n for name in LOGINS[form] for n, heading in enumerate(roster.header) if heading.strip() == name]
    if login is not None:
        columns = [roster.column(login)]
    elif form == "moodle":  # headings are in the site's language: only the order is sure, and the name is no key
        columns = known or [n for n in range(target) if n != 1]
    else:
        columns = known
    if not columns:
        wanted = ", ".join(LOGINS[form])
        raise RosterError(f"{roster.name} has none of {wanted}, only {roster.columns()}: name one with --match.")
    if target in (*known, *columns):
        raise RosterError(f"{roster.name}: the grades cannot go into {roster.columns([target])}, which names students.")
    # Canvas has rows for points and for posting, which are nobody's.
    people = [row for row in roster.rows[1:] if any(roster.cell(row, n) for n in columns)]
    numbered = 0 if form == "moodle" else next((n for n in columns if roster.header[n].strip() == "ID"), None)
    by, rows = match(roster, people, columns, results, numbered)
    if not rows:
        tried = roster.columns(columns)
        have = printable(min(results))
        raise RosterError(f"No graded student, such as {have!r}, stands in {roster.name}; looked at {tried}.")
    return written(form, roster, target, by, {*known, by}, people, rows, results)


def written(
    form: str, roster: Roster, target: int, by: int, keys: set[int], people: list[list[str]],
    rows: Mapping[str, list[str]], results: Mapping[str, Result],
) -> Export:  # fmt: skip
    """Fill in the grades, and say what happened to whom."""
    capped, excused, failed, nothing, decided, done = [], [], [], [], [], 0
    comments = roster.header.index(COMMENTS) if form == "moodle" and COMMENTS in roster.header else None
    for student, row in rows.items():
        points, most = results[student].total, maximum(roster, row, target) if form == "moodle" else None
        if results[student].kit_errors:
            failed.append(student)
        elif results[student].excused:
            decided.append(student)
            roster.put(row, target, EXCUSED[form])
        elif form == "canvas" and roster.cell(row, target).upper() == "EX":
            excused.append(student)
        else:
            done += 1
            nothing += [student] if results[student].status == "ungradable" else []
            if most is not None and points > most:
                capped.append(student)
                points = most
            roster.put(row, target, number(points))
        if comments is not None and not roster.cell(row, comments):
            roster.put(row, comments, harmless_cell(" ".join(decisions(results[student]))))
    given = [id(row) for row in rows.values()]
    absent = [called(roster, row, by) for row in people if id(row) not in given]
    formulas, renamed = [], []
    chosen = target if form == "moodle" else 2  # columns of what people say of themselves, as name and department
    for row in people:
        for n, cell in enumerate(row):
            if n in keys:  # by these the other side knows students: they stay
                formulas += [called(roster, row, by)] if FORMULA.search(cell) else []
            elif n < chosen and harmless_cell(cell) != cell:
                row[n] = harmless_cell(cell)
                renamed.append(called(roster, row, by))
    heading = [printable(roster.header[n]) for n in (target, by)]
    said = [f"{done} of {len(results)} students have their total in {heading[0]!r}, matched by {heading[1]!r}."]
    for what, names in (
        ("Graded, but not in the roster", [student for student in results if student not in rows]),
        ("In the roster, but not graded, so left as they were", absent),
        ("Excused (EX), so left as they were", excused),
        (f"Excused in adjust.toml, so {EXCUSED[form] or 'empty'}", decided),
        ("Not graded because the kit itself failed, so left as they were", failed),
        ("Without a gradable submission, so 0", nothing),
        ("Above the maximum, which Moodle would refuse, so cut to it", capped),
        ("Named like a formula, so with an apostrophe before it, or in one line", renamed),
        ("Known by what is like a formula, so do not open the file in a spreadsheet", formulas),
    ):
        if names:
            said.append(f"{what}: {', '.join(map(printable, sorted(names)))}.")
    return Export(roster.text(), said)


def maximum(roster: Roster, row: list[str], target: int) -> float | None:
    """Moodle's maximum, which stands to the right of the grade; None for a scale."""
    try:
        return float(roster.cell(row, target + 1).replace(",", "."))
    except ValueError:
        return None


def canvas_column(roster: Roster, name: str | None) -> int:
    """The assignment's column, `Title (id)`: the one named, the only one called like it, or the only one."""
    if name is not None:
        return roster.column(name)
    computed = {n for row in roster.rows[1:3] for n, cell in enumerate(row) if "(read only)" in cell}
    all_of_them = [n for n, h in enumerate(roster.header) if CANVAS_COLUMN.fullmatch(h.strip()) and n not in computed]
    called = re.compile(rf"(?<![a-z\d]){re.escape(assignment().name)}(?![a-z\d])", re.IGNORECASE)
    like = [n for n in all_of_them if called.search(roster.header[n])]
    for found in (like, all_of_them):
        if len(found) == 1:
            return found[0]
    if all_of_them:
        among = roster.columns(like or all_of_them)
        raise RosterError(f"{roster.name}: which column is {assignment().name}? Give one with --column: {among}.")
    made = "make the assignment in Canvas, and export the gradebook anew"
    raise RosterError(f"{roster.name} has no assignment's column, such as '{assignment().name} (7)': {made}.")


def moodle_column(roster: Roster, name: str | None) -> int:
    """The grade's column: the one named, or the one called `Grade`."""
    if name is not None:
        return roster.column(name)
    if [heading.strip() for heading in roster.header].count("Grade") == 1:
        return roster.column("Grade")
    raise RosterError(f"{roster.name}: which column is the grade? Give it with --grade-column: {roster.columns()}.")


def save(done: Export, to: Path, roster: Path | None) -> None:
    """Write the file, whole, never over the roster."""
    if roster and to.exists() and to.samefile(roster):
        raise RosterError(f"{to} is the roster itself: give another file with --to.")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        write_whole(to, done.text)
    except OSError as error:
        raise Unwritable(f"{to}: the file cannot be written ({error.strerror}); give another with --to.") from None
