"""Mistakes in the loss."""

import numpy as np

from autograder.engine.case import Mistake

LOSS = ("gradient_check/loss_values",)

MISTAKES = (
    Mistake(
        name="loss_not_averaged",
        equation="loss",
        replaces={"loss": lambda y, Y: np.sum((y - Y) ** 2) / 2},
        says="Your loss is m times too large: the 1/m is missing. Look at C = 1/(2m) sum (a - y)^2.",
        charged=LOSS,
    ),
    Mistake(
        name="loss_averaged_over_outputs",
        equation="loss",
        replaces={"loss": lambda y, Y: np.mean((y - Y) ** 2) / 2},
        says=(
            "Your loss is also divided by the number of outputs: it is a mean over the samples only. "
            "Look at C = 1/(2m) sum (a - y)^2."
        ),
        charged=LOSS,
    ),
    Mistake(
        name="loss_without_half",
        equation="loss",
        replaces={"loss": lambda y, Y: np.sum((y - Y) ** 2) / Y.shape[1]},
        says="Your loss is twice too large: the 1/2 is missing. Look at C = 1/(2m) sum (a - y)^2.",
        charged=LOSS,
    ),
    Mistake(
        name="loss_mean_square",
        equation="loss",
        replaces={"loss": lambda y, Y: np.mean((y - Y) ** 2)},
        says="Your loss is the mean over samples and outputs without the 1/2. Look at C = 1/(2m) sum (a - y)^2.",
        charged=LOSS,
    ),
    Mistake(
        name="loss_squares_the_sum",
        equation="loss",
        replaces={"loss": lambda y, Y: np.sum(y - Y) ** 2 / (2 * Y.shape[1])},
        says=(
            "Your loss squares the sum of the errors: it is the sum of their squares. Look at C = 1/(2m) sum (a - y)^2."
        ),
        charged=LOSS,
    ),
    Mistake(
        name="loss_times_m",
        equation="loss",
        replaces={"loss": lambda y, Y: np.sum((y - Y) ** 2) / 2 * Y.shape[1]},
        says=(
            "Your loss is multiplied by m: `/ 2 * m` divides by 2 only, `/ (2 * m)` is meant. "
            "Look at C = 1/(2m) sum (a - y)^2."
        ),
        charged=LOSS,
    ),
    Mistake(
        name="loss_divided_by_outputs",
        equation="loss",
        replaces={"loss": lambda y, Y: np.sum((y - Y) ** 2) / (2 * len(Y))},
        says=(
            "Your loss is divided by the number of outputs: "
            "the m of the loss is the number of samples, which are the columns of Y."
        ),
        charged=LOSS,
    ),
)
