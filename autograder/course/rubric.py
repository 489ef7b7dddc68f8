"""Points, tasks and what the training checks start from: `rubric.toml` and `settings.toml`.

Each field below says what it should hold; what holds something else is refused in one sentence made of that.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from msgspec import Meta

from .. import ROOT
from ..engine.check import checks_in
from ..errors import KitError
from ..text import printable, reason_of
from .model import assignment
from .names import LINE, NAME
from .seed import BadSeed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_SHOWN = 80  # characters of what came
T = TypeVar("T")


class BadRubric(KitError):
    """The rubric or the settings cannot be used; one sentence that names the file, the field and the mend."""


# An int stays one: so points are shown as they are written.
Points = Annotated[int, Meta(gt=0, le=10_000)] | Annotated[float, Meta(gt=0, le=10_000)]
Share = Annotated[int, Meta(gt=0, le=1)] | Annotated[float, Meta(gt=0, le=1)]
Percent = Annotated[int, Meta(ge=0, le=100)] | Annotated[float, Meta(ge=0, le=100)]
Seed = Annotated[int, Meta(ge=0, lt=1 << 32)]
Minutes = Annotated[int, Meta(ge=0, le=10_080, description="whole minutes, 0 to 10080")]
FreeDays = Annotated[int, Meta(ge=0, le=365, description="a whole number of days, 0 to 365")]
TaskName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,100}\Z")]  # a hyphen begins the rest of a cell's name
Name = Annotated[str, Meta(pattern=NAME)]
Line = Annotated[str, Meta(pattern=LINE)]
Switch = Annotated[bool, Meta(description="true or false, without quotes")]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class TaskEntry:
    """A `[[task]]` of the rubric."""

    id: Annotated[TaskName, Meta(description='a name of letters, digits and _, such as "part1"')]
    title: Annotated[Line, Meta(description='a line of text in quotes, such as "Part 1"')]
    points: Annotated[Points, Meta(description="a number above 0, at most 10000, without quotes")]
    bonus: Switch = False
    enabled: Switch = True
    hint: Annotated[str, Meta(description='text in quotes, such as "Print the shapes."')] = ""
    # Up to so many parameters earns so large a share of the points.
    size_shares: Annotated[
        Sequence[tuple[Annotated[int, Meta(ge=1)], Share]],
        Meta(description="a list of [largest size, share from 0 to 1], such as [[70, 1.0], [110, 0.8]], sizes rising"),
    ] = ()


@dataclass(frozen=True)
class LateRule:
    """What being late costs: the rubric's `[late]`."""

    due: Annotated[datetime, Meta(tz=True, description="a date with time and zone, such as 2026-12-01T23:59:00+01:00")]
    percent_per_day: Annotated[Percent, Meta(description="0 to 100, of what was earned, for each day begun")]
    grace_minutes: Minutes = 0  # by which nobody is late
    free_days: FreeDays = 0  # that each student may be late without cost: the budget
    max_percent: Annotated[Percent, Meta(description="0 to 100, the most that being late costs")] = 100


@dataclass(frozen=True)
class RubricFile:
    task: Annotated[Rows, Meta(min_length=1, description="tables that each begin with the line [[task]]")]
    late: Any = None
    assignment: Annotated[Name, Meta(description='a name of letters, digits, _ and -, such as "hw1"')] | None = None
    title: Annotated[Line, Meta(description='a line of text in quotes, such as "Homework 3"')] | None = None
    course: Annotated[Line, Meta(description='a line of text in quotes, such as "CS 101, autumn"')] | None = None


@dataclass(frozen=True)
class Rubric:
    """The tasks that are graded, in order, and what being late costs."""

    tasks: Sequence[TaskEntry]
    late: LateRule | None = None


@dataclass(frozen=True)
class CheckSettings:
    """What a check starts from; the first visible row is the students' own."""

    visible: Annotated[Rows, Meta(min_length=2, description="a list of at least two rows { ... }, the first for home")]
    hidden: Annotated[Rows, Meta(min_length=1, description="a list of at least one row { ... }")]

    def rows(self, variant: str) -> Rows:
        return self.visible if variant == "visible" else self.hidden


@dataclass(frozen=True)
class Starts:
    """What every row holds one of, beside what the check asks for."""

    start: Annotated[list[Seed], Meta(min_length=1, description="a list of seeds, such as [1, 2, 6]")] | None = None
    starts: (
        Annotated[list[Seed], Meta(min_length=5, description="a list of at least 5 seeds, such as [1, 2, 6, 8, 9]")]
        | None
    ) = None


@cache
def rubric() -> Rubric:
    """The assignment's `rubric.toml`."""
    return read_rubric(assignment().folder / "rubric.toml")


@cache
def settings() -> dict[str, CheckSettings]:
    """The assignment's `settings.toml`, by check; empty where there is none."""
    path = assignment().folder / "settings.toml"
    return read_settings(path) if path.exists() else {}


def read_rubric(path: Path) -> Rubric:
    """The rubric without the tasks that are switched off; BadRubric where it cannot be used."""
    file, table = named(path), read_toml(path)
    if "seed" in table:
        raise BadSeed(f"{file}: take out the line `seed = ...`; the kit draws a hidden seed by itself.")
    whole = checked(RubricFile, table, file)
    tasks = [checked(TaskEntry, row, f"{file}, {task_named(row, n)}") for n, row in enumerate(whole.task, 1)]
    known, taken = list(dict.fromkeys(check.task.id for check in checks_in(assignment().checks).values())), set[str]()
    for task in tasks:
        where = f"{file}, task {task.id}"
        if task.id in taken:
            raise BadRubric(f"{where}: there are two tasks with this id; take one out, or give it its own id.")
        taken.add(task.id)
        sizes = [size for size, _ in task.size_shares]
        if sizes != sorted(set(sizes)):
            raise BadRubric(f"{where}: size_shares should be {described(TaskEntry, 'size_shares')}, but is {sizes}.")
        if task.enabled and task.id not in known:
            raise BadRubric(
                f"{where}: no check belongs to this task{nearest(task.id, known)}; take it out, or mend its id."
            )
    graded = [task for task in tasks if task.enabled]
    if not graded:
        raise BadRubric(f"{file}: every task is switched off; take out `enabled = false` where students should work.")
    late = None if whole.late is None else checked(LateRule, whole.late, f"[late] in {file}")
    return Rubric(graded, late)


def read_settings(path: Path) -> dict[str, CheckSettings]:
    """By check the rows to choose from; BadRubric where they cannot be used."""
    file, known = named(path), checks_in(assignment().checks)
    found = {}
    for check, table in read_toml(path).items():
        where = f'{file}, ["{printable(check)}"]'
        if check not in known:
            raise BadRubric(f"{where}: there is no such check{nearest(check, known)}; mend the name, or take it out.")
        found[check] = checked(CheckSettings, table, where)
        first = found[check].visible[0]
        for variant in ("visible", "hidden"):
            for number, row in enumerate(found[check].rows(variant), 1):
                refuse_row(row, first, f"{where}, {variant} row {number}")
    return found


def refuse_row(row: Mapping[str, Any], first: Mapping[str, Any], where: str) -> None:
    kinds = {name: row[name] for name in ("start", "starts") if name in row}
    if len(kinds) != 1:
        raise BadRubric(f"{where} should have either start or starts, but has {'both' if kinds else 'neither'}.")
    checked(Starts, kinds, where)
    for name in [*(first.keys() - row.keys()), *(row.keys() - first.keys())]:
        lacks = "lacks" if name in first else "has"
        raise BadRubric(f"{where} {lacks} {printable(name)}, unlike the first visible row: give all the same.")


def read_toml(path: Path) -> dict[str, Any]:
    file = named(path)
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        table: dict[str, Any] = tomllib.loads(text)
        return table
    except FileNotFoundError:
        raise BadRubric(f"{file} is missing: put it back, from git or from a copy.") from None
    except OSError as error:
        raise BadRubric(f"{file} cannot be read ({error.strerror}): see to its rights.") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadRubric(f"{file} should be UTF-8 text, but is not in line {line}: save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:  # of a number with thousands of digits, of brackets as many
        why = reason_of(error).replace("at end of document", f"at line {len(text.splitlines())}, the last one")
        raise BadRubric(f"{file} should be TOML, but cannot be read as that: {why}; mend it there.") from None


def checked(kind: type[T], table: Any, where: str) -> T:
    """The table as this dataclass; BadRubric, which begins with `where`, for the first field that is wrong."""
    hints = get_type_hints(kind, include_extras=True)
    if not isinstance(table, dict):
        raise BadRubric(f"{where} should be a table with {', '.join(hints)}, but is {shown(table)}.")
    for name in table:
        if name not in hints:
            known = f"the fields are {', '.join(hints)}"
            raise BadRubric(f"{where}: there is no field {printable(name)}{nearest(name, hints)}; {known}.")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.default is MISSING and field.name not in table:
            raise BadRubric(f"{where}: {field.name} is missing; it should be {described(kind, field.name)}.")
    values = {}
    for name, value in table.items():
        try:
            values[name] = msgspec.convert(value, hints[name], builtin_types=(datetime, date, time))
        except msgspec.ValidationError:
            wanted = described(kind, name)
            raise BadRubric(f"{where}: {name} should be {wanted}, but is {shown(value)}.") from None
    return kind(**values)


def described(kind: type, name: str) -> str:
    """What a field should hold, in words."""
    hint = get_type_hints(kind, include_extras=True)[name]
    parts = [hint, *getattr(hint, "__args__", ())]
    found = (meta.description for part in parts for meta in getattr(part, "__metadata__", ()) if meta.description)
    return str(next(found))


def task_named(row: Mapping[str, Any], number: int) -> str:
    name = row.get("id")
    return f"task {printable(name)}" if isinstance(name, str) and name.strip() else f"task number {number}"


def nearest(name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    close = get_close_matches(name, list(known), 1) or [one for one in known if one.casefold() == name.casefold()]
    return f" (is {close[0]} meant?)" if close else ""


def named(path: Path) -> str:
    """The file as people find it."""
    return printable(str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path))


def shown(value: Any) -> str:
    """What came, as TOML writes it if that is a text or a date, on a line of bounded length."""
    text = printable(str(value) if isinstance(value, datetime | date | time) else repr(value))
    text = {"True": "true", "False": "false"}.get(text, text)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
