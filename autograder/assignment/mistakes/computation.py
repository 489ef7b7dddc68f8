"""The chapter's network, computed from pieces, so that one of them can be replaced by a mistake.

With no replacement it gives what the solution gives (a test says so).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS
from backprop.neural_network import NeuralNetwork

Piece = Callable[..., Any]


class Pieces:
    """One line of the equations each, asked of the class itself; l is the layer's index, n the network."""

    z: Piece = lambda W, a, b: W @ a + b
    sigma: Piece = lambda name, z, l, n: ACTIVATIONS[name][0](z)
    caches: Piece = lambda n, zs, activations: (zs, activations)
    output: Piece = lambda n, a: a
    loss: Piece = lambda y_hat, Y: np.sum((y_hat - Y) ** 2) / (2 * Y.shape[1])
    penalty: Piece = lambda n: n.l2 / 2 * sum(np.sum(W**2) for W in n.weights)
    error: Piece = lambda a, Y: a - Y
    mean: Piece = lambda delta, m: delta / m
    output_slope: Piece = lambda n, z, a: n.slope(-1, z)
    back: Piece = lambda W, delta, n, l: W.T @ delta
    source: Piece = lambda l, n: l + 1
    hidden_slope: Piece = lambda n, l, z, a: n.slope(l, z)
    dW: Piece = lambda delta, activations, l, n: delta @ activations[l].T
    db: Piece = lambda delta, m, l, n: np.sum(delta, axis=1, keepdims=True)
    weight_decay: Piece = lambda n, l, m: n.l2 * n.weights[l]
    bias_decay: Piece = lambda n, l: 0.0
    derivative: Piece = lambda name, z: ACTIVATIONS[name][1](z)
    finish: Piece = lambda n, dW, db: (dW, db)
    velocity: Piece = lambda beta, v, g, eta: beta * v + g
    bias_velocity: Piece | None = None
    share_velocity: bool = False
    stride: Piece = lambda beta, old, v, g: v
    rate: Piece = lambda eta, beta, t: eta
    step: Piece = lambda theta, v, eta: theta - eta * v
    bias_step: Piece | None = None
    step_decay: Piece = lambda n, l: 0.0


class Computation(NeuralNetwork):
    """The chapter's network, computed from `pieces`."""

    pieces: type[Pieces] = Pieces

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
        super().__init__(
            layer_sizes, activation, output_activation=output_activation, l2=l2, momentum=momentum, rng=rng
        )
        self.names = [activation] * (self.L - 1) + [output_activation or activation]
        self.v: list[np.ndarray] | None = None
        self.t = 0  # updates so far

    def slope(self, l: int, z: np.ndarray) -> Any:
        return self.pieces.derivative(self.names[l], z)

    def forward(self, X: np.ndarray) -> np.ndarray:
        zs, activations = [], [X]
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            zs.append(self.pieces.z(W, activations[-1], b))
            activations.append(self.pieces.sigma(self.names[l], zs[-1], l, self))
        self.zs, self.activations = zs, activations
        self.z_cache, self.a_cache = self.pieces.caches(self, zs, activations)
        output: np.ndarray = self.pieces.output(self, activations[-1])
        return output

    def compute_loss(self, y_hat: np.ndarray, Y: np.ndarray) -> Any:
        return self.pieces.loss(y_hat, Y) + (self.pieces.penalty(self) if self.l2 else 0.0)

    def backward(self, Y: np.ndarray) -> Any:
        p, m = self.pieces, Y.shape[1]
        # The student's own, or those that a check put in their place; where forward ends early, too.
        if p.caches is Pieces.caches or p.output is not Pieces.output:
            self.zs, self.activations = self.z_cache, self.a_cache
        last = p.mean(p.error(self.activations[-1], Y), m) * p.output_slope(self, self.zs[-1], self.activations[-1])
        deltas = {self.L - 1: last}
        for l in reversed(range(self.L - 1)):
            back = p.back(self.weights[l + 1], deltas[p.source(l, self)], self, l)
            deltas[l] = back * p.hidden_slope(self, l, self.zs[l], self.activations[l + 1])
        decay = (lambda l: p.weight_decay(self, l, m)) if self.l2 else (lambda l: 0.0)
        dW = [p.dW(deltas[l], self.activations, l, self) + decay(l) for l in range(self.L)]
        db = [p.db(deltas[l], m, l, self) + (p.bias_decay(self, l) if self.l2 else 0.0) for l in range(self.L)]
        return p.finish(self, dW, db)

    def equations(self, Y: np.ndarray) -> list[tuple[str, Any]]:
        """After a forward pass, by name: delta of BP1, and what BP2 to BP4 make of each entry of delta.

        All are affine: with these arrays a student's own deltas can be followed where the pieces are not known.
        ``BP2[l]``, shape (n_next, n, m), holds what each unit of the next layer's delta adds to the error; ``BP3[l]``
        and ``BP4[l]``, shape (n, m, ...), what each entry of delta adds to `dW[l]` and `db[l]`, and ``... at 0`` what
        these are without.  A piece that raises an exception has no entry.  ``BP2[l] from`` is the layer whose delta is
        sent back, and ``BP2[l] slope`` what it is multiplied with.
        """
        p, m, zs, activations = self.pieces, Y.shape[1], self.zs, self.activations
        found: list[tuple[str, Any]] = []

        def add(name: str, of: Piece, units: Iterable[np.ndarray], *shape: int) -> None:
            try:
                zero = of(np.zeros((shape[0], m)))
                answers = np.array([of(unit) - zero for unit in units])
            except (ValueError, IndexError):
                return
            found.append((name, answers.reshape(*shape, *zero.shape)))
            found.append((f"{name} at 0", zero))

        def add_layer(l: int, n: int) -> None:
            entries = list(np.eye(n * m).reshape(-1, n, m))
            decay = (p.weight_decay(self, l, m), p.bias_decay(self, l)) if self.l2 else (0.0, 0.0)
            add(f"BP3[{l}]", lambda delta: p.dW(delta, activations, l, self) + decay[0], entries, n, m)
            add(f"BP4[{l}]", lambda delta: p.db(delta, m, l, self) + decay[1], entries, n, m)
            if l < self.L - 1:
                z, a, W = zs[l], activations[l + 1], self.weights[l + 1]
                units = [np.repeat(row[:, None], m, axis=1) for row in np.eye(len(W))]
                back: Piece = lambda delta: p.back(W, delta, self, l) * p.hidden_slope(self, l, z, a)  # noqa: E731
                add(f"BP2[{l}]", back, units, len(W))
                found.append((f"BP2[{l}] from", np.array(float(p.source(l, self)))))
                found.append((f"BP2[{l}] slope", np.asarray(p.hidden_slope(self, l, z, a))))

        error = p.mean(p.error(activations[-1], Y), m) * p.output_slope(self, zs[-1], activations[-1])
        found.append(("BP1", np.asarray(error)))
        for l, n in enumerate(self.layer_sizes[1:]):
            add_layer(l, n)
        return found

    def layers(self) -> list[tuple[str, Any]]:
        """By name, what each unit of the layer before adds to z, shape (n_in, n), and what z is without."""
        found: list[tuple[str, Any]] = []
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            zero = self.pieces.z(W, np.zeros((W.shape[1], 1)), b)
            each = [self.pieces.z(W, unit[:, None], b) - zero for unit in np.eye(W.shape[1])]
            found += [(f"z[{l}]", np.array(each)[:, :, 0]), (f"z[{l}] at 0", zero)]
        return found

    def update(self, dW: Sequence[np.ndarray], db: Sequence[np.ndarray], eta: float) -> None:
        p, beta = self.pieces, self.momentum
        if self.v is None:
            self.v = [np.zeros_like(g) for g in (*dW, *db)]
        if p.share_velocity and len({v.shape for v in self.v[: self.L]}) == 1:
            self.v = [self.v[0]] * self.L + [self.v[self.L]] * self.L
        self.t += 1
        eta = p.rate(eta, beta, self.t)
        for i, g in enumerate((*dW, *db)):
            is_bias, old = i >= self.L, self.v[i].copy()
            v = (p.bias_velocity if is_bias and p.bias_velocity else p.velocity)(beta, old, g, eta) if beta else g
            self.v[i][...] = v
            theta = (self.biases if is_bias else self.weights)[i % self.L]
            stride = p.stride(beta, old, v, g) if beta else v
            stride = stride + p.step_decay(self, i) if self.l2 and not is_bias else stride
            theta[...] = (p.bias_step if is_bias and p.bias_step else p.step)(theta, stride, eta)


def computed_with(replaced: Mapping[str, Any]) -> type[Computation]:
    """The chapter's network with these in place of the pieces of those names."""
    return type("Computation", (Computation,), {"pieces": type("Replaced", (Pieces,), dict(replaced))})


class Noted:
    """The pieces as they should be, and in `used` the names of those that a computation has looked at."""

    def __init__(self) -> None:
        self.used = set[str]()

    def __getattr__(self, name: str) -> Any:
        self.used.add(name)
        return getattr(Pieces, name)


def pieces_used_by(conversation: Callable[[type[Computation]], Any]) -> set[str]:
    """The names of the pieces that `conversation` makes a network use."""
    noted = Noted()
    conversation(type("Computation", (Computation,), {"pieces": noted}))
    return noted.used
