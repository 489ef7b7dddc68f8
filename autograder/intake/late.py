"""When a submission was handed in, and what being late costs: the rubric's `[late]`, off by default."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:  # what writes a result imports this, and has to start where NumPy is missing
    from ..course.adjust import Extension
    from ..course.rubric import LateRule

TIMESTAMP = "timestamp.txt"  # nbgrader's, beside what was handed in
WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.]\d{1,9})?(?:\s*([\w+:/-]{1,40}))?")
OFFSET = re.compile(r"([+-]\d\d):?(\d\d)?")
# What programs abbreviate zones to, in hours from UTC.  Of those with several meanings, these: BST is British,
# IST Indian, CST, EST and their like North American.
ZONES = {
    **{"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2},
    **{"EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "WAT": 1, "CAT": 2, "EAT": 3},
    **{
        "NST": -3.5,
        "NDT": -2.5,
        "AST": -4,
        "ADT": -3,
        "EST": -5,
        "EDT": -4,
        "CST": -6,
        "CDT": -5,
        "MST": -7,
        "MDT": -6,
    },
    **{"PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10},
    **{"PKT": 5, "IST": 5.5, "WIB": 7, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9},
    **{"AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13},
}
WORD = (
    f"When this was handed in stands in {TIMESTAMP} beside it: nbgrader writes that file where it collects; where"
    " uploads are unpacked by hand it may be the student's own."
)

DATED = "When this was handed in is from submission_metadata.yml, which Gradescope writes."
UNREAD = f"{TIMESTAMP} holds no time such as 2026-12-01 23:59:00 UTC, so when this was handed in is not known."


@dataclass(frozen=True)
class Lateness:
    """What being late costs: `days` begun since it was due (ISO text) and grace ended, `penalty` in points."""

    due: str
    days: int
    penalty: float
    free_days: int = 0  # of the days, those that cost nothing: off the budget
    reason: str | None = None  # why this student has another due date, budget or time


def parse_time(text: str) -> str | None:
    """The time that nbgrader or Gradescope wrote, as ISO text in UTC, in whole seconds; None where it is none.

    A zone may be a name (`Europe/Berlin`), one of ZONES or an offset; without one it is UTC, as in nbgrader.
    """
    found = WRITTEN.fullmatch(text.strip())
    if not found:
        return None
    day, clock, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day} {clock}")
        return moment.replace(tzinfo=_zone(zone)).astimezone(timezone.utc).isoformat()
    except (ValueError, KeyError, OSError, OverflowError):  # no such day or zone
        return None


def _zone(name: str | None) -> tzinfo:
    hours = ZONES.get((name or "UTC").upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    assert name is not None
    if offset := OFFSET.fullmatch(re.sub("^(UTC|GMT)", "", name)):
        return timezone(timedelta(hours=int(offset[1]), minutes=int(f"{name[name.index(offset[1])]}{offset[2] or 0}")))
    return ZoneInfo(name)


def lateness(
    submitted: str | None, earned: float, rule: LateRule | None, extension: Extension | None = None
) -> Lateness | None:
    """Days begun since it was due, and the points that they cost.

    `submitted` is ISO text, `earned` is score and bonus together.  None without a rule or a time.
    """
    if rule is None or submitted is None:
        return None
    due = extension.due if extension and extension.due else rule.due
    budget = rule.free_days if extension is None or extension.free_days is None else extension.free_days
    over = datetime.fromisoformat(submitted) - due - timedelta(minutes=rule.grace_minutes)
    days = max(0, math.ceil(over / timedelta(days=1)))
    free = min(days, budget)
    percent = min((days - free) * rule.percent_per_day, rule.max_percent)
    return Lateness(
        due.isoformat(), days, round(earned * percent / 100, 2), free, extension.reason if extension else None
    )
