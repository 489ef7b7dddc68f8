"""When students handed in, by a column of a roster or worksheet: the `[times]` of adjust.toml."""

import re
from collections.abc import Collection
from datetime import datetime, timezone

from ...course.adjust import FILE, Adjustments
from ...intake.late import parse_time
from ...text import printable
from .roster import RosterError, match, read_roster

# Moodle's worksheet in English: "Tuesday, 1 December 2026, 11:59 PM".
MOODLE = re.compile(r"(?:\w+, )?(\d{1,2} \w+ \d{4}), (\d{1,2}:\d\d ?[AP]M)", re.I)
WITHOUT_SECONDS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")


def handed_in(adjustments: Adjustments, students: Collection[str]) -> dict[str, str]:
    """By student, ISO text in UTC: what the instructor says, else the table; who stands in neither is left out."""
    found: dict[str, str] = {}
    if (times := adjustments.times) is not None:
        if parse_time(f"2026-01-01 00:00:00 {times.zone}") is None:
            raise RosterError(f"times in {FILE}: zone should be one such as Europe/Berlin, but is {times.zone!r}.")
        roster = read_roster(adjustments.folder / times.file)
        column, by = roster.column(times.column), roster.column(times.match)
        people = [row for row in roster.rows[1:] if roster.cell(row, by)]
        for student, row in match(roster, people, [by], students, numbered=by)[1].items():
            said = roster.cell(row, column)
            if said.strip("-"):
                found[student] = moment(said, times.zone) or refuse(roster.name, student, said)
    for student, line in adjustments.handed_in.items():
        found[student] = line.time.astimezone(timezone.utc).replace(microsecond=0).isoformat()
    return found


def moment(said: str, zone: str) -> str | None:
    """The time as ISO text in UTC; one without a zone of its own is in that of the table."""
    if moodle := MOODLE.fullmatch(said):
        day, clock = moodle.groups()
        try:
            said = datetime.strptime(f"{day} {clock.replace(' ', '')}", "%d %B %Y %I:%M%p").isoformat(" ")
        except ValueError:  # no such day, or a month in another language
            return None
    elif WITHOUT_SECONDS.fullmatch(said):
        said += ":00"
    return parse_time(f"{said} {zone}") or parse_time(said)


def refuse(table: str, student: str, said: str) -> str:
    wanted = "a time such as 2026-12-01 23:59:00, or Tuesday, 1 December 2026, 11:59 PM"
    raise RosterError(f"{table}: {printable(student)} should have {wanted}, but has {printable(said)!r}.")
