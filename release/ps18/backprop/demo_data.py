"""What the demonstrations of demos.py return, and demo_figures.py draws; each prints as a table."""

from dataclasses import dataclass

import numpy as np

from .gradient_check import GradientCheck
from .neural_network import NeuralNetwork


@dataclass(frozen=True, eq=False)
class GradientTest:
    """The chapter's gradient check, and what it says for other epsilons."""

    chapter: GradientCheck  # with the chapter's epsilon
    default: GradientCheck  # with the default
    epsilons: np.ndarray
    errors: np.ndarray  # the largest relative error for each epsilon

    def __str__(self) -> str:
        return f"With the chapter's epsilon:\n{self.chapter}\n\nWith the default:\n{self.default}"


@dataclass(frozen=True, eq=False)
class Run:
    """A network, what it was trained on, and the loss after each epoch."""

    X: np.ndarray
    Y: np.ndarray
    network: NeuralNetwork
    losses: tuple[float, ...]
    shown: tuple[int, ...]  # the epochs whose loss is printed

    @property
    def outputs(self) -> np.ndarray:
        return self.network.forward(self.X)

    @property
    def accuracy(self) -> float:
        """The share of points on the right side of 0.5, for classes 0 and 1."""
        return accuracy(self.network, self.X, self.Y)

    def __str__(self) -> str:
        lines = [f"{'epoch':>6}  {'loss':>8}", *(f"{epoch:6d}  {self.losses[epoch]:.6f}" for epoch in self.shown)]
        if self.X.shape[1] <= 4:
            rows = zip(self.X.T, self.Y[0], self.outputs[0], strict=True)
            lines += [f"({', '.join(f'{x:g}' for x in point)}) -> {y:.4f}, target {t:g}" for point, t, y in rows]
        elif self.X.shape[0] == 2:
            inside = int(np.sum(self.Y))
            lines.append(f"{inside} points inside, {self.Y.size - inside} outside; {100 * self.accuracy:.1f} % right")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class SineFits:
    """The chapter's network on the sine, the least loss that its kind of output allows, and one that fits."""

    chapter: Run
    bound: float  # of every output that is never negative: that of max(sin, 0)
    fit: Run | None  # tanh, linear output, momentum
    missing: str = ""  # why there is no `fit`

    def __str__(self) -> str:
        fit = f"left out: {self.missing}" if self.fit is None else f"{self.fit.losses[-1]:.6f}"
        return "\n".join(
            [
                str(self.chapter),
                f"bound   {self.bound:.6f}  for every output that is never negative, as a sigmoid's",
                f"a network that fits (tanh, linear output, momentum): {fit}",
            ]
        )


@dataclass(frozen=True, eq=False)
class Hyperparameters:
    """XOR again and again: losses after each epoch by hidden units and by eta, the last loss by epochs."""

    by_hidden: dict[int, tuple[float, ...]]
    by_eta: dict[float, tuple[float, ...]]
    by_epochs: dict[int, float]

    def __str__(self) -> str:
        rows = [
            *(("hidden units", n, losses[-1]) for n, losses in self.by_hidden.items()),
            *(("eta", eta, losses[-1]) for eta, losses in self.by_eta.items()),
            *(("epochs", epochs, loss) for epochs, loss in self.by_epochs.items()),
        ]
        return "\n".join(f"{name:>12} {value:<6g} final loss {loss:.6f}" for name, value, loss in rows)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A copy of the network in the middle of its training."""

    epochs: int  # done so far
    network: NeuralNetwork
    loss: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Evolution:
    """How the decision boundary comes about."""

    X: np.ndarray
    Y: np.ndarray
    snapshots: tuple[Snapshot, ...]

    def __str__(self) -> str:
        lines = [f"{shot.epochs:6d}  {shot.loss:.6f}  {100 * shot.accuracy:6.1f} %" for shot in self.snapshots]
        return "\n".join([f"{'epochs':>6}  {'loss':>8}  {'accuracy':>8}", *lines])


def accuracy(network: NeuralNetwork, X: np.ndarray, Y: np.ndarray) -> float:
    """The share of the points (n_features, m) that lie on the right side of 0.5."""
    return float(np.mean((network.forward(X) > 0.5) == (Y == 1)))
