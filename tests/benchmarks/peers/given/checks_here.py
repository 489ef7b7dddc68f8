"""The base checks in this very process, as each peer's test files call them: nothing is isolated, nothing is limited.

Beside it lie `checks`, the tests of the student folder, and VARIANT.npz: the right values and those of mistakes.
"""

from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from checks.engine.answering import Answerer
from checks.engine.calls import Ask, direct
from checks.engine.check import Check, checks_in
from checks.engine.frozen import load
from checks.engine.outcome import CheckResult
from checks.engine.runner import Engine

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


class Here:
    """A Runtime that runs the class in this process."""

    def __init__(self, network_class: type):
        self._ask = direct(InProcess(asdict(_subject()), kind=network_class))

    def fresh_process(self) -> None: ...

    def ready(self) -> Ask:
        return self._ask


def _subject():
    return load(HERE / "visible.npz")[1]


@cache
def _course():
    known = {variant: load(HERE / f"{variant}.npz")[0] for variant in VARIANTS}
    return replace(
        known["visible"],
        variants=VARIANTS,
        expected=lambda check, variant: known[variant].expected(check, variant),
        setting=lambda check, variant: known[variant].setting(check, variant),
        seed=lambda variant: known[variant].seed(variant),
    )


@cache
def _checks() -> dict[str, Check]:
    """Each base check, by its id, in the rubric's order."""
    order = list(tasks())
    return dict(sorted(checks_in("checks").items(), key=lambda item: order.index(item[1].task.id)))


@cache
def _engine(network_class: type) -> Engine:
    engine = Engine(_course(), Here(network_class))
    engine.plan(list(_checks().values()))
    engine._states = {}  # no call is tried out first: a hanging one would cost the task that comes first
    return engine


@cache
def items() -> tuple[Item, ...]:
    """All that is checked, task by task: each visible check before its hidden twin."""
    engine = _engine(type)
    return tuple(
        Item(check.task.id, name, variant, engine._points[name, variant])
        for name, check in _checks().items()
        for variant in VARIANTS
    )


def tasks() -> dict[str, float]:
    """The points of each task."""
    return {task.id: task.points for task in _course().tasks}


def judged(network_class: type, item: Item) -> CheckResult:
    """What the engine says of one check: its points, its message."""
    engine = _engine(network_class)
    result = engine.run(_checks()[item.check], item.variant)
    if engine.kit_errors:
        raise RuntimeError(engine.kit_errors[-1])
    return result


def hold(network_class: type, item: Item) -> None:
    """Raise AssertionError unless the check earns its points: each base check is worth all of them or none."""
    result = judged(network_class, item)
    assert result.status == "passed", result.message


def points_of(network_class: type, task: str) -> float:
    """The points that all checks of one task earn together."""
    return float(round(sum(judged(network_class, item).points for item in items() if item.task == task), 2))
