"""Grading a class, from the folder that was handed in to the reports: what `grade` does."""

import argparse
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.markup import escape

from .. import ROOT
from ..course.adjust import Adjustments, find_adjustments
from ..course.model import assignment
from ..course.rubric import LateRule, named, rubric, settings
from ..course.seed import is_example, seed, use_example
from ..engine.frozen import FILE, tasks_in
from ..intake.downloads import find_uploads
from ..intake.entries import Upload
from ..intake.late import DATED, WORD
from ..intake.submissions import BadInput, Submission, read_submission, released_stubs
from ..report.class_report import summary, write_report
from ..report.feedback import write_feedback
from ..report.overview import Overview, write_grades
from ..report.terminal import class_table, progress, under_way
from ..results.attempts import better
from ..results.model import Result
from ..results.record import fingerprint, kit_failure
from ..results.settle import settled
from ..results.store import (
    GRADES,
    REPORT,
    Unwritable,
    left,
    open_output,
    read_result,
    remove_examples,
    result_names,
    result_path,
    write_result,
)
from ..sandbox import UNSAFE, choose
from ..text import printable, printable_name
from .cutoff import cut_off
from .pool import Crew, grade_all, local_crew, start_forkserver

STEP_CPU = 60.0  # seconds for one step with one submission in this process, which take far less than one


class Gradebook(Protocol):
    """Where results are recorded besides, in a form of its own."""

    def record(self, result: Result, submission: Submission) -> None: ...


OpenGradebook = Callable[[Path | None, bool], AbstractContextManager[Gradebook]]
ReadTimes = Callable[[Adjustments, Collection[str]], Mapping[str, str]]


def grade_class(options: argparse.Namespace, gradebook: OpenGradebook, times: ReadTimes, trial: bool = False) -> int:
    """Grade what is new or changed, write everything, and say what came of it; the exit status.

    `gradebook` opens the one at a path, or none; and is told whether students are the example class's.
    `times` reads when students handed in from the table that the adjustments name.  A trial says only what fails.
    """
    console = Console()
    submitted = options.submitted
    examples = assignment().example_class
    if examples and submitted == Path("submitted") and not submitted.exists():
        submitted = examples
        console.print(f"There is no folder `submitted`, so the example class is graded ({examples.relative_to(ROOT)}).")
    example = submitted.resolve() == examples
    if example:
        use_example()
    rule, _, _ = rubric().late, settings(), seed()  # refused before anything is graded
    check_released()
    stack = ExitStack()
    handed = find_uploads(submitted, stack)
    names = result_names(handed.uploads)
    students = {names[folder]: upload for folder, upload in handed.uploads.items()}
    chosen = chosen_of(students, options.student and [names.get(name, name) for name in options.student], submitted)
    adjustments = find_adjustments(options.adjust, submitted, names)
    handed_in = times(adjustments, students)
    if options.out.resolve() == submitted.resolve():
        raise BadInput(f"{options.out} holds the submissions: name another folder for the results.")
    locked = open_output(options.out)
    stubs = released_stubs()
    graded, failed = Overview(), dict[str, str]()
    if not example:
        remove_examples(options.out)

    @contextmanager
    def safely(student: str, what: str) -> Iterator[None]:
        """Where this step fails or takes too long, that is this one student's, and is said at the end."""
        try:
            with cut_off(STEP_CPU):
                yield
        except Unwritable:
            raise
        except Exception as error:
            failed.setdefault(student, f"{what}, {type(error).__name__}: {error}")

    def changed() -> Iterator[Submission]:
        folders = {name: folder for folder, name in names.items()}
        for name, upload in chosen.items():
            submission = Submission(name, {}, "files", (), (), (), {}, None, "")
            with safely(name, "it could not be read"):
                submission = replace(read_submission(upload, folders[name], stubs), student=name)
                submission = submission.handed_in(handed_in.get(name))
            if name in failed:
                finish(submission, kit_failure(submission, crew.sandboxes[0], RuntimeError(failed[name])))
                continue
            found = None if options.force else read_result(options.out, name)
            if found and found.sha256 in [fingerprint(submission, sandbox) for sandbox in crew.sandboxes]:
                final = found
                with safely(name, "its earlier result is damaged"):
                    final = settled(found, adjustments)
                if final != found:  # something else was decided since
                    write(final)
                done(submission, final)
                if failed.pop(name, None) is None:
                    continue  # else the earlier result is damaged, or nbgrader has not all of it
            yield submission

    def finish(submission: Submission, result: Result) -> None:
        """Write what came of one submission."""
        student = submission.student
        result = settled(result, adjustments)
        if options.best_of and (earlier := read_result(options.out, student)):
            result = better(settled(earlier, adjustments), result)
        result = noted(result, example, rule if student not in handed_in else None)
        write(result)
        done(submission, result)

    def write(result: Result) -> None:
        with safely(result.student, "no feedback.html was written"):
            write_feedback(options.out, result)
        with safely(result.student, "no results.json was written"):
            write_result(options.out, result)  # last: what has it is done, if this run is killed now

    def done(submission: Submission, result: Result) -> None:
        with safely(submission.student, "it is in no table"):
            graded.add(result, submission.sha256 if submission.files else "")
        with safely(submission.student, "nbgrader has not all of it"):
            book.record(result, submission)
        bar.update(task, completed=len(graded.rows))

    def tell(student: str, seconds: float) -> None:
        bar.update(task, description=under_way(graded.ungradable, student, seconds))

    with (
        stack,
        until_stopped() as stopped,
        crew_of(options, len(chosen)) as crew,
        gradebook(options.gradebook, example) as book,
        progress(console) as bar,
    ):
        task = bar.add_task("", total=len(chosen))
        for submission, result in grade_all(changed(), crew, tell):
            finish(submission, result)
    rows = graded.rows
    for name in students.keys() - ({row.student for row in rows} if stopped else chosen.keys()):
        if found := read_result(options.out, name):
            graded.add(found)
        elif os.path.lexists(result_path(options.out, name)):
            failed[name] = "its earlier result is damaged"
    if graded.rows:
        write_grades(options.out, graded)
        write_report(options.out, graded)
    os.close(locked)
    if stopped:
        raise stopped[0]
    failed = {**{row.student: row.kit_error for row in rows if row.kit_error}, **failed}
    for name, why in sorted(failed.items()):
        print(f"autograder: the kit itself failed on {printable(name)}: {printable(why)}", file=sys.stderr)
    if trial:
        return 1 if failed else 0
    class_table(console, rows)
    for line in [*handed.said, *summary(graded), *gone(options.out, students), *renamed(names)]:
        console.print(escape(printable(line)))
    if is_example() and not example:
        console.print("The public seed of the example class decided the data: students may know it.")
    console.print(
        f"Results are in {options.out}: {REPORT}, {GRADES}, and STUDENT/{assignment().name}/feedback.html for each."
    )
    return 1 if failed else 0


@contextmanager
def until_stopped() -> Iterator[list[KeyboardInterrupt]]:
    """Ctrl-C ends what is done within, and no more: it is in the list then."""
    stopped: list[KeyboardInterrupt] = []
    try:
        yield stopped
    except KeyboardInterrupt as stop:
        stopped.append(stop)


def noted(result: Result, example: bool, rule: LateRule | None) -> Result:
    """The result with what only the class knows: that it is an example's, and whose word the time is."""
    if rule and result.submitted and not {WORD, DATED} & set(result.notes):
        result = replace(result, notes=(*result.notes, WORD))
    return replace(result, example=example)


def gone(out: Path, students: Collection[str]) -> list[str]:
    """A sentence about results of students who are not handed in any more, if there are any."""
    names = left(out, students)
    said = f"Not among the submissions any more, so left out of {GRADES} and exports; their results stay in {out}"
    return [f"{said}: {', '.join(names)}."] if names else []


def renamed(names: Mapping[str, str]) -> list[str]:
    """A sentence about folders whose results stand under another name, if there are any."""
    other = [f"{printable_name(folder)} ({name})" for folder, name in names.items() if folder != name]
    return (
        [f"Folders whose names cannot be those of results, and the names taken: {', '.join(other)}."] if other else []
    )


def check_released() -> None:
    """Refuse to grade by other tasks or points than students, and nbgrader, have been told."""
    rubric_file, release = f"{named(assignment().folder)}/rubric.toml", named(assignment().release)
    try:
        released = {task.id: task.points for task in tasks_in(assignment().release / "tests" / FILE)}
    except Exception:  # NumPy and zipfile have many ways to say that a file is damaged
        raise BadInput(f"{release} is not whole: run `make release`.") from None
    graded = {task.id: task.points for task in rubric().tasks}
    for task in [*graded, *released]:
        if task not in released or task not in graded:
            here, there = (rubric_file, release) if task in graded else (release, rubric_file)
            raise BadInput(f"{here} has the task {task}, which {there} has not: run `make release`.")
        if graded[task] != released[task]:
            gives = f"{rubric_file} gives {task} {graded[task]:g} points"
            raise BadInput(f"{gives}, but {release} says {released[task]:g}: run `make release`.")


def chosen_of(students: dict[str, Path | Upload], names: list[str] | None, submitted: Path) -> dict[str, Path | Upload]:
    """The students with these names; all where there are none."""
    for name in names or []:
        if name not in students:
            span = f"there are {len(students)}, from {printable(min(students))} to {printable(max(students))}"
            raise BadInput(f"{printable(name)}: there is no such student in {submitted}; {span}.")
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
    start_forkserver()
    return local_crew(choose(**choice), min(options.jobs, most))
