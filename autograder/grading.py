"""Grades submissions: the checks run here, the student's code runs in the sandbox."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from time import perf_counter
from typing import Any

import numpy as np

from . import RELEASE
from .checks.engine import Engine
from .checks.student import METHOD_CPU, TRAINING_CPU, Student
from .course import check_functions, course
from .leash import end_with_parent, end_with_run, remove_orphans
from .results import kit_failure, load_problem, result
from .sandbox import Child, Sandbox, SandboxError, Worker
from .sandbox.process import NOT_STARTED
from .secret import seed
from .submissions import Submission

SUBMISSION_CPU = 240.0  # seconds for all calls and trainings of one submission
GRADING_WALL = 3600  # seconds, a last resort: the deadlines of calls end a submission before


class Room:
    """One submission's processes in the sandbox: a fresh one for each task, and after each that dies."""

    def __init__(self, worker: Worker):
        self._worker, self._spent = worker, 0.0
        self._child: Child | None = None
        self._trained: dict[int, float] = {}

    def begin(self, task: str) -> None:
        if self._child is not None:
            self._spent += self._child.cpu
            self._child.close()
        self._child, self._trained = None, {}

    def student(self) -> Student:
        if self._child is None or not self._child.alive:
            self.begin("")
            self._child = self._worker.fork()
        return Student(self.ask)

    def ask(self, header: dict, arrays: list[np.ndarray], method: str) -> tuple[dict, list[np.ndarray]]:
        """One request, within what is left of the time for the call, the training and the submission."""
        child = self._child
        assert child is not None
        network = header.get("on", -1)
        limit = TRAINING_CPU - self._trained.get(network, 0.0) if method == "train" else METHOD_CPU
        left = SUBMISSION_CPU - self._spent - child.cpu
        before = child.cpu
        reply, returned = child.ask(header, arrays, max(min(limit, left), 0.01))
        if method == "train":
            self._trained[network] = self._trained.get(network, 0.0) + child.cpu - before
        if "timeout" in reply:
            reply = {"timeout": TRAINING_CPU if method == "train" else METHOD_CPU}
            if left < limit:
                reply = {"crashed": f"the {SUBMISSION_CPU:.0f} s for the whole submission are used up"}
        return reply, returned


@cache
def given_files() -> dict[str, bytes]:
    """The released package, as students have it."""
    return {path.name: path.read_bytes() for path in sorted((RELEASE / "backprop").glob("*.py"))}


def grade(submission: Submission, sandbox: Sandbox) -> dict[str, Any]:
    """The result of one submission, in the form that `results.json` has."""
    began = perf_counter()
    engine: Engine | None = None
    reason = submission.reason
    if reason is None:
        with Worker(sandbox) as worker:
            reply = worker.load({**given_files(), **submission.files}, METHOD_CPU)
            if reply.get("crashed") == NOT_STARTED:
                raise SandboxError(f"{NOT_STARTED} ({worker.complaint() or 'it gave no reason'})")
            reason = load_problem(reply, submission.source)
            if reason is None:
                room = Room(worker)
                engine = Engine(course(), room)
                run_checks(engine)
                room.begin("")
    return result(submission, sandbox.name, engine, reason, perf_counter() - began)


def run_checks(engine: Engine) -> None:
    """Every check on every variant of its data."""
    engine.run_all(check_functions().values())
    engine.kit_errors += [f"the task {task} has no check" for task, done in engine.results.items() if not done]


def grade_apart(submission: Submission, sandbox: Sandbox) -> dict[str, Any]:
    """Grade in a forked process, so that nothing of one grading reaches the next; JSON comes back."""
    course(), seed()  # what is wrong with them is said here, once
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        end_with_parent()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(GRADING_WALL)
        try:
            os.close(read_end)
            try:
                graded = grade(submission, sandbox)
            except BaseException as error:
                graded = kit_failure(submission, sandbox.name, error)
            with os.fdopen(write_end, "wb") as stream:
                stream.write(json.dumps(graded).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    if not text:
        return kit_failure(submission, sandbox.name, RuntimeError(f"the grading process ended with status {status}"))
    return json.loads(text)


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """`jobs` processes on this machine, forked from one that has the checks imported."""
    remove_orphans()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.forkserver"])
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=end_with_run)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class Crew:
    """Who grades: `grade`, run by `executor`, gives the result of a submission, or its JSON."""

    executor: Executor
    grade: Callable[[Submission], dict[str, Any] | str]
    sandboxes: tuple[str, ...]  # the names of those in use
    window: int  # submissions under way at most


@contextmanager
def local_crew(sandbox: Sandbox, jobs: int) -> Iterator[Crew]:
    """`jobs` processes on this machine."""
    with processes(jobs) as executor:
        yield Crew(executor, partial(grade_apart, sandbox=sandbox), (sandbox.name,), 2 * jobs)


def grade_all(submissions: Iterable[Submission], crew: Crew) -> Iterator[tuple[Submission, dict[str, Any]]]:
    """Submissions with their results as they come; the next one is read when there is room for it."""
    under_way: dict[Future, Submission] = {}
    waiting = iter(submissions)
    exhausted = False
    while under_way or not exhausted:
        while not exhausted and len(under_way) < crew.window:
            submission = next(waiting, None)
            if submission is None:
                exhausted = True
            else:
                job = crew.executor.submit(crew.grade, replace(submission, notebook=None))
                under_way[job] = submission
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in done:
            submission = under_way.pop(future)
            if error := future.exception():
                yield submission, kit_failure(submission, crew.sandboxes[0], error)
            else:
                found = future.result()
                yield submission, json.loads(found) if isinstance(found, str) else found
