"""What grading costs beyond the student's own computing.

For the complete submission, in one run and in turns: CPU seconds of grading it (this process, the sandbox
and all its processes), and CPU seconds inside the very same calls and trainings, made once more in one process with
no isolation.  `python -m tests.benchmarks.overhead [rounds]`
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from autograder.assignment.solution import SUBJECT
from autograder.course.reference import checks, course
from autograder.engine.answering import Answerer
from autograder.grading.submission import given_files, grade
from autograder.intake.submissions import Submission, read_submission
from autograder.sandbox import Child, Sandbox, choose, process

EXAMPLES = Path(__file__).parent.parent / "example_class"
GOAL = 0.35  # seconds of CPU above the bare calls


def cpu_clock(pid: int) -> float:
    """CPU seconds of another process, to the nanosecond; 0 if it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


Conversations = list[list[tuple[dict, list[np.ndarray]]]]  # the requests to each of a submission's processes


def graded(submission: Submission, sandbox: Sandbox) -> tuple[tuple[float, float, float], dict, Conversations]:
    """CPU seconds of one grading (the grader, the sandbox's first process, the tasks' processes); result; calls."""
    inside: list[float] = []
    asked: dict[Child, list] = {}
    kill, ask = process.Line.kill, Child.ask

    def counted(line):
        inside.append(cpu_clock(line.pid) if line.pid else 0.0)
        kill(line)

    def recorded(child, header, arrays=(), cpu=10.0):
        asked.setdefault(child, []).append((header, list(arrays)))
        return ask(child, header, arrays, cpu)

    process.Line.kill, Child.ask = counted, recorded
    before = time.process_time()
    try:
        result = grade(submission, sandbox)
    finally:
        process.Line.kill, Child.ask = kill, ask
    return (time.process_time() - before, inside[-1], sum(inside[:-1])), result, list(asked.values())


def bare(answerer: Answerer, conversations: Conversations) -> float:
    """CPU seconds inside the student's methods, for these calls once more."""
    spent = 0.0
    for conversation in conversations:
        answerer.objects = []
        for header, arrays in conversation:
            do, given = getattr(answerer, f"do_{header['do']}"), [array.copy() for array in arrays]
            began = time.process_time()
            try:
                do(header, given)
            except Exception:  # as some answers are, in the first grading as well
                pass
            if header["do"] not in ("get", "set", "replace"):
                spent += time.process_time() - began
    return spent


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # one core: grader and sandbox take turns
    console, sandbox = Console(), choose()
    path = EXAMPLES / "complete" / "ps18"
    submission = read_submission(path, "complete", {})
    course(), checks()  # the reference has what it needs: from here on `backprop` is the student's
    for name in [name for name in sys.modules if name.split(".")[0] == "backprop"]:
        del sys.modules[name]
    stub = read_submission(EXAMPLES / "stub_untouched" / "ps18", "stub", {})
    rows, stubs = [], []
    with tempfile.TemporaryDirectory() as folder:
        write_package(Path(folder), submission)
        answerer = Answerer(asdict(SUBJECT), folder)
        if problem := answerer.load():
            raise SystemExit(f"The complete example cannot be imported: {problem}")
        for _ in range(rounds):
            cost, result, conversations = graded(submission, sandbox)
            rows.append((*cost, bare(answerer, conversations)))
            assert (result["score"], result["bonus"]) == (100, 50), (result["score"], result["bonus"])
            stubs.append(sum(graded(stub, sandbox)[0]))
    table = Table("CPU seconds", "median", "range", title=f"The complete example, {rounds} rounds, one core")
    columns = {
        "grading, all of it": [own + first + tasks for own, first, tasks, _ in rows],
        "its calls and trainings, bare": [calls for *_, calls in rows],
        "grading above bare": [own + first + tasks - calls for own, first, tasks, calls in rows],
        "  sandbox, Python, NumPy, the import": [first for _, first, _, _ in rows],
        "  the tasks' processes: forks, answers": [tasks - calls for _, _, tasks, calls in rows],
        "  the grader: questions, judging": [own for own, *_ in rows],
        "the untouched stub, all of it": stubs,
    }
    for name, values in columns.items():
        table.add_row(name, f"{statistics.median(values):.2f}", f"{min(values):.2f} to {max(values):.2f}")
    console.print(table)
    above = statistics.median(columns["grading above bare"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(
        f"Above bare: {above:.2f} s (goal: at most {GOAL} s). Peak memory of the grading process: {peak:.0f} MB."
    )
    return 0  # this machine's noise is no verdict: the table is


def write_package(folder: Path, submission: Submission) -> None:
    """The released package with the submission's files over it."""
    (folder / "backprop").mkdir()
    for name, content in {**given_files(), **submission.files}.items():
        (folder / "backprop" / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
