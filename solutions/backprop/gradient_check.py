"""Compare the gradients of `backward` with slopes of the loss that are measured by finite differences.

`python -m backprop.gradient_check` checks the chapter's own case; with a file name behind it, it also draws
the error against epsilon.  Use `check_gradients(network, X, Y)` for a network of your own.
"""

import sys
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from .neural_network import NeuralNetwork

EPSILON = 1e-5  # balances rounding, which grows like 1/epsilon, and truncation, which grows like epsilon^2
CORRECT, ACCEPTABLE, SUSPICIOUS = 1e-7, 1e-5, 1e-3


def relative_error(g: np.ndarray, g_hat: np.ndarray) -> float:
    """||g - g_hat|| / (||g|| + ||g_hat|| + 1e-8) of two arrays of one shape, from 0 to 1."""
    return float(np.linalg.norm(g - g_hat) / (np.linalg.norm(g) + np.linalg.norm(g_hat) + 1e-8))


def verdict_of(error: float) -> str:
    """What a relative error means."""
    if error < CORRECT:
        return "correct"
    if error <= ACCEPTABLE:
        return "acceptable"
    return "suspicious" if error <= SUSPICIOUS else "wrong"  # not a number is wrong, too


@dataclass(frozen=True)
class ArrayCheck:
    """How one array of gradients, such as dW[0], agrees with the measured slopes."""

    name: str
    shape: tuple[int, ...]
    error: float  # over the entries that were not skipped
    skipped: int  # entries without a slope, because a ReLU has its kink there

    @property
    def verdict(self) -> str:
        return "not checked" if self.skipped == np.prod(self.shape) else verdict_of(self.error)


@dataclass(frozen=True)
class GradientCheck:
    """The result of a gradient check; print it for a table."""

    arrays: tuple[ArrayCheck, ...]  # dW[0], db[0], dW[1], ...
    epsilon: float
    forward_passes: int  # what measuring the slopes has cost

    @property
    def maximum(self) -> float:
        """The largest relative error of an array."""
        return float(np.max([array.error for array in self.arrays]))  # NumPy's, since it lets nan through

    @property
    def skipped(self) -> int:
        return sum(array.skipped for array in self.arrays)

    @property
    def verdict(self) -> str:
        checked = any(array.verdict != "not checked" for array in self.arrays)
        return verdict_of(self.maximum) if checked else "not checked"

    def __str__(self) -> str:
        lines = [f"{'array':8}{'shape':>10}{'relative error':>17}  verdict"]
        for array in self.arrays:
            note = f" ({array.skipped} skipped at a kink)" if array.skipped else ""
            lines.append(f"{array.name:8}{array.shape!s:>10}{array.error:17.1e}  {array.verdict}{note}")
        lines.append(f"{'maximum':8}{'':10}{self.maximum:17.1e}  {self.verdict}")
        lines.append(f"epsilon {self.epsilon:.0e}, {self.forward_passes} forward passes: 2 per parameter")
        return "\n".join(lines)


def check_gradients(network: NeuralNetwork, X: np.ndarray, Y: np.ndarray, epsilon: float = EPSILON) -> GradientCheck:
    """Check `network.backward` on X (n_features, m) and Y (n_outputs, m); the network is left as it is."""
    network, X, Y = _float_copies(network, X, Y)
    network.forward(X)
    dW, db = network.backward(Y)
    arrays = []
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays.append(_compared(f"dW[{layer}]", dW[layer], *_slopes(network, X, Y, W, epsilon)))
        arrays.append(_compared(f"db[{layer}]", db[layer], *_slopes(network, X, Y, b, epsilon)))
    parameters = sum(int(np.prod(array.shape)) for array in arrays)
    return GradientCheck(tuple(arrays), epsilon, forward_passes=2 * parameters)


def _compared(name: str, g: np.ndarray, g_hat: np.ndarray, kinks: np.ndarray) -> ArrayCheck:
    g = np.asarray(g, dtype=float)
    if g.shape != g_hat.shape:
        raise ValueError(f"{name} should have the shape {g_hat.shape} of its parameters, not {g.shape}.")
    smooth = ~kinks
    return ArrayCheck(name, g_hat.shape, relative_error(g[smooth], g_hat[smooth]), int(kinks.sum()))


def numerical_gradient(
    network: NeuralNetwork, X: np.ndarray, Y: np.ndarray, epsilon: float = EPSILON
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(dW, db) by central differences, shaped like the network's weights and biases.

    Each entry is (loss(theta + epsilon) - loss(theta - epsilon)) / (2 epsilon), with two forward passes.
    """
    network, X, Y = _float_copies(network, X, Y)
    dW = [_slopes(network, X, Y, W, epsilon)[0] for W in network.weights]
    db = [_slopes(network, X, Y, b, epsilon)[0] for b in network.biases]
    return dW, db


def _slopes(
    network: NeuralNetwork, X: np.ndarray, Y: np.ndarray, theta: np.ndarray, epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each entry of `theta`, one of the network's own arrays: the slope, and whether there is a kink.

    Where a ReLU changes sides between theta - epsilon and theta + epsilon, the loss has no single slope.
    """
    slopes, kinks = np.zeros(theta.shape), np.zeros(theta.shape, dtype=bool)
    for index in np.ndindex(*theta.shape):
        value = theta[index]
        theta[index] = value + epsilon
        loss_above, sides_above = network.compute_loss(network.forward(X), Y), _relu_sides(network)
        theta[index] = value - epsilon
        loss_below, sides_below = network.compute_loss(network.forward(X), Y), _relu_sides(network)
        theta[index] = value
        slopes[index] = (loss_above - loss_below) / (2 * epsilon)
        kinks[index] = any(np.any(a != b) for a, b in zip(sides_above, sides_below, strict=True))
    return slopes, kinks


def _relu_sides(network: NeuralNetwork) -> list[np.ndarray]:
    """For each ReLU layer, which of its units were on (z > 0) in the last forward pass."""
    output = getattr(network, "output_activation_name", network.activation_name)  # the chapter's class has none
    names = [network.activation_name] * (network.L - 1) + [output]
    return [z > 0 for z, name in zip(network.z_cache, names, strict=True) if name == "relu"]


def _float_copies(network: NeuralNetwork, X: np.ndarray, Y: np.ndarray) -> tuple[NeuralNetwork, np.ndarray, np.ndarray]:
    """Copies to experiment on.  In an array of integers, a step of epsilon would be rounded away."""
    network = deepcopy(network)
    network.weights = [np.array(W, dtype=float) for W in network.weights]
    network.biases = [np.array(b, dtype=float) for b in network.biases]
    return network, np.array(X, dtype=float), np.array(Y, dtype=float)


def epsilon_sweep(
    network: NeuralNetwork, X: np.ndarray, Y: np.ndarray, epsilons: Sequence[float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The epsilons, by default from 1e-15 to 1e-1, and the maximum relative error for each."""
    steps = np.logspace(-15, -1, 29) if epsilons is None else np.asarray(epsilons, dtype=float)
    return steps, np.array([check_gradients(network, X, Y, float(epsilon)).maximum for epsilon in steps])


def draw_epsilon_sweep(epsilons: np.ndarray, errors: np.ndarray) -> Any:
    """A figure of the error against epsilon: rounding rules on the left, truncation on the right."""
    from .figures import BLUE, GREY, new_figure, style  # here, because only a drawing needs them

    with style():
        figure, axes = new_figure(title="The error of the gradient check against epsilon")
        axes.loglog(epsilons, errors, "o-", color=BLUE, markersize=4, label="largest relative error")
        for bound, word in ((CORRECT, "correct"), (ACCEPTABLE, "acceptable"), (SUSPICIOUS, "suspicious")):
            axes.axhline(bound, color=GREY, linewidth=1, linestyle="--")
            axes.text(epsilons[0], bound / 1.5, word, ha="left", va="top", color=GREY)
        axes.set(xlabel="epsilon", ylabel="relative error")
        axes.legend(loc="lower left")
    return figure


def chapter_case() -> tuple[NeuralNetwork, np.ndarray, np.ndarray]:
    """The chapter's network, X (3, 5) and Y (2, 5); sets NumPy's seed to 42."""
    np.random.seed(42)
    network = NeuralNetwork([3, 4, 2])
    X = np.random.randn(3, 5)
    return network, X, np.random.randn(2, 5)


def main() -> None:
    """Print the chapter's check; draw the error against epsilon to the file that is named."""
    case = chapter_case()
    try:
        print("The chapter's epsilon:", check_gradients(*case, epsilon=1e-7), sep="\n")
        print("\nThe default:", check_gradients(*case), sep="\n")
        if len(sys.argv) > 1:
            draw_epsilon_sweep(*epsilon_sweep(*case)).savefig(sys.argv[1])
            print(f"\nThe error against epsilon is drawn in {sys.argv[1]}.")
    except NotImplementedError as error:
        sys.exit(f"There is nothing to check yet: {error}.")


if __name__ == "__main__":
    main()
