"""What grading costs beyond the student's own computing.

For the complete submission, in one run and in turns: CPU seconds of grading it (this process, the sandbox
and all its processes), and CPU seconds inside the very same calls and trainings, made in one process with
no isolation and the same early stopping.  `python -m tests.benchmarks.overhead [rounds]`
"""

import os
import resource
import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.checks.answering import Answerer
from autograder.checks.engine import Engine
from autograder.checks.student import Student, direct
from autograder.course import check_functions, course
from autograder.grading import grade, run_checks
from autograder.sandbox import choose, process
from autograder.submissions import Submission, read_submission

EXAMPLES = Path(__file__).parent.parent / "example_class"
GOAL = 0.6  # seconds of CPU above the bare calls


class TimedAnswerer(Answerer):
    """Adds up the CPU time inside the student's own methods."""

    spent = 0.0

    def answer(self, header, arrays):
        if header["do"] in ("get", "set", "replace"):
            return super().answer(header, arrays)
        do = getattr(self, "do_" + header["do"])

        def timed(*arguments):
            began = time.process_time()
            try:
                return do(*arguments)
            finally:
                self.spent += time.process_time() - began

        setattr(self, "do_" + header["do"], timed)
        try:
            return super().answer(header, arrays)
        finally:
            delattr(self, "do_" + header["do"])


class BareRoom:
    """The submission in this process, without frames or limits."""

    def __init__(self, folder: str):
        self.answerer = TimedAnswerer(folder)

    def begin(self, task: str) -> None: ...

    def student(self) -> Student:
        return Student(direct(self.answerer))


def cpu_clock(pid: int) -> float:
    """CPU seconds of another process, to the nanosecond; 0 if it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def graded(submission: Submission, sandbox) -> tuple[tuple[float, float, float], dict]:
    """CPU seconds of one grading (the grader, the sandbox's first process, those of the tasks), and the result."""
    inside: list[float] = []
    kill = process.Line.kill

    def counted(line):
        inside.append(cpu_clock(line.pid) if line.pid else 0.0)
        kill(line)

    process.Line.kill = counted
    before = time.process_time()
    try:
        result = grade(submission, sandbox)
    finally:
        process.Line.kill = kill
    return (time.process_time() - before, inside[-1], sum(inside[:-1])), result


def bare(folder: str) -> float:
    """CPU seconds inside the student's methods, for the same checks."""
    room = BareRoom(folder)
    if room.answerer.network_class is None and (problem := room.answerer.load()):
        raise SystemExit(f"The complete example cannot be imported: {problem}")
    run_checks(Engine(course(), room))
    return room.answerer.spent


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # one core: grader and sandbox take turns
    console, sandbox = Console(), choose()
    path = EXAMPLES / "complete" / "ps18"
    submission = read_submission(path, "complete", {})
    course(), check_functions()  # the reference has what it needs: from here on `backprop` is the student's
    for name in [name for name in sys.modules if name.split(".")[0] == "backprop"]:
        del sys.modules[name]
    folder = str(package_of(submission))
    stub = read_submission(EXAMPLES / "stub_untouched" / "ps18", "stub", {})
    rows, stubs = [], []
    for _ in range(rounds):
        cost, result = graded(submission, sandbox)
        rows.append((*cost, bare(folder)))
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


def package_of(submission: Submission) -> Path:
    """A folder that holds the released package with the submission's files over it."""
    import tempfile

    from autograder.grading import given_files

    folder = Path(tempfile.mkdtemp(prefix="bare-"))
    (folder / "backprop").mkdir()
    for name, content in {**given_files(), **submission.files}.items():
        (folder / "backprop" / name).write_bytes(content)
    return folder


if __name__ == "__main__":
    sys.exit(main())
