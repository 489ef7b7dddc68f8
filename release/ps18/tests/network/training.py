"""Training in stretches: stop as soon as the goal is met, give up only where there is no hope.

And what a training is held against: the right network's steps, never the student's own alone; see `follow`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.calls import CallFailed, WrongForm
from ..engine.case import Failed

from .case import NetworkCase
from .proxy import Network, NetworkStudent

STRETCH = 100  # epochs between two looks; some correct networks rest for a thousand before they learn
OPENING = 10  # epochs whose way is looked at: with fewer the class as printed in the chapter divides by zero
DOWNHILL = 0.5  # cosine of the angle to the gradient's way, above which a wrong way still leads downhill

Make = Callable[[NetworkStudent], Network]
Parameters = tuple[list[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True)
class Stretch:
    """A part of a training: so many epochs, and the parameters on both sides of it."""

    epochs: int
    before: Parameters
    after: Parameters


def start(
    student: NetworkStudent, sizes: Sequence[int], seed: int, activation: str = "sigmoid", **options: Any
) -> Network:
    """A network with Xavier weights from our own stream `seed`, and biases 0."""
    rng = np.random.RandomState(seed)
    layers = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [rng.standard_normal((n, k)) * np.sqrt(2.0 / (k + n)) for n, k in layers]
    parameters = weights, [np.zeros((n, 1)) for n, _ in layers]
    return student.network(sizes, activation, seed=seed, parameters=parameters, **options)


def flat(*nested: Any) -> np.ndarray:
    """All numbers of nested lists of arrays, shape (n,)."""
    return np.concatenate([flat(*item) if isinstance(item, list | tuple) else np.ravel(item) for item in nested])


def parallel(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays of one shape point the same way, to 60 degrees, or nowhere both."""
    if not other.any():
        return not one.any()
    return bool(np.sum(one * other) > DOWNHILL * np.linalg.norm(one) * np.linalg.norm(other))


def ways(after: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> list[np.ndarray]:
    """How far each layer's weights have moved."""
    return [new - old for new, old in zip(after, before, strict=True)]


def follow(case: NetworkCase, student: NetworkStudent, holds: Callable[[NetworkStudent], bool], complaint: str) -> None:
    """Raise Failed, with `complaint` or as `holds` does, unless it holds for one of those who show what is right.

    These are the case's guides and, where a fault has been charged elsewhere, the student's own methods.
    """
    failure: Failed | None = None
    for guide in [*case.guides, *([student] if case.own_counts else [])]:
        try:
            if holds(guide):
                return
            failure = failure or Failed(complaint)
        except Failed as error:
            failure = failure or error
        except (CallFailed, WrongForm):
            if failure is None:
                raise
    assert failure is not None
    raise failure


def follow_training(
    case: NetworkCase,
    student: NetworkStudent,
    make: Make,
    X: np.ndarray,
    Y: np.ndarray,
    eta: float,
    batch_size: int | None = None,
) -> None:
    """Raise Failed unless `train` begins downhill in every layer, and so do the methods that it calls.

    Weights that were found by other means than the gradient are not learnt.  How long the steps are, and faults
    that leave them downhill, is for other checks.  All in one batch, for there the order does not matter.
    """
    X, Y = X[:, :batch_size], Y[:, :batch_size]

    def way(of: NetworkStudent, epochs: int, trains: bool = False) -> list[np.ndarray]:
        network = make(of)
        before = network.parameters()[0]
        if trains:
            network.train(X, Y, epochs, eta, batch_size)
        else:
            network.steps([(X, Y)] * epochs, eta)
        return ways(network.parameters()[0], before)

    own = way(student, OPENING, trains=True)
    try:
        own += way(student, 1)
    except WrongForm:  # of what `backward` returns: it loses its points there
        pass
    for guide in case.guides or [student]:
        if all(map(parallel, own, way(guide, OPENING) + way(guide, 1))):
            return
    raise Failed("`train` does not begin with steps that follow the gradient in every layer")


def train_until(
    network: Network,
    X: np.ndarray,
    Y: np.ndarray,
    epochs: int,
    eta: float,
    met: Callable[[], str | None],
    batch_size: int | None = None,
) -> Stretch:
    """Train until `met()` is None; the stretch that moved the weights most, or Failed with the last of `met`."""
    done, before = 0, network.parameters()
    complaint: str | None = "no epoch was trained"
    farthest, longest = -1.0, None
    while done < epochs:
        stretch = min(STRETCH, epochs - done)
        network.train(X, Y, stretch, eta, batch_size)
        done += stretch
        after = network.parameters()
        network.history.append((done, after))
        if not np.isfinite(flat(after)).all():
            raise Failed(f"The weights are no longer finite after {done} epochs")
        if np.array_equal(flat(after), flat(before)):
            raise Failed(f"The weights have stopped changing after {done} epochs: {met() or 'the goal is met'}")
        if (far := float(np.linalg.norm(flat(after[0]) - flat(before[0])))) > farthest:
            farthest, longest = far, Stretch(stretch, before, after)
        if (complaint := met()) is None:
            assert longest is not None
            return longest
        before = after
    raise Failed(f"After {epochs} epochs {complaint}")


def replay(
    case: NetworkCase,
    student: NetworkStudent,
    make: Make,
    stretch: Stretch,
    X: np.ndarray,
    Y: np.ndarray,
    eta: float,
    batch_size: int | None = None,
    exact: bool = True,
) -> None:
    """Raise Failed unless a guide, too, moves the weights so in this stretch of a training.

    So nothing but steps along the gradient has met the goal.  Where the stretch does not follow from the weights
    alone (momentum, the order of batches), `exact` is false, and only how far they move is compared.
    """
    way = ways(stretch.after[0], stretch.before[0])

    def holds(guide: NetworkStudent) -> bool:
        twin = make(guide)
        twin.set_parameters(*stretch.before)
        if guide is student or batch_size is None:  # all in one batch: the order does not matter, and no loss either
            size = batch_size or X.shape[1]
            parts = [slice(first, first + size) for first in range(0, X.shape[1], size)]
            twin.steps([(X[:, part], Y[:, part]) for _ in range(stretch.epochs) for part in parts], eta)
        else:
            twin.train(X, Y, stretch.epochs, eta, batch_size)
        wanted = ways(twin.parameters()[0], stretch.before[0])
        room, far = 2 if exact else 10, np.linalg.norm(flat(wanted))
        near = far / room < np.linalg.norm(flat(way)) < far * room
        return bool(near) and (not exact or all(map(parallel, way, wanted)))

    if case.guides:
        follow(case, student, holds, "The goal is met, but not by steps that follow the gradient")


def loss_of(output: np.ndarray, Y: np.ndarray) -> float:
    """The chapter's loss, 1/(2m) times the sum of squared errors."""
    return float(np.sum((output - Y) ** 2) / (2 * Y.shape[1]))
