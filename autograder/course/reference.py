"""What the grader knows: the rubric, the right values and those of each known mistake."""

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS
from backprop.neural_network import NeuralNetwork

from ..assignment.mistakes import MISTAKES, network_with, touched_by
from ..engine.answering import Answerer
from ..engine.calls import CallFailed, Student, WrongForm, direct
from ..engine.case import Case, Expected, agree
from ..engine.check import Check, checks_in
from ..engine.runner import Course, hold
from .seed import BadSeed, keyed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent.parent / "assignment"
HOME = "home"  # the visible data that students have; in grading the visible checks draw other numbers
HOME_SEED = "visible"
STARTS = 5  # of a recipe


@cache
def rubric() -> dict[str, Any]:
    """`rubric.toml`, with every field of a task filled in and the tasks that are switched off left out."""
    table = tomllib.loads((HERE / "rubric.toml").read_text(encoding="utf-8"))
    if "seed" in table:
        raise BadSeed("autograder/rubric.toml: take out the line `seed = ...`; the kit draws a hidden seed by itself.")
    defaults = {"bonus": False, "enabled": True}
    table["task"] = [task for task in ({**defaults, **row} for row in table["task"]) if task["enabled"]]
    return table


@cache
def settings() -> dict[str, dict[str, list[dict]]]:
    """`settings.toml`: by check, by variant, the rows to choose from."""
    return tomllib.loads((HERE / "settings.toml").read_text(encoding="utf-8"))


def setting(check: Check, variant: str) -> Mapping[str, Any]:
    """What a training check starts from, with what the rubric says about its task."""
    task = next(task for task in rubric()["task"] if task["id"] == check.task.id)
    extra = {name: task[name] for name in task if name not in ("id", "title", "points", "bonus", "enabled", "hint")}
    return {**(drawn(check.id, variant) if check.id in settings() else {}), **extra}


def drawn(check_id: str, variant: str) -> dict[str, Any]:
    """The row that the seed in use chooses, and of its starts one, or five for a recipe.

    At home it is the first row as it stands, which is never chosen.
    """
    rows = settings()[check_id]["visible" if variant == HOME else variant]
    rng = None
    if variant == HOME:
        row = rows[0]
    else:
        rng = np.random.RandomState(np.frombuffer(keyed(f"setting/{check_id}/{variant}"), dtype="<u4"))
        rows = rows[1:] if variant == "visible" else rows
        row = rows[rng.randint(len(rows))]
    kind = "start" if "start" in row else "starts"
    starts = rng.permutation(row[kind]).tolist() if rng else row[kind]
    return {**row, kind: starts[0] if kind == "start" else starts[:STARTS]}


@cache
def check_functions() -> dict[str, Callable]:
    """Every check's test function, by the check's id."""
    return checks_in("autograder.assignment.checks")


def seed_of(variant: str) -> str:
    """What decides the numbers that a check draws."""
    return HOME_SEED if variant == HOME else keyed(f"data/{variant}").hex()


def seen_by(network_class: type, check: Check, variant: str) -> dict[str, Any]:
    """What the check sees of this class: the values by name; as far as it gets, where a call fails."""
    case = Case(check.id, "visible" if variant == HOME else variant, seed_of(variant), None, setting(check, variant))
    student = Student(direct(Answerer(network_class=network_class)))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hold(check_functions()[check.id], student, case)
    except (CallFailed, WrongForm):
        if network_class is NeuralNetwork:
            raise
    except Exception as error:  # a judgement on side effects, which a mistake may well fail
        if type(error).__name__ != "Failed":
            raise
    return case.seen


def expected(check_id: str, variant: str) -> Expected:
    """The right values of a check, and of each mistake those that it changes."""
    return expected_with(seed_of(variant), check_id, variant)


@cache
def expected_with(seed: str, check_id: str, variant: str) -> Expected:
    """The same, worked out once for each seed."""
    check = check_functions()[check_id].about  # type: ignore[attr-defined]
    right = seen_by(NeuralNetwork, check, variant)

    def find_wrong() -> dict[str, Mapping[str, Any]]:
        touched = touched_by(lambda network_class: seen_by(network_class, check, variant))
        wrong = {name: seen_by(network_with(name), check, variant) for name in touched}
        return {name: values for name, values in wrong.items() if differ(right, values)}

    return Expected(right, find_wrong)


def differ(right: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return set(right) != set(values) or not all(agree(v, values[k]) for k, v in right.items())


def predict(
    weights: Iterable[np.ndarray],
    biases: Iterable[np.ndarray],
    X: np.ndarray,
    activation: str,
    output_activation: str | None,
) -> np.ndarray:
    """The grader's own forward pass, shape (n_outputs, m)."""
    layers = list(zip(weights, biases, strict=True))
    a = X
    with np.errstate(all="ignore"):
        for number, (W, b) in enumerate(layers):
            name = (output_activation or activation) if number == len(layers) - 1 else activation
            a = ACTIVATIONS[name][0](W @ a + b)
    return a


def guide(names: Iterable[str]) -> Student:
    """The right network, or that with these mistakes, for checks to hold a student's against."""
    return Student(direct(Answerer(network_class=network_with(*names))))


@cache
def course() -> Course:
    """All that decides about right and wrong in grading."""
    return Course(
        tasks=rubric()["task"],
        variants=("visible", "hidden"),
        expected=lambda check, variant: expected(check.id, variant),
        mistakes=MISTAKES,
        setting=setting,
        seed=seed_of,
        predict=predict,
        guide=guide,
    )


def course_at_home() -> Course:
    """The visible data that are released: the same whatever the seed."""
    return replace(
        course(),
        variants=("visible",),
        expected=lambda check, _: expected(check.id, HOME),
        setting=lambda check, _: setting(check, HOME),
        seed=lambda _: seed_of(HOME),
    )
