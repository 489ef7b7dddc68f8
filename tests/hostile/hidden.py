"""What students must not see: the numbers of the hidden checks; and a search for them in what they do see."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.assignment.network.case import NetworkCase
from autograder.assignment.network.proxy import NetworkStudent
from autograder.assignment.solution import solution
from autograder.course.reference import checks, seed_of, setting
from autograder.engine.answering import decode
from autograder.engine.calls import direct
from autograder.engine.case import Case
from autograder.engine.check import Check
from autograder.engine.runner import hold

LENGTH = 4  # numbers in a row: with three decimals each, no coincidence
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")
MANY = 10  # epochs: as many are a training
LONG = 9  # significant digits of a single number that are no coincidence


class Enough(Exception):
    """The rest of this conversation trains for seconds, and brings no new data."""


@dataclass
class Asked:
    """One question of a check to the right network, and the arrays that went in and came out."""

    method: str
    arrays: list[np.ndarray]
    answers: list[np.ndarray]
    caches: tuple[list[np.ndarray], list[np.ndarray]]  # z_cache and a_cache afterwards


def conversations(variant: str, task: str = "") -> Iterator[Asked]:
    """All that the checks, or those of one task, ask the right network on this variant of their data."""
    for check in checks().values():
        if not task or check.task.id == task:
            case = NetworkCase(check.id, variant, seed_of(variant), None, setting(check, variant))
            yield from conversation(check, case)


def conversation(check: Check, case: Case) -> list[Asked]:
    answerer, asked = solution(()), list[Asked]()
    answer = direct(answerer)

    def ask(header: dict, arrays: list[np.ndarray], method: str, **_: float) -> tuple[dict, list[np.ndarray]]:
        kept = [array.copy() for array in arrays]
        if header.get("method") == "train" and decode(header["args"][2], arrays) >= MANY:
            asked.append(Asked(method, kept, [], ([], [])))
            raise Enough
        reply, returned = answer(header, arrays, method)
        network = answerer.objects[header["on"]] if "on" in header else None
        caches = (list(network.z_cache), list(network.a_cache)) if network else ([], [])
        if header["do"] != "set":  # the parameters of the question before, one of them nudged
            asked.append(Asked(header.get("method", header["do"]), kept, returned, caches))
        return reply, returned

    try:
        hold(check, NetworkStudent(ask), case)
    except Enough:
        pass
    return asked


def arrays_of(variant: str) -> list[np.ndarray]:
    return [array for asked in conversations(variant) for array in (*asked.arrays, *asked.answers)]


class Search:
    """Finds numbers of the hidden checks in a text, in whatever way they are printed."""

    def __init__(self, hidden: Sequence[np.ndarray], known: Sequence[np.ndarray]):
        """`known`: what students have anyway, and may be shown."""
        own = {row for array in known for row in rows(array)}
        self._rows: dict[int, list[tuple[float, ...]]] = {}
        for row in {row for array in hidden for row in rows(array)} - own:
            self._rows.setdefault(round(row[0] * 100), []).append(row)
        singles = numbers(hidden) - numbers(known)
        self._singles = {f"{abs(value):.{LONG - 1}e}" for value in singles}
        self._hex = {value.hex() for value in singles}

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def found(self, text: str) -> list[str]:
        """The places where hidden numbers stand."""
        shown = NUMBER.findall(text)
        values = [float(number) for number in shown]
        steps = [half_step(number) for number in shown]
        places = [number for number in shown if self._is_long(number)]
        places += [number for number in re.findall(r"-?0x1\.[0-9a-f]+p[+-]\d+", text) if number in self._hex]
        for start in range(len(values) - LENGTH + 1):
            stop = start + LENGTH
            if max(steps[start:stop]) > 0.00051:
                continue
            key = round(values[start] * 100)
            for row in (row for near in (key - 1, key, key + 1) for row in self._rows.get(near, ())):
                if all(abs(a - b) <= c for a, b, c in zip(row, values[start:stop], steps[start:stop], strict=True)):
                    places.append(" ".join(shown[start:stop]))
        return places

    def _is_long(self, number: str) -> bool:
        digits = number.partition("e")[0].lstrip("-0.").replace(".", "")
        return len(digits) >= LONG and f"{abs(float(number)):.{LONG - 1}e}" in self._singles


def half_step(number: str) -> float:
    """How far the number that was printed as `number` may lie from it."""
    mantissa, _, exponent = number.partition("e")
    return 0.51 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def rows(array: np.ndarray) -> Iterator[tuple[float, ...]]:
    """All runs of LENGTH numbers, along the rows and along the columns, none of them near 0 or a round number."""
    if array.dtype != np.float64 or array.size < LENGTH:
        return
    for flat in (array.ravel().tolist(), array.T.ravel().tolist()):
        for start in range(len(flat) - LENGTH + 1):
            row = tuple(flat[start : start + LENGTH])
            if all(abs(value) > 0.05 and value != round(value, 2) for value in row):
                yield row


def numbers(arrays: Iterable[np.ndarray]) -> set[float]:
    """Every number of many digits in the arrays."""
    flat = (value for array in arrays if array.dtype == np.float64 for value in array.ravel().tolist())
    return {value for value in flat if value != round(value, LONG)}
