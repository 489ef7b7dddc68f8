"""Mistakes in the gradients of the weights, BP3, and in the lists of gradients that are returned."""

from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS

from autograder.engine.case import Mistake

from .backward_error import without_slope

BP3 = ("backward/bp3_weight_gradients",)
REST = ("backward/leaves_the_rest_alone",)
BP4 = ("backward/bp4_bias_gradients",)


def accumulated(n: Any, dW: list[Any], db: list[Any]) -> Any:
    """The gradients of all calls so far, added up."""
    before = getattr(n, "before", ([0.0] * n.L, [0.0] * n.L))
    n.before = tuple([a + b for a, b in zip(x, y, strict=True)] for x, y in zip(before, (dW, db), strict=True))
    return n.before


def of_first_call(n: Any, dW: list[Any], db: list[Any]) -> Any:
    """The gradients of the first call, whatever came since."""
    n.first = getattr(n, "first", (dW, db))
    return n.first


def written_into(cache: list[Any], dW: list[Any], db: list[Any]) -> Any:
    """The gradients, after something has been written into a cache."""
    for array in cache:
        array *= 1 - array
    return dW, db


MISTAKES = (
    Mistake(
        name="activation_of_same_layer",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta @ a[l + 1].T},
        says=(
            "Your `dW` uses the activation of the same layer: it has to be that of the layer before. "
            "Look at BP3: delta_l a_{l-1}^T."
        ),
        charged=BP3,
    ),
    Mistake(
        name="weight_gradients_transposed",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: a[l] @ delta.T},
        says="Your `dW` is transposed: it should be shaped like `weights`. Look at BP3: delta_l a_{l-1}^T.",
        charged=BP3,
    ),
    Mistake(
        name="z_for_activation",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta @ (n.zs[l - 1] if l else a[0]).T},
        says="Your `dW` uses z of the layer before: it has to be its activation a. Look at BP3: delta_l a_{l-1}^T.",
        charged=BP3,
    ),
    Mistake(
        name="gradients_accumulated",
        equation="BP3, BP4",
        replaces={"finish": accumulated},
        says="Your gradients grow from call to call: each `backward` has to begin from nothing.",
        charged=("backward/other_batches",),
    ),
    Mistake(
        name="weight_gradients_divided_again",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta @ a[l].T / delta.shape[1]},
        says="Your `dW` is m times too small, while `db` is right: the 1/m is in delta already. Look at BP3.",
        charged=BP3,
    ),
    Mistake(
        name="weight_gradients_not_averaged",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta @ a[l].T * delta.shape[1]},
        says=(
            "Your `dW` is m times too large, while `db` is right: the 1/m is missing for the weights. "
            "Look at BP1 and BP3."
        ),
        charged=BP3,
    ),
    Mistake(
        name="weight_gradients_sign",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: -delta @ a[l].T},
        says="Your `dW` has the wrong sign, while `db` is right: there is no minus in BP3.",
        charged=BP3,
    ),
    Mistake(
        name="weights_for_activation",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: np.sum(delta, axis=1, keepdims=True) * n.weights[l]},
        says=(
            "Your `dW` is made of the weights themselves: "
            "in their place belongs the activation of the layer before. Look at BP3: delta_l a_{l-1}^T."
        ),
        charged=BP3,
    ),
    Mistake(
        name="last_weight_gradients_without_slope",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: (without_slope(delta, n, l) if l == n.L - 1 else delta) @ a[l].T},
        says=(
            "In `dW[-1]` sigma'(z) is missing, although the error that you send back has it. Look at BP3: "
            "it takes delta_L as BP1 makes it."
        ),
        charged=BP3,
    ),
    Mistake(
        name="activation_applied_again",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta @ ACTIVATIONS[n.names[l]][0](a[l]).T},
        says=(
            "Your `dW` applies sigma to activations once more: what stands in `a_cache` is sigma(z) already. "
            "Look at BP3: delta_l a_{l-1}^T."
        ),
        charged=BP3,
    ),
    Mistake(
        name="means_multiplied",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: np.outer(delta.sum(axis=1), a[l].mean(axis=1))},
        says=(
            "Your `dW` is the product of two means: "
            "the samples are multiplied first, each delta with its own a, and then summed. Look at BP3: "
            "delta_l a_{l-1}^T."
        ),
        charged=BP3,
    ),
    Mistake(
        name="weight_gradients_first_sample",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta[:, :1] @ a[l][:, :1].T},
        says="Your `dW` counts the first sample alone. Look at BP3: the matrix product sums over all samples.",
        charged=BP3,
    ),
    Mistake(
        name="weight_gradients_last_sample",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta[:, -1:] @ a[l][:, -1:].T},
        says=(
            "Your `dW` counts the last sample alone: in a loop over samples it has to be added up, with +=. "
            "Look at BP3."
        ),
        charged=BP3,
    ),
    Mistake(
        name="input_in_every_layer",
        equation="BP3",
        replaces={"dW": lambda delta, a, l, n: delta @ a[0].T},
        says=(
            "Your `dW` uses X in every layer: it has to be the activation of the layer before. Look at BP3: "
            "delta_l a_{l-1}^T."
        ),
        charged=BP3,
    ),
    Mistake(
        name="weight_gradients_reversed",
        equation="BP3",
        replaces={"finish": lambda n, dW, db: (dW[::-1], db)},
        says=(
            "Your list `dW` begins with the last layer: what is appended on the way back has to be turned round. "
            "Look at BP3: dW[0] belongs to the first layer."
        ),
        charged=BP3,
    ),
    Mistake(
        name="gradients_reversed",
        equation="BP3, BP4",
        replaces={"finish": lambda n, dW, db: (dW[::-1], db[::-1])},
        says=(
            "Your lists `dW` and `db` begin with the last layer: "
            "what is appended on the way back has to be turned round. Look at BP3 and BP4: "
            "the first entries belong to the first layer."
        ),
        charged=(*BP3, *BP4),
    ),
    Mistake(
        name="gradients_exchanged",
        equation="BP3, BP4",
        replaces={"finish": lambda n, dW, db: (db, dW)},
        says="Your `backward` returns (db, dW): the weights' gradients come first. Look at BP3 and BP4.",
        charged=(*BP3, *BP4),
    ),
    Mistake(
        name="loop_starts_late",
        equation="BP3, BP4",
        replaces={
            "dW": lambda delta, a, l, n: delta @ a[l].T * (l < n.L - 1),
            "db": lambda delta, m, l, n: np.sum(delta, axis=1, keepdims=True) * (l < n.L - 1),
        },
        says=(
            "Your last layer gets no gradients: the loop starts with the hidden layers. Look at BP3 and BP4: "
            "they hold for the output, too."
        ),
        charged=(*BP3, *BP4),
    ),
    Mistake(
        name="gradients_of_first_call",
        equation="BP3, BP4",
        replaces={"finish": of_first_call},
        says="Each `backward` returns the gradients of the first call again: they have to be made anew.",
        charged=("backward/other_batches",),
    ),
    Mistake(
        name="z_cache_overwritten",
        equation="backward",
        replaces={"finish": lambda n, dW, db: written_into(n.z_cache, dW, db)},
        says=(
            "A derivative writes its result into z, which is the array in `z_cache`: "
            "the next call of `backward` finds slopes where z should be. Make a new array."
        ),
        charged=REST,
    ),
    Mistake(
        name="a_cache_overwritten",
        equation="backward",
        replaces={"finish": lambda n, dW, db: written_into(n.a_cache[1:], dW, db)},
        says=(
            "Your `backward` writes into the arrays of `a_cache`, as `-=` and `*=` do: "
            "the next call finds something else there. Make new arrays."
        ),
        charged=REST,
    ),
    Mistake(
        name="caches_used_up",
        equation="backward",
        replaces={"finish": lambda n, dW, db: (n.z_cache.pop(), n.a_cache.pop()) and (dW, db)},
        says="Your `backward` takes the entries out of its caches: a second call finds none. Read them by their index.",
        charged=REST,
    ),
)
