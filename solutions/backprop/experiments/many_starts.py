"""Networks that differ only in their start, trained together: the experiments need hundreds of runs.

Every array of a `NeuralNetwork` gets one more axis in front, with an entry for each start, and NumPy's matmul
works through the stack.  What comes out is what `NeuralNetwork` gives for each start, up to rounding.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..activations import ACTIVATIONS
from ..neural_network import NeuralNetwork

Numbers = float | Sequence[float] | np.ndarray  # one for all starts, or one for each

# sigma' from a = sigma(z) instead of from z: no second exponential, which is most of the work.
SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda a: a * (1.0 - a),
    "tanh": lambda a: 1.0 - a * a,
    "linear": np.ones_like,
}
Met = Callable[[np.ndarray, np.ndarray], np.ndarray]
CACHED = 16_000  # numbers in an array: with larger ones a start takes up to four times as long


class ManyStarts:
    """S networks of the same layers; weights[l] is (S, n_out, n_in) and biases[l] is (S, n_out, 1).

    seeds          one for each start: the weights are those of NeuralNetwork with rng=RandomState(seed)
    l2, momentum   a number for all, or one for each start
    """

    def __init__(
        self,
        layer_sizes: Sequence[int],
        activation: str = "sigmoid",
        *,
        seeds: Sequence[int],
        output_activation: str | None = None,
        l2: Numbers = 0.0,
        momentum: Numbers = 0.0,
    ):
        starts = [NeuralNetwork(layer_sizes, activation, rng=np.random.RandomState(seed)) for seed in seeds]
        self.layer_sizes = list(layer_sizes)
        self.names = [activation] * (len(layer_sizes) - 2) + [output_activation or activation]
        self.weights = [np.stack(arrays) for arrays in zip(*(n.weights for n in starts), strict=True)]
        self.biases = [np.stack(arrays) for arrays in zip(*(n.biases for n in starts), strict=True)]
        self.weight_velocities = [np.zeros_like(W) for W in self.weights]
        self.bias_velocities = [np.zeros_like(b) for b in self.biases]
        self.l2, self.momentum = _column(l2, len(starts)), _column(momentum, len(starts))

    def forward(self, X: np.ndarray) -> np.ndarray:
        """The outputs (S, n_outputs, m) for X, (n_features, m) or one for each start, (S, n_features, m)."""
        return self._layers(X)[-1]

    def losses(self, y_hat: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """`compute_loss` of each start, (S,)."""
        error = y_hat - Y
        return np.einsum("sij,sij->s", error, error) / (2 * Y.shape[-1]) + self.l2.ravel() / 2 * self.squared_weights

    def train(self, X: np.ndarray, Y: np.ndarray, epochs: int, eta: Numbers) -> np.ndarray:
        """Full batches; the losses after each epoch, (epochs, S)."""
        eta = _column(eta, len(self.weights[0]))
        history = np.empty((epochs, len(eta)))
        for part in self._parts(Y.shape[-1]):
            networks, X_part, Y_part = self.only(part), _part(X, part), _part(Y, part)
            outputs = networks._layers(X_part)
            for epoch in range(epochs):
                networks._step(outputs, Y_part, eta[part])
                outputs = networks._layers(X_part)  # of the loss now and of the next step
                history[epoch, part] = networks.losses(outputs[-1], Y_part)
        return history

    def epochs_until(
        self, met: Met, X: np.ndarray, Y: np.ndarray, epochs: int, eta: Numbers, every: int = 1
    ) -> np.ndarray:
        """The epoch, (S,), after which `met(losses, outputs)` is first true of a start; inf where it never is.

        It is asked after `every` so many epochs.  X and Y are the same for all starts.  A start is trained no
        further once it is there, or once its loss is no longer finite: these networks are of no use afterwards.
        """
        eta = _column(eta, len(self.weights[0]))
        needed = np.full(len(eta), np.inf)
        for part in self._parts(Y.shape[-1]):
            running, rate, networks = np.arange(len(eta))[part], eta[part], self.only(part)
            outputs = networks._layers(X)
            for epoch in range(1, epochs + 1):
                networks._step(outputs, Y, rate)
                outputs = networks._layers(X)
                if epoch % every:
                    continue
                losses = networks.losses(outputs[-1], Y)
                there = met(losses, outputs[-1])
                going = ~there & np.isfinite(losses)
                if not going.all():
                    needed[running[there]] = epoch
                    running, rate, networks = running[going], rate[going], networks.only(going)
                    outputs = [X, *(a[going] for a in outputs[1:])]
                if not len(running):
                    break
        return needed

    @property
    def squared_weights(self) -> np.ndarray:
        """The sum of all squared weights of each start, (S,): what L2 penalises."""
        return sum((np.einsum("sij,sij->s", W, W) for W in self.weights), np.zeros(len(self.l2)))

    def only(self, which: np.ndarray | slice) -> "ManyStarts":
        """The starts that `which` chooses by truth values or indices, as copies; or by a slice, as views."""
        chosen = object.__new__(ManyStarts)
        chosen.layer_sizes, chosen.names = self.layer_sizes, self.names
        for name in ("weights", "biases", "weight_velocities", "bias_velocities"):
            setattr(chosen, name, [array[which] for array in getattr(self, name)])
        chosen.l2, chosen.momentum = self.l2[which], self.momentum[which]
        return chosen

    def _parts(self, m: int) -> Iterator[slice]:
        """Starts that are trained side by side: so few that a layer's outputs for m samples stay in the cache."""
        size = max(1, CACHED // (m * max(self.layer_sizes)))
        return (slice(first, first + size) for first in range(0, len(self.weights[0]), size))

    def _layers(self, X: np.ndarray) -> list[np.ndarray]:
        """X and the outputs of every layer."""
        outputs = [X]
        for W, b, name in zip(self.weights, self.biases, self.names, strict=True):
            outputs.append(ACTIVATIONS[name][0](W @ outputs[-1] + b))
        return outputs

    def _step(self, outputs: list[np.ndarray], Y: np.ndarray, eta: np.ndarray) -> None:
        """BP1 to BP4 and the update with momentum, for every start."""
        delta = (outputs[-1] - Y) / Y.shape[-1] * SLOPES[self.names[-1]](outputs[-1])  # BP1
        for layer in reversed(range(len(self.weights))):
            dW = delta @ outputs[layer].swapaxes(-1, -2) + self.l2 * self.weights[layer]  # BP3
            db = delta.sum(axis=-1, keepdims=True)  # BP4
            if layer > 0:
                delta = (self.weights[layer].swapaxes(-1, -2) @ delta) * SLOPES[self.names[layer - 1]](outputs[layer])
            for theta, v, g in (
                (self.weights[layer], self.weight_velocities[layer], dW),
                (self.biases[layer], self.bias_velocities[layer], db),
            ):
                v *= self.momentum
                v += g
                theta -= eta * v


def _part(values: np.ndarray, part: slice) -> np.ndarray:
    """The data of these starts, where each has its own."""
    return values[part] if values.ndim == 3 else values


def _column(values: Numbers, starts: int) -> np.ndarray:
    """(starts, 1, 1), so that it multiplies the arrays of a layer."""
    return np.broadcast_to(np.asarray(values, dtype=float), starts).reshape(starts, 1, 1)
