"""The chapter's demonstrations, on your own network.

`python -m backprop.demos NAME` runs one of gradient_check, xor, circle, sine, hyperparameters and boundary
(or all): it prints the numbers and draws the figure to a file in ./figures, or in the folder after --out.
With --show it also opens a window.

Each function here returns a demonstration's numbers and draws nothing; demo_figures.py draws them.
All set NumPy's seed to 42 first, so with a right network the chapter's numbers come back.
"""

import sys
from copy import deepcopy

import numpy as np

from . import demo_figures as draw
from .datasets import circle, sine, xor
from .demo_data import Evolution, GradientTest, Hyperparameters, Run, SineFits, Snapshot, accuracy
from .figures import progress
from .gallery import Exhibit, run_by_name
from .gradient_check import EPSILON, chapter_case, check_gradients, epsilon_sweep
from .neural_network import NeuralNetwork

CHAPTER_EPSILON = 1e-7


def gradient_check() -> GradientTest:
    """Whether backward gives the slopes of the loss, for epsilons from 1e-15 to 1e-1."""
    case = chapter_case()
    chapter, default = check_gradients(*case, epsilon=CHAPTER_EPSILON), check_gradients(*case, epsilon=EPSILON)
    return GradientTest(chapter, default, *epsilon_sweep(*case))


def learn_xor() -> Run:
    """Four hidden units learn the exclusive or."""
    np.random.seed(42)
    X, Y = xor()
    network = NeuralNetwork([2, 4, 1])
    return Run(X, Y, network, train(network, X, Y, 5000, eta=2), shown=(0, 500, 1000, 2000, 4999))


def learn_circle() -> Run:
    """Eight hidden units learn which points lie inside a circle."""
    np.random.seed(42)
    X, Y = circle()
    network = NeuralNetwork([2, 8, 1])
    return Run(X, Y, network, train(network, X, Y, 3000, eta=5), shown=(0, 1500, 2999))


def learn_sine() -> SineFits:
    """Sixteen hidden units on the sine: a sigmoid output cannot follow it below 0, a linear one can."""
    np.random.seed(42)
    X, Y = sine()
    network = NeuralNetwork([1, 16, 1])
    chapter = Run(X, Y, network, train(network, X, Y, 5000, eta=5), shown=(0, 4999))
    # Where sin is negative, an output that is never negative does best at 0.
    bound = float(np.sum(np.minimum(Y, 0) ** 2) / (2 * Y.shape[1]))
    try:
        return SineFits(chapter, bound, fit_sine())
    except NotImplementedError as error:
        return SineFits(chapter, bound, None, str(error))


def fit_sine() -> Run:
    """A network that fits the sine; NotImplementedError where Exercise 18.1 or 18.4 is not done."""
    if not has_momentum():
        raise NotImplementedError("momentum is not written yet (Exercise 18.4)")
    np.random.seed(42)
    X, Y = sine()
    network = NeuralNetwork([1, 16, 1], "tanh", output_activation="linear", momentum=0.9)
    return Run(X, Y, network, train(network, X, Y, 5000, eta=0.1), shown=(0, 4999))


def has_momentum() -> bool:
    """Whether two updates with one gradient make steps of different lengths, as momentum lets them."""
    try:
        network = NeuralNetwork([1, 1], "linear", output_activation="linear", momentum=0.5)
    except TypeError:  # a class of the student's own, with the chapter's arguments only
        return False
    places = [float(network.weights[0][0, 0])]
    for _ in range(2):
        network.update([np.ones((1, 1))], [np.ones((1, 1))], 1.0)
        places.append(float(network.weights[0][0, 0]))
    return not np.isclose(places[1] - places[0], places[2] - places[1])


def explore_hyperparameters() -> Hyperparameters:
    """XOR with other widths, learning rates and lengths of training, always from seed 42."""

    def losses(hidden: int = 4, eta: float = 2, epochs: int = 3000) -> tuple[float, ...]:
        np.random.seed(42)
        X, Y = xor()
        return train(NeuralNetwork([2, hidden, 1]), X, Y, epochs, eta)

    # One start, trained for longer, passes through the ends of all shorter trainings.
    longest = losses(epochs=10_000)
    return Hyperparameters(
        by_hidden={n: losses(hidden=n) for n in (2, 3, 4, 8, 16)},
        by_eta={eta: losses(eta=eta) for eta in (0.1, 0.5, 1, 2, 5)},
        by_epochs={epochs: longest[epochs - 1] for epochs in (100, 500, 1000, 2000, 5000, 10_000)},
    )


def watch_boundary() -> Evolution:
    """The circle's decision boundary at six moments of the training."""
    np.random.seed(42)
    X, Y = circle()
    network = NeuralNetwork([2, 8, 1])
    snapshots: list[Snapshot] = []
    for epochs in (0, 50, 200, 500, 1000, 3000):
        train(network, X, Y, epochs - (snapshots[-1].epochs if snapshots else 0), eta=5)
        loss = network.compute_loss(network.forward(X), Y)
        snapshots.append(Snapshot(epochs, deepcopy(network), float(loss), accuracy(network, X, Y)))
    return Evolution(X, Y, tuple(snapshots))


def train(network: NeuralNetwork, X: np.ndarray, Y: np.ndarray, epochs: int, eta: float) -> tuple[float, ...]:
    """Train in stretches, with a line that counts the epochs; the loss after each epoch."""
    losses: list[float] = []
    while len(losses) < epochs:
        progress(len(losses), epochs, "training, epoch")
        losses += network.train(X, Y, min(250, epochs - len(losses)), eta, verbose=False)
    progress(epochs, epochs, "training, epoch")
    return tuple(losses)


def main(arguments: list[str] | None = None) -> int:
    """The command line; its exit status is explained in gallery.py."""
    exhibits = {
        "gradient_check": Exhibit(gradient_check, {"gradient_check": draw.draw_gradient_check}),
        "xor": Exhibit(learn_xor, {"xor_learning": draw.draw_xor}),
        "circle": Exhibit(learn_circle, {"circle_learning": draw.draw_circle}),
        "sine": Exhibit(learn_sine, {"sin_approximation": draw.draw_sine}),
        "hyperparameters": Exhibit(explore_hyperparameters, {"hyperparameter_exploration": draw.draw_hyperparameters}),
        "boundary": Exhibit(watch_boundary, {"decision_boundary_evolution": draw.draw_boundary}),
    }
    return run_by_name("backprop.demos", exhibits, arguments)


if __name__ == "__main__":
    sys.exit(main())
