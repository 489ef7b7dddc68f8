"""The command line: python -m autograder release | grade | grade-one | export | gradescope | doctor."""

import argparse
import os
import sys
from pathlib import Path

from .course.model import assignment
from .errors import KitError, refuse_elsewhere


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 the kit itself failed on something (named), 2 it was asked for something impossible."""
    options = parser().parse_args(arguments)
    try:
        if sys.platform == "win32" or options.run in (run_grade, run_grade_one):
            refuse_elsewhere()
        return int(options.run(options))
    except KitError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print(
            "autograder: stopped; what is graded is kept, and the same command goes on from there.",
            file=sys.stderr,
        )
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m autograder", description=f"Build and grade the assignment {assignment().name}."
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    release = commands.add_parser("release", help=f"build the student folder, {assignment().student_folder}")
    release.add_argument("--check", action="store_true", help="only say whether the folder is current")
    release.set_defaults(run=run_release)

    grade = commands.add_parser("grade", help="grade a class")
    grade.add_argument(
        "submitted",
        nargs="?",
        type=Path,
        default=Path("submitted"),
        help=f"holds STUDENT/{assignment().name}/ folders",
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
    grade.add_argument("--scheduler", metavar="ADDRESS", help="grade on a Dask cluster: tcp://HOST:8786, or tls://...")
    for name, what in (("ca-file", "certificate authority"), ("client-cert", "certificate"), ("client-key", "key")):
        grade.add_argument(f"--tls-{name}", type=Path, metavar="FILE", help=f"for tls://: the {what}, a PEM file")
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
    scope.add_argument("--to", type=Path, metavar="FILE", default=Path(f"dist/{assignment().name}-gradescope.zip"))
    scope.set_defaults(run=run_gradescope)

    commands.add_parser("doctor", help="say whether this machine can grade").set_defaults(run=run_doctor)
    return top


def run_release(options: argparse.Namespace) -> int:
    from .release.build import build, of_other_names, stale
    from .release.notebook import not_graded

    folder = assignment().student_folder
    if options.check:
        where = stale()
        if where:
            print(f"{folder} is not current: {where}. Run `make release` and commit what it changes.")
            return 1
        print(f"{folder} is current.")
        return 0
    names = build(tried=True)
    print(f"{folder}: {len(names)} files for students, solutions left out.")
    if tasks := not_graded():
        print(f"Not in the rubric, or switched off there, so left out: {', '.join(tasks)}.")
    if others := of_other_names():
        print(f"Built under another name: {', '.join(others)}. Take that away, if nobody needs it.")
    return 0


def run_grade(options: argparse.Namespace) -> int:
    from .grading.whole_class import grade_class
    from .platforms.nbgrader.gradebook import Gradebook

    return grade_class(options, Gradebook)


def run_grade_one(options: argparse.Namespace) -> int:
    from .course.seed import use_example
    from .grading.submission import grade_apart
    from .intake.submissions import BadInput, read_submission, released_stubs
    from .results.model import as_json
    from .sandbox import UNSAFE, choose

    if not os.path.lexists(options.path):
        raise BadInput(f"{options.path}: there is no such file or folder; give what one student handed in.")
    examples = assignment().example_class
    if examples and options.path.resolve().is_relative_to(examples):
        use_example()
    submission = read_submission(options.path, options.path.resolve().stem, released_stubs())
    if options.no_sandbox:
        print(UNSAFE, file=sys.stderr)
    result = grade_apart(submission, choose(options.no_sandbox, options.sandbox))
    if options.json:
        print(as_json(result), end="")
    else:
        from rich.console import Console

        from .report.terminal import one_result

        one_result(Console(), result)
    for error in result.kit_errors:
        print(f"autograder: the kit itself failed: {error}", file=sys.stderr)
    return 1 if result.kit_errors else 0


def run_export(options: argparse.Namespace) -> int:
    from .platforms.canvas_moodle.export import export, graded, save, still_there

    results, gone = still_there(options.out, graded(options.out))
    done = export(options.format, results, options.roster, options.column, options.match)
    to = options.to or options.out / f"{options.format}.csv"
    save(done, to, options.roster)
    print("\n".join([*done.said, *gone, f"Written to {to}."]))
    return 0


def run_gradescope(options: argparse.Namespace) -> int:
    from .platforms.gradescope.package import pack

    names = pack(options.to)
    print(f"{options.to}: {len(names)} files; upload it as the assignment's autograder in Gradescope.")
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    from .doctor import examine

    return examine()


if __name__ == "__main__":
    sys.exit(main())
