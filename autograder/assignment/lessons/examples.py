"""The smallest input that shows a mistake: the student's network beside the one that does this one thing right.

All numbers are fixed and can be followed by hand.  What is right is the solution with the *other* mistakes that were
found: so a second mistake does not make the first one look worse.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from autograder.course.example import Compared, Example, Finding
from autograder.engine.answering import Other
from autograder.engine.calls import CallFailed, Student, described
from autograder.engine.case import agree

from ..network.proxy import NetworkStudent
from ..network.relations import Maps
from ..solution import solution
from ..twin import Twins
from .answers import Values, answers
from .network_picture import ORDER, drawn
from .small_networks import SETTINGS, Setting, given

GRADIENT = r"dW|db"
SHOWN = {  # by equation, the values that it makes
    "BP3": r"dW",
    "BP4": r"db",
    "z = W a + b": r"z_cache",
    "a = sigma(z)": r"a_cache|output",
    "caches": r"z_cache|a_cache|len",
    "loss": r"loss",
    "update": r"weights|biases",
    "Exercise 18.4": r"weights|biases",
    "Exercise 18.1": r"dW|db|output",
    "Exercise 18.2": r"loss|dW|db|weights",
    "backward": r"z_cache|a_cache|len",
}
OF_TASKS = {"forward": r"z_cache|a_cache|output|len", "update": r"weights|biases", "momentum": r"weights|biases"}
OF_TASKS |= {"gradient_check": r"loss|dW|db", "l2": r"loss|dW|db|weights", "backward": GRADIENT, "tanh": GRADIENT}
DRAWN = {"BP3": ("dW",), "BP4": ("db",), "BP3, BP4": ("dW", "db")}  # by equation, where it can go wrong first
MOST_ENTRIES, MOST_VALUES = 24, 3
PLAIN = 0.05  # share of a value by which it should differ


class Asked:
    """What the student's network answers in a setting, and what the solution with these mistakes does."""

    def __init__(self, student: Callable[[], Student], names: Sequence[str]):
        self.student, self.names = student, names
        self._own: dict[Setting, Values] = {}

    def own(self, setting: Setting) -> Values:
        if setting not in self._own:
            student = self.student()
            assert isinstance(student, NetworkStudent)
            self._own[setting] = answers(student, setting)
        return self._own[setting]

    def right(self, setting: Setting, but: str | None = None) -> Values:
        """With all the mistakes found but this one."""
        return answers(twins([name for name in self.names if name != but]), setting)


def twins(names: Sequence[str]) -> Twins:
    return Twins(solution(names))


def examples(student: Callable[[], Student], found: Sequence[Finding]) -> Mapping[int, Example]:
    """By number in `found`, an example; where a call does not come back, there are no more."""
    asked = Asked(student, list(dict.fromkeys(one.mistake for one in found if one.mistake)))
    shown: dict[int, Example] = {}
    with suppress(CallFailed):
        for number, one in enumerate(found):
            if example := example_of(asked, one):
                shown[number] = example
    return shown


def example_of(asked: Asked, one: Finding) -> Example | None:
    """In the first setting where the student's numbers differ clearly, else in the first where anything does.

    Where a known mistake changes some of them, these are shown, and no others.
    """
    pattern = OF_TASKS.get(one.task, GRADIENT)
    kinds = {SHOWN.get(equation, GRADIENT if equation.startswith("BP") else pattern)
             for equation in one.equation.split(", ")}  # fmt: skip
    pattern = "|".join(kinds) if one.equation else pattern
    possible: list[tuple[bool, bool, Setting, list[str], Values, Values]] = []
    for setting in SETTINGS.get(one.task, ()):
        own, right = asked.own(setting), asked.right(setting, one.mistake)
        differ, changed = differing(own, right, pattern), differing(asked.right(setting), right, pattern)
        its_own = [name for name in differ if name in changed] if one.mistake else differ
        if differ := its_own or differ:
            plain = all(numeric(own[name], right[name]) for name in differ if name in right) and "raises" not in differ
            plain = plain and any(far(own[name], right[name]) for name in differ)
            possible.append((not its_own, not plain, setting, differ, own, right))
            if its_own and plain:
                break
    if not possible:
        return None
    *_, setting, differ, own, right = min(possible, key=lambda one: one[:2])
    values = tuple(compared(name, right.get(name), own.get(name)) for name in differ[:MOST_VALUES])
    picture: dict[str, Any] = {}
    if setting.asked in ("forward", "backward") and setting.times == 1:
        others = [name for name in asked.names if name != one.mistake]
        true = answers(twins(()), setting) | errors(setting, ())
        shows = own | deltas(asked, setting, own) | returned(setting, own, right)
        picture = drawn(setting.sizes, shows, right | errors(setting, others), true, DRAWN.get(one.equation, ORDER))
    return Example(given(setting, [n for n in differ if n != "raises"][:MOST_VALUES]), values, picture)


def differing(own: Values, right: Values, pattern: str) -> list[str]:
    """Names of values that differ, those of the pattern if there are any; an exception alone where it is one."""
    names = [name for name in right if name in own and not agree(right[name], own[name])]
    wanted = [name for name in names if re.match(pattern, name)]
    if wanted or "raises" not in own or "raises" in right:
        return wanted
    return ["raises"]


def numeric(own: Any, right: Any) -> bool:
    if isinstance(own, np.ndarray) and isinstance(right, np.ndarray):
        return own.shape == right.shape and own.dtype == right.dtype and bool(np.isfinite(own).all())
    return type(own) in (int, float) and type(right) in (int, float)


def far(own: Any, right: Any) -> bool:
    """Whether the difference is seen at first sight."""
    with np.errstate(all="ignore"):
        return bool(np.linalg.norm(np.subtract(own, right)) > PLAIN * np.linalg.norm(right))


def deltas(asked: Asked, s: Setting, own: Values) -> Values:
    """The errors of the student's layers, as far as they show.

    They are those of the mistakes found where these explain all that the student's network answers, else those that
    `db` shows of one sample.
    """
    if s.asked != "backward":
        return {}
    predicted = asked.right(s)
    if predicted.keys() == own.keys() and all(agree(predicted[name], own[name]) for name in own):
        return errors(s, asked.names)
    shown = {l: own.get(f"db[{l}]") for l in range(len(s.sizes) - 1) if s.m == 1}
    return {
        f"delta[{l}]": db for l, db in shown.items() if isinstance(db, np.ndarray) and db.shape == (s.sizes[l + 1], 1)
    }


def returned(s: Setting, own: Values, right: Values) -> Values:
    """The output in the place of the last activation, where that one is right in the cache and the output is not."""
    last = f"a_cache[{len(s.sizes) - 1}]"
    cached = last in own and last in right and agree(right[last], own[last])
    return {last: own["output"]} if cached and "output" in own and not agree(right["output"], own["output"]) else {}


def errors(s: Setting, names: Sequence[str]) -> Values:
    """delta of each layer by the solution with these mistakes."""
    found: Values = {}
    if s.asked != "backward":
        return found
    X, Y = s.batch(0)
    try:
        network = twins(names).network(s.sizes, s.activation, parameters=s.parameters(), **dict(s.options))
        network.forward(X)
        maps = Maps(network.told("equations", Y))
    except CallFailed:
        return found
    last = len(s.sizes) - 2
    for layer in reversed(range(last + 1)):
        delta = maps.made("BP1" if layer == last else "BP2", layer, found.get(f"delta[{maps.source(layer)}]"))
        if delta is not None:
            found[f"delta[{layer}]"] = delta
    return found


def compared(name: str, right: Any, own: Any) -> Compared:
    if name == "raises":
        return Compared("the call", "gives an answer", str(own))
    if numeric(own, right):
        one, other = np.atleast_2d(np.asarray(right, float)), np.atleast_2d(np.asarray(own, float))
        if one.ndim == 2 and one.size <= MOST_ENTRIES:
            for digits in (4, 6, 9, 12, 17):
                both = written(one, digits), written(other, digits)
                if both[0] != both[1]:
                    break
            return Compared(name, *both)
    return Compared(name, words(right), words(own))


def written(array: np.ndarray, digits: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(f"{value:.{digits}g}" for value in row) for row in array.tolist())


def words(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype == np.float64 and value.size <= MOST_ENTRIES:
        return written(value, 4)
    if isinstance(value, np.ndarray):
        return f"{described(value)}, dtype {value.dtype}"
    return f"an object of type {value.type_name}" if isinstance(value, Other) else described(value)
