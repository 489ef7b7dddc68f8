"""The words of a check: its data, what it compares, and the verdict with its sentence.

A check is a conversation with a student's code.  The same conversation is held once with the solution and once with
each known mistake; what they answered stands in `Expected`.  A wrong answer that equals a mistake's on every value
seen has thereby its name, and is charged only where it belongs.  What a network is, is not known here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .answering import Other
from .calls import CallFailed, Student, described
from .comparing import compared, in_digits
from .likeness import roughness

RTOL, ATOL = 1e-6, 1e-9  # values: correct code in another order of operations differs by about 1e-13
GRADIENT_TOLERANCE = 1e-6  # relative error ||g - g'|| / (2 ||g||) of one array, g being the right one

Values = dict[str, Any]  # by name: arrays, numbers, or text


class Failed(Exception):
    """The answer is wrong; `mistakes` are the known ones that explain it, `untried` says that it is a stub's."""

    def __init__(self, message: str, mistakes: tuple[str, ...] = (), untried: bool = False):
        self.message, self.mistakes, self.untried = message, mistakes, untried
        super().__init__(message)


class Blocked(Exception):
    """Nothing can be judged here, for what is wrong elsewhere; a sentence that holds no hidden data says so."""


class Partly(Exception):
    """A check that pays only the share `share` (between 0 and 1) of its points; `hint` is what hidden ones say."""

    def __init__(self, share: float, message: str, hint: str):
        self.share, self.message, self.hint = share, message, hint
        super().__init__(message)


@dataclass
class Seen:
    """What one run of a check has seen."""

    judged: Values = field(default_factory=dict)  # what decides
    evidence: Values = field(default_factory=dict)  # what only helps to name a mistake
    recalled: Values = field(default_factory=dict)  # of the solution: what later runs are given in its place
    raised: str = ""  # the exception that ended it, if it is one of Python's own


@dataclass(frozen=True)
class Expected:
    """What one check should see, and what it sees of each mistake."""

    right: Seen
    find_wrong: Callable[[], Mapping[str, Seen]] = dict

    @cached_property
    def wrong(self) -> Mapping[str, Seen]:
        """By mistake; worked out when an answer is wrong for the first time."""
        return self.find_wrong()


@dataclass(frozen=True)
class Fault:
    """A step of a computation that does not hold between a student's own values, whatever was given to it."""

    check: str  # to which it is charged
    says: str
    mistakes: tuple[str, ...] = ()  # the known ones that explain it


@dataclass(frozen=True)
class Mistake:
    """A known mistake: the sentences for the student, and the checks (``task/name``) it is charged to."""

    name: str
    equation: str  # where in the chapter, such as BP1
    replaces: Mapping[str, Any]  # pieces of the solution, by name, and what stands there instead
    says: str
    charged: tuple[str, ...]
    untried: bool = False  # it does what it did before the exercise
    beside: Mapping[str, str] = field(default_factory=dict)  # by another mistake, what is said where both are made


class Case:
    """Data and comparisons of one run of one check; a fresh one each time."""

    def __init__(
        self,
        check: str,
        variant: str,
        seed: str,
        expected: Expected | None = None,
        setting: Mapping[str, Any] | None = None,
    ):
        self.check, self.variant, self.expected = check, variant, expected
        self.setting = dict(setting or {})
        self.seen, self._gradients, self._counts = Seen(), set[str](), Counter[str]()
        # What the engine tells a check.
        self.failures: Mapping[str, CallFailed] = {}  # calls that are known to give no answer
        self.suppress_naming = False  # a prerequisite failed for an unknown reason: no new name here
        self.from_solution = False  # a second run, from the solution's intermediate values where the student's differ
        self.guides: Sequence[Student] = ()  # who show what is right: the solution; none in a student's own run
        self.own_counts = True  # whether the student's own methods may show it, too
        self.passed: frozenset[str] = frozenset()  # checks on these data that have found nothing wrong
        self.known: frozenset[str] = frozenset()  # names found in this submission so far
        # What a check tells the engine.
        self.rest_optional = False  # the remaining steps need a feature that a from-scratch solution may lack
        self.intermediates_differ = False  # from the solution's, so that the rest should be judged from those
        self.unjudgeable = ""  # why nothing here can be judged unless the code starts from those
        # Where something is wrong: the steps that do not hold between the student's own values, or () if unknown.
        self.find_faults: Callable[[Mapping[str, Mapping[str, Any]]], Sequence[Fault]] = lambda recalled: ()
        # RandomState: its streams are frozen for good, so released data stays valid.
        self.rng = np.random.RandomState(np.frombuffer(f"{seed}/{check}/{variant}".encode(), dtype=np.uint8))

    def next(self, what: str) -> int:
        """1, 2, 3, ...: numbers the passes, objects or steps of this run."""
        self._counts[what] += 1
        return self._counts[what]

    def array(self, rows: int, columns: int, scale: float = 1.0) -> np.ndarray:
        """Normal numbers, shape (rows, columns)."""
        return scale * self.rng.standard_normal((rows, columns))

    def targets(self, rows: int, columns: int) -> np.ndarray:
        """Uniform numbers in (0, 1), shape (rows, columns)."""
        return self.rng.uniform(0.0, 1.0, (rows, columns))

    def recall(self, name: str, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """In place of the student's `values` those of the solution, stored under `name`."""
        if self.expected is None:
            self.seen.recalled.update({f"{name}[{number}]": value for number, value in enumerate(values)})
            return list(values)
        stored: list[np.ndarray] = []
        while (key := f"{name}[{len(stored)}]") in self.expected.right.recalled:
            stored.append(self.expected.right.recalled[key])
        return stored

    def observe(self, name: str, value: Any) -> None:
        """Evidence for naming a mistake: compared with the known mistakes, not judged here."""
        self.seen.evidence[name] = value

    def close(self, name: str, value: Any, gradient: bool = False) -> None:
        """Judge `value` by what the solution gave under this name; the verdict falls at the end."""
        self.seen.judged[name] = value
        if gradient:
            self._gradients.add(name)

    def close_all(self, name: str, values: Any, gradient: bool = False) -> None:
        """Judge a list of arrays, and its length."""
        if type(values) in (list, tuple):
            self.close(f"the number of entries of {name}", len(values))
            for number, value in enumerate(values):
                self.close(f"{name}[{number}]", value, gradient)
        else:
            self.close(f"the number of entries of {name}", described(values))

    def same(self, name: str, before: Any, after: Any, sentence: str, mistakes: tuple[str, ...] = ()) -> None:
        """Fail with `sentence`, and by these names, unless both are the same arrays, entry for entry."""
        before, after = list(leaves(before)), list(leaves(after))
        if len(before) != len(after) or not all(map(np.array_equal, before, after)):
            raise Failed(f"{name}: {sentence}", mistakes)

    def right_so_far(self) -> bool:
        """Whether nothing that is judged was wrong until now."""
        right = self.expected.right.judged if self.expected else {}
        return not any(difference(name, right.get(name), own, False) for name, own in self.seen.judged.items())

    def verdict(self, mistakes: Mapping[str, Mistake], known: set[str]) -> tuple[str, ...]:
        """Nothing if all that was judged is right, or the known mistakes, charged elsewhere, by which it is wrong.

        Failed where it is wrong in any other way.
        """
        if self.expected is None:
            return ()
        right, judged = self.expected.right.judged, self.seen.judged
        wrong = [difference(name, right.get(name), own, name in self._gradients) for name, own in judged.items()]
        if not self.rest_optional:
            wrong += [f"`{name}` is missing" for name in right if name not in judged]
        complaint = next(filter(None, wrong), None)
        if complaint is None:
            return ()
        found = self.named(mistakes, known)
        if found is None:
            return self.excused(self.faults(mistakes, known), complaint)
        if found.untried or self.check in found.charged:
            raise Failed(complaint, (found.name,), found.untried)
        return (found.name,)

    def faults(self, mistakes: Mapping[str, Mistake], known: set[str]) -> Sequence[Fault]:
        """The steps that do not hold between the student's own values; none where that is not known."""
        if self.expected is None or (self.intermediates_differ and not self.from_solution):
            return ()
        task = self.check.split("/")[0]
        named = [
            m.name for m in mistakes.values() if m.name in known or any(c.split("/")[0] == task for c in m.charged)
        ]
        wrong = self.expected.wrong
        return self.find_faults({name: wrong[name].recalled for name in named if name in wrong})

    def excused(self, faults: Sequence[Fault], complaint: str) -> tuple[str, ...]:
        """The names of faults that are charged elsewhere; Failed where one belongs here, or is charged nowhere."""
        own = [fault for fault in faults if fault.check == self.check]
        if own:
            raise Failed(". ".join(fault.says for fault in own), tuple(m for fault in own for m in fault.mistakes))
        if not faults or any(fault.check in self.passed for fault in faults):
            raise Failed(complaint)
        return tuple(name for fault in faults for name in fault.mistakes)

    def named(self, mistakes: Mapping[str, Mistake], known: set[str]) -> Mistake | None:
        """The one known mistake that explains every value seen, or None where none or several do.

        `known` holds the names found in this submission so far: they decide between several.
        """
        if self.expected is None:
            return None
        matching = [mistakes[name] for name, wrong in self.expected.wrong.items() if self._explains(wrong)]
        # A mistake that is charged elsewhere excuses nothing here unless it was found there.
        task = self.check.split("/")[0]
        matching = [m for m in matching if m.name in known or task in {c.split("/")[0] for c in m.charged}]
        matching = [m for m in matching if m.name in known] or ([] if self.suppress_naming else matching)
        matching = [m for m in matching if self.check in m.charged] or matching
        return matching[0] if len(matching) == 1 else None

    def _explains(self, wrong: Seen) -> bool:
        """Whether a mistake's values are those seen; evidence may be lacking, what is judged where it is optional."""
        seen = self.seen
        judged = wrong.judged.keys() & seen.judged.keys() if self.rest_optional else wrong.judged.keys()
        if judged != seen.judged.keys() or wrong.evidence.keys() & seen.evidence.keys() != seen.evidence.keys():
            return False
        if wrong.raised != seen.raised and (seen.raised or not self.rest_optional):
            return False
        pairs = ((wrong.judged, seen.judged), (wrong.evidence, seen.evidence))
        return all(agree(theirs[name], value) for theirs, own in pairs for name, value in own.items())


def leaves(value: Any) -> Iterator[Any]:
    """The arrays of nested lists."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def agree(expected: Any, actual: Any, gradient: bool = True) -> bool:
    """Whether `actual` is right: its type, shape, dtype and values; without the words, which cost more than that."""
    if not (isinstance(expected, np.ndarray) and isinstance(actual, np.ndarray)):
        return difference("", expected, actual, gradient) is None
    rough = roughness(actual) if expected.dtype == np.float64 else 0.0
    if actual.shape != expected.shape or (actual.dtype != expected.dtype and not rough):
        return False
    # The room for error is measured by what is expected alone, and is finite: no answer can make it larger.
    with np.errstate(all="ignore"):
        if gradient:
            most = max(GRADIENT_TOLERANCE, rough)
            off, room = np.linalg.norm(actual - expected), 2 * most * np.linalg.norm(expected) + ATOL
        else:
            off, room = np.abs(actual - expected), ATOL + max(RTOL, rough) * np.abs(expected)
            room = room + rough * np.max(np.abs(expected), initial=0.0)  # a small sum of large terms is no better
    return bool(np.all(off <= room) and np.all(np.isfinite(room)))


def difference(name: str, expected: Any, actual: Any, gradient: bool) -> str | None:
    """None where `actual` is right, else the sentence: first its type, then shape, dtype, finite, value."""
    if not isinstance(expected, np.ndarray):
        if isinstance(expected, float):
            if isinstance(actual, np.ndarray) and actual.shape == () and actual.dtype == np.float64:
                actual = actual.item()
            if type(actual) in (int, float):
                if abs(actual - expected) <= ATOL + RTOL * abs(expected) < np.inf:
                    return None
                should_be, is_now = in_digits(expected, actual)
                return f"`{name}` should be {should_be}, but is {is_now}"
            return f"`{name}` should be a number, but is {described(actual)}"
        return (
            None
            if type(actual) is type(expected) and actual == expected
            else f"{name} should be {expected}, but is {actual}"
        )
    if not isinstance(actual, np.ndarray):
        what = described(actual) if not isinstance(actual, Other) else f"an object of type {actual.type_name}"
        return f"`{name}` should be an array of shape {expected.shape}, but is {what}"
    if agree(expected, actual, gradient):
        return None
    if actual.shape != expected.shape:
        return f"`{name}` should have shape {expected.shape}, but has shape {actual.shape}"
    if actual.dtype != expected.dtype and not roughness(actual):
        return f"`{name}` should have dtype {expected.dtype}, but has dtype {actual.dtype}"
    if not np.isfinite(actual).all():
        return f"`{name}` should be finite, but holds {actual[~np.isfinite(actual)][0]}"
    return f"`{name}` {compared(expected, actual)}"
