"""The visible checks' data as a file: what the right network answers, and what each known mistake does.

It holds arrays only, none of the code that made them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from .case import Expected, Mistake, Seen, agree
from .check import Check, RubricTask
from .runner import Course, Proxy
from .subject import Subject

FILE, PARTS = "expected.npz", ("judged", "evidence", "recalled")

Changed = Callable[[str, Any, Any], bool]  # of two values of this name, whether the second has to be stored, too


class Store:
    """Expected values as JSON, with their arrays side by side in one of float64."""

    def __init__(
        self, changed: Changed, stored: Callable[[Any], Any], coarse: Callable[[Any], Any] = lambda value: value
    ):
        self._changed, self._stored, self._coarse = changed, stored, coarse
        self._numbers, self._count = [np.zeros(0)], 0

    @property
    def numbers(self) -> np.ndarray:
        return np.concatenate(self._numbers)

    def right(self, seen: Seen) -> dict[str, Any]:
        return {part: {name: self._value(v) for name, v in vars(seen)[part].items()} for part in PARTS}

    def wrong(self, expected: Expected) -> dict[str, Any]:
        """By mistake, what is not as in `right`; {} where it is not there."""
        own = vars(expected.right)
        return {
            mistake: {part: self._other(own[part], vars(seen)[part]) for part in PARTS} | {"raised": seen.raised}
            for mistake, seen in expected.wrong.items()
        }

    def _other(self, right: Mapping[str, Any], wrong: Mapping[str, Any]) -> dict[str, Any]:
        other: dict[str, Any] = {name: {} for name in right if name not in wrong}
        for name, value in wrong.items():
            if name not in right or self._changed(name, right[name], value):
                other[name] = self._value(self._coarse(value))
        return other

    def _value(self, value: Any) -> Any:
        value = self._stored(value)
        if not isinstance(value, np.ndarray):
            return value
        self._numbers.append(np.asarray(value, dtype=np.float64).ravel())
        self._count += value.size
        return {"from": self._count - value.size, "shape": list(value.shape)}


def restored(right: Mapping[str, Any], wrong: Callable[[], Mapping[str, Any]], numbers: np.ndarray) -> Expected:
    """What `Store` has made of an Expected, as it was; `wrong` is asked for once it is needed."""

    def value(stored: Any) -> Any:
        if not isinstance(stored, dict):
            return stored
        size = int(np.prod(stored["shape"], dtype=int))
        return numbers[stored["from"] : stored["from"] + size].reshape(stored["shape"])

    true: dict[str, Any] = {part: {name: value(v) for name, v in values.items()} for part, values in right.items()}

    def find_wrong() -> dict[str, Seen]:
        found = {}
        for mistake, changed in wrong().items():
            there: dict[str, Any] = {}
            for part in PARTS:
                kept = {name: v for name, v in true[part].items() if changed[part].get(name) != {}}
                there[part] = kept | {name: value(v) for name, v in changed[part].items() if v != {}}
            found[mistake] = seen(there, changed["raised"])
        return found

    return Expected(seen(true), find_wrong)


def seen(parts: Mapping[str, dict[str, Any]], raised: str = "") -> Seen:
    judged, evidence, recalled = (parts[part] for part in PARTS)
    return Seen(judged, evidence, recalled, raised)


def save(path: Path, course: Course, checks: Iterable[Check], subject: Subject, proxy: str = "") -> None:
    """Write the visible part of `course` to `path`; the same bytes for the same course.

    `proxy` is the package beside this one whose PROXY the checks ask by.
    """
    store = Store(lambda name, right, wrong: not agree(right, wrong), rounded, coarse)
    checks = list(checks)
    right, wrong = {}, {}
    for check in checks:
        expected = course.expected(check, "visible") if check.compared else None
        if expected is not None:
            right[check.id], wrong[check.id] = store.right(expected.right), store.wrong(expected)
    mistakes = course.mistakes.values()
    index = {
        "subject": asdict(subject),
        "proxy": proxy,
        "tasks": [asdict(task) for task in course.tasks],
        "mistakes": {
            m.name: [m.equation, list(m.replaces), m.says, list(m.charged), m.untried, dict(m.beside)] for m in mistakes
        },
        "settings": {check.id: dict(course.setting(check, "visible")) for check in checks},
        "seed": course.seed("visible"),
        "right": right,
        "wrong": wrong,
    }
    text = np.frombuffer(json.dumps(index, sort_keys=True).encode(), dtype=np.uint8)
    np.savez_compressed(path, index=text, numbers=store.numbers)


def rounded(value: Any) -> Any:
    return float(f"{value:.12g}") if isinstance(value, float) else value  # another machine's last bits change nothing


def coarse(value: Any) -> Any:
    """With 26 bits of 53, a part in 7e7: answers are held against it to one in 1e6, and zeros pack well."""
    if not isinstance(value, np.ndarray):
        return value
    mantissa, exponent = np.frexp(value)
    return np.ldexp(np.round(mantissa * (1 << 26)) / (1 << 26), exponent)


def tasks_in(path: Path) -> list[RubricTask]:
    """The tasks that `save` wrote."""
    with np.load(path) as file:
        return [RubricTask(**task) for task in json.loads(bytes(file["index"]))["tasks"]]


def load(path: Path, proxy: Proxy | None = None) -> tuple[Course, Subject]:
    """The course that `save` wrote, and what it is about."""
    with np.load(path) as file:
        index, numbers = json.loads(bytes(file["index"])), file["numbers"]

    def expected(check: Check, variant: str) -> Expected:
        return restored(index["right"][check.id], lambda: index["wrong"][check.id], numbers)

    if proxy is None and index["proxy"]:
        beside = (__package__ or "").rpartition(".")[0]
        proxy = import_module(f"{beside}.{index['proxy']}").PROXY
    course = Course(
        tasks=[RubricTask(**task) for task in index["tasks"]],
        variants=("visible",),
        expected=expected,
        mistakes={
            name: Mistake(name, m[0], dict.fromkeys(m[1]), m[2], tuple(m[3]), *m[4:])
            for name, m in index["mistakes"].items()
        },
        setting=lambda check, variant: index["settings"].get(check.id, {}),
        seed=lambda variant: index["seed"],
        proxy=proxy or Proxy(),
    )
    return course, Subject(**index["subject"])
