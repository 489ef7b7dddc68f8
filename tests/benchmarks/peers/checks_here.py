"""The base checks in the student's own process, as the peers run them: no sandbox, no names for mistakes.

EXPECTED in the environment is a file with the right values; the package to grade lies in the working folder,
or in STUDENT.  Each task's checks run once, however often its results are asked for.
"""

import importlib
import os
import pickle
from functools import cache
from pathlib import Path

from autograder.checks.case import Expected
from autograder.checks.engine import Course, Engine
from autograder.checks.frozen import Here

FORWARD_AND_ON = ("forward", "backward", "update", "gradient_check", "xor", "circle", "sine")


@cache
def known():
    with open(os.environ["EXPECTED"], "rb") as stream:
        return pickle.load(stream)


@cache
def room():
    return Here(Path(os.environ.get("STUDENT") or os.getcwd()))


@cache
def results(task: str) -> list[dict]:
    """What each check of the task says, visible data first; all wrong where the package cannot be imported."""
    given = known()
    course = Course(
        tasks=[about for about in given["tasks"] if about["id"] == task],
        variants=("visible", "hidden"),
        expected=lambda check, variant: Expected(given["right"][check.id, variant]),
        mistakes={},
        setting=lambda check, variant: given["settings"][check.id, variant],
        seed=lambda variant: given["seeds"][variant],
    )
    module = importlib.import_module(f"autograder.checks.test_{task}")
    checks = [function for function in vars(module).values() if hasattr(function, "about")]
    checks = [function for function in checks if function.about.task.id == task]
    if room().problem:
        raise ImportError(f"the package cannot be imported: {room().problem}")
    engine = Engine(course, room())
    engine.plan([function.about for function in checks])
    return [engine.run(function, variant) for variant in course.variants for function in checks]


def points(task: str) -> float:
    return float(sum(check["points"] for check in results(task)))
