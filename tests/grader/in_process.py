"""Grades a network class in this process: the engine and its checks as in the grader, but no sandbox."""

import itertools
import os
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from types import ModuleType

import numpy as np

from autograder.assignment.solution import SUBJECT
from autograder.course.reference import checks, course
from autograder.engine.answering import Answerer, Arrays, Header
from autograder.engine.calls import METHOD_CPU, Ask, in_process
from autograder.engine.case import Seen
from autograder.engine.local import in_time
from autograder.engine.outcome import CheckResult
from autograder.engine.runner import Course, Engine
from autograder.grading import kept
from tests.kit import work_out
from tests.once import SHARED, once

VALUE_TASKS = (
    "forward",
    "backward",
    "update",
    "gradient_check",
    "tanh",
    "l2",
    "momentum",
)  # those without training

numbers = itertools.count(1)


def network_class(files: Mapping[str, bytes]) -> type:
    """The class NeuralNetwork of a submission's files, imported under a name of its own."""
    package = f"submission_{next(numbers)}"
    sys.modules[package] = ModuleType(package)
    sys.modules[package].__path__ = []
    try:
        for name in ("activations", "neural_network"):
            module = sys.modules[f"{package}.{name}"] = ModuleType(f"{package}.{name}")
            exec(compile(files[f"{name}.py"], f"{name}.py", "exec"), vars(module))
        return module.NeuralNetwork
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]


class InProcess:
    """A Runtime that runs the class here."""

    def __init__(self, network_class: type):
        self._ask = in_process(Answerer(asdict(SUBJECT), kind=network_class))

    def fresh_process(self) -> None: ...

    def ready(self) -> Ask:
        return self.ask

    def ask(self, header: Header, arrays: Arrays, method: str, limit: float | None = None) -> tuple[Header, Arrays]:
        if limit is None:
            return self._ask(header, arrays, method)
        return in_time(lambda: self._ask(header, arrays, method), METHOD_CPU, limit)


@cache
def have_expected() -> None:
    """All expected values at hand: one worker works them out for all, which takes seconds, and the others read them."""
    if SHARED in os.environ:  # in pytest
        once(work_out)
    kept.at_hand()


def graded(network_class: type, tasks: Iterable[str] = VALUE_TASKS, by: Course | None = None) -> Engine:
    """The engine after all checks of these tasks, visible and hidden, or those of another course than the grader's."""
    have_expected()
    tasks = tuple(tasks)
    engine = Engine(by or course(), InProcess(network_class))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine.run_all(check for check in checks().values() if check.task.id in tasks)
    assert engine.kit_errors == []
    return engine


def lost(engine: Engine) -> dict[str, float]:
    """Points lost, by task; only tasks that lose any."""
    totals = {task: sum(r.max_points - r.points for r in results) for task, results in engine.results.items()}
    return {task: round(points, 2) for task, points in totals.items() if points > 0.005}


def names(engine: Engine) -> set[str]:
    """Every mistake that the feedback names."""
    return {name for results in engine.results.values() for r in results for name in r.mistakes}


def results_of(engine: Engine, task: str) -> dict[str, CheckResult]:
    return {result.id: result for result in engine.results[task]}


def arrays_of(seen: Seen) -> dict[tuple[str, str], np.ndarray]:
    """Every array that a check has seen, by part and name."""
    parts = {"judged": seen.judged, "evidence": seen.evidence, "recalled": seen.recalled}
    named = {(part, name): value for part, values in parts.items() for name, value in values.items()}
    return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}
