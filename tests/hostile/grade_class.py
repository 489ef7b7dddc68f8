"""Grades a class by the kit's own command line, in a copy of the kit, and says what is left running afterwards.

    python grade_class.py LEFT GRADE-ARGUMENTS...

The limits of time are shorter than usual, so that what never ends does not take long.  This process adopts
whatever its descendants leave behind; LEFT becomes the list of their command lines.
"""

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from autograder.__main__ import main
from autograder.course.reference import checks, course, expected
from autograder.grading import pool, runtime, submission

LIMITS = {"METHOD_CPU": 0.5, "TRAINING_CPU": 6.0, "SUBMISSION_CPU": 12.0}
SET_CHILD_SUBREAPER = 36  # prctl's number
PATIENCE = 5.0  # seconds for what was killed to be gone


class Impatient(Executor):
    """Gives its jobs to another executor, with LIMITS in force there."""

    def __init__(self, executor: Executor):
        self._executor = executor

    def submit(self, job: Callable, /, *args: Any, **options: Any) -> Future:
        return self._executor.submit(within_limits, job, *args, **options)


@cache
def know_mistakes() -> None:
    """Work out here, once, what each submission's process would work out anew: what the known mistakes answer."""
    for name, check in checks().items():
        for variant in course().variants if check.compared else ():
            assert expected(name, variant).wrong is not None


def within_limits(job: Callable, *args: Any) -> Any:
    know_mistakes()
    for name, seconds in LIMITS.items():
        using = [module for module in (runtime, submission) if hasattr(module, name)]
        assert runtime in using
        for module in using:
            setattr(module, name, seconds)
    return job(*args)


def descendants() -> dict[int, str]:
    """Command lines of all living processes that this one has started, at whatever remove; by number."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except (OSError, ValueError):
            continue
        if folder.name.isdigit():
            parents[int(folder.name)] = int(parent)
            if state != "Z":
                commands[int(folder.name)] = command
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: commands[pid] for pid in found - {os.getpid()} if pid in commands}


def left_running(before: dict[int, str]) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while (left := {pid: c for pid, c in descendants().items() if pid not in before}) and time.monotonic() < deadline:
        time.sleep(0.05)
    return sorted(left.values())


def run(left: str, *arguments: str) -> int:
    processes = pool.processes

    @contextmanager
    def impatient(jobs: int) -> Iterator[Executor]:
        with processes(jobs) as executor:
            yield Impatient(executor)

    assert ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    with processes(1) as executor:  # starts the server of forks, which stays
        executor.submit(os.getpid).result()
    before = descendants()
    pool.processes = impatient
    try:
        return main(["grade", *arguments])
    finally:
        Path(left).write_text(json.dumps(left_running(before)))


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
