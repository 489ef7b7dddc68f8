"""Right numbers in another form than the chapter's cost the form, once; wrong ones cost what they cost anyway."""

from functools import cache

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from autograder.engine.case import agree
from tests.layers import sampled

from .in_process import VALUE_TASKS, graded, lost, names, results_of

MOST = 3  # points


def by_layer(gradients):
    return [dict(enumerate(arrays)) for arrays in gradients]


def objects(arrays):
    found = np.empty(len(arrays), dtype=object)
    found[:] = arrays
    return found


def in_one_dictionary(gradients):
    named = zip(("dW", "db"), gradients, strict=True)
    return {f"{name}{layer}": array for name, arrays in named for layer, array in enumerate(arrays, 1)}


def stacked(arrays):
    return np.array(arrays) if len({array.shape for array in arrays}) == 1 else arrays


GRADIENTS = {
    "dictionaries by layer": by_layer,
    "dictionaries from 1 on": lambda g: [dict(enumerate(arrays, 1)) for arrays in g],
    "one dictionary": in_one_dictionary,
    "a dictionary of lists": lambda g: dict(zip(("dW", "db"), g, strict=True)),
    "grad_w and grad_b": lambda g: dict(zip(("grad_w", "grad_b"), by_layer(g), strict=True)),
    "pairs": lambda g: tuple(zip(*g, strict=True)),
    "pairs by layer": lambda g: dict(enumerate(zip(*g, strict=True), 1)),
    "dictionaries of each layer": lambda g: [{"dW": W, "db": b} for W, b in zip(*g, strict=True)],
    "arrays of objects": lambda g: [objects(arrays) for arrays in g],
    "entries that are objects": lambda g: [[array.astype(object) for array in arrays] for arrays in g],
    "lists of lists": lambda g: [[array.tolist() for array in arrays] for arrays in g],
    "stacked": lambda g: [stacked(arrays) for arrays in g],
    "float32": lambda g: [[array.astype(np.float32) for array in arrays] for arrays in g],
    "float16": lambda g: [[array.astype(np.float16) for array in arrays] for arrays in g],
}
PLAIN = {"tuples": lambda g: tuple(map(tuple, g)), "a list": list}  # forms that are as good
SOME = "dictionaries by layer", "one dictionary", "pairs", "float32"


def in_form(change, base=NeuralNetwork):
    """A network whose `backward` answers in this form, and whose `train` takes the plain one."""

    class Formed(base):
        def backward(self, Y):
            return change(super().backward(Y))

    return Formed


TASKS = ("forward", "backward", "gradient_check", "tanh", "l2")


@pytest.mark.parametrize("form", sampled(GRADIENTS, SOME))
def test_a_gradient_of_another_form_costs_the_form(form):
    engine = graded(in_form(GRADIENTS[form]), TASKS)
    losses = lost(engine)
    assert losses.keys() == {"backward"} and 0 < losses["backward"] <= MOST and not names(engine)
    failed = [result for result in engine.results["backward"] if result.status == "failed"]
    assert {result.id.removesuffix(".hidden") for result in failed} == {"backward/leaves_the_rest_alone"}
    assert "should be" in failed[0].message and "judged as if it were" in failed[0].message


@pytest.mark.parametrize("form", PLAIN)
def test_a_form_that_is_as_good_costs_nothing(form):
    assert lost(graded(in_form(PLAIN[form]), TASKS)) == {}


class HalfTheError(NeuralNetwork):
    def backward(self, Y):
        dW, db = super().backward(Y)
        return [g / 2 for g in dW], [g / 2 for g in db]


@cache
def lost_by_the_numbers():
    """What half the error costs in the plain form."""
    return lost(graded(HalfTheError, ["backward"]))["backward"]


@pytest.mark.parametrize("form", sampled(GRADIENTS, SOME))
def test_wrong_numbers_of_another_form_lose_for_both(form):
    engine = graded(in_form(GRADIENTS[form], HalfTheError), ["backward"])
    assert 0 < lost(engine)["backward"] - lost_by_the_numbers() <= MOST
    assert results_of(engine, "backward")["backward/bp1_output_error"].status == "failed"


def cached(change):
    """A network with caches of this form, which `backward` reads."""

    class Formed(NeuralNetwork):
        def forward(self, X):
            output = super().forward(X)
            self.z_cache, self.a_cache = change(self.z_cache, 1), change(self.a_cache, 0)
            return output

        def backward(self, Y):
            z, a = self.z_cache, self.a_cache
            self.z_cache, self.a_cache = ([np.array(v, float) for v in values(c)] for c in (z, a))
            try:
                return super().backward(Y)
            finally:
                self.z_cache, self.a_cache = z, a

    return Formed


def values(cache):
    return list(cache.values()) if isinstance(cache, dict) else list(cache)


CACHES = {
    "dictionaries": lambda cache, first: dict(enumerate(cache, first)),
    "named": lambda cache, first: {f"{'az'[first]}{layer}": array for layer, array in enumerate(cache, first)},
    "lists of lists": lambda cache, first: [array.tolist() for array in cache],
    "arrays of objects": lambda cache, first: objects(cache),
    "float32": lambda cache, first: [array.astype(np.float32) for array in cache],
}


@pytest.mark.parametrize("form", sampled(CACHES, ["dictionaries", "float32"]))
def test_caches_of_another_form_cost_the_form(form):
    engine = graded(cached(CACHES[form]), TASKS)
    losses = lost(engine)
    assert losses.keys() == {"forward"} and 0 < losses["forward"] <= MOST and not names(engine)
    said = results_of(engine, "forward")["forward/leaves_the_rest_alone"].message
    assert "_cache" in said and "should be" in said and "second network" not in said


def test_wrong_caches_in_dictionaries_are_put_right_in_dictionaries():
    class Wrong(cached(CACHES["dictionaries"])):
        def forward(self, X):
            output = super().forward(X)
            self.z_cache[1] = self.z_cache[1] + 0.1
            return output

    losses = lost(graded(Wrong, ("forward", "backward")))
    assert losses["forward"] > MOST and "backward" not in losses


class Single(NeuralNetwork):
    """All in float32, from X on."""

    def forward(self, X):
        a = np.asarray(X, np.float32)
        self.z_cache, self.a_cache = [], [a]
        layers = zip(self.weights, self.biases, self.layer_activations, strict=True)
        for W, b, (sigma, _) in layers:
            z = (W.astype(np.float32) @ a + b.astype(np.float32)).astype(np.float32)
            a = sigma(z).astype(np.float32)
            self.z_cache.append(z)
            self.a_cache.append(a)
        return a

    def backward(self, Y):
        return tuple([g.astype(np.float32) for g in part] for part in super().backward(Y))


def test_a_network_in_single_precision_costs_the_form_once_in_all():
    losses = lost(graded(Single, VALUE_TASKS))
    assert losses.keys() == {"forward"} and 0 < losses["forward"] <= MOST


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("gradient", [True, False])
def test_the_room_for_error_is_that_of_the_precision(dtype, gradient):
    right = np.random.RandomState(2).standard_normal((3, 4))
    assert agree(right, right.astype(dtype), gradient)
    assert not agree(right, (1.1 * right).astype(dtype), gradient)
    assert not agree(right, np.where(right == right.max(), np.nan, right).astype(dtype), gradient)
    assert not agree(right, right + 1e-4, gradient)
