"""Known mistakes: each a small change to one computation of the chapter's equations.

`Pieces` holds the places where mistakes happen; a mistake replaces one of them.  With no replacement
`Computation` gives what the solution gives (a test says so).  Where several mistakes give the same
numbers on all data of a check, none is named.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS
from backprop.neural_network import NeuralNetwork

from autograder.engine.case import Mistake


@dataclass(frozen=True)
class Pieces:
    """One line of the equations each; l is the layer's index, n the network."""

    z: Callable = lambda W, a, b: W @ a + b
    sigma: Callable = lambda name, z, l, n: ACTIVATIONS[name][0](z)
    caches: Callable = lambda n, zs, activations: (zs, activations)
    loss: Callable = lambda y_hat, Y: np.sum((y_hat - Y) ** 2) / (2 * Y.shape[1])
    penalty: Callable = lambda n: n.l2 / 2 * sum(np.sum(W**2) for W in n.weights)
    error: Callable = lambda a, Y: a - Y
    mean: Callable = lambda delta, m: delta / m
    output_slope: Callable = lambda n, z, a: n.slope(-1, z)
    back: Callable = lambda W, delta, n, l: W.T @ delta
    hidden_slope: Callable = lambda n, l, z, a: n.slope(l, z)
    dW: Callable = lambda delta, activations, l, n: delta @ activations[l].T
    db: Callable = lambda delta, m: np.sum(delta, axis=1, keepdims=True)
    weight_decay: Callable = lambda n, l, m: n.l2 * n.weights[l]
    bias_decay: Callable = lambda n, l: 0.0
    derivative: Callable = lambda name, z: ACTIVATIONS[name][1](z)
    finish: Callable = lambda n, dW, db: (dW, db)
    velocity: Callable = lambda beta, v, g: beta * v + g
    bias_velocity: Callable | None = None
    remember: bool = True
    share_velocity: bool = False
    step: Callable = lambda theta, v, eta: theta - eta * v
    bias_step: Callable | None = None


class Computation(NeuralNetwork):
    """The chapter's network, computed from `pieces`."""

    pieces = Pieces()

    def __init__(self, layer_sizes, activation="sigmoid", *, output_activation=None, l2=0.0, momentum=0.0, rng=None):
        super().__init__(
            layer_sizes, activation, output_activation=output_activation, l2=l2, momentum=momentum, rng=rng
        )
        self.names = [activation] * (len(layer_sizes) - 2) + [output_activation or activation]
        self.l2, self.momentum, self.v = l2, momentum, None

    def slope(self, l, z):
        return self.pieces.derivative(self.names[l], z)

    def forward(self, X):
        zs, activations = [], [X]
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            zs.append(self.pieces.z(W, activations[-1], b))
            activations.append(self.pieces.sigma(self.names[l], zs[-1], l, self))
        self.zs, self.activations = zs, activations
        self.z_cache, self.a_cache = self.pieces.caches(self, zs, activations)
        return activations[-1]

    def compute_loss(self, y_hat, Y):
        return self.pieces.loss(y_hat, Y) + (self.pieces.penalty(self) if self.l2 else 0.0)

    def backward(self, Y):
        p, m = self.pieces, Y.shape[1]
        if p.caches is Pieces.caches:
            self.zs, self.activations = self.z_cache, self.a_cache
        deltas = [p.mean(p.error(self.activations[-1], Y), m) * p.output_slope(self, self.zs[-1], self.activations[-1])]
        for l in reversed(range(self.L - 1)):
            back = p.back(self.weights[l + 1], deltas[0], self, l)
            deltas.insert(0, back * p.hidden_slope(self, l, self.zs[l], self.activations[l + 1]))
        decay = (lambda l: p.weight_decay(self, l, m)) if self.l2 else (lambda l: 0.0)
        dW = [p.dW(delta, self.activations, l, self) + decay(l) for l, delta in enumerate(deltas)]
        db = [p.db(delta, m) + (p.bias_decay(self, l) if self.l2 else 0.0) for l, delta in enumerate(deltas)]
        return p.finish(self, dW, db)

    def update(self, dW, db, eta):
        p, beta = self.pieces, self.momentum
        if self.v is None or not p.remember:
            self.v = [np.zeros_like(g) for g in (*dW, *db)]
        if p.share_velocity and len({v.shape for v in self.v[: self.L]}) == 1:
            self.v = [self.v[0]] * self.L + [self.v[self.L]] * self.L
        for i, g in enumerate((*dW, *db)):
            is_bias = i >= self.L
            moved = (p.bias_velocity if is_bias and p.bias_velocity else p.velocity)(beta, self.v[i], g) if beta else g
            self.v[i][...] = moved
            theta = (self.biases if is_bias else self.weights)[i % self.L]
            theta[...] = (p.bias_step if is_bias and p.bias_step else p.step)(theta, moved, eta)


def accumulated(n, dW, db):
    before = getattr(n, "before", None)
    n.before = (
        (dW, db)
        if before is None
        else tuple([a + b for a, b in zip(x, y, strict=True)] for x, y in zip(before, (dW, db), strict=True))
    )
    return n.before


def appended(n, zs, activations):
    n.kept = tuple(old + new for old, new in zip(getattr(n, "kept", ([], [])), (zs, activations), strict=True))
    return n.kept


def wrong_axis(delta, m):
    return np.sum(delta, axis=0, keepdims=True)


def other_layer(W, delta, n, l):
    return n.weights[l].T @ delta


F = ("forward/output", "forward/caches", "forward/one_sample_and_square_layers")
CACHES = ("forward/caches", "forward/caches_start_afresh")
BP1, BP2, BP3, BP4 = (
    (f"backward/{name}",)
    for name in ("bp1_output_error", "bp2_hidden_error", "bp3_weight_gradients", "bp4_bias_gradients")
)
ALL_UPDATES = ("update/one_step", "update/more_steps")
VELOCITY = ("momentum/velocity", "momentum/one_velocity_each")
L2_LOSS, L2_GRADIENT, LOSS = ("l2/loss",), ("l2/gradient",), ("gradient_check/loss_values",)
TANH = ("tanh/gradient",)

# name: (where it is charged, what is replaced, the sentences for the student)
TABLE: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "bias_left_out": (F, {"z": lambda W, a, b: W @ a}, "Your z is W a alone: the bias b is missing. Look at z = W a + b."),
    "bias_subtracted": (F, {"z": lambda W, a, b: W @ a - b}, "Your z is W a - b: the bias is added, not subtracted. Look at z = W a + b."),
    "activation_skipped_at_output": (
        F,
        {"sigma": lambda name, z, l, n: z if l == n.L - 1 else ACTIVATIONS[name][0](z)},
        "Your output is z of the last layer: its activation is missing. Look at a = sigma(z), which holds for the last layer too.",
    ),
    "activation_only_at_output": (
        F,
        {"sigma": lambda name, z, l, n: ACTIVATIONS[name][0](z) if l == n.L - 1 else z},
        "Your hidden layers pass z on as it is: their activation is missing. Look at a = sigma(z).",
    ),
    "sigmoid_of_minus_z": (F, {"sigma": lambda name, z, l, n: ACTIVATIONS[name][0](-z)}, "Your activations are sigma(-z): the sign of z is turned around. Look at sigma(z) = 1/(1 + exp(-z))."),
    "caches_swapped": (CACHES, {"caches": lambda n, zs, a: ([a[0], *zs], a[1:])}, "Your caches are shifted against each other: X belongs into `a_cache`, first, and `z_cache` begins with z of the first layer."),
    "caches_exchanged": (CACHES, {"caches": lambda n, zs, a: (a, zs)}, "Your `z_cache` holds the activations and your `a_cache` holds z: they are exchanged."),
    "caches_crossed": (CACHES, {"caches": lambda n, zs, a: (a[1:], [a[0], *zs])}, "Your `z_cache` holds a = sigma(z), and your `a_cache` holds z after X: what is appended to them is mixed up."),
    "activations_in_z_cache": (CACHES, {"caches": lambda n, zs, a: (a[1:], a)}, "Your `z_cache` holds a = sigma(z): it should hold z itself, which BP1 and BP2 need."),
    "z_in_a_cache": (CACHES, {"caches": lambda n, zs, a: (zs, [a[0], *zs])}, "Your `a_cache` holds z after X: it should hold a = sigma(z), which BP3 needs."),
    "input_not_cached": (CACHES, {"caches": lambda n, zs, a: (zs, a[1:])}, "Your `a_cache` begins with the first layer's activation: its first entry should be X, which BP3 needs for the first layer."),
    "output_not_cached": (CACHES, {"caches": lambda n, zs, a: (zs, a[:-1])}, "Your `a_cache` ends before the output: its last entry should be the output, which BP1 needs."),
    "caches_appended": (("forward/caches_start_afresh",), {"caches": appended}, "Your caches still hold the pass before: each forward pass has to begin with empty ones."),
    "loss_not_averaged": (LOSS, {"loss": lambda y, Y: np.sum((y - Y) ** 2) / 2}, "Your loss is m times too large: the 1/m is missing. Look at C = 1/(2m) sum (a - y)^2."),
    "loss_averaged_over_outputs": (LOSS, {"loss": lambda y, Y: np.mean((y - Y) ** 2) / 2}, "Your loss is also divided by the number of outputs: it is a mean over the samples only. Look at C = 1/(2m) sum (a - y)^2."),
    "loss_without_half": (LOSS, {"loss": lambda y, Y: np.sum((y - Y) ** 2) / Y.shape[1]}, "Your loss is twice too large: the 1/2 is missing. Look at C = 1/(2m) sum (a - y)^2."),
    "loss_mean_square": (LOSS, {"loss": lambda y, Y: np.mean((y - Y) ** 2)}, "Your loss is the mean over samples and outputs without the 1/2. Look at C = 1/(2m) sum (a - y)^2."),
    "sign_of_error": (BP1, {"error": lambda a, Y: Y - a}, "Your gradients have the opposite sign: the error is a - Y, not Y - a. Look at BP1."),
    "mean_left_out": (BP1, {"mean": lambda delta, m: delta}, "Your `dW` and `db` are m times too large: the 1/m of BP1 is missing. Look at delta_L = (a_L - Y)/m * sigma'(z_L)."),
    "mean_taken_twice": (BP1, {"mean": lambda delta, m: delta / m**2}, "Your gradients are m times too small: the 1/m of BP1 is applied twice."),
    "mean_over_outputs": (BP1, {"mean": lambda delta, m: delta / delta.shape[0]}, "Your gradients are divided by the number of outputs: the m of BP1 is the number of samples, which are the columns of Y."),
    "mean_over_everything": (BP1, {"mean": lambda delta, m: delta / delta.size}, "Your gradients are divided by samples times outputs: the 1/m of BP1 counts the samples only."),
    "factor_two": (BP1, {"error": lambda a, Y: 2 * (a - Y)}, "Your gradients are twice too large: the 1/2 of the loss takes the 2 of its derivative away. Look at BP1."),
    "output_slope_left_out": (BP1, {"output_slope": lambda n, z, a: 1.0}, "sigma'(z) is missing at the output: your error there is (a - Y)/m alone, which belongs to another loss, the cross-entropy. Look at BP1."),
    "output_slope_at_a": (BP1, {"output_slope": lambda n, z, a: n.slope(-1, a)}, "At the output you take sigma' at a instead of z. Look at BP1: it asks for sigma'(z_L)."),
    "output_activation_for_slope": (BP1, {"output_slope": lambda n, z, a: a}, "At the output you multiply with sigma(z) instead of its derivative. Look at BP1: it asks for sigma'(z_L)."),
    "slope_at_a": (BP1 + BP2, {"output_slope": lambda n, z, a: n.slope(-1, a), "hidden_slope": lambda n, l, z, a: n.slope(l, a)}, "You take sigma' at a instead of z, in every layer. Look at BP1 and BP2: they ask for sigma'(z)."),
    "slope_left_out": (BP1 + BP2, {"output_slope": lambda n, z, a: 1.0, "hidden_slope": lambda n, l, z, a: 1.0}, "sigma'(z) is missing in every layer. Look at BP1 and BP2: both end with it."),
    "hidden_slope_left_out": (BP2, {"hidden_slope": lambda n, l, z, a: 1.0}, "sigma'(z) is missing in the hidden layers: you pass W^T delta back as it is. Look at BP2, at its second factor."),
    "hidden_slope_at_a": (BP2, {"hidden_slope": lambda n, l, z, a: n.slope(l, a)}, "In the hidden layers you take sigma' at a instead of z. Look at BP2: it asks for sigma'(z_l)."),
    "hidden_activation_for_slope": (BP2, {"hidden_slope": lambda n, l, z, a: a}, "In the hidden layers you multiply with sigma(z) instead of its derivative. Look at BP2: it asks for sigma'(z_l)."),
    "z_times_one_minus_z": (BP1 + BP2, {"output_slope": lambda n, z, a: z * (1 - z), "hidden_slope": lambda n, l, z, a: z * (1 - z)}, "Your slope is z (1 - z): the sigmoid's derivative is a (1 - a). Look at sigma'(z) in BP1 and BP2."),
    "weights_not_transposed": (BP2, {"back": lambda W, delta, n, l: W @ delta}, "You send the error back through W instead of its transpose. Look at BP2: W^T delta."),
    "weights_of_wrong_layer": (BP2, {"back": other_layer}, "You send the error back through the weights of the layer itself instead of those of the next layer. Look at BP2: W_{l+1}^T delta_{l+1}."),
    "activation_of_same_layer": (BP3, {"dW": lambda delta, a, l, n: delta @ a[l + 1].T}, "Your `dW` uses the activation of the same layer: it has to be that of the layer before. Look at BP3: delta_l a_{l-1}^T."),
    "weight_gradients_transposed": (BP3, {"dW": lambda delta, a, l, n: a[l] @ delta.T}, "Your `dW` is transposed: it should be shaped like `weights`. Look at BP3: delta_l a_{l-1}^T."),
    "z_for_activation": (BP3, {"dW": lambda delta, a, l, n: delta @ (n.zs[l - 1] if l else a[0]).T}, "Your `dW` uses z of the layer before: it has to be its activation a. Look at BP3: delta_l a_{l-1}^T."),
    "bias_gradients_averaged": (BP4, {"db": lambda delta, m: np.mean(delta, axis=1, keepdims=True)}, "Your `db` is m times too small: it averages delta over the samples, although the 1/m is in delta already. Look at BP4: a plain sum."),
    "bias_gradients_not_averaged": (BP4, {"db": lambda delta, m: np.sum(delta, axis=1, keepdims=True) * m}, "Your `db` is m times too large, while `dW` is right: the 1/m is missing for the biases. Look at BP4."),
    "bias_gradients_over_units": (BP4, {"db": wrong_axis}, "Your `db` is summed over the units instead of the samples. Look at BP4: samples are columns, so the sum runs along axis 1."),
    "bias_gradients_one_sum": (BP4, {"db": lambda delta, m: np.full((len(delta), 1), np.sum(delta))}, "Your `db` is one sum over units and samples alike. Look at BP4: one sum for each unit, along axis 1."),
    "bias_gradients_flat": (BP4, {"db": lambda delta, m: np.sum(delta, axis=1)}, "Your `db` has shape (n,) instead of (n, 1): added to the biases it would be spread over a matrix. Look at BP4: keep the dimension."),
    "bias_gradients_first_sample": (BP4, {"db": lambda delta, m: delta[:, :1]}, "Your `db` is delta of the first sample alone. Look at BP4: the sum over all samples."),
    "bias_gradients_last_sample": (BP4, {"db": lambda delta, m: delta[:, -1:]}, "Your `db` is delta of the last sample alone. Look at BP4: the sum over all samples."),
    "bias_gradients_not_summed": (BP4, {"db": lambda delta, m: delta}, "Your `db` is delta itself, one column for each sample. Look at BP4: the sum over the samples."),
    "bias_gradients_zero": (BP4, {"db": lambda delta, m: np.zeros((len(delta), 1))}, "Your `db` is zero everywhere: BP4 is missing."),
    "gradients_accumulated": (("backward/other_batches",), {"finish": accumulated}, "Your gradients grow from call to call: each `backward` has to begin from nothing."),
    "update_adds": (ALL_UPDATES, {"step": lambda t, g, eta: t + eta * g}, "Your parameters move along the gradient, so the loss grows: the step is minus eta times the gradient."),
    "biases_not_updated": (ALL_UPDATES, {"bias_step": lambda t, g, eta: t}, "Your biases stay as they are: `update` moves them like the weights."),
    "weights_not_updated": (ALL_UPDATES, {"step": lambda t, g, eta: t, "bias_step": lambda t, g, eta: t - eta * g}, "Your weights stay as they are: `update` has to change the entries of `weights`, not a local copy."),
    "nothing_updated": ((*ALL_UPDATES, "update/leaves_the_gradients_alone", *VELOCITY), {"step": lambda t, g, eta: t}, "Your parameters stay as they are: giving a local name a new value changes nothing in `weights` and `biases`."),
    "eta_ignored": (ALL_UPDATES, {"step": lambda t, g, eta: t - g}, "Your step is the whole gradient: the learning rate eta is missing."),
    "eta_squared": (ALL_UPDATES, {"step": lambda t, g, eta: t - eta**2 * g}, "Your step is eta^2 times the gradient: eta is applied twice."),
    "eta_squared_for_biases": (ALL_UPDATES, {"bias_step": lambda t, g, eta: t - eta**2 * g}, "Your biases move by eta^2 times their gradient: eta is applied twice there."),
    "bias_update_adds": (ALL_UPDATES, {"bias_step": lambda t, g, eta: t + eta * g}, "Your biases move along their gradient: their step is minus eta times the gradient, too."),
    "parameters_replaced_by_step": (ALL_UPDATES, {"step": lambda t, g, eta: -eta * g}, "Your parameters are replaced by the step: it has to be added to what they were."),
    "tanh_slope_minus_z_squared": (TANH, {"derivative": lambda name, z: 1 - z**2 if name == "tanh" else ACTIVATIONS[name][1](z)}, "Your derivative of tanh is 1 - z^2: it is 1 - tanh(z)^2."),
    "tanh_slope_not_squared": (TANH, {"derivative": lambda name, z: 1 - np.tanh(z) if name == "tanh" else ACTIVATIONS[name][1](z)}, "Your derivative of tanh is 1 - tanh(z): the square is missing in 1 - tanh(z)^2."),
    "tanh_slope_of_sigmoid": (TANH, {"derivative": lambda name, z: ACTIVATIONS["sigmoid" if name == "tanh" else name][1](z)}, "Your derivative for tanh is still the sigmoid's: it is 1 - tanh(z)^2."),
    "tanh_slope_a_one_minus_a": (TANH, {"derivative": lambda name, z: np.tanh(z) * (1 - np.tanh(z)) if name == "tanh" else ACTIVATIONS[name][1](z)}, "Your derivative for tanh is a (1 - a), which belongs to the sigmoid: for tanh it is 1 - a^2."),
    "tanh_slope_at_a": (TANH, {"derivative": lambda name, z: 1 - np.tanh(np.tanh(z)) ** 2 if name == "tanh" else ACTIVATIONS[name][1](z)}, "You take the derivative of tanh at a instead of z: 1 - tanh(z)^2 is 1 - a^2."),
    "l2_gradient_missing": (L2_GRADIENT, {"weight_decay": lambda n, l, m: 0.0}, "Your `dW` does not contain the L2 term yet: add l2 times W."),
    "l2_gradient_doubled": (L2_GRADIENT, {"weight_decay": lambda n, l, m: 2 * n.l2 * n.weights[l]}, "The L2 term of your `dW` is twice too large: the 1/2 of the penalty takes the 2 of its derivative away."),
    "l2_gradient_averaged": (L2_GRADIENT, {"weight_decay": lambda n, l, m: n.l2 * n.weights[l] / m}, "The L2 term of your `dW` is divided by m: the penalty does not depend on the number of samples."),
    "l2_gradient_sign": (L2_GRADIENT, {"weight_decay": lambda n, l, m: -n.l2 * n.weights[l]}, "The L2 term of your `dW` has the wrong sign: it is added."),
    "l2_gradient_last_layer": (L2_GRADIENT, {"weight_decay": lambda n, l, m: n.l2 * n.weights[l] if l == n.L - 1 else 0.0}, "Only the last layer's `dW` has its L2 term: every layer has one."),
    "l2_on_biases": (L2_GRADIENT, {"bias_decay": lambda n, l: n.l2 * n.biases[l]}, "Your `db` contains an L2 term: biases are not penalised."),
    "l2_penalty_missing": (L2_LOSS, {"penalty": lambda n: 0.0}, "Your loss does not contain the L2 penalty yet: l2/2 times the sum of the squared weights is added."),
    "l2_penalty_doubled": (L2_LOSS, {"penalty": lambda n: n.l2 * sum(np.sum(W**2) for W in n.weights)}, "Your L2 penalty is twice too large: the 1/2 is missing in l2/2 times the sum of the squared weights."),
    "l2_penalty_on_biases": (L2_LOSS, {"penalty": lambda n: n.l2 / 2 * sum(np.sum(W**2) for W in (*n.weights, *n.biases))}, "Your L2 penalty contains the biases: only weights are penalised."),
    "l2_penalty_last_layer": (L2_LOSS, {"penalty": lambda n: n.l2 / 2 * np.sum(n.weights[-1] ** 2)}, "Your L2 penalty contains the last layer only: it sums over all layers."),
    "l2_penalty_not_squared": (L2_LOSS, {"penalty": lambda n: n.l2 / 2 * sum(np.linalg.norm(W) for W in n.weights)}, "Your L2 penalty takes the norms as they are: they have to be squared."),
    "l2_penalty_sign": (L2_LOSS, {"penalty": lambda n: -n.l2 / 2 * sum(np.sum(W**2) for W in n.weights)}, "Your L2 penalty has the wrong sign: large weights raise the loss."),
    "momentum_missing": (VELOCITY, {"velocity": lambda beta, v, g: g}, "Your `update` does not use momentum yet: keep a velocity v = beta v + gradient for each parameter."),
    "momentum_sign": (VELOCITY, {"velocity": lambda beta, v, g: beta * v - g, "step": lambda t, v, eta: t - eta * v}, "Your velocity is beta v - gradient, and you subtract it: the parameters move the wrong way. With v = beta v + gradient the step is -eta v."),
    "momentum_old_sign": (VELOCITY, {"velocity": lambda beta, v, g: g - beta * v}, "Your velocity is gradient - beta v: the old velocity is added, not subtracted."),
    "momentum_averaged": (VELOCITY, {"velocity": lambda beta, v, g: beta * v + (1 - beta) * g}, "Your velocity is an average, beta v + (1 - beta) gradient: the chapter's is beta v + gradient."),
    "momentum_on_gradient": (VELOCITY, {"velocity": lambda beta, v, g: v + beta * g}, "Your beta stands at the gradient: it belongs to the old velocity, v = beta v + gradient."),
    "momentum_not_damped": (VELOCITY, {"velocity": lambda beta, v, g: v + g}, "Your velocity never fades: the old one is multiplied by beta, v = beta v + gradient."),
    "momentum_not_on_biases": (VELOCITY, {"bias_velocity": lambda beta, v, g: g}, "Your biases have no velocity: momentum moves them like the weights."),
    "momentum_shared": (("momentum/one_velocity_each",), {"share_velocity": True}, "Your layers share one velocity: each parameter needs its own, so make a new array for each."),
}  # fmt: skip
# Not a mistake yet: the network does what it did before the exercise.
UNTRIED = ("l2_gradient_missing", "l2_penalty_missing", "momentum_missing")
MISTAKES = {
    name: Mistake(name, "", replaced, text, charged, name in UNTRIED)
    for name, (charged, replaced, text) in TABLE.items()
}


def network_with(*names: str) -> type[Computation]:
    """The chapter's network with these mistakes, or with none."""
    changes = {piece: value for name in names for piece, value in TABLE[name][1].items()}
    return type("Computation", (Computation,), {"pieces": replace(Pieces(), **changes)})


class Noted:
    """The pieces as they should be, and in `used` the names of those that a computation has looked at."""

    def __init__(self) -> None:
        self.pieces, self.used = Pieces(), set[str]()

    def __getattr__(self, name: str) -> Any:
        self.used.add(name)
        return getattr(self.pieces, name)


def touched_by(conversation: Callable[[type[Computation]], Any]) -> list[str]:
    """The mistakes that can show in what `conversation` does with a network: it uses a piece that they replace."""
    noted = Noted()
    conversation(type("Computation", (Computation,), {"pieces": noted}))
    return [name for name, (_, changes, _) in TABLE.items() if noted.used & changes.keys()]
