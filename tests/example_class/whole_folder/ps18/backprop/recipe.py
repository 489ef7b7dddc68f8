"""A recipe: all that decides how a network is built and trained, except luck."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .datasets import Rng, make_spirals, square
from .neural_network import NeuralNetwork

SQUARE_LOSS = 2e-3  # Exercise 18.3: the loss on unseen points has to fall below this
SPIRALS_ACCURACY = 0.99  # Exercise 18.5: so large a share of the points has to be right


@dataclass(frozen=True)
class Recipe:
    """What `NeuralNetwork` and its `train` are given; the names are theirs."""

    layer_sizes: Sequence[int]
    activation: str = "sigmoid"
    output_activation: str | None = None
    eta: float = 1.0
    epochs: int = 1000
    batch_size: int | None = None
    momentum: float = 0.0
    l2: float = 0.0

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(self.layer_sizes))

    def trained(self, X: np.ndarray, Y: np.ndarray, rng: Rng = None, verbose: bool = False) -> NeuralNetwork:
        """A new network, trained on X (n_features, m) and Y (n_outputs, m); `rng` is its luck."""
        network = NeuralNetwork(
            self.layer_sizes,
            self.activation,
            output_activation=self.output_activation,
            l2=self.l2,
            momentum=self.momentum,
            rng=rng,
        )
        network.train(X, Y, self.epochs, self.eta, self.batch_size, verbose)
        return network

    def class_targets(self, Y: np.ndarray) -> tuple[np.ndarray, float]:
        """For classes Y of 0 and 1: the targets to train on, and the threshold above which an output means 1.

        A tanh output lies between -1 and 1, so it is trained on -1 and 1, with the threshold 0;
        every other output is trained on 0 and 1, with the threshold 0.5.
        """
        if (self.output_activation or self.activation) == "tanh":
            return 2 * Y - 1, 0.0
        return Y, 0.5


def fits_square(recipe: Recipe, seed: int) -> bool:
    """Whether a network trained from this start fits x^2 on points of [-2, 2] that it has not seen."""
    rng = np.random.RandomState(seed)
    network = recipe.trained(*square(rng=rng), rng=rng)
    X, Y = square(200, rng)
    return float(np.mean((network.forward(X) - Y) ** 2)) / 2 < SQUARE_LOSS


def separates_spirals(recipe: Recipe, seed: int) -> bool:
    """Whether a network trained from this start puts the points of both spirals on the right sides."""
    X, Y = make_spirals()
    targets, threshold = recipe.class_targets(Y)
    network = recipe.trained(X, targets, rng=np.random.RandomState(seed))
    return float(np.mean((network.forward(X) > threshold) == (Y == 1))) >= SPIRALS_ACCURACY


def try_out(make_recipe: Callable[[], Recipe], succeeds: Callable[[Recipe, int], bool], starts: int) -> str:
    """One sentence: from how many of the starts 0, 1, 2, ... the recipe succeeds."""
    try:
        recipe = make_recipe()
        won = sum(succeeds(recipe, seed) for seed in range(starts))
    except NotImplementedError as error:
        return f"{make_recipe.__name__}: nothing to try yet, because {error}."
    return f"{make_recipe.__name__}: {won} of {starts} starts succeed, with {recipe.parameters} parameters."
