"""Error carried forward in `forward`: z is judged by the a before it, a by its z, caches by what they should hold."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from .in_process import graded, lost, names, results_of


class Own(NeuralNetwork):
    """A forward pass in pieces, of which a mistake replaces some."""

    def z(self, l, a):
        return self.weights[l] @ a + self.biases[l]

    def sigma(self, l, z):
        return self.layer_activations[l][0](z)

    def forward(self, X):
        self.z_cache, self.a_cache = [], [X]
        for l in range(self.L):
            self.z_cache.append(self.z(l, self.a_cache[-1]))
            self.a_cache.append(self.sigma(l, self.z_cache[-1]))
        return self.a_cache[-1]


def own(**pieces):
    return type("Own", (Own,), pieces)


def forward_of(network):
    return graded(network, ("forward",))


Z = {
    "the bias twice": lambda n, l, a: n.weights[l] @ a + 2 * n.biases[l],
    "the bias of the last layer only": lambda n, l, a: n.weights[l] @ a + (l == n.L - 1) * n.biases[l],
    "absolute weights": lambda n, l, a: abs(n.weights[l]) @ a + n.biases[l],
    "a mean": lambda n, l, a: n.weights[l] @ a / a.shape[0] + n.biases[l],
}
SIGMA = {
    "three times": lambda n, l, z: Own.sigma(n, l, Own.sigma(n, l, Own.sigma(n, l, z))),
    "of 2 z": lambda n, l, z: Own.sigma(n, l, 2 * z),
    "rounded": lambda n, l, z: Own.sigma(n, l, z).round(2),
    "softmax": lambda n, l, z: np.exp(z) / np.exp(z).sum(axis=0),
}


def test_the_pieces_without_a_mistake_are_right():
    assert lost(forward_of(Own)) == {}


@pytest.mark.parametrize(
    "pieces, said",
    [({"z": mistake}, "z = W a + b: ") for mistake in Z.values()]
    + [({"sigma": mistake}, "a = sigma(z): ") for mistake in SIGMA.values()],
    ids=[*Z, *SIGMA],
)
def test_an_unknown_mistake_in_z_or_a_costs_what_a_known_one_does(pieces, said):
    engine = forward_of(own(**pieces))
    assert lost(engine) == {"forward": 14} and names(engine) == set()
    assert results_of(engine, "forward")["forward/output"].message.startswith(said)


@pytest.mark.parametrize("z", Z.values(), ids=Z)
def test_where_both_are_wrong_nothing_is_earned(z):
    assert lost(forward_of(own(z=z, sigma=SIGMA["of 2 z"]))) == {"forward": 20}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda n, output: n.a_cache.pop(),
        lambda n, output: n.z_cache.reverse(),
        lambda n, output: n.a_cache.__setitem__(0, 0 * n.a_cache[0]),
        lambda n, output: n.a_cache.__setitem__(-1, 2 * output),
        lambda n, output: n.z_cache.__setitem__(0, np.inf * n.z_cache[0]),
    ],
)
def test_caches_that_do_not_hold_what_was_computed_are_charged_besides(spoil):
    def forward(self, X):
        output = Own.forward(self, X)
        spoil(self, output)
        return output

    assert lost(forward_of(own(forward=forward, z=Z["the bias twice"])))["forward"] > 14
