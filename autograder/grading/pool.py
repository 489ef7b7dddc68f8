"""Grades many submissions side by side: who does it, in which order, and what is graded a second time."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import forkserver

from ..intake.submissions import Submission
from ..results.model import Result
from ..results.record import kit_failure
from ..sandbox import Sandbox
from ..sandbox.lifetime import end_with_run, remove_orphans
from .submission import Graded, grade_once, graded_from, once_more


def start_forkserver() -> None:
    """Start the process that all others are forked from; it makes itself ready while this one goes on."""
    multiprocessing.set_forkserver_preload(["autograder.grading.forkserver"])
    forkserver.ensure_running()


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """`jobs` processes on this machine, forked from one that has the checks imported."""
    remove_orphans()
    context = multiprocessing.get_context("forkserver")
    start_forkserver()
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=end_with_run)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class Crew:
    """Who grades: `grade`, run by `executor`, gives what came of a submission as JSON."""

    executor: Executor
    grade: Callable[[Submission], str]
    sandboxes: tuple[str, ...]  # the names of those in use
    window: int  # submissions under way at most


@contextmanager
def local_crew(sandbox: Sandbox, jobs: int) -> Iterator[Crew]:
    """`jobs` processes on this machine."""
    with processes(jobs) as executor:
        yield Crew(executor, partial(grade_here, sandbox=sandbox), (sandbox.name,), 2 * jobs)


def grade_here(submission: Submission, sandbox: Sandbox) -> str:
    return grade_once(submission, sandbox).json


def grade_all(submissions: Iterable[Submission], crew: Crew) -> Iterator[tuple[Submission, Result]]:
    """Submissions with their results as they come; the next one is read when there is room for it.

    Where a process was killed, the memory may have been taken by others: that submission is graded again, alone.
    """
    again: list[Submission] = []
    for submission, graded in in_turn(submissions, crew, crew.window):
        if graded.killed is not None:
            again.append(once_more(submission, graded.killed))
        else:
            yield submission, graded.result
    for submission, graded in in_turn(again, crew, 1):
        yield submission, graded.result


def in_turn(submissions: Iterable[Submission], crew: Crew, window: int) -> Iterator[tuple[Submission, Graded]]:
    """Submissions and their results, with so many under way at most."""
    under_way: dict[Future[str], Submission] = {}
    waiting = iter(submissions)
    exhausted = False
    while under_way or not exhausted:
        while not exhausted and len(under_way) < window:
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
                yield submission, Graded(kit_failure(submission, crew.sandboxes[0], error))
            else:
                yield submission, graded_from(future.result())
