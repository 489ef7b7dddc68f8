"""Mistakes in the derivative of tanh, Exercise 18.1."""

from collections.abc import Callable
from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS

from autograder.engine.case import Mistake

VALUES = ("tanh/values",)
TANH = ("tanh/gradient",)


def tanh_slope(wrong: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    """What replaces the derivative of tanh alone."""
    return {"derivative": lambda name, z: wrong(z) if name == "tanh" else ACTIVATIONS[name][1](z)}


def quotient(z: np.ndarray) -> np.ndarray:
    """tanh by its definition."""
    quotient: np.ndarray = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
    return quotient


MISTAKES = (
    Mistake(
        name="tanh_slope_minus_z_squared",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: 1 - z**2),
        says="Your derivative of tanh is 1 - z^2: it is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_not_squared",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: 1 - np.tanh(z)),
        says="Your derivative of tanh is 1 - tanh(z): the square is missing in 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_of_sigmoid",
        equation="Exercise 18.1",
        replaces=tanh_slope(ACTIVATIONS["sigmoid"][1]),
        says="Your derivative for tanh is still the sigmoid's: it is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_a_one_minus_a",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: np.tanh(z) * (1 - np.tanh(z))),
        says="Your derivative for tanh is a (1 - a), which belongs to the sigmoid: for tanh it is 1 - a^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_at_a",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: 1 - np.tanh(np.tanh(z)) ** 2),
        says="You take the derivative of tanh at a instead of z: 1 - tanh(z)^2 is 1 - a^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_one_plus_square",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: 1 + np.tanh(z) ** 2),
        says="Your derivative of tanh is 1 + tanh(z)^2: it is 1 - tanh(z)^2, never above 1.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_is_tanh",
        equation="Exercise 18.1",
        replaces=tanh_slope(np.tanh),
        says="Your derivative of tanh is tanh(z) itself: it is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_doubled_for_squared",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: 1 - 2 * np.tanh(z)),
        says="Your derivative of tanh is 1 - 2 tanh(z): `**` squares, `*` multiplies. It is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_one_over_cosh",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: 1 / np.cosh(z)),
        says="Your derivative of tanh is 1/cosh(z): the square is missing in 1/cosh(z)^2, which is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_negative",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: np.tanh(z) ** 2 - 1),
        says="Your derivative of tanh is tanh(z)^2 - 1: tanh grows with z, so its derivative is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_squared_alone",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: np.tanh(z) ** 2),
        says="Your derivative of tanh is tanh(z)^2: it is 1 minus that.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_difference_squared",
        equation="Exercise 18.1",
        replaces=tanh_slope(lambda z: (1 - np.tanh(z)) ** 2),
        says="Your derivative of tanh is (1 - tanh(z))^2: only tanh(z) is squared in 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_slope_left_out",
        equation="Exercise 18.1",
        replaces=tanh_slope(np.ones_like),
        says="Your derivative of tanh is 1 everywhere: it is 1 - tanh(z)^2.",
        charged=TANH,
    ),
    Mistake(
        name="tanh_overflows",
        equation="Exercise 18.1",
        replaces={"sigma": lambda name, z, l, n: quotient(z) if name == "tanh" else ACTIVATIONS[name][0](z)},
        says=(
            "Your tanh is a quotient of exponentials, which overflow for large z: infinity over infinity is nan. "
            "NumPy has a function that holds everywhere."
        ),
        charged=VALUES,
    ),
    Mistake(
        name="tanh_writes_into_z",
        equation="Exercise 18.1",
        replaces={"sigma": lambda name, z, l, n: np.tanh(z, out=z) if name == "tanh" else ACTIVATIONS[name][0](z)},
        says="Your tanh writes its result into z, which the derivative needs afterwards: make a new array.",
        charged=VALUES,
    ),
)
