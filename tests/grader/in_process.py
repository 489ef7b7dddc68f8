"""Grades a network class in this process: the engine and its checks as in the grader, but no sandbox."""

import warnings
from collections.abc import Iterable

import numpy as np

from autograder.course.reference import checks, course
from autograder.engine.answering import Answerer
from autograder.engine.calls import Student, in_process
from autograder.engine.runner import Engine

VALUE_TASKS = (
    "forward",
    "backward",
    "update",
    "gradient_check",
    "tanh",
    "l2",
    "momentum",
)  # those without training


class Room:
    def __init__(self, network_class: type):
        self.answerer = Answerer(network_class=network_class)

    def begin(self, task: str) -> None: ...

    def student(self) -> Student:
        return Student(in_process(self.answerer))


def graded(network_class: type, tasks: Iterable[str] = VALUE_TASKS) -> Engine:
    """The engine after all checks of these tasks, visible and hidden."""
    tasks = tuple(tasks)
    engine = Engine(course(), Room(network_class))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine.run_all(f for f in checks().values() if f.about.task.id in tasks)
    assert engine.kit_errors == []
    return engine


def lost(engine: Engine) -> dict[str, float]:
    """Points lost, by task; only tasks that lose any."""
    totals = {task: sum(r["max_points"] - r["points"] for r in results) for task, results in engine.results.items()}
    return {task: round(points, 2) for task, points in totals.items() if points > 0.005}


def names(engine: Engine) -> set[str]:
    """Every mistake that the feedback names."""
    return {r["mistake"] for results in engine.results.values() for r in results if r["mistake"]}


def results_of(engine: Engine, task: str) -> dict[str, dict]:
    return {result["id"]: result for result in engine.results[task]}
