"""Mistakes in the gradients that the error gives: those of the weights, BP3, and of the biases, BP4."""

from typing import Any

import numpy as np

from autograder.engine.case import Mistake

BP3 = ("backward/bp3_weight_gradients",)
BP4 = ("backward/bp4_bias_gradients",)


def accumulated(n: Any, dW: list[Any], db: list[Any]) -> Any:
    """The gradients of all calls so far, added up."""
    before = getattr(n, "before", ([0.0] * n.L, [0.0] * n.L))
    n.before = tuple([a + b for a, b in zip(x, y, strict=True)] for x, y in zip(before, (dW, db), strict=True))
    return n.before


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
        name="bias_gradients_averaged",
        equation="BP4",
        replaces={"db": lambda delta, m: np.mean(delta, axis=1, keepdims=True)},
        says=(
            "Your `db` is m times too small: "
            "it averages delta over the samples, although the 1/m is in delta already. "
            "Look at BP4: a plain sum."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_not_averaged",
        equation="BP4",
        replaces={"db": lambda delta, m: np.sum(delta, axis=1, keepdims=True) * m},
        says="Your `db` is m times too large, while `dW` is right: the 1/m is missing for the biases. Look at BP4.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_over_units",
        equation="BP4",
        replaces={"db": lambda delta, m: np.sum(delta, axis=0, keepdims=True)},
        says=(
            "Your `db` is summed over the units instead of the samples. "
            "Look at BP4: samples are columns, so the sum runs along axis 1."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_one_sum",
        equation="BP4",
        replaces={"db": lambda delta, m: np.full((len(delta), 1), np.sum(delta))},
        says="Your `db` is one sum over units and samples alike. Look at BP4: one sum for each unit, along axis 1.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_flat",
        equation="BP4",
        replaces={"db": lambda delta, m: np.sum(delta, axis=1)},
        says=(
            "Your `db` has shape (n,) instead of (n, 1): added to the biases it would be spread over a matrix. "
            "Look at BP4: keep the dimension."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_first_sample",
        equation="BP4",
        replaces={"db": lambda delta, m: delta[:, :1]},
        says="Your `db` is delta of the first sample alone. Look at BP4: the sum over all samples.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_last_sample",
        equation="BP4",
        replaces={"db": lambda delta, m: delta[:, -1:]},
        says="Your `db` is delta of the last sample alone. Look at BP4: the sum over all samples.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_not_summed",
        equation="BP4",
        replaces={"db": lambda delta, m: delta},
        says="Your `db` is delta itself, one column for each sample. Look at BP4: the sum over the samples.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_zero",
        equation="BP4",
        replaces={"db": lambda delta, m: np.zeros((len(delta), 1))},
        says="Your `db` is zero everywhere: BP4 is missing.",
        charged=BP4,
    ),
    Mistake(
        name="gradients_accumulated",
        equation="BP3, BP4",
        replaces={"finish": accumulated},
        says="Your gradients grow from call to call: each `backward` has to begin from nothing.",
        charged=("backward/other_batches",),
    ),
)
