"""The command line: python -m autograder release | grade | grade-one | export | similar | gradescope | doctor."""

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
        help=f"holds STUDENT/{assignment().name}/ folders; or all submissions as Canvas, Moodle or Gradescope give "
        "them, zipped or not; or the folder into which GitHub Classroom clones",
    )
    grade.add_argument("--out", type=Path, default=Path("graded"), help="folder for the results (default: graded)")
    grade.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="submissions at a time (default: all cores)"
    )
    grade.add_argument("--student", action="append", metavar="NAME", help="grade this student only; may be given again")
    grade.add_argument("--roster", type=Path, metavar="FILE", help="a CSV file of the class: say who handed nothing in")
    grade.add_argument("--force", action="store_true", help="grade again what has not changed, too")
    grade.add_argument(
        "--gradebook", type=Path, metavar="FILE", help="nbgrader's gradebook.db, to write scores and comments to"
    )
    grade.add_argument(
        "--best-of", action="store_true", help="where the result in OUT is of an earlier, better attempt, keep it"
    )
    grade.add_argument(
        "--adjust", type=Path, metavar="FILE", help="overrules, extensions, excuses (default: SUBMITTED/adjust.toml)"
    )
    grade.add_argument(
        "--compare", type=Path, metavar="OLD", help="say whose score is another than in OLD, before OUT is overwritten"
    )
    grade.add_argument("--dry-run", action="store_true", help="say whose score would change, and write nothing")
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
    kind = export.add_mutually_exclusive_group(required=True)
    kind.add_argument("--format", choices=["canvas", "moodle", "csv"], help="scores")
    kind.add_argument(
        "--feedback",
        choices=["canvas", "moodle", "email"],
        help="pages: in a zip to upload there, or by e-mail address",
    )
    export.add_argument("--submitted", type=Path, metavar="FILE", help="for --feedback: the zip that was graded")
    export.add_argument("--roster", type=Path, metavar="FILE", help="the CSV file, as downloaded from Canvas or Moodle")
    export.add_argument("--out", type=Path, default=Path("graded"), help="folder with the results (default: graded)")
    export.add_argument("--to", type=Path, metavar="FILE", help="the file to write (default: OUT/FORMAT.csv)")
    export.add_argument(
        "--column", "--grade-column", metavar="NAME", help="the column for the grades: its heading, or its number"
    )
    export.add_argument("--match", metavar="NAME", help="the column that names students as their folders do")
    export.set_defaults(run=run_export)

    similar = commands.add_parser("similar", help="show submissions that resemble each other, side by side")
    similar.add_argument("submitted", nargs="?", type=Path, default=Path("submitted"), help="as for grade")
    similar.add_argument("--out", type=Path, default=Path("graded"), help="folder for similar.html (default: graded)")
    similar.add_argument("--mark", type=float, metavar="PERCENT", help="show pairs from this share on (default: 48)")
    similar.set_defaults(run=run_similar)

    scope = commands.add_parser("gradescope", help="pack the autograder for Gradescope")
    scope.add_argument("--to", type=Path, metavar="FILE", default=Path(f"dist/{assignment().name}-gradescope.zip"))
    scope.add_argument("--adjust", type=Path, metavar="FILE", help="an adjust.toml to pack; students are e-mail or SID")
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
    from .grading.regrade import regrade_class
    from .grading.whole_class import grade_class
    from .platforms.canvas_moodle.times import handed_in
    from .platforms.nbgrader.gradebook import Gradebook

    said = compared(options.roster, options.submitted) if options.roster else []
    grade = regrade_class if options.compare or options.dry_run else grade_class
    status = grade(options, Gradebook, handed_in)
    print("\n".join(said), end="\n" * bool(said))
    return status


def compared(roster: Path, submitted: Path) -> list[str]:
    """Who of the roster handed nothing in, and the like; in sentences."""
    from contextlib import ExitStack

    from .intake.downloads import find_uploads
    from .platforms.canvas_moodle.roster import presence, read_roster

    table = read_roster(roster)
    with ExitStack() as stack:
        return presence(table, find_uploads(submitted, stack).uploads)


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
    from .platforms.canvas_moodle.feedback import by_address, give_back

    results, gone = still_there(options.out, graded(options.out))
    if options.feedback == "email":
        print("\n".join([*by_address(options.out, results, options.roster, options.match, options.to), *gone]))
        return 0
    if options.feedback:
        print("\n".join([*give_back(options.feedback, options.out, results, options.submitted, options.to), *gone]))
        return 0
    done = export(options.format, results, options.roster, options.column, options.match)
    to = options.to or options.out / f"{options.format}.csv"
    save(done, to, options.roster)
    print("\n".join([*done.said, *gone, f"Written to {to}."]))
    return 0


def run_similar(options: argparse.Namespace) -> int:
    from .similarity.page import compare_class
    from .similarity.pairs import MARK

    mark = MARK if options.mark is None else options.mark / 100
    print("\n".join(compare_class(options.submitted, options.out, mark)))
    return 0


def run_gradescope(options: argparse.Namespace) -> int:
    from .platforms.gradescope.package import pack

    names = pack(options.to, options.adjust)
    print(f"{options.to}: {len(names)} files; upload it as the assignment's autograder in Gradescope.")
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    from .doctor import examine

    return examine()


if __name__ == "__main__":
    sys.exit(main())
