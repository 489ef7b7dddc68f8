"""The command line: python -m autograder release | grade | grade-one | export | gradescope | doctor."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from . import ASSIGNMENT, ROOT

EXAMPLES = ROOT / "tests" / "example_class"


class Usage(Exception):
    """What the person at the command line can mend; one sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 the kit itself failed on something (named), 2 it was asked for something impossible."""
    options = parser().parse_args(arguments)
    from .doors.roster import RosterError
    from .late import BadRule
    from .notebooks import NotebookError
    from .release import ReleaseError
    from .report.files import Unwritable
    from .sandbox import SandboxError
    from .submissions import BadInput

    try:
        return options.run(options)
    except (Usage, BadInput, BadRule, RosterError, Unwritable, SandboxError, ReleaseError, NotebookError) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "autograder: stopped; what is graded is kept, and the same command goes on from there.",
            file=sys.stderr,
        )
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m autograder", description="Build and grade the backpropagation assignment."
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    release = commands.add_parser("release", help=f"build the student folder, release/{ASSIGNMENT}")
    release.add_argument("--check", action="store_true", help="only say whether the folder is current")
    release.set_defaults(run=run_release)

    grade = commands.add_parser("grade", help="grade a class")
    grade.add_argument(
        "submitted",
        nargs="?",
        type=Path,
        default=Path("submitted"),
        help=f"holds STUDENT/{ASSIGNMENT}/ folders",
    )
    grade.add_argument("--out", type=Path, default=Path("graded"), help="folder for the results (default: graded)")
    grade.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="submissions at a time (default: all cores)"
    )
    grade.add_argument("--student", action="append", metavar="NAME", help="grade this student only; may be given again")
    grade.add_argument("--force", action="store_true", help="grade again what has not changed, too")
    grade.add_argument(
        "--gradebook", type=Path, metavar="FILE", help="nbgrader's gradebook.db, to write scores and comments to"
    )
    grade.add_argument(
        "--best-of", action="store_true", help="where the result in OUT is of an earlier, better attempt, keep it"
    )
    grade.set_defaults(run=run_grade)

    one = commands.add_parser("grade-one", help="grade one folder, .py, .ipynb or .zip, and show the result")
    one.add_argument("path", type=Path)
    one.add_argument("--json", action="store_true", help="print results.json instead")
    one.set_defaults(run=run_grade_one)
    for command in (grade, one):
        command.add_argument(
            "--no-sandbox",
            action="store_true",
            help="run students' code with all your rights; it is recorded",
        )
        command.add_argument("--sandbox", metavar="NAME", help="bubblewrap or landlock (default: what starts)")

    export = commands.add_parser("export", help="fill grades into a roster of Canvas or Moodle, or write a plain table")
    export.add_argument("--format", choices=["canvas", "moodle", "csv"], required=True)
    export.add_argument("--roster", type=Path, metavar="FILE", help="the CSV file, as downloaded from Canvas or Moodle")
    export.add_argument("--out", type=Path, default=Path("graded"), help="folder with the results (default: graded)")
    export.add_argument("--to", type=Path, metavar="FILE", help="the file to write (default: OUT/FORMAT.csv)")
    export.add_argument(
        "--column", "--grade-column", metavar="NAME", help="the column for the grades: its heading, or its number"
    )
    export.add_argument("--match", metavar="NAME", help="the column that names students as their folders do")
    export.set_defaults(run=run_export)

    scope = commands.add_parser("gradescope", help="pack the autograder for Gradescope")
    scope.add_argument("--to", type=Path, metavar="FILE", default=Path(f"dist/{ASSIGNMENT}-gradescope.zip"))
    scope.set_defaults(run=run_gradescope)

    commands.add_parser("doctor", help="say whether this machine can grade").set_defaults(run=run_doctor)
    return top


def run_release(options: argparse.Namespace) -> int:
    from . import RELEASE
    from .release import build, stale

    if options.check:
        where = stale()
        if where:
            print(f"release/{ASSIGNMENT} is not current: {where}. Run `make release` and commit what it changes.")
            return 1
        print(f"release/{ASSIGNMENT} is current.")
        return 0
    names = build(tried=True)
    print(f"{RELEASE.relative_to(ROOT)}: {len(names)} files for students, solutions left out.")
    return 0


def run_grade(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.markup import escape

    from .attempts import better
    from .course import rubric
    from .gradebook import Gradebook
    from .grading import grade_all, processes
    from .late import late_rule
    from .report.class_report import summary, write_report
    from .report.feedback import write_feedback
    from .report.files import open_output, read_result, write_grades, write_result
    from .report.terminal import class_table, progress, safe
    from .results import fingerprint
    from .submissions import Submission, find_class, read_submission, released_stubs

    console = Console()
    submitted = options.submitted
    if submitted == Path("submitted") and not submitted.exists():
        submitted = EXAMPLES
        console.print(f"There is no folder `submitted`, so the example class is graded ({EXAMPLES.relative_to(ROOT)}).")
    if options.jobs < 1:
        raise Usage(f"--jobs should be at least 1, but is {options.jobs}.")
    late_rule(rubric())  # refused before anything is graded
    students = find_class(submitted)
    for name in options.student or []:
        if name not in students:
            span = f"there are {len(students)}, from {min(students)} to {max(students)}"
            raise Usage(f"{name}: there is no such student in {submitted}; {span}.")
    chosen = {name: path for name, path in students.items() if not options.student or name in options.student}
    open_output(options.out)
    sandbox = choose_sandbox(options)
    stubs = released_stubs()
    results: dict[str, dict] = {}
    failed: dict[str, str] = {}

    def changed() -> Iterator[Submission]:
        for name, path in chosen.items():
            submission = read_submission(path, name, stubs)
            found = None if options.force else read_result(options.out, name)
            if found and found.get("sha256") == fingerprint(submission, sandbox.name):
                done(submission, found)
            else:
                yield submission

    def done(submission: Submission, result: dict) -> None:
        book.record(result, submission)
        results[result["student"]] = result
        bar.advance(task)

    with (
        Gradebook(options.gradebook, example=submitted == EXAMPLES, students=students) as book,
        processes(min(options.jobs, len(chosen))) as executor,
        progress(console) as bar,
    ):
        task = bar.add_task("", total=len(chosen))
        for submission, result in grade_all(changed(), sandbox, executor, window=2 * options.jobs):
            if options.best_of:
                result = better(read_result(options.out, submission.student), result)
            write_result(options.out, result)
            try:
                write_feedback(options.out, result)
            except Exception as error:  # one student's page must not end the class
                failed[submission.student] = f"no feedback.html was written, {type(error).__name__}: {error}"
            done(submission, result)
    earlier = {name: read_result(options.out, name) for name in students if name not in results}
    everyone = sorted([*results.values(), *filter(None, earlier.values())], key=lambda result: result["student"])
    write_grades(options.out, everyone)
    write_report(options.out, everyone)
    class_table(console, results.values())
    for line in summary(everyone):
        console.print(escape(safe(line)))
    console.print(
        f"Results are in {options.out}: report.html, grades.csv, and STUDENT/{ASSIGNMENT}/feedback.html for each."
    )
    failed.update({name: result["kit_errors"][0] for name, result in results.items() if result["kit_errors"]})
    for name, error in sorted(failed.items()):
        print(f"autograder: the kit itself failed on {name}: {error}", file=sys.stderr)
    return 1 if failed else 0


def run_grade_one(options: argparse.Namespace) -> int:
    import json

    from rich.console import Console

    from .grading import grade_apart
    from .report.terminal import one_result
    from .submissions import read_submission, released_stubs

    if not os.path.lexists(options.path):
        raise Usage(f"{options.path}: there is no such file or folder; give what one student handed in.")
    submission = read_submission(options.path, options.path.resolve().stem, released_stubs())
    result = grade_apart(submission, choose_sandbox(options))
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        one_result(Console(), result)
    for error in result["kit_errors"]:
        print(f"autograder: the kit itself failed: {error}", file=sys.stderr)
    return 1 if result["kit_errors"] else 0


def run_export(options: argparse.Namespace) -> int:
    from .doors.export import export, graded, save

    done = export(options.format, graded(options.out), options.roster, options.column, options.match)
    to = options.to or options.out / f"{options.format}.csv"
    save(done, to, options.roster)
    print("\n".join([*done.said, f"Written to {to}."]))
    return 0


def run_gradescope(options: argparse.Namespace) -> int:
    from .doors.package import pack

    names = pack(options.to)
    print(f"{options.to}: {len(names)} files; upload it as the assignment's autograder in Gradescope.")
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    from .doctor import examine

    return examine()


def choose_sandbox(options: argparse.Namespace):
    from .sandbox import choose

    sandbox = choose(no_sandbox=options.no_sandbox, only=options.sandbox)
    if options.no_sandbox:
        print(
            "autograder: WARNING: without a sandbox, students' code runs with all your rights. This is recorded.",
            file=sys.stderr,
        )
    return sandbox


if __name__ == "__main__":
    sys.exit(main())
