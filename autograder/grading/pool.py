"""Grades many submissions side by side: who does it, in which order, and what is graded a second time."""

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing import forkserver
from time import monotonic

from ..intake.submissions import Submission
from ..results.model import Result
from ..results.record import kit_failure
from ..sandbox import Sandbox
from ..sandbox.lifetime import end_with_run, remove_orphans
from .submission import Graded, grade_once, graded_from, once_more

TICK = 1.0  # seconds between two looks at what is under way
Tell = Callable[[str, float], object]  # told of the student whose grading has run longest, and for how many seconds


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
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=in_pool)
    try:
        yield executor
    except BaseException:  # such as Ctrl-C: what is under way would go on for minutes
        for process in multiprocessing.active_children():
            process.kill()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        remove_orphans()


def in_pool() -> None:
    """In each of its processes: a terminal sends Ctrl-C to all, but the run alone answers it, and ends the others."""
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, nothing that is started here inherits it
    end_with_run()


@dataclass(frozen=True)
class Crew:
    """Who grades: `grade`, run by `executor`, gives what came of a submission as JSON."""

    executor: Executor
    grade: Callable[[Submission], str]
    sandboxes: tuple[str, ...]  # the names of those in use
    window: int  # submissions under way at most
    at_once: int = 1  # and of these, the first, graded at this moment


@contextmanager
def local_crew(sandbox: Sandbox, jobs: int) -> Iterator[Crew]:
    """`jobs` processes on this machine."""
    with processes(jobs) as executor:
        yield Crew(executor, partial(grade_here, sandbox=sandbox), (sandbox.name,), 2 * jobs, jobs)


def grade_here(submission: Submission, sandbox: Sandbox) -> str:
    return grade_once(submission, sandbox).json


def tell_nobody(_: str, __: float) -> None:
    return None


def grade_all(
    submissions: Iterable[Submission], crew: Crew, tell: Tell = tell_nobody
) -> Iterator[tuple[Submission, Result]]:
    """Submissions with their results as they come; the next one is read when there is room for it.

    Where a process was killed, the memory may have been taken by others: that submission is graded again, alone.
    """
    again: list[Submission] = []
    for submission, graded in in_turn(submissions, crew, crew.window, tell):
        if graded.killed is not None:
            again.append(once_more(submission, graded.killed))
        else:
            yield submission, graded.result
    for submission, graded in in_turn(again, crew, 1, tell):
        yield submission, graded.result


def in_turn(
    submissions: Iterable[Submission], crew: Crew, window: int, tell: Tell
) -> Iterator[tuple[Submission, Graded]]:
    """Submissions and their results, with so many under way at most."""
    under_way: dict[Future[str], Submission] = {}  # in the order in which they are taken up
    since: dict[str, float] = {}  # by student, when that was
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
        now = monotonic()
        for submission in islice(under_way.values(), crew.at_once):
            since.setdefault(submission.student, now)
        if since:
            longest = min(since, key=lambda student: since[student])
            tell(longest, now - since[longest])
        done, _ = wait(under_way, timeout=TICK, return_when=FIRST_COMPLETED)
        for future in done:
            submission = under_way.pop(future)
            since.pop(submission.student, None)
            if error := future.exception():
                yield submission, Graded(kit_failure(submission, crew.sandboxes[0], error))
            else:
                yield submission, graded_from(future.result())
