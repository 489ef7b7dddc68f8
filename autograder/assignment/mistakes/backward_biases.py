"""Mistakes in the gradients of the biases, BP4."""

import numpy as np

from autograder.engine.case import Mistake

from .backward_error import without_slope

BP4 = ("backward/bp4_bias_gradients",)

MISTAKES = (
    Mistake(
        name="bias_gradients_averaged",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.mean(delta, axis=1, keepdims=True)},
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
        replaces={"db": lambda delta, m, l, n: np.sum(delta, axis=1, keepdims=True) * m},
        says="Your `db` is m times too large, while `dW` is right: the 1/m is missing for the biases. Look at BP4.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_over_units",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(delta, axis=0, keepdims=True)},
        says=(
            "Your `db` is summed over the units instead of the samples. "
            "Look at BP4: samples are columns, so the sum runs along axis 1."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_one_sum",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.full((len(delta), 1), np.sum(delta))},
        says="Your `db` is one sum over units and samples alike. Look at BP4: one sum for each unit, along axis 1.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_flat",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(delta, axis=1)},
        says=(
            "Your `db` has shape (n,) instead of (n, 1): added to the biases it would be spread over a matrix. "
            "Look at BP4: keep the dimension."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_first_sample",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: delta[:, :1]},
        says="Your `db` is delta of the first sample alone. Look at BP4: the sum over all samples.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_last_sample",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: delta[:, -1:]},
        says="Your `db` is delta of the last sample alone. Look at BP4: the sum over all samples.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_not_summed",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: delta},
        says="Your `db` is delta itself, one column for each sample. Look at BP4: the sum over the samples.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_zero",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.zeros((len(delta), 1))},
        says="Your `db` is zero everywhere: BP4 is missing.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_before_slope",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(without_slope(delta, n, l), axis=1, keepdims=True)},
        says=(
            "Your `db` sums the error before sigma'(z) is multiplied in. Look at BP4: "
            "it sums delta itself, as `dW` takes it."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_from_weight_gradients",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(delta @ n.activations[l].T, axis=1, keepdims=True)},
        says="Your `db` sums the rows of `dW`: it is the sum of delta over the samples. Look at BP4.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_one_sum_at_output",
        equation="BP4",
        replaces={
            "db": lambda delta, m, l, n: (
                np.sum(delta, axis=1, keepdims=True) if l < n.L - 1 else np.full((len(delta), 1), delta.sum())
            )
        },
        says="Your `db[-1]` is one sum over units and samples alike: the sum needs its axis there, too. Look at BP4.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_row",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(delta, axis=1).reshape(1, -1)},
        says="Your `db` has shape (1, n) instead of (n, 1): it lies on its side. Look at BP4: keep the dimension.",
        charged=BP4,
    ),
    Mistake(
        name="last_bias_gradients_without_slope",
        equation="BP4",
        replaces={
            "db": lambda delta, m, l, n: np.sum(
                without_slope(delta, n, l) if l == n.L - 1 else delta, axis=1, keepdims=True
            )
        },
        says=(
            "In `db[-1]` sigma'(z) is missing, although the error that you send back has it. Look at BP4: "
            "it sums delta_L as BP1 makes it."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_zero_at_output",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(delta, axis=1, keepdims=True) * (l < n.L - 1)},
        says="Your `db[-1]` is zero: the output has biases, too. Look at BP4.",
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_reversed",
        equation="BP4",
        replaces={"finish": lambda n, dW, db: (dW, db[::-1])},
        says=(
            "Your list `db` begins with the last layer: what is appended on the way back has to be turned round. "
            "Look at BP4: db[0] belongs to the first layer."
        ),
        charged=BP4,
    ),
    Mistake(
        name="bias_gradients_scalar",
        equation="BP4",
        replaces={"db": lambda delta, m, l, n: np.sum(delta)},
        says="Your `db` is one number for the whole layer: without an axis a sum is over everything. Look at BP4.",
        charged=BP4,
    ),
)
