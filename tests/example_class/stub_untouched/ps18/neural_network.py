"""A fully connected network that learns by backpropagation, as Chapter 18 builds it.

Samples are columns throughout: X is (n_features, m), Y and the outputs are (n_outputs, m).
Layer l (counted from 0) has weights[l] of shape (n_out, n_in) and biases[l] of shape (n_out, 1).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .activations import ACTIVATIONS


class NeuralNetwork:
    """A network of `L = len(layer_sizes) - 1` layers of weights.

    Weights start as Xavier proposed, N(0, 2 / (n_in + n_out)), and biases at 0.

    layer_sizes        units per layer, the input first: [2, 4, 1] has 2 inputs, 4 hidden units, 1 output
    activation         a name from ACTIVATIONS, for every layer
    output_activation  another name for the last layer; None means the same
    l2                 lambda, the strength of the L2 penalty (Exercise 18.2); 0 means none
    momentum           beta, the share of the velocity that is kept (Exercise 18.4); 0 means none
    rng                a NumPy Generator or RandomState; None means NumPy's global state, that is,
                       what np.random.seed sets
    """

    def __init__(
        self,
        layer_sizes: Sequence[int],
        activation: str = "sigmoid",
        *,
        output_activation: str | None = None,
        l2: float = 0.0,
        momentum: float = 0.0,
        rng: np.random.Generator | np.random.RandomState | None = None,
    ):
        output_activation = activation if output_activation is None else output_activation
        for name in (activation, output_activation):
            if name not in ACTIVATIONS:
                raise ValueError(f"The activation should be one of {', '.join(ACTIVATIONS)}, not {name!r}.")
        if len(layer_sizes) < 2 or not all(isinstance(n, int | np.integer) and n >= 1 for n in layer_sizes):
            raise ValueError(f"layer_sizes should be two or more whole numbers >= 1, not {layer_sizes!r}.")
        if rng is not None and not isinstance(rng, np.random.Generator | np.random.RandomState):
            raise ValueError(f"rng should be None or NumPy's Generator or RandomState, not {rng!r}.")

        self.layer_sizes = list(layer_sizes)
        self.L = len(layer_sizes) - 1
        self.activation_name = activation
        self.output_activation_name = output_activation
        self.l2 = l2
        self.momentum = momentum
        self.rng = rng

        # One pair (sigma, sigma') for each layer.
        self.layer_activations = [ACTIVATIONS[activation]] * (self.L - 1) + [ACTIVATIONS[output_activation]]

        self.weights: list[np.ndarray] = []
        self.biases: list[np.ndarray] = []
        for n_in, n_out in pairwise(self.layer_sizes):
            scale = np.sqrt(2.0 / (n_in + n_out))
            self.weights.append(self._random.standard_normal((n_out, n_in)) * scale)
            self.biases.append(np.zeros((n_out, 1)))

        # One velocity for each parameter (Exercise 18.4).
        self.weight_velocities = [np.zeros_like(W) for W in self.weights]
        self.bias_velocities = [np.zeros_like(b) for b in self.biases]

        # What `forward` leaves for `backward`.
        self.z_cache: list[np.ndarray] = []
        self.a_cache: list[np.ndarray] = []

    @property
    def _random(self) -> Any:
        """Where random numbers come from; looked up at each use, so that np.random.seed always governs it."""
        return np.random if self.rng is None else self.rng

    def forward(self, X: np.ndarray) -> np.ndarray:
        """The network's output (n_outputs, m) for X (n_features, m); fills the caches.

        Chapter 18, forward pass: z_l = W_l a_{l-1} + b_l and a_l = sigma(z_l), where a_0 is X.
        Afterwards z_cache holds L arrays and a_cache L + 1, the first of which is X.
        """
        # TODO (forward pass): go through the layers, from the input on.
        # - Start both caches afresh at every call; keep each layer's z and each layer's a, X included.
        # - self.layer_activations[l] is the pair (sigma, sigma') of layer l.
        # - as_columns(X, self.layer_sizes[0], "X") gives X as floats, or says what is wrong with its shape.
        raise NotImplementedError("forward is not written yet")

    def compute_loss(self, y_hat: np.ndarray, Y: np.ndarray) -> float:
        """The mean squared error 1/(2m) sum (y_hat - Y)^2, plus the L2 penalty where `l2` is not 0.

        Y and y_hat are (n_outputs, m).
        """
        y_hat, Y = np.asarray(y_hat, dtype=float), np.asarray(Y, dtype=float)
        if y_hat.shape != Y.shape or Y.ndim != 2:  # (1, m) minus (m,) would silently be (m, m)
            raise ValueError(f"y_hat and Y should both be (n_outputs, m), not {y_hat.shape} and {Y.shape}.")
        m = Y.shape[1]
        loss = np.sum((y_hat - Y) ** 2) / (2 * m)
        if self.l2 != 0:
            loss += self._l2_penalty()
        return float(loss)

    def _l2_penalty(self) -> float:
        """lambda/2 times the sum over the layers of ||W_l||_F^2 (Exercise 18.2)."""
        # TODO (Exercise 18.2): return the penalty; biases are not penalised.
        raise NotImplementedError("_l2_penalty is not written yet")

    def backward(self, Y: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The gradients (dW, db) of the loss for the last forward pass.

        Y is (n_outputs, m).  dW and db are lists of L arrays: dW[l] has the shape of weights[l],
        db[l] that of biases[l].  Neither the parameters nor the caches are changed.

        Chapter 18, where * is entry by entry and sigma' is the derivative of that layer's activation:
        BP1  delta_L = (a_L - Y)/m * sigma'(z_L)
        BP2  delta_l = (W_{l+1}^T delta_{l+1}) * sigma'(z_l)
        BP3  dW_l = delta_l a_{l-1}^T
        BP4  db_l = the sum of delta_l over the samples
        """
        # TODO (BP1): the error delta of the output layer; it has the shape of the last z in the cache.
        # TODO (BP2, BP3, BP4): go from the last layer to the first.  The caches count from 0, and a_cache
        # starts with X: which entry is a_{l-1}?  Check every shape against the docstring.
        # TODO (Exercise 18.2): where self.l2 is not 0, the penalty has a gradient too.
        raise NotImplementedError("backward is not written yet")

    def update(self, dW: Sequence[np.ndarray], db: Sequence[np.ndarray], eta: float) -> None:
        """One step of gradient descent, theta = theta - eta g, on every weight and bias.

        dW[l] and db[l] have the shapes of weights[l] and biases[l]; eta is the learning rate.
        With momentum beta (Exercise 18.4): v = beta v + g and theta = theta - eta v.
        """
        # TODO (gradient descent): change every array of self.weights and self.biases, and not dW or db.
        # TODO (Exercise 18.4): where self.momentum is not 0, step along the velocities instead.  They wait in
        # self.weight_velocities and self.bias_velocities, all 0 at first, and last from call to call.
        raise NotImplementedError("update is not written yet")

    def train(
        self,
        X: np.ndarray,
        Y: np.ndarray,
        epochs: int,
        eta: float,
        batch_size: int | None = None,
        verbose: bool = True,
    ) -> list[float]:
        """Gradient descent over all samples, `epochs` times; the loss over all samples after each epoch.

        X is (n_features, m), Y is (n_outputs, m).  Each epoch shuffles the samples and takes one step per
        batch of `batch_size` columns; the last batch is short where it has to be.  None: all in one.
        """
        X, Y = as_columns(X, self.layer_sizes[0], "X"), as_columns(Y, self.layer_sizes[-1], "Y")
        m = X.shape[1]
        if Y.shape[1] != m:
            raise ValueError(f"X and Y should have one column per sample each, not {m} and {Y.shape[1]}.")
        batch_size = m if batch_size is None else batch_size
        if batch_size < 1:
            raise ValueError(f"batch_size should be 1 or more, or None for all in one, not {batch_size}.")

        history: list[float] = []
        tenth = -(-epochs // 10)  # rounded up, so that it is never 0
        for epoch in range(epochs):
            order = self._random.permutation(m)  # one order for both keeps X and Y together
            X_shuffled, Y_shuffled = X[:, order], Y[:, order]
            for start in range(0, m, batch_size):
                self.forward(X_shuffled[:, start : start + batch_size])
                dW, db = self.backward(Y_shuffled[:, start : start + batch_size])
                self.update(dW, db, eta)
            history.append(self.compute_loss(self.forward(X), Y))
            if verbose and (epoch % tenth == 0 or epoch == epochs - 1):
                print(f"epoch {epoch:5d}: loss {history[-1]:.6f}")
        return history


def as_columns(values: np.ndarray, rows: int, name: str) -> np.ndarray:
    """`values` as a float64 array of shape (rows, m); ValueError for any other shape."""
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or array.shape[0] != rows:
        raise ValueError(f"{name} should have shape ({rows}, m), one column per sample, not {array.shape}.")
    return array
