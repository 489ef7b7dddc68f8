"""How a check is declared: an ordinary pytest test, marked with its task and its weight.

::

    backward = Task("backward", owns=("backward",))

    @backward.check(weight=8)
    def test_bp1_output_error(student, case):
        \"""BP1: the error of the output layer is ...\"""

The docstring's first sentence is the title that students read.  Each check runs on visible data and,
in the grader, once more on hidden data: so every hidden check has a visible twin.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

VISIBLE_SHARE = 0.6  # of each check's points; its hidden twin earns the rest


@dataclass(frozen=True)
class RubricTask:
    """What the rubric says of a task, as far as students know it."""

    id: str
    title: str
    points: float
    bonus: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Task:
    """A gradable unit: the methods it is about (`owns`) and those it cannot do without (`needs`).

    `by_outcome`: it is judged by what all methods together achieve, after the checks of each.
    """

    id: str
    owns: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    by_outcome: bool = False

    def check(
        self,
        weight: float,
        after: str | None = None,
        compared: bool = True,
        needs: tuple[str, ...] | None = None,
        cap: float | None = None,
    ) -> Callable[[Any], Any]:
        """Make a test a check worth `weight` parts of the task's points.

        `after` names a check of this task that has to pass first; `compared` says that it compares
        with the solution's answers (else it judges by what the student's code achieves);
        `needs` are the methods that it cannot do without, where they are not the task's; `cap` is the share of the
        task's points to which those of the checks before it are cut where it fails, twice in a row.
        """

        def mark(function: Any) -> Any:
            name = function.__name__.removeprefix("test_")
            title = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
            needed = self.needs if needs is None else needs
            function.check = Check(self, name, title, weight, after, compared, needed, cap, function)
            return function

        return mark


@dataclass(frozen=True)
class Check:
    task: Task
    name: str
    title: str
    weight: float
    after: str | None
    compared: bool
    needs: tuple[str, ...]
    cap: float | None
    function: Callable[..., object]  # the conversation, test_name(student, case)

    @property
    def id(self) -> str:
        return f"{self.task.id}/{self.name}"


def points_of(checks: list[Check], variants: tuple[str, ...], max_points: float) -> dict[tuple[str, str], float]:
    """What each check of one task earns, by (id, variant): `max_points` shared out by weight."""
    total = sum(check.weight for check in checks)
    share = {"visible": VISIBLE_SHARE, "hidden": 1 - VISIBLE_SHARE}
    return {(c.id, v): round(max_points * c.weight / total * share[v], 4) for c in checks for v in variants}


def checks_in(package: str) -> dict[str, Check]:
    """The checks in the package's modules `test_*`, by id."""
    modules = [module.name for module in pkgutil.iter_modules(import_module(package).__path__)]
    found = [vars(import_module(f"{package}.{name}")).values() for name in modules if name.startswith("test_")]
    checks = [getattr(value, "check", None) for values in found for value in values if callable(value)]
    return {check.id: check for check in checks if isinstance(check, Check)}
