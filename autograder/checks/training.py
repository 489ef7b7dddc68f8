"""Training in stretches: stop as soon as the goal is met, give up only where there is no hope.

And what a training is held against: the right network's steps, never the student's own alone; see `follow`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .case import Case, Failed, agree
from .student import CallFailed, Network, Student, WrongForm

STRETCH = 250  # epochs between two looks; some correct networks rest for a thousand before they learn
OPENING = 3  # epochs whose steps are compared one by one
DOWNHILL = 0.5  # cosine of the angle between wrong first steps and the right ones, from which on they count

Make = Callable[[Student], Network]


def start(student: Student, sizes: Sequence[int], seed: int, activation: str = "sigmoid", **options) -> Network:
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
    """Whether two directions, shape (n,), are less than 60 degrees apart."""
    return bool(one @ other > DOWNHILL * np.linalg.norm(one) * np.linalg.norm(other))


def follow(case: Case, student: Student, holds: Callable[[Student], bool], complaint: str) -> None:
    """Raise Failed, with `complaint` or as `holds` does, unless it holds for one of the case's guides.

    A guide is who shows what is right.  The first is the right network.  Where a fault has been charged elsewhere, there are two more: the network
    with the mistakes named so far, and the student's own methods.
    """
    failure: Failed | None = None
    for guide in case.guides(student):
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
    case: Case,
    student: Student,
    make: Make,
    X: np.ndarray,
    Y: np.ndarray,
    eta: float,
    batch_size: int | None = None,
) -> None:
    """Raise Failed unless `train` begins with steps of gradient descent, made by forward, backward and update.

    They are compared on one batch, where the order of the samples does not matter.  Wrong steps count where
    they are the student's own and lead downhill: else any formula would be its own proof.
    """
    X, Y, ways = X[:, :batch_size], Y[:, :batch_size], list[np.ndarray]()
    network = make(student)
    before = flat(network.parameters())
    network.train(X, Y, OPENING, eta, batch_size)
    way = flat(network.parameters()) - before

    def holds(guide: Student) -> bool:
        twin = make(guide)
        twin.steps([(X, Y)] * OPENING, eta)
        ways.append(flat(twin.parameters()) - before)
        return agree(ways[-1], way) and parallel(ways[-1], ways[0])

    complaint = f"The first {OPENING} epochs of `train` are not {OPENING} steps of gradient descent by your methods"
    follow(case, student, holds, complaint)


def train_until(
    network: Network,
    X: np.ndarray,
    Y: np.ndarray,
    epochs: int,
    eta: float,
    met: Callable[[], str | None],
    batch_size: int | None = None,
) -> int:
    """Epochs it took until `met()` is None; raises Failed with the last complaint of `met`."""
    done, before = 0, network.parameters()
    complaint: str | None = "no epoch was trained"
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
        if (complaint := met()) is None:
            return done
        before = after
    raise Failed(f"After {epochs} epochs {complaint}")


def loss_of(output: np.ndarray, Y: np.ndarray) -> float:
    """The chapter's loss, 1/(2m) times the sum of squared errors."""
    return float(np.sum((output - Y) ** 2) / (2 * Y.shape[1]))
