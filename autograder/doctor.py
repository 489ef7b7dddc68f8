"""`make doctor`: whether this machine can grade, and how to mend it if not."""

import importlib.metadata
import platform
from collections.abc import Callable

from . import ROOT
from .course.model import assignment


def examine() -> int:
    """Print a line for each thing that grading needs; 0 if all is there, else 1."""
    trials: list[tuple[str, Callable[[], str]]] = [
        ("Python", python),
        ("packages", packages),
        ("release", release),
        ("seed", seed),
        ("sandbox", sandbox),
        ("grading", grading),
    ]
    well = True
    for name, trial in trials:
        try:
            print(f"  ok    {name:9} {trial()}")
        except Exception as error:
            well = False
            print(f"  FAIL  {name:9} {error}")
    print("This machine can grade." if well else "This machine cannot grade yet: mend the lines that say FAIL.")
    return 0 if well else 1


def python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def packages() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "pytest", "nbgrader", "rich"))


def release() -> str:
    if not (assignment().release / assignment().subject.package).is_dir():
        raise RuntimeError(f"{assignment().student_folder} is missing: run `make release`.")
    return assignment().student_folder


def seed() -> str:
    from .course import seed as secret

    secret.seed()
    return "the public one decides" if secret.is_example() else f"{secret.FILE.relative_to(ROOT)} decides hidden data"


def sandbox() -> str:
    from .sandbox import choose, why_not_first

    chosen = choose()
    return f"{chosen.name} starts" + (f". {why_not_first()}" if chosen.name != "bubblewrap" else "")


def grading() -> str:
    """Grade the solution itself: full marks, or something is wrong with this machine."""
    from .grading.submission import grade_apart
    from .intake.naming import FILES
    from .intake.submissions import Submission
    from .sandbox import choose

    sources = {name: (assignment().solutions / name).read_bytes() for name in FILES}
    result = grade_apart(Submission("solution", sources, "files", FILES, (), (), {}, None, ""), choose())
    if (result.score, result.bonus) != (result.max_score, result.max_bonus):
        lost = [check.id for task in result.tasks for check in task.checks if check.status != "passed"]
        raise RuntimeError(f"the solution gets {result.score:g} + {result.bonus:g}: {result.reason or lost[:5]}")
    return f"the solution gets {result.score:g} + {result.bonus:g} points in {result.seconds:.1f} s"
