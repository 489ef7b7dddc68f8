"""Grades one submission: the checks run here, the student's code runs in the sandbox."""

import json
import os
import re
import resource
import signal
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cache
from time import perf_counter

import msgspec

from ..course.model import assignment
from ..course.reference import checks, course
from ..course.seed import seed
from ..engine.answering import Header
from ..engine.calls import METHOD_CPU, CallFailed, Student
from ..engine.runner import Engine
from ..intake.cells import without
from ..intake.submissions import Submission
from ..results.diagnosis import Examples, shown_by
from ..results.model import Result, as_dict
from ..results.record import kit_failure, load_problem, result
from ..sandbox import Sandbox, SandboxError, Worker
from ..sandbox.lifetime import end_with_parent
from ..sandbox.process import NOT_STARTED
from . import kept
from .runtime import JUDGING_MEMORY, SUBMISSION_CPU, SandboxRuntime, data_bytes

ATTEMPTS = 4  # to import a notebook
MAX_NOTES = 10  # on what of it cannot be run
GRADING_WALL = 3600  # seconds, a last resort: the deadlines of calls end a submission before
JUDGING_CPU = 300  # seconds of the grading process, a last resort as well
OVERRUN = "Judging what it answers takes more than {}: methods should return arrays of the shapes that were asked for."


@cache
def given_files() -> dict[str, bytes]:
    """The released package, as students have it."""
    package = assignment().release / assignment().subject.package
    return {path.name: path.read_bytes() for path in sorted(package.glob("*.py"))}


def loaded(submission: Submission, sandbox: Sandbox, stack: ExitStack) -> tuple[Worker, Header, list[str], float]:
    """A sandbox with the submission imported, what it said to that, and notes on what of a notebook cannot be run.

    And the seconds that imports have cost before that one.

    Where a notebook's import does not end, it is tried again without the statement that was under way, and at
    last without all that may not end.
    """
    files, tries = submission.files, ATTEMPTS if submission.source == "notebook" else 1
    cost = 0.0
    while True:
        worker = stack.enter_context(Worker(sandbox))
        reply = worker.load({**given_files(), **files}, asdict(assignment().subject), METHOD_CPU)
        if reply.get("crashed") == NOT_STARTED:
            raise SandboxError(f"{NOT_STARTED} ({worker.complaint() or 'it gave no reason'})")
        tries -= 1
        notes, late = left_out(worker) if submission.source == "notebook" and not reply else ([], [])
        if "timeout" in reply or "crashed" in reply:
            late = [int(number) for number in re.findall(r"^statement (\d+)$", worker.under_way)]
        elif not late:
            return worker, reply, notes, cost
        if tries < 1:
            return worker, reply, notes, cost
        worker.close()
        cost += worker.cost
        files = without(files, late, careful=not late or tries == 1)


def left_out(worker: Worker) -> tuple[list[str], list[int]]:
    """Why statements of the notebook cannot be run, and the numbers of those that do not end; before any check."""
    child = worker.fork()
    try:
        student = Student(lambda header, arrays, _: child.ask(header, arrays))
        notes, late = student.fields_of("left_out", ["notes", "late"])
        listed = isinstance(notes, list) and all(type(note) is str for note in notes)
        whole = isinstance(late, list) and all(type(number) is int for number in late)
        return (notes[:MAX_NOTES] if listed else []), (late if whole else [])
    except (CallFailed, TypeError, ValueError):
        return [], []
    finally:
        child.close()
        worker.cost += child.cost


@dataclass(frozen=True)
class Graded:
    """A result; where one of its processes was killed, perhaps for what others took, `killed` says what it cost."""

    result: Result
    killed: float | None = None  # seconds

    @property
    def json(self) -> str:
        """To come back from another process."""
        return json.dumps({"result": as_dict(self.result), "killed": self.killed})


def graded_from(text: str) -> Graded:
    return msgspec.convert(json.loads(text), Graded)


def grade(submission: Submission, sandbox: Sandbox) -> Graded:
    """The result of one submission."""
    began = perf_counter()
    engine: Engine | None = None
    examples: Examples = {}
    reason, killed = submission.reason, False
    if reason is None:
        with ExitStack() as stack:
            worker, reply, notes, before = loaded(submission, sandbox, stack)
            submission = replace(submission, notes=(*submission.notes, *notes))
            reason = load_problem(reply, submission.source)
            if reason is None:
                runtime = SandboxRuntime(worker, submission.spent + before)
                engine = Engine(course(), runtime)
                examples = run_checks(engine)
                runtime.fresh_process()
            killed = worker.killed
    spent = (runtime.spent if engine else 0.0) if killed else None
    if engine and any("MemoryError" in error for error in engine.kit_errors):
        engine, reason = None, OVERRUN.format(f"{JUDGING_MEMORY >> 20} MiB")
    return Graded(result(submission, sandbox.name, engine, reason, perf_counter() - began, examples), spent)


def run_checks(engine: Engine) -> Examples:
    """Every check on every variant of its data; examples of what the visible ones have found wrong."""
    examples: Examples = {}

    def ask() -> None:
        nonlocal examples
        engine.runtime.fresh_process()
        try:
            examples = shown_by(engine.results, lambda: assignment().proxy.student(engine.runtime.ready()))
        except MemoryError:  # as in checks, it ends the grading
            raise
        except Exception as error:
            engine.kit_errors.append(f"examples: {type(error).__name__}: {error}")

    engine.run_all(checks().values(), ask)
    engine.kit_errors += [f"the task {task} has no check" for task, done in engine.results.items() if not done]
    return examples


def grade_apart(submission: Submission, sandbox: Sandbox) -> Result:
    """Grade in a forked process, so that nothing of one grading reaches the next."""
    graded = grade_once(submission, sandbox)
    if graded.killed is not None:
        graded = grade_once(once_more(submission, graded.killed), sandbox)
    return graded.result


def once_more(submission: Submission, spent: float) -> Submission:
    """The submission for a second grading, which is charged for the first one, but has an eighth of the time anyway."""
    return replace(submission, spent=min(spent, 0.875 * SUBMISSION_CPU))


def grade_once(submission: Submission, sandbox: Sandbox) -> Graded:
    """As `grade_apart`, but what was killed is not graded again."""
    course(), seed()  # what is wrong with them is said here, once
    if submission.reason is None:
        kept.at_hand()
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
                graded = Graded(kit_failure(submission, sandbox.name, error))
            with os.fdopen(write_end, "wb") as stream:
                stream.write(graded.json.encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    if text:
        return graded_from(text.decode())
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return Graded(result(submission, sandbox.name, None, OVERRUN.format(f"{JUDGING_CPU} s"), JUDGING_CPU))
    failed = kit_failure(submission, sandbox.name, RuntimeError(f"the grading process ended with status {status}"))
    return Graded(failed, 0.0 if status == signal.SIGKILL else None)


def bound_judging() -> None:
    """Bounds to what this process, which judges one submission, may take; the sandbox has its own."""
    with open("/proc/self/oom_score_adj", "w") as stream:
        stream.write("500")  # where memory runs out, this goes before what is there for the whole class
    for kind, most in ((resource.RLIMIT_DATA, data_bytes() + JUDGING_MEMORY), (resource.RLIMIT_CPU, JUDGING_CPU)):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
