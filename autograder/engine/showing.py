"""What a student's own run shows in a terminal: a line and a bar for each task, then what to mend first."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from .calls import CallFailed, WrongForm, described
from .check import RubricTask
from .history import told
from .outcome import WRONG, CheckResult, Status
from .runner import Engine, at
from .subject import Subject

MARKS = {Status.PASSED: "ok", Status.PARTIAL: "part", Status.UNTRIED: "todo", Status.BLOCKED: "wait"}
COLOURS = {"ok": "32", "part": "33", "FAIL": "31", "todo": "2", "wait": "2"}  # of ECMA-48: green, yellow, red, faint
BOLD = "1"
BAR = 10  # characters
WIDTH = 100
TO_DO = (*WRONG, Status.PARTIAL, Status.UNTRIED)

Results = Sequence[CheckResult]


class Screen:
    """Prints to a stream with what it can show: colours in a terminal that has them, blocks where they are encoded."""

    def __init__(self, stream: TextIO | None):
        self._stream = stream
        self._colours = has_colours(stream)
        try:
            "█░".encode(getattr(stream, "encoding", None) or "ascii")
            self._full, self._empty = "█", "░"
        except UnicodeError:
            self._full, self._empty = "#", "."
        self._width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)

    def say(self, text: str = "", indent: str = "") -> None:
        """A paragraph, or a line of its own for each line of `text`."""
        lines = [
            textwrap.fill(line, self._width, initial_indent=indent, subsequent_indent=indent)
            for line in text.split("\n")
        ]
        print("\n".join(lines), file=self._stream)

    def line(self, text: str) -> None:
        """One line, cut where the screen ends."""
        print(
            text if len(text) <= self._width else text[: self._width - 4].rsplit(" ", 1)[0] + " ...", file=self._stream
        )

    def painted(self, text: str, colour: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._colours else text

    def task_lines(self, tasks: Sequence[RubricTask], results: Mapping[str, Results]) -> None:
        """A line for each task that was looked at: its mark, its points so far, and a bar of them."""
        seen = [task for task in tasks if results[task.id]]
        named = [f"{task.title} ({task.id})" for task in seen]
        longest = max(map(len, named), default=0)
        for task, name in zip(seen, named, strict=True):
            earned, most = totals(results[task.id])
            full = round(BAR * earned / most) if most else BAR
            bar = self._full * full + self._empty * (BAR - full)
            mark = task_mark(results[task.id])
            earning = f"{self.painted(bar, COLOURS[mark])} {earned:g} of {most:g} points"
            print(f"{self.mark(mark)} {name:{longest}} {earning}", file=self._stream)

    def checks(self, task: RubricTask, results: Results) -> None:
        """Every check of a task, with what it says."""
        earned, most = totals(results)
        print(f"\n{self.painted(f'{task.title} ({task.id})', BOLD)}: {earned:g} of {most:g} points", file=self._stream)
        said = set()
        for result in results:
            print(f"  {self.mark(mark_of(result))} {result.title}", file=self._stream)
            if result.message and result.message not in said:  # a reason that holds for several is said once
                self.say(result.message, " " * 11)
                said.add(result.message)

    def to_mend(self, task: RubricTask, result: CheckResult) -> None:
        """One check that fails, in full."""
        lost = f"{round(result.max_points - result.points, 2):g} of {result.max_points:g} points"
        self.say(f"\nMend first: {task.title} - {result.title} ({lost})")
        self.say(result.message, "  ")

    def mark(self, mark: str) -> str:
        return f"[{self.painted(f'{mark:^6}', COLOURS[mark])}]"


def has_colours(stream: TextIO | None) -> bool:
    """As no-color.org asks, and where the terminal says that it has them; None is what Python has for a closed one."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not (stream and stream.isatty()):
        return False
    if sys.platform == "win32":
        os.system("")  # makes the old console understand colours
    return True


def mark_of(result: CheckResult) -> str:
    return MARKS.get(result.status, "FAIL")


def task_mark(results: Results) -> str:
    """The worst of its checks; what is yet to be written only where nothing fails."""
    marks = [mark_of(result) for result in results]
    return next(mark for mark in ("FAIL", "part", "todo", "wait", "ok") if mark in marks)


def totals(results: Results) -> tuple[float, float]:
    """Points earned, and those that there are."""
    earned, most = (round(sum(getattr(result, name) for result in results), 2) for name in ("points", "max_points"))
    return earned, most


def first(
    tasks: Sequence[RubricTask], results: Mapping[str, Results], wrong: bool
) -> tuple[RubricTask, CheckResult] | None:
    """The first check that fails; or the first that the student can do something about, be it not written yet."""
    for task in tasks:
        for result in results.get(task.id, ()):
            if result.status in (WRONG if wrong else TO_DO):
                return task, result
    return None


def report(tasks: Sequence[RubricTask], engine: Engine, options: Any, subject: Subject, folder: Path) -> int:
    """Print a line for each task, the points, what has changed since the last run, what to mend, and what is next.

    `options` has `all`, `task` and `hint`.  Returns the exit status: 0 if all that was looked at passes, else 1.
    """
    screen, results = Screen(sys.stdout), engine.results
    screen.task_lines(tasks, results)
    for task in tasks:
        if results[task.id] and (options.all or options.task):
            screen.checks(task, results[task.id])
    summary = []
    for bonus in (False, True):
        earned, most = totals([result for task in tasks if task.bonus is bonus for result in results[task.id]])
        summary += [f"{earned:g} of {most:g}{' bonus points' * bonus}"] * bool(most)
    screen.say(f"\nPoints so far: {', and '.join(summary)}.")
    screen.say("(These checks carry 60 % of the points, graded with other numbers; their hidden twins carry the rest.)")
    for change in told(folder, [result for task in tasks for result in results[task.id]]):
        screen.line(change)
    for error in engine.kit_errors:
        screen.say(f"The kit itself failed, please tell your instructor: {error}")
    wrong, following = first(tasks, results, wrong=True), first(tasks, results, wrong=False)
    if wrong:
        screen.to_mend(*wrong)
    screen.say()
    if following is None:
        waiting = [result for task in tasks for result in results[task.id] if result.status == Status.BLOCKED]
        if waiting:
            screen.say(f"Nothing more can be checked here yet.\n{waiting[0].message}")
            screen.say("Next: mend that." + " `python check.py`, without --task, leads you to it." * bool(options.task))
            return 1
        where = f"{subject.package}/ ({', '.join(subject.files)})"
        screen.say(f"Everything here passes. Hand in what you worked on in {where}, or the notebook.")
        return 0
    task, result = following
    if following == wrong:
        screen.say("Next: mend that, and run this again." + " --all shows every check." * (not options.all))
    else:
        if task.bonus and not options.task:
            screen.say("All that is no bonus passes: you could hand in now.")
        screen.say(f"Next: {task.title} - {result.title}\n{result.message}")
    if options.hint:
        screen.say(f"Hint: {task.hint}" if task.hint else "There is no hint for this task.")
    return 1


def by_hand(steps: Iterator[tuple[str, Any, Any]]) -> int:
    """Print the handout's example beside the student's numbers, as far as they agree; 0 if all do, else 1."""
    screen = Screen(sys.stdout)
    try:
        for name, right, found in steps:
            same = agrees(right, found)
            screen.say(f"{screen.mark('ok' if same else 'FAIL')} {name:8} = {shown(right)}")
            if not same:
                screen.say(f"but yours is {shown(found)}", " " * 9)
                screen.say("Mend this one first: what follows is made of it.")
                return 1
    except (CallFailed, WrongForm) as failure:
        place = at(failure) if isinstance(failure, CallFailed) else ""
        mark = "todo" if getattr(failure, "kind", "") == "unwritten" else "FAIL"
        screen.say(f"{screen.mark(mark)} {getattr(failure, 'detail', failure)}{place}.")
        return 1
    screen.say("All as by hand. Next: `python check.py`.")
    return 0


def agrees(right: Any, found: Any) -> bool:
    """Whether these are the same numbers, to the four digits that there are by hand."""
    right = np.array(right, dtype=float)
    return (
        isinstance(found, np.ndarray)
        and found.shape == right.shape
        and found.dtype.kind in "fiu"
        and bool(np.all(np.abs(found - right) <= 0.51e-4))
    )


def shown(value: Any) -> str:
    """An array's rows in one line, to four digits."""
    if isinstance(value, list):
        value = np.array(value, dtype=float)
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.dtype.kind not in "fiu" or value.size > 8:
        return described(value)
    return (
        "[" + "; ".join(" ".join(f"{entry:.4f}".rstrip("0").rstrip(".") for entry in row) for row in value + 0.0) + "]"
    )
