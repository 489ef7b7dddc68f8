"""The words of a check about a network: its parameters, what it predicts, and whose training makes a picture."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.engine.calls import WrongForm, described
from autograder.engine.case import Case, Failed

from .proxy import Network, NetworkStudent


class NetworkCase(Case):
    """Data and comparisons of one run of one check of a network.

    `predict` is the grader's own forward pass; without it, at home, the student's is taken.
    """

    guides: Sequence[NetworkStudent]

    def __init__(self, *about: Any, predict: Callable[..., np.ndarray] | None = None, **options: Any):
        super().__init__(*about, **options)
        self._predict = predict
        self.watched: Any = None  # network, X, Y, activations: for a picture of what it learns

    def parameters(self, sizes: Sequence[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Weights and non-zero biases for layers of these sizes."""
        layers = list(zip(sizes[1:], sizes[:-1], strict=True))
        weights = [self.array(n_out, n_in, np.sqrt(2.0 / (n_in + n_out))) for n_out, n_in in layers]
        return weights, [self.array(n_out, 1, 0.7) for n_out, _ in layers]

    def network(
        self, student: NetworkStudent, sizes: Sequence[int], activation: str = "sigmoid", **options: Any
    ) -> Network:
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

    def in_form(self, student: NetworkStudent, method: str) -> None:
        """Fail where something that the method has given so far had to be converted."""
        if method in student.forms:
            raise Failed(student.forms[method])

    def watch(self, network: Network, X: np.ndarray, Y: np.ndarray, *activations: str | None) -> None:
        """Remember the network whose training on X and Y makes a good picture."""
        self.watched = network, X, Y, *(activations or ("sigmoid", None))
