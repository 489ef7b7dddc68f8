"""Grades submissions: the checks run here, the student's code runs in the sandbox."""

import json
import multiprocessing
import os
import re
import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from .. import RELEASE
from ..course.reference import check_functions, course
from ..course.seed import seed
from ..engine.calls import METHOD_CPU, TRAINING_CPU, CallFailed, Student
from ..engine.runner import Engine
from ..intake.cells import without
from ..intake.submissions import Submission
from ..results.record import kit_failure, load_problem, result
from ..sandbox import Child, Sandbox, SandboxError, Worker
from ..sandbox.lifetime import end_with_parent, end_with_run, remove_orphans
from ..sandbox.process import NOT_STARTED

SUBMISSION_CPU = 240.0  # seconds for all calls and trainings of one submission, and for judging its answers
ATTEMPTS = 4  # to import a notebook
MAX_NOTES = 10  # on what of it cannot be run
GRADING_WALL = 3600  # seconds, a last resort: the deadlines of calls end a submission before
JUDGING_CPU = 300  # seconds of the grading process, a last resort as well
JUDGING_MEMORY = 1 << 28  # bytes by which answers may make that process grow; honest ones take 1 MB
USED_UP = "the {:.0f} s for the whole submission are used up"
OVERRUN = "Judging what it answers takes more than {}: methods should return arrays of the shapes that were asked for."


class Room:
    """One submission's processes in the sandbox: a fresh one for each task, and after each that dies.

    There is no more of them, and no more asking, once the submission has used up its time, or the grader's memory.
    """

    def __init__(self, worker: Worker, spent: float = 0.0):
        self._worker, self._spent = worker, worker.cost + spent
        self._judging, self._memory = thread_time(), data_bytes()
        self._child: Child | None = None
        self._trained: dict[int, float] = {}

    def begin(self, task: str) -> None:
        if self._child is not None:
            self._child.close()
            self._spent += self._child.cost
        self._child, self._trained = None, {}

    def student(self) -> Student:
        if self._child is None or not self._child.alive:
            self.begin("")
            if not self.refusal():
                self._child = self._worker.fork(self.left())
        return Student(self.ask)

    @property
    def spent(self) -> float:
        """Seconds: of the submission's processes, and of this one, which judges their answers."""
        return self._spent + (self._child.cost if self._child else 0.0) + thread_time() - self._judging

    def left(self) -> float:
        return SUBMISSION_CPU - self.spent

    def refusal(self) -> str:
        """Why nothing more is asked; empty where there is no reason."""
        if self.left() <= 0:
            return USED_UP.format(SUBMISSION_CPU)
        if data_bytes() - self._memory > JUDGING_MEMORY / 2:
            return "its answers have taken all the memory that there is for them"
        return ""

    def ask(self, header: dict, arrays: list[np.ndarray], method: str) -> tuple[dict, list[np.ndarray]]:
        """One request, within what is left of the time for the call, the training and the submission."""
        child, refusal = self._child, self.refusal()
        if child is None or refusal:
            return {"crashed": refusal or "its process is gone"}, []
        network = header.get("on", -1)
        limit = TRAINING_CPU - self._trained.get(network, 0.0) if method == "train" else METHOD_CPU
        left, before = self.left(), child.cost
        reply, returned = child.ask(header, arrays, max(min(limit, left), 0.01))
        if method == "train":
            self._trained[network] = self._trained.get(network, 0.0) + child.cost - before
        if "timeout" in reply:
            reply = {"timeout": TRAINING_CPU if method == "train" else METHOD_CPU}
            if left < limit:
                reply = {"crashed": USED_UP.format(SUBMISSION_CPU)}
        return reply, returned


@cache
def given_files() -> dict[str, bytes]:
    """The released package, as students have it."""
    return {path.name: path.read_bytes() for path in sorted((RELEASE / "backprop").glob("*.py"))}


def loaded(submission: Submission, sandbox: Sandbox, stack: ExitStack) -> tuple[Worker, dict, list[str]]:
    """A sandbox with the submission imported, what it said to that, and notes on what of a notebook cannot be run.

    Where a notebook's import does not end, it is tried again without the statement that was under way, and at
    last without all that may not end.
    """
    files, tries = submission.files, ATTEMPTS if submission.source == "notebook" else 1
    while True:
        worker = stack.enter_context(Worker(sandbox))
        reply = worker.load({**given_files(), **files}, METHOD_CPU)
        if reply.get("crashed") == NOT_STARTED:
            raise SandboxError(f"{NOT_STARTED} ({worker.complaint() or 'it gave no reason'})")
        tries -= 1
        notes, late = left_out(worker) if submission.source == "notebook" and not reply else ([], [])
        if "timeout" in reply or "crashed" in reply:
            late = [int(number) for number in re.findall(r"^statement (\d+)$", worker.under_way)]
        elif not late:
            return worker, reply, notes
        if tries < 1:
            return worker, reply, notes
        worker.close()
        files = without(files, late, careful=not late or tries == 1)


def left_out(worker: Worker) -> tuple[list[str], list[int]]:
    """Why statements of the notebook cannot be run, and the numbers of those that do not end; before any check."""
    child = worker.fork()
    try:
        notes, late = Student(lambda header, arrays, _: child.ask(header, arrays)).recipe("left_out", ["notes", "late"])
        listed = isinstance(notes, list) and all(type(note) is str for note in notes)
        whole = isinstance(late, list) and all(type(number) is int for number in late)
        return (notes[:MAX_NOTES] if listed else []), (late if whole else [])
    except (CallFailed, TypeError, ValueError):
        return [], []
    finally:
        child.close()


def grade(submission: Submission, sandbox: Sandbox) -> dict[str, Any]:
    """The result of one submission, in the form that `results.json` has."""
    began = perf_counter()
    engine: Engine | None = None
    reason, killed = submission.reason, False
    if reason is None:
        with ExitStack() as stack:
            worker, reply, notes = loaded(submission, sandbox, stack)
            submission = replace(submission, notes=(*submission.notes, *notes))
            reason = load_problem(reply, submission.source)
            if reason is None:
                room = Room(worker, submission.spent)
                engine = Engine(course(), room)
                run_checks(engine)
                room.begin("")
            killed = worker.killed
    if engine and any("MemoryError" in error for error in engine.kit_errors):
        engine, reason = None, OVERRUN.format(f"{JUDGING_MEMORY >> 20} MiB")
    found = result(submission, sandbox.name, engine, reason, perf_counter() - began)
    return {**found, "killed": room.spent if reason is None else 0.0} if killed else found


def run_checks(engine: Engine) -> None:
    """Every check on every variant of its data."""
    engine.run_all(check_functions().values())
    engine.kit_errors += [f"the task {task} has no check" for task, done in engine.results.items() if not done]


def grade_apart(submission: Submission, sandbox: Sandbox) -> dict[str, Any]:
    """Grade in a forked process, so that nothing of one grading reaches the next."""
    graded = grade_once(submission, sandbox)
    if (spent := graded.pop("killed", None)) is not None:
        graded = grade_once(once_more(submission, spent), sandbox)
        graded.pop("killed", None)
    return graded


def once_more(submission: Submission, spent: float) -> Submission:
    """The submission for a second grading, which is charged for the first one, but has a quarter of the time anyway."""
    return replace(submission, spent=min(spent, 0.75 * SUBMISSION_CPU))


def grade_once(submission: Submission, sandbox: Sandbox) -> dict[str, Any]:
    """As `grade_apart`, but where a process was killed, perhaps for what others took, "killed" says what it cost."""
    course(), seed()  # what is wrong with them is said here, once
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        end_with_parent()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(GRADING_WALL)
        try:
            bound_judging()
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
    if text:
        return json.loads(text)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return result(submission, sandbox.name, None, OVERRUN.format(f"{JUDGING_CPU} s"), JUDGING_CPU)
    failed = kit_failure(submission, sandbox.name, RuntimeError(f"the grading process ended with status {status}"))
    return {**failed, "killed": 0.0} if status == signal.SIGKILL else failed


def bound_judging() -> None:
    """Bounds to what this process, which judges one submission, may take; the sandbox has its own."""
    with open("/proc/self/oom_score_adj", "w") as stream:
        stream.write("500")  # where memory runs out, this goes before what is there for the whole class
    for kind, most in ((resource.RLIMIT_DATA, data_bytes() + JUDGING_MEMORY), (resource.RLIMIT_CPU, JUDGING_CPU)):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def data_bytes() -> int:
    """What RLIMIT_DATA counts of this process now."""
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[5]) * resource.getpagesize()


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """`jobs` processes on this machine, forked from one that has the checks imported."""
    remove_orphans()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.forkserver"])
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
        yield Crew(executor, partial(grade_once, sandbox=sandbox), (sandbox.name,), 2 * jobs)


def grade_all(submissions: Iterable[Submission], crew: Crew) -> Iterator[tuple[Submission, dict[str, Any]]]:
    """Submissions with their results as they come; the next one is read when there is room for it.

    Where a process was killed, the memory may have been taken by others: that submission is graded again, alone.
    """
    again: list[Submission] = []
    for submission, graded in in_turn(submissions, crew, crew.window):
        if (spent := graded.pop("killed", None)) is not None:
            again.append(once_more(submission, spent))
        else:
            yield submission, graded
    for submission, graded in in_turn(again, crew, 1):
        graded.pop("killed", None)
        yield submission, graded


def in_turn(submissions: Iterable[Submission], crew: Crew, window: int) -> Iterator[tuple[Submission, dict[str, Any]]]:
    """Submissions and their results, with so many under way at most."""
    under_way: dict[Future, Submission] = {}
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
                yield submission, kit_failure(submission, crew.sandboxes[0], error)
            else:
                found = future.result()
                yield submission, json.loads(found) if isinstance(found, str) else found
