"""The visible checks' data as a file: what the right network answers, and what each known mistake does.

It holds arrays only, none of the code that made them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from .case import Expected, Mistake, Seen, difference
from .check import Check, RubricTask
from .runner import Course, Proxy
from .subject import Subject

FILE, PARTS = "expected.npz", ("judged", "evidence", "recalled")


def save(path: Path, course: Course, checks: Iterable[Check], subject: Subject, proxy: str = "") -> None:
    """Write the visible part of `course` to `path`; the same bytes for the same course.

    `proxy` is the package beside this one whose PROXY the checks ask by.
    """
    numbers: list[np.ndarray] = []
    count = 0

    def stored(value: Any) -> Any:
        nonlocal count
        if isinstance(value, float):
            return float(f"{value:.12g}")  # so that another machine's last bits change nothing
        if not isinstance(value, np.ndarray):
            return value
        numbers.append(np.asarray(value, dtype=np.float64).ravel())
        count += value.size
        return {"from": count - value.size, "shape": list(value.shape)}

    def changed(right: Mapping[str, Any], wrong: Mapping[str, Any]) -> dict[str, Any]:
        """What of these values is not as in `right`; None where it is not there."""
        other = {name: stored(v) for name, v in wrong.items() if difference(name, right.get(name), v, True)}
        return other | {name: None for name in right if name not in wrong}

    checks = list(checks)
    right, wrong = {}, {}
    for check in checks:
        expected = course.expected(check, "visible") if check.compared else None
        if expected is not None:
            own = vars(expected.right)
            right[check.id] = {part: {name: stored(v) for name, v in own[part].items()} for part in PARTS}
            wrong[check.id] = {
                mistake: {part: changed(own[part], vars(seen)[part]) for part in PARTS} | {"raised": seen.raised}
                for mistake, seen in expected.wrong.items()
            }
    mistakes = course.mistakes.values()
    index = {
        "subject": asdict(subject),
        "proxy": proxy,
        "tasks": [asdict(task) for task in course.tasks],
        "mistakes": {m.name: [m.equation, m.says, list(m.charged), m.untried] for m in mistakes},
        "settings": {check.id: dict(course.setting(check, "visible")) for check in checks},
        "seed": course.seed("visible"),
        "right": right,
        "wrong": wrong,
    }
    text = np.frombuffer(json.dumps(index, sort_keys=True).encode(), dtype=np.uint8)
    np.savez_compressed(path, index=text, numbers=np.concatenate(numbers))


def tasks_in(path: Path) -> list[RubricTask]:
    """The tasks that `save` wrote."""
    with np.load(path) as file:
        return [RubricTask(**task) for task in json.loads(bytes(file["index"]))["tasks"]]


def load(path: Path, proxy: Proxy | None = None) -> tuple[Course, Subject]:
    """The course that `save` wrote, and what it is about."""
    with np.load(path) as file:
        index, numbers = json.loads(bytes(file["index"])), file["numbers"]

    def restored(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        size = int(np.prod(value["shape"], dtype=int))
        return numbers[value["from"] : value["from"] + size].reshape(value["shape"])

    def expected(check: Check, variant: str) -> Expected:
        right = {part: {n: restored(v) for n, v in values.items()} for part, values in index["right"][check.id].items()}

        def find_wrong() -> dict[str, Seen]:
            wrong = {}
            for mistake, changed in index["wrong"][check.id].items():
                values = {part: right[part] | {n: restored(v) for n, v in changed[part].items()} for part in PARTS}
                there = {part: {n: v for n, v in own.items() if v is not None} for part, own in values.items()}
                wrong[mistake] = Seen(there["judged"], there["evidence"], there["recalled"], changed["raised"])
            return wrong

        return Expected(Seen(right["judged"], right["evidence"], right["recalled"]), find_wrong)

    if proxy is None and index["proxy"]:
        beside = (__package__ or "").rpartition(".")[0]
        proxy = import_module(f"{beside}.{index['proxy']}").PROXY
    course = Course(
        tasks=[RubricTask(**task) for task in index["tasks"]],
        variants=("visible",),
        expected=expected,
        mistakes={name: Mistake(name, m[0], {}, m[1], tuple(m[2]), m[3]) for name, m in index["mistakes"].items()},
        setting=lambda check, variant: index["settings"].get(check.id, {}),
        seed=lambda variant: index["seed"],
        proxy=proxy or Proxy(),
    )
    return course, Subject(**index["subject"])
