"""The words of a check: its data, what it compares, and the verdict with its sentence.

A check is a conversation with a network.  The same conversation is held once with the right network
and once with each known mistake; what they answered stands in `Expectations`.  A wrong answer that
equals a mistake's on every value seen has thereby its name, and is charged only where it belongs.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .answering import Other
from .calls import Network, Student, WrongForm, described

RTOL, ATOL = 1e-6, 1e-9  # values: a correct network in another order of operations differs by about 1e-13
GRADIENT_TOLERANCE = 1e-6  # relative error ||g - g'|| / (2 ||g||) of one array, g being the right one

Values = Mapping[str, Any]  # what was seen, by name: arrays, numbers, or text


class Failed(Exception):
    """The answer is wrong.  `title_only` is what a hidden check may say instead of the numbers."""

    def __init__(self, message: str, mistake: str | None = None, untried: bool = False):
        self.message, self.mistake, self.untried = message, mistake, untried
        super().__init__(message)


class Partly(Exception):
    """A check that pays only the share `share` (between 0 and 1) of its points; `hint` is what hidden ones say."""

    def __init__(self, share: float, message: str, hint: str):
        self.share, self.message, self.hint = share, message, hint
        super().__init__(message)


@dataclass(frozen=True)
class Expected:
    """What one check should see, and what it sees of each mistake."""

    right: Values
    find_wrong: Callable[[], Mapping[str, Values]] = dict

    @cached_property
    def wrong(self) -> Mapping[str, Values]:
        """By mistake; worked out when an answer is wrong for the first time."""
        return self.find_wrong()


@dataclass(frozen=True)
class Mistake:
    """A known mistake: the sentences for the student, and the checks (``task/name``) it is charged to."""

    name: str
    sentence: str
    charged: tuple[str, ...]
    untried: bool = False  # the network does what it did before the exercise


class Case:
    """Data and comparisons of one run of one check; a fresh one each time."""

    def __init__(
        self,
        check: str,
        variant: str,
        seed: str,
        expected: Expected | None = None,
        setting: Mapping[str, Any] | None = None,
        predict: Callable[..., np.ndarray] | None = None,
    ):
        self.check, self.variant, self.expected = check, variant, expected
        self.setting = dict(setting or {})
        self.true_caches = False  # set for a second run, where the student's own forward pass is wrong
        self.caches_differ = self.forward_is_wrong = False
        self.forward_failure: Exception | None = None  # how the student's own forward pass is known to end its process
        self.doubtful = False  # what this builds on is wrong in a way without a name: no new name here
        self._counts: Counter[str] = Counter()
        self.seen: dict[str, Any] = {}
        self._judged: dict[str, bool] = {}
        self.waived = False  # set where the rest of the check asks for what a class of one's own need not know
        self._predict = predict
        self.guides: list[Student] = []  # who show what is right: the right network; none in a student's own run
        self.own_counts = True  # whether the student's own methods may show it, too
        self.watched: Any = None  # network, X, Y, activations: for a picture of what it learns
        self.error_of: tuple[str, np.ndarray] | None = None  # the first wrong gradient, and how far off each entry is
        # RandomState: its streams are frozen for good, so released data stays valid.
        self.rng = np.random.RandomState(np.frombuffer(f"{seed}/{check}/{variant}".encode(), dtype=np.uint8))

    @property
    def judged(self) -> int:
        """How many values have been judged so far."""
        return len(self._judged)

    def next(self, what: str) -> int:
        """1, 2, 3, ...: numbers the passes, networks or steps of this run."""
        self._counts[what] += 1
        return self._counts[what]

    def array(self, rows: int, columns: int, scale: float = 1.0) -> np.ndarray:
        """Normal numbers, shape (rows, columns)."""
        return scale * self.rng.standard_normal((rows, columns))

    def targets(self, rows: int, columns: int) -> np.ndarray:
        """Uniform numbers in (0, 1), shape (rows, columns)."""
        return self.rng.uniform(0.0, 1.0, (rows, columns))

    def parameters(self, sizes: Sequence[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Weights and non-zero biases for layers of these sizes."""
        layers = list(zip(sizes[1:], sizes[:-1], strict=True))
        weights = [self.array(n_out, n_in, np.sqrt(2.0 / (n_in + n_out))) for n_out, n_in in layers]
        return weights, [self.array(n_out, 1, 0.7) for n_out, _ in layers]

    def network(self, student: Student, sizes: Sequence[int], activation: str = "sigmoid", **options: Any) -> Network:
        """A network of the student's with weights and biases of our own."""
        parameters = self.parameters(sizes)
        return student.network(sizes, activation, seed=self.rng.randint(2**31), parameters=parameters, **options)

    def predict(
        self,
        network: Network,
        X: np.ndarray,
        activation: str = "sigmoid",
        output_activation: str | None = None,
    ) -> np.ndarray:
        """The output for X of a network with these weights; by the grader's own forward pass where there is one."""
        if self._predict is not None:
            return self._predict(*network.parameters(), X, activation, output_activation)
        output = network.forward(X)
        if not isinstance(output, np.ndarray) or output.shape != (network.layer_sizes[-1], X.shape[1]):
            raise WrongForm(
                f"`forward` should return shape {(network.layer_sizes[-1], X.shape[1])}, not {described(output)}"
            )
        return output

    def watch(self, network: Network, X: np.ndarray, Y: np.ndarray, *activations: str | None) -> None:
        """Remember the network whose training on X and Y makes a good picture."""
        self.watched = network, X, Y, *(activations or ("sigmoid", None))

    def recall(self, name: str, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """In place of the student's `values` those of the right network, stored under `name`."""
        if self.expected is None:
            for number, value in enumerate(values):
                self.seen[f"={name}[{number}]"] = value
            return list(values)
        stored: list[np.ndarray] = []
        while (key := f"={name}[{len(stored)}]") in self.expected.right:
            stored.append(self.expected.right[key])
        return stored

    def observe(self, name: str, value: Any) -> None:
        """Evidence for naming a mistake: compared with the known mistakes, not judged here."""
        self.seen[f"~{name}"] = value

    def close(self, name: str, value: Any, gradient: bool = False) -> None:
        """Judge `value` by what the right network gave under this name; the verdict falls at the end."""
        self.seen[name] = value
        self._judged[name] = gradient

    def close_all(self, name: str, values: Any, gradient: bool = False) -> None:
        """Judge a list of arrays, and its length."""
        if type(values) in (list, tuple):
            self.close(f"the number of entries of {name}", len(values))
            for number, value in enumerate(values):
                self.close(f"{name}[{number}]", value, gradient)
        else:
            self.close(f"the number of entries of {name}", described(values))

    def same(self, name: str, before: Any, after: Any, sentence: str) -> None:
        """Fail with `sentence` unless both are the same arrays, entry for entry."""
        before, after = list(leaves(before)), list(leaves(after))
        if len(before) != len(after) or not all(map(np.array_equal, before, after)):
            raise Failed(f"{name}: {sentence}")

    def verdict(self, mistakes: Mapping[str, Mistake], known: set[str]) -> None:
        """Return if all that was judged is right, or wrong only by a mistake charged elsewhere."""
        if self.expected is None:
            return
        right = self.expected.right
        wrong = [difference(name, right.get(name), self.seen[name], g) for name, g in self._judged.items()]
        if not self.waived:
            wrong += [f"`{name}` is missing" for name in right if name not in self.seen and name[0] not in "=~"]
        complaint = next(filter(None, wrong), None)
        if complaint is None:
            return
        for name in (name for name, gradient in self._judged.items() if gradient):
            true, own = right.get(name), self.seen[name]
            comparable = isinstance(own, np.ndarray) and isinstance(true, np.ndarray) and own.shape == true.shape
            larger = comparable and (self.error_of is None or own.size > self.error_of[1].size)  # it says more
            if larger and own.ndim == 2 and not agree(true, own):
                self.error_of = name, np.abs(own - true)
        found = self.named(mistakes, known)
        if found is None:
            raise Failed(complaint)
        if found.untried or self.check in found.charged:
            raise Failed(complaint, found.name, found.untried)

    def named(self, mistakes: Mapping[str, Mistake], known: set[str]) -> Mistake | None:
        """The one known mistake that explains every value seen, or None where none or several do.

        `known` holds the names found in this submission so far: they decide between several, and grow.
        """
        if self.expected is None:
            return None
        matching = []
        for name, values in self.expected.wrong.items():
            # Evidence may be lacking (there are classes without caches); what is judged may not, unless waived.
            names = {k for k in values if k[0] != "=" and (k in self.seen or not (k[0] == "~" or self.waived))}
            if names == set(self.seen) and all(agree(values[key], self.seen[key]) for key in names):
                matching.append(mistakes[name])
        # A mistake that is charged elsewhere excuses nothing here unless it was found there.
        task = self.check.split("/")[0]
        matching = [m for m in matching if m.name in known or task in {c.split("/")[0] for c in m.charged}]
        matching = [m for m in matching if m.name in known] or ([] if self.doubtful else matching)
        matching = [m for m in matching if self.check in m.charged] or matching
        if len(matching) != 1:
            return None
        known.add(matching[0].name)
        return matching[0]


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
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return False
    # The room for error is measured by what is expected alone, and is finite: no answer can make it larger.
    with np.errstate(all="ignore"):
        if gradient:
            off, room = np.linalg.norm(actual - expected), 2 * GRADIENT_TOLERANCE * np.linalg.norm(expected) + ATOL
        else:
            off, room = np.abs(actual - expected), ATOL + RTOL * np.abs(expected)
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
                return f"`{name}` should be {expected:.6g}, but is {actual:.6g}"
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
    if actual.dtype != expected.dtype:
        return f"`{name}` should have dtype {expected.dtype}, but has dtype {actual.dtype}"
    if not np.isfinite(actual).all():
        return f"`{name}` should be finite, but holds {actual[~np.isfinite(actual)][0]}"
    return f"`{name}` should be {shown(expected)}, but is {shown(actual)}"


def shown(array: np.ndarray) -> str:
    """The array in one short line."""
    with np.printoptions(precision=4, suppress=True, threshold=12, edgeitems=2):
        return " ".join(np.array2string(array).split())
