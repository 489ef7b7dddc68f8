"""Checks your work: what passes, what does not and why, and what to do next.

python check.py                 looks at all tasks
python check.py --task NAME     looks at one task
python check.py --example       shows the handout's example by hand beside your numbers
python check.py --all           shows every check
python check.py --watch         looks again whenever a file is saved
python check.py --hint          adds a hint for what comes next
python check.py --picture NAME  draws what your work does, where the package has demonstrations (demos.py)

In the notebook: check("TASK"), and show("PICTURE").
"""

import argparse
import contextlib
import io
import linecache
import os
import sys
import tempfile
import textwrap
import time
import warnings
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent


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
    parser.add_argument("--all", action="store_true", help="show every check")
    parser.add_argument("--watch", action="store_true", help="look again whenever a file is saved")
    parser.add_argument("--hint", action="store_true", help="add a hint for what comes next")
    if course.proxy.example:
        parser.add_argument("--example", action="store_true", help="the handout's example by hand, with your numbers")
    if (HERE / subject.package / "demos.py").exists():
        parser.add_argument("--picture", metavar="NAME", help="draw what your work does, by the demonstration's name")
    options = parser.parse_args()
    if options.watch:
        return watch(course, subject, options)
    if not readable(subject):
        return 1
    if getattr(options, "example", False):
        return by_hand(course, subject)
    if getattr(options, "picture", None):
        return import_module(f"{subject.package}.demos").main([options.picture])
    from tests.engine.showing import report

    engine = look(course, subject, options.task and {options.task})
    return 1 if engine is None else report(course.tasks, engine, options, subject, HERE)


def given():
    """The tasks and the visible checks' data, and what they are about."""
    from tests.engine.frozen import FILE, load

    return load(HERE / "tests" / FILE)


def readable(subject) -> bool:
    """Whether the files that are handed in can be read, as the grader reads them; says so where they cannot."""
    from tests.engine.decoding import NotText, as_utf8, read_as_graded

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


def imported(subject):
    """Where the student's code answers; None, and the reason printed, if it cannot be imported."""
    from tests.engine.local import LocalRuntime

    runtime = LocalRuntime(HERE, subject)
    if not runtime.problem:
        return runtime
    raised = runtime.problem["raised"]
    place = f"\n{raised['file']}, line {raised['line']}: {raised['code']}" if raised.get("file") else ""
    print(f"Your code cannot be imported, so nothing can be checked.{place}\n{raised['type']}: {raised['message']}")
    return None


def by_hand(course, subject) -> int:
    """Print the handout's example beside what the student's code makes of it."""
    from tests.engine import showing

    runtime = imported(subject)
    return showing.by_hand(course.proxy.example(course.proxy.student(runtime.ready()))) if runtime else 1


def look(course, subject, wanted=None, earlier=None):
    """Run the checks of these tasks or, for None, of all; None where the code cannot be imported.

    `earlier` are results of other tasks, which stay as they are.
    """
    from tests.engine.check import checks_in
    from tests.engine.runner import Engine

    runtime = imported(subject)
    if runtime is None:
        return None
    engine = Engine(course, runtime)
    engine.keep(earlier or {})
    checks = [check for check in checks_in("tests").values() if wanted is None or check.task.id in wanted]
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's on overflow, say, for each step of a training
            engine.run_all(checks)
    except KeyboardInterrupt:
        print("Interrupted.")
        return None
    return engine


def watch(course, subject, options) -> int:
    """Look again whenever a file is saved, until Ctrl-C."""
    from tests.engine.check import checks_in
    from tests.engine.showing import first, report
    from tests.engine.watching import Kept, saved

    sys.dont_write_bytecode = True  # within one second Python would not see that a file is another one
    kept = Kept([check.task for check in checks_in("tests").values() if options.task in (None, check.task.id)])
    files = [HERE / subject.package / name for name in subject.files]
    changes, status, changed = saved(files), 1, None
    try:
        while True:
            for name in [name for name in sys.modules if name.split(".")[0] == subject.package]:
                del sys.modules[name]
            linecache.clearcache()
            engine = None
            for tasks in kept.to_look_at(changed) if readable(subject) else ():
                engine = look(course, subject, tasks, kept.results)
                kept.take(engine)
                if engine is None or first(course.tasks, kept.results, wrong=True):
                    break
            if engine:
                status = report(course.tasks, engine, options, subject, HERE)
                if later := kept.missing:
                    print(f"({', '.join(later)}: looked at once this is mended.)")
            print(f"\nWatching {', '.join(subject.files)}.", flush=True)
            print("Save one to check it again; Ctrl-C ends this.", flush=True)
            names, changed = next(changes)
            what = f": {', '.join(sorted(changed))}" if changed else ""
            print(f"\n----- {', '.join(names)} saved at {time.strftime('%H:%M:%S')}{what}", flush=True)
    except KeyboardInterrupt:
        print("Ended.")
    return status


def check(task: str) -> float:
    """In the notebook: what passes of a task, what does not and why; the points that it earns so far."""
    course, subject = given()
    from tests.engine.card import card
    from tests.engine.showing import Screen, first, totals

    use_notebook(subject)
    if task not in [t.id for t in course.tasks]:
        print(f"There is no task {task!r}: name one of {', '.join(t.id for t in course.tasks)}.")
        return 0.0
    engine = look(course, subject, {task})
    results = engine.results[task] if engine else []
    if engine:
        Screen(sys.stdout).checks(next(t for t in course.tasks if t.id == task), results)
        if wrong := first(course.tasks, {task: results}, wrong=True):
            show_card(card(*wrong, course.mistakes, course.proxy.formula))
    if results and all(result.status == "passed" for result in results):
        print("Everything here passes.")
    elif (following := first(course.tasks, {task: results}, wrong=False)) and following[1].status == "untried":
        print("Put your code in the place of `raise NotImplementedError`, run that cell, and then this one again.")
    for sentence in not_counting(task, subject):
        print(textwrap.fill(sentence, 100))
    return totals(results)[0]


def show_card(html: str) -> None:
    """Below what is printed, where the notebook can show it; elsewhere the text above says the same."""
    with contextlib.suppress(ImportError):
        from IPython.display import HTML, display

        display(HTML(html))


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
