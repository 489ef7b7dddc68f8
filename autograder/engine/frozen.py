"""The visible checks' data as a file: what the right network answers, and what each known mistake does.

It holds arrays only, none of the code that made them.
"""

import _thread
import json
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .answering import Answerer
from .calls import METHOD_CPU, TRAINING_CPU, Student, in_process
from .case import Expected, Mistake, difference
from .runner import Course

FILE = "expected.npz"
TOLD = ("id", "title", "points", "bonus", "hint")  # of a task, to students


def save(path: Path, course: Course, checks: Mapping[str, Any]) -> None:
    """Write the visible part of `course` to `path`; the same bytes for the same course."""
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

    right, wrong = {}, {}
    for check in checks.values():
        expected = course.expected(check, "visible") if check.compared else None
        if expected is None:
            continue
        right[check.id] = {name: stored(value) for name, value in expected.right.items()}
        wrong[check.id] = {
            mistake: {
                name: stored(v) for name, v in values.items() if difference(name, expected.right.get(name), v, True)
            }
            | {name: None for name in expected.right if name not in values}
            for mistake, values in expected.wrong.items()
        }
    index = {
        "tasks": [{name: task[name] for name in TOLD if name in task} for task in course.tasks],
        "mistakes": {m.name: [m.sentence, list(m.charged), m.untried] for m in course.mistakes.values()},
        "settings": {check.id: dict(course.setting(check, "visible")) for check in checks.values()},
        "seed": course.seed("visible"),
        "right": right,
        "wrong": wrong,
    }
    text = np.frombuffer(json.dumps(index, sort_keys=True).encode(), dtype=np.uint8)
    np.savez_compressed(path, index=text, numbers=np.concatenate(numbers))


def load(path: Path) -> Course:
    """The course that `save` wrote."""
    with np.load(path) as file:
        index, numbers = json.loads(bytes(file["index"])), file["numbers"]

    def restored(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        size = int(np.prod(value["shape"], dtype=int))
        return numbers[value["from"] : value["from"] + size].reshape(value["shape"])

    def expected(check: Any, variant: str) -> Expected:
        right = {name: restored(value) for name, value in index["right"][check.id].items()}

        def find_wrong() -> dict[str, dict[str, Any]]:
            wrong = {}
            for mistake, changed in index["wrong"][check.id].items():
                values = {**right, **{name: restored(value) for name, value in changed.items()}}
                wrong[mistake] = {name: value for name, value in values.items() if value is not None}
            return wrong

        return Expected(right, find_wrong)

    return Course(
        tasks=index["tasks"],
        variants=("visible",),
        expected=expected,
        mistakes={name: Mistake(name, m[0], tuple(m[1]), m[2]) for name, m in index["mistakes"].items()},
        setting=lambda check, variant: index["settings"].get(check.id, {}),
        seed=lambda variant: index["seed"],
    )


class Here:
    """A room in this very process, for a student's own run: nothing is isolated, endless loops are cut off."""

    def __init__(self, folder: Path):
        self.answerer = Answerer(str(folder))
        self.problem = self.answerer.load()
        self._ask = in_process(self.answerer)

    def begin(self, task: str) -> None:
        """Nothing to do: there is one process only."""

    def student(self) -> Student:
        return Student(self.ask)

    def ask(self, header: dict, arrays: list[np.ndarray], method: str) -> tuple[dict, list[np.ndarray]]:
        """Answer here, for at most the time that the grader gives."""
        if self.problem:
            return self.problem, []
        seconds = TRAINING_CPU if method == "train" else METHOD_CPU
        late = threading.Event()

        def interrupt() -> None:
            late.set()
            _thread.interrupt_main()

        timer = threading.Timer(seconds, interrupt)
        timer.daemon = True
        # Where SIGINT is ignored, as in a script's background jobs, an interrupt would do nothing.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        timer.start()
        try:
            reply, returned = self._ask(header, arrays, method)
        finally:
            timer.cancel()
            signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: not set from Python
        if late.is_set():
            return {"timeout": seconds}, []
        if reply.get("raised", {}).get("type") == "KeyboardInterrupt":
            raise KeyboardInterrupt
        return reply, returned
