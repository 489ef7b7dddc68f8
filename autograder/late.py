"""When a submission was handed in, and what being late costs: the rubric's `[late]`, off as it comes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

TIMESTAMP = "timestamp.txt"  # nbgrader's, beside what was handed in
WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.]\d{1,9})?(?:\s*([\w+:/-]{1,40}))?")
OFFSET = re.compile(r"([+-]\d\d):?(\d\d)")


class BadRule(Exception):
    """The rubric's `[late]` cannot be used; one sentence."""


@dataclass(frozen=True)
class LateRule:
    due: datetime  # with its time zone
    percent_per_day: float  # of what was earned, for each day begun


def late_rule(rubric: Mapping[str, Any]) -> LateRule | None:
    """The rule in the rubric; None where there is none, BadRule where it cannot be used."""
    if "late" not in rubric:
        return None
    table = rubric["late"]
    if not isinstance(table, dict) or set(table) != {"due", "percent_per_day"}:
        raise BadRule("[late] in autograder/rubric.toml should hold due and percent_per_day, and nothing else.")
    due, percent = table["due"], table["percent_per_day"]
    if not isinstance(due, datetime) or due.tzinfo is None:
        wanted = "a date with time and zone, such as 2026-12-01T23:59:00+01:00, without quotes"
        raise BadRule(f"due, in [late] of autograder/rubric.toml, should be {wanted}, but is {due!r}.")
    if isinstance(percent, bool) or not isinstance(percent, (int, float)) or not 0 <= percent <= 100:
        raise BadRule(f"percent_per_day, in [late] of autograder/rubric.toml, should be 0 to 100, but is {percent!r}.")
    return LateRule(due, float(percent))


def parse_time(text: str) -> str | None:
    """The time that nbgrader or Gradescope wrote, as ISO text in UTC, in whole seconds; None where it is none.

    A zone may be a name (`UTC`, `Europe/Berlin`) or an offset; without one it is UTC, as in nbgrader.
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
    if name is None or name in ("Z", "UTC"):
        return timezone.utc
    if offset := OFFSET.fullmatch(name):
        hours, minutes = int(offset[1]), int(f"{name[0]}{offset[2]}")
        return timezone(timedelta(hours=hours, minutes=minutes))
    return ZoneInfo(name)


def lateness(submitted: str | None, earned: float, rule: LateRule | None) -> dict[str, Any] | None:
    """What stands under `late` in a result: days begun since it was due, and the points that they cost.

    `submitted` is ISO text, `earned` is score and bonus together.  None without a rule or a time.
    """
    if rule is None or submitted is None:
        return None
    over = (datetime.fromisoformat(submitted) - rule.due) / timedelta(days=1)
    days = max(0, math.ceil(over))
    penalty = round(earned * min(1.0, days * rule.percent_per_day / 100), 2)
    return {"due": rule.due.isoformat(), "days": days, "penalty": penalty}
