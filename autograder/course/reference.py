"""What is right: the values of the solution and of each known mistake, and the data that they are computed on."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np

from ..engine.answering import Answerer
from ..engine.calls import CallFailed, Student, WrongForm, direct
from ..engine.case import Case, Expected, Failed, Seen, agree
from ..engine.check import Check, RubricTask, checks_in
from ..engine.runner import Course, hold
from .model import assignment
from .rubric import rubric, settings
from .seed import keyed

HOME = "home"  # the visible data that students have; in grading the visible checks draw other numbers
HOME_SEED = "visible"
STARTS = 5  # of a recipe
OUR_FIELDS = {field.name for field in fields(RubricTask)} | {"enabled"}


def setting(check: Check, variant: str) -> Mapping[str, Any]:
    """What a check starts from, with what the rubric says about its task."""
    task = next(task for task in rubric()["task"] if task["id"] == check.task.id)
    extra = {name: task[name] for name in task if name not in OUR_FIELDS}
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
def checks() -> dict[str, Check]:
    """Every check, by id."""
    return checks_in(assignment().checks)


def seed_of(variant: str) -> str:
    """What decides the numbers that a check draws."""
    return HOME_SEED if variant == HOME else keyed(f"data/{variant}").hex()


def student_of(answerer: Answerer) -> Student:
    """What answers, as the checks see it."""
    return assignment().proxy.student(direct(answerer))


def case_of(check: Check, variant: str) -> Case:
    """The check's data and words, with nothing to compare with."""
    make = assignment().grading_case or assignment().proxy.case
    shown = "visible" if variant == HOME else variant
    return make(check.id, shown, seed_of(variant), None, setting(check, variant))


def seen_by(answerer: Answerer, check: Check, variant: str, right: bool = False) -> Seen:
    """What the check sees of it: the values by name; unless it is `right`, as far as it gets where a call fails."""
    case = case_of(check, variant)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hold(check, student_of(answerer), case)
    except (CallFailed, WrongForm):
        if right:
            raise
    except Failed:  # a judgement on side effects, which a mistake may well fail
        pass
    return case.seen


def expected(check_id: str, variant: str) -> Expected:
    """The right values of a check, and of each mistake those that it changes."""
    return expected_with(seed_of(variant), check_id, variant)


# By seed, check and variant: what needs no working out (see grading/kept.py).
known: dict[tuple[str, str, str], Callable[[], Expected]] = {}


@cache
def expected_with(seed: str, check_id: str, variant: str) -> Expected:
    """The same, worked out once for each seed."""
    if found := known.get((seed, check_id, variant)):
        return found()
    check, solution = checks()[check_id], assignment().solution
    right = seen_by(solution(()), check, variant, right=True)

    def find_wrong() -> dict[str, Seen]:
        touched = assignment().touched_by(lambda answerer: seen_by(answerer, check, variant))
        names = assignment().mistakes if touched is None else touched
        wrong = {name: seen_by(solution((name,)), check, variant) for name in names}
        return {name: seen for name, seen in wrong.items() if differ(right, seen)}

    return Expected(right, find_wrong)


def differ(right: Seen, seen: Seen) -> bool:
    """Whether a mistake shows in what was seen."""
    parts = [(vars(right)[part], vars(seen)[part]) for part in ("judged", "evidence", "recalled")]
    same = all(a.keys() == b.keys() and all(agree(v, b[name]) for name, v in a.items()) for a, b in parts)
    return not (same and right.raised == seen.raised)


def guide(names: Iterable[str]) -> Student:
    """The solution, or that with these mistakes, for checks to hold a student's against."""
    about = assignment()
    return about.guide(names) if about.guide else student_of(about.solution(names))


@cache
def course() -> Course:
    """All that decides about right and wrong in grading."""
    proxy = assignment().proxy
    return Course(
        tasks=rubric_tasks(),
        variants=("visible", "hidden"),
        expected=lambda check, variant: expected(check.id, variant),
        mistakes=assignment().mistakes,
        setting=setting,
        seed=seed_of,
        proxy=replace(proxy, case=assignment().grading_case or proxy.case),
        guide=guide,
    )


def rubric_tasks() -> list[RubricTask]:
    """The tasks, as far as students know them."""
    names = OUR_FIELDS - {"enabled"}
    return [RubricTask(**{name: value for name, value in row.items() if name in names}) for row in rubric()["task"]]


def course_at_home() -> Course:
    """The visible data that are released: the same whatever the seed."""
    return replace(
        course(),
        variants=("visible",),
        expected=lambda check, _: expected(check.id, HOME),
        setting=lambda check, _: setting(check, HOME),
        seed=lambda _: seed_of(HOME),
    )
