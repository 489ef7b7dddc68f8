"""Grading a class, from the folder that was handed in to the reports: what `grade` does."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from . import ASSIGNMENT, ROOT
from .attempts import better
from .course import rubric
from .gradebook import Gradebook
from .grading import Crew, grade_all, local_crew
from .late import late_rule
from .report.class_report import summary, write_report
from .report.feedback import write_feedback
from .report.files import open_output, read_result, write_grades, write_result
from .report.overview import Overview
from .report.terminal import class_table, progress, safe
from .results import fingerprint
from .sandbox import choose
from .secret import is_example, seed, use_example
from .submissions import BadInput, Submission, find_class, read_submission, released_stubs

EXAMPLES = ROOT / "tests" / "example_class"
UNSAFE = "autograder: WARNING: without a sandbox, students' code runs with all your rights. This is recorded."


def grade_class(options: argparse.Namespace) -> int:
    """Grade what is new or changed, write everything, and say what came of it; the exit status."""
    console = Console()
    submitted = options.submitted
    if submitted == Path("submitted") and not submitted.exists():
        submitted = EXAMPLES
        console.print(f"There is no folder `submitted`, so the example class is graded ({EXAMPLES.relative_to(ROOT)}).")
    if submitted.resolve() == EXAMPLES:
        use_example()
    elif is_example():
        console.print("The public seed of the example class decides the data: students may know it.")
    late_rule(rubric()), seed()  # refused before anything is graded
    students = find_class(submitted)
    chosen = chosen_of(students, options.student, submitted)
    locked = open_output(options.out)
    stubs = released_stubs()
    graded, failed = Overview(), dict[str, str]()

    def changed() -> Iterator[Submission]:
        for name, path in chosen.items():
            submission = read_submission(path, name, stubs)
            found = None if options.force else read_result(options.out, name)
            if found and found.get("sha256") in [fingerprint(submission, sandbox) for sandbox in crew.sandboxes]:
                done(submission, found)
            else:
                yield submission

    def done(submission: Submission, result: dict[str, Any]) -> None:
        book.record(result, submission)
        graded.add(result)
        bar.update(task, advance=1, description=f"{graded.ungradable} ungradable")

    with (
        crew_of(options, len(chosen)) as crew,
        Gradebook(options.gradebook, example=submitted == EXAMPLES, students=students) as book,
        progress(console) as bar,
    ):
        task = bar.add_task("", total=len(chosen))
        for submission, result in grade_all(changed(), crew):
            if options.best_of:
                result = better(read_result(options.out, submission.student), result)
            try:
                write_feedback(options.out, result)
            except Exception as error:  # one student's page must not end the class
                failed[submission.student] = f"no feedback.html was written, {type(error).__name__}: {error}"
            write_result(options.out, result)  # last: what has it is done, if this run is killed now
            done(submission, result)
    rows = graded.rows
    for name in students.keys() - chosen.keys():
        if found := read_result(options.out, name):
            graded.add(found)
    write_grades(options.out, graded)
    write_report(options.out, graded)
    class_table(console, rows)
    for line in summary(graded):
        console.print(escape(safe(line)))
    console.print(
        f"Results are in {options.out}: report.html, grades.csv, and STUDENT/{ASSIGNMENT}/feedback.html for each."
    )
    failed.update({row["student"]: row["kit_error"] for row in rows if row["kit_error"]})
    for name, why in sorted(failed.items()):
        print(f"autograder: the kit itself failed on {name}: {why}", file=sys.stderr)
    os.close(locked)
    return 1 if failed else 0


def chosen_of(students: dict[str, Path], names: list[str] | None, submitted: Path) -> dict[str, Path]:
    """The students with these names; all where there are none."""
    for name in names or []:
        if name not in students:
            span = f"there are {len(students)}, from {min(students)} to {max(students)}"
            raise BadInput(f"{name}: there is no such student in {submitted}; {span}.")
    return {name: path for name, path in students.items() if not names or name in names}


def crew_of(options: argparse.Namespace, most: int) -> AbstractContextManager[Crew]:
    """Who grades, for `most` submissions: this machine, or a cluster."""
    if options.no_sandbox:
        print(UNSAFE, file=sys.stderr)
    choice = {"no_sandbox": options.no_sandbox, "only": options.sandbox}
    tls = {name: getattr(options, name) for name in ("tls_ca_file", "tls_client_cert", "tls_client_key")}
    if options.scheduler:
        from .cluster import connected

        return connected(options.scheduler, {name: str(path) for name, path in tls.items() if path}, choice)
    if options.jobs < 1:
        raise BadInput(f"--jobs should be at least 1, but is {options.jobs}.")
    return local_crew(choose(**choice), min(options.jobs, most))
