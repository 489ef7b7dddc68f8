"""The base checks in this very process, as each peer's test files call them: nothing is isolated, nothing is limited.

Beside it lie `checks`, a copy of autograder/checks, and VARIANT.npz: the right values and those of the known mistakes.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from checks.answering import Answerer
from checks.checking import checks_in
from checks.engine import Engine
from checks.frozen import load
from checks.student import Student, direct

HERE = Path(__file__).parent
VARIANTS = "visible", "hidden"


@dataclass(frozen=True)
class Item:
    """One check on one variant of its data."""

    task: str
    check: str
    variant: str
    points: float

    @property
    def name(self) -> str:
        """Fit for a function's name."""
        return f"{self.check.replace('/', '_')}_{self.variant}"


class InProcess(Answerer):
    """Answers here; what is no ordinary exception, such as a tool's time-out, goes through to the tool."""

    def describe(self, error: BaseException) -> dict:
        if not isinstance(error, Exception):
            raise error
        return super().describe(error)


class Room:
    def __init__(self, network_class: type):
        self.answerer = InProcess(network_class=network_class)

    def begin(self, task: str) -> None: ...

    def student(self) -> Student:
        return Student(direct(self.answerer))


@cache
def _course():
    known = {variant: load(HERE / f"{variant}.npz") for variant in VARIANTS}
    return replace(
        known["visible"],
        variants=VARIANTS,
        expected=lambda check, variant: known[variant].expected(check, variant),
        setting=lambda check, variant: known[variant].setting(check, variant),
        seed=lambda variant: known[variant].seed(variant),
    )


@cache
def _functions() -> dict:
    """The test function of each base check, by the check's id, in the rubric's order."""
    order = list(tasks())
    return dict(sorted(checks_in("checks").items(), key=lambda item: order.index(item[1].about.task.id)))


@cache
def _engine(network_class: type) -> Engine:
    engine = Engine(_course(), Room(network_class))
    engine.plan([function for function in _functions().values()])
    engine._states = {}  # no call is tried out first: a hanging one would cost the task that comes first
    return engine


@cache
def items() -> tuple[Item, ...]:
    """All that is checked, task by task: each visible check before its hidden twin."""
    engine = _engine(type)
    return tuple(
        Item(function.task.id, name, variant, engine._points[name, variant])
        for name, function in _functions().items()
        for variant in VARIANTS
    )


def tasks() -> dict[str, float]:
    """The points of each task."""
    return {task["id"]: task["points"] for task in _course().tasks}


def judged(network_class: type, item: Item) -> dict:
    """What the engine says of one check: its points, its message."""
    engine = _engine(network_class)
    result = engine.run(_functions()[item.check], item.variant)
    if engine.kit_errors:
        raise RuntimeError(engine.kit_errors[-1])
    return result


def hold(network_class: type, item: Item) -> None:
    """Raise AssertionError unless the check earns its points: each base check is worth all of them or none."""
    result = judged(network_class, item)
    assert result["status"] == "passed", result["message"]


def points_of(network_class: type, task: str) -> float:
    """The points that all checks of one task earn together."""
    return float(round(sum(judged(network_class, item)["points"] for item in items() if item.task == task), 2))
