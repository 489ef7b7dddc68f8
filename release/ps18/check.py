"""Checks your work: what passes, what does not and why, and what to do next.

python check.py                 looks at all tasks
python check.py --task NAME     looks at one task
python check.py --hint          adds a hint for what comes next
python check.py --picture NAME  draws what your work does, where the package has demonstrations (demos.py)

In the notebook: check("TASK"), and show("PICTURE").
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import textwrap
import warnings
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARKS = {"passed": "  ok  ", "partial": " part ", "untried": " todo ", "blocked": " wait "}


def main() -> int:
    """Exit status 0 if all that was looked at passes, 1 if not, 2 if it could not be looked at."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not in IDLE
            stream.reconfigure(errors="replace")  # a terminal may know fewer characters than are printed
    sys.path.insert(0, str(HERE))
    try:
        course, subject = given()
    except ImportError as error:
        print(f"{error}. Run this first:\n  {sys.executable} -m pip install -r {HERE / 'requirements.txt'}")
        return 2
    parser = argparse.ArgumentParser(description="Check your work on this assignment.")
    parser.add_argument("--task", choices=[task.id for task in course.tasks], help="look at one task only")
    parser.add_argument("--hint", action="store_true", help="add a hint for what comes next")
    if (HERE / subject.package / "demos.py").exists():
        parser.add_argument("--picture", metavar="NAME", help="draw what your work does, by the demonstration's name")
    options = parser.parse_args()
    if not readable(subject):
        return 1
    if getattr(options, "picture", None):
        return import_module(f"{subject.package}.demos").main([options.picture])
    engine = look(course, subject, options.task)
    return 1 if engine is None else report(course.tasks, engine, options, subject)


def given():
    """The tasks and the visible checks' data, and what they are about."""
    from tests.engine.frozen import FILE, load

    return load(HERE / "tests" / FILE)


def readable(subject) -> bool:
    """Whether the files that are handed in can be read, as the grader reads them; says so where they cannot."""
    from tests.engine.text import NotText, as_utf8, read_as_graded

    read_as_graded(HERE / subject.package)
    fine = True
    for name in subject.files:
        path = HERE / subject.package / name
        try:
            if note := path.exists() and as_utf8(path.read_bytes())[1]:
                print(f"Note: {subject.package}/{name} {note}.")
        except NotText as problem:
            fine = False
            print(f"{subject.package}/{name} {problem}.")
    return fine


def look(course, subject, only):
    """Run the checks of one task or, for None, of all; None where the code cannot be imported."""
    from tests.engine.check import checks_in
    from tests.engine.local import LocalRuntime
    from tests.engine.runner import Engine

    runtime = LocalRuntime(HERE, subject)
    if runtime.problem:
        raised = runtime.problem["raised"]
        place = f"\n{raised['file']}, line {raised['line']}: {raised['code']}" if raised.get("file") else ""
        print(f"Your code cannot be imported, so nothing can be checked.{place}\n{raised['type']}: {raised['message']}")
        return None
    engine = Engine(course, runtime)
    checks = [check for check in checks_in("tests").values() if only in (None, check.task.id)]
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's on overflow, say, for each step of a training
            engine.run_all(checks)
    except KeyboardInterrupt:
        print("Interrupted.")
        return None
    return engine


def report(tasks, engine, options, subject) -> int:
    """Print task by task, then the points and what to do next."""
    points, most, following, waiting = {False: 0.0, True: 0.0}, {False: 0.0, True: 0.0}, None, []
    for task in tasks:
        results = engine.results[task.id]
        if not results:
            continue
        earned, possible = totals(results)
        points[task.bonus] += earned
        most[task.bonus] += possible
        unfinished = report_task(task, results)
        following = following or unfinished
        waiting += [result for result in results if result.status == "blocked"]
    summary = [f"{points[bonus]:g} of {most[bonus]:g}{' bonus points' * bonus}" for bonus in points if most[bonus]]
    print(f"\nPoints so far: {', and '.join(summary)}.")
    print("(These checks carry 60 % of the points, graded with other numbers; their hidden twins carry the rest.)")
    for error in engine.kit_errors:
        print(f"The kit itself failed, please tell your instructor: {error}")
    if following is None and waiting:
        print(f"Nothing more can be checked here yet.\n{textwrap.fill(waiting[0].message, 100)}")
        print("Next: mend that." + " `python check.py`, without --task, leads you to it." * bool(options.task))
        return 1
    if following is None:
        files = ", ".join(subject.files)
        print(f"Everything here passes. Hand in what you worked on in {subject.package}/ ({files}), or the notebook.")
        return 0
    task, result = following
    print(f"Next: {task.title} - {result.title}\n{textwrap.fill(result.message, 100)}")
    if options.hint:
        print(textwrap.fill(f"Hint: {task.hint}" if task.hint else "There is no hint for this task.", 100))
    return 1


def report_task(task, results):
    """Print the task's checks; (task, result) of the first that the student can do something about, or None."""
    following = None
    earned, possible = totals(results)
    print(f"\n{task.title} ({task.id}): {earned:g} of {possible:g} points")
    reasons = set()
    for result in results:
        print(f"  [{MARKS.get(result.status.value, ' FAIL ')}] {result.title}")
        if result.message and result.message not in reasons:  # a reason that holds for several is said once
            print(textwrap.indent(textwrap.fill(result.message, 96), " " * 11))
            reasons.add(result.message)
        if following is None and result.status not in ("passed", "blocked"):
            following = task, result
    return following


def totals(results) -> tuple[float, float]:
    return tuple(round(sum(getattr(result, name) for result in results), 2) for name in ("points", "max_points"))


def check(task: str) -> float:
    """In the notebook: what passes of a task, what does not and why; the points that it earns so far."""
    course, subject = given()
    use_notebook(subject)
    if task not in [t.id for t in course.tasks]:
        print(f"There is no task {task!r}: name one of {', '.join(t.id for t in course.tasks)}.")
        return 0.0
    engine = look(course, subject, task)
    results = engine.results[task] if engine else []
    unfinished = report_task(next(t for t in course.tasks if t.id == task), results) if engine else None
    if results and all(result.status == "passed" for result in results):
        print("Everything here passes.")
    elif unfinished and unfinished[1].status == "untried":
        print("Put your code in the place of `raise NotImplementedError`, run that cell, and then this one again.")
    for sentence in not_counting(task, subject):
        print(textwrap.fill(sentence, 100))
    return totals(results)[0]


def not_counting(task: str, subject) -> list[str]:
    """What of the notebook's cells will not count when they are graded."""
    from tests.engine.ahead import look_ahead

    space = vars(sys.modules["__main__"])
    history = space.get("In")
    return look_ahead(task, list(history), space, HERE, subject) if isinstance(history, list) else []


def show(name: str) -> None:
    """In the notebook: print and draw what your work does, as `python -m PACKAGE.demos` does."""
    from IPython.display import Image, display

    subject = given()[1]
    demos = import_module(f"{subject.package}.demos")
    use_notebook(subject, demos)
    with tempfile.TemporaryDirectory() as folder:
        demos.main([name, "--out", os.path.relpath(folder)])
        for picture in sorted(Path(folder).glob("*.png")):
            display(Image(picture.read_bytes()))


def use_notebook(subject, *others) -> None:
    """Where a cell defines the whole class, it takes the package's place, and that in these other modules."""
    for module in (import_module(f"{subject.package}.{subject.module}"), *others) if subject.kind else ():
        own = getattr(sys.modules["__main__"], subject.kind, getattr(module, subject.kind))
        setattr(module, subject.kind, own)


if __name__ == "__main__":
    try:
        status = main()
        print(end="", flush=True)
    except OSError as error:
        if error.filename is not None:
            raise
        status = 1  # nobody reads what is printed, as in `python check.py | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that Python does not try once more on leaving
    sys.exit(status)
