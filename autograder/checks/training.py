"""Training in stretches: stop as soon as the goal is met, give up only where there is no hope."""

from collections.abc import Callable, Sequence

import numpy as np

from .case import Failed
from .student import Network, Student

STRETCH = 250  # epochs between two looks; some correct networks rest for a thousand before they learn


def start(student: Student, sizes: Sequence[int], seed: int, activation: str = "sigmoid", **options) -> Network:
    """A network with Xavier weights from our own stream `seed`, and biases 0."""
    rng = np.random.RandomState(seed)
    layers = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [rng.standard_normal((n, k)) * np.sqrt(2.0 / (k + n)) for n, k in layers]
    parameters = weights, [np.zeros((n, 1)) for n, _ in layers]
    return student.network(sizes, activation, seed=seed, parameters=parameters, **options)


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
        flat = [array for arrays in after for array in arrays]
        if not all(np.isfinite(array).all() for array in flat):
            raise Failed(f"The weights are no longer finite after {done} epochs")
        if all(map(np.array_equal, flat, [array for arrays in before for array in arrays])):
            raise Failed(f"The weights have stopped changing after {done} epochs: {met() or 'the goal is met'}")
        if (complaint := met()) is None:
            return done
        before = after
    raise Failed(f"After {epochs} epochs {complaint}")


def loss_of(output: np.ndarray, Y: np.ndarray) -> float:
    """The chapter's loss, 1/(2m) times the sum of squared errors."""
    return float(np.sum((output - Y) ** 2) / (2 * Y.shape[1]))
