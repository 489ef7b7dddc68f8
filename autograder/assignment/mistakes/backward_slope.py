"""Mistakes in sigma', the slope: at the output, in the hidden layers, or in both."""

from collections.abc import Callable
from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS

from autograder.engine.case import Mistake

BP1 = ("backward/bp1_output_error",)
BP2 = ("backward/bp2_hidden_error",)
OTHER = ("backward/other_activation",)


def derivative_of(activation: str, wrong: Callable[[np.ndarray], Any]) -> dict[str, Any]:
    """What replaces the derivative of one activation, in all layers that have it."""
    return {"derivative": lambda name, z: wrong(z) if name == activation else ACTIVATIONS[name][1](z)}


def sigmoid(z: Any) -> Any:
    return ACTIVATIONS["sigmoid"][0](z)


MISTAKES = (
    Mistake(
        name="output_slope_left_out",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: 1.0},
        says=(
            "sigma'(z) is missing at the output: "
            "your error there is (a - Y)/m alone, which belongs to another loss, the cross-entropy. "
            "Look at BP1."
        ),
        charged=BP1,
    ),
    Mistake(
        name="output_slope_at_a",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: n.slope(-1, a)},
        says="At the output you take sigma' at a instead of z. Look at BP1: it asks for sigma'(z_L).",
        charged=BP1,
    ),
    Mistake(
        name="output_activation_for_slope",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: a},
        says=(
            "At the output you multiply with sigma(z) instead of its derivative. Look at BP1: it asks for sigma'(z_L)."
        ),
        charged=BP1,
    ),
    Mistake(
        name="slope_at_a",
        equation="BP1, BP2",
        replaces={"output_slope": lambda n, z, a: n.slope(-1, a), "hidden_slope": lambda n, l, z, a: n.slope(l, a)},
        says="You take sigma' at a instead of z, in every layer. Look at BP1 and BP2: they ask for sigma'(z).",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_left_out",
        equation="BP1, BP2",
        replaces={"output_slope": lambda n, z, a: 1.0, "hidden_slope": lambda n, l, z, a: 1.0},
        says="sigma'(z) is missing in every layer. Look at BP1 and BP2: both end with it.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="hidden_slope_left_out",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: 1.0},
        says=(
            "sigma'(z) is missing in the hidden layers: you pass W^T delta back as it is. "
            "Look at BP2, at its second factor."
        ),
        charged=BP2,
    ),
    Mistake(
        name="hidden_slope_at_a",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l, a)},
        says="In the hidden layers you take sigma' at a instead of z. Look at BP2: it asks for sigma'(z_l).",
        charged=BP2,
    ),
    Mistake(
        name="hidden_activation_for_slope",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: a},
        says=(
            "In the hidden layers you multiply with sigma(z) instead of its derivative. "
            "Look at BP2: it asks for sigma'(z_l)."
        ),
        charged=BP2,
    ),
    Mistake(
        name="z_times_one_minus_z",
        equation="BP1, BP2",
        replaces={"output_slope": lambda n, z, a: z * (1 - z), "hidden_slope": lambda n, l, z, a: z * (1 - z)},
        says="Your slope is z (1 - z): the sigmoid's derivative is a (1 - a). Look at sigma'(z) in BP1 and BP2.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_sigma_of_one_minus_z",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: sigmoid(z) * sigmoid(1 - z)),
        says=(
            "Your slope is sigma(z) sigma(1 - z): the derivative is sigma(z) (1 - sigma(z)). "
            "Look at sigma'(z) in BP1 and BP2."
        ),
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_sigma_of_one_minus_sigma",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: sigmoid(1 - sigmoid(z))),
        says=(
            "Your slope is sigma(1 - sigma(z)), a function of a function: "
            "the derivative is the product sigma(z) (1 - sigma(z)). Look at sigma'(z) in BP1 and BP2."
        ),
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_sigma_squared",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: sigmoid(z) ** 2),
        says="Your slope is sigma(z)^2: the second factor is 1 - sigma(z). Look at sigma'(z) in BP1 and BP2.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_one_minus_sigma",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: 1 - sigmoid(z)),
        says="Your slope is 1 - sigma(z): the factor sigma(z) before it is missing. Look at sigma'(z) in BP1 and BP2.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_negative",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: sigmoid(z) * (sigmoid(z) - 1)),
        says=(
            "Your slope is negative: sigma grows with z, so its derivative is sigma(z) (1 - sigma(z)). "
            "Look at sigma'(z) in BP1 and BP2."
        ),
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_of_tanh",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: 1 - sigmoid(z) ** 2),
        says=(
            "Your slope is 1 - a^2, which belongs to tanh: the sigmoid's is a (1 - a). "
            "Look at sigma'(z) in BP1 and BP2."
        ),
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_sigma_times_one_minus_z",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: sigmoid(z) * (1 - z)),
        says="Your slope is sigma(z) (1 - z): in the bracket belongs sigma(z), too. Look at sigma'(z) in BP1 and BP2.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_z_times_one_minus_sigma",
        equation="BP1, BP2",
        replaces=derivative_of("sigmoid", lambda z: z * (1 - sigmoid(z))),
        says=(
            "Your slope is z (1 - sigma(z)): before the bracket belongs sigma(z), too. "
            "Look at sigma'(z) in BP1 and BP2."
        ),
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="output_slope_twice",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: n.slope(-1, z) ** 2},
        says="At the output you multiply with sigma'(z) twice: once in the error, once more in delta. Look at BP1.",
        charged=BP1,
    ),
    Mistake(
        name="output_slope_at_the_error",
        equation="BP1",
        replaces={"error": lambda a, Y: (a - Y) * (1 - (a - Y)), "output_slope": lambda n, z, a: 1.0},
        says=(
            "Your slope at the output is made of the error, e (1 - e): it is that of the activation, at z_L. "
            "Look at BP1."
        ),
        charged=BP1,
    ),
    Mistake(
        name="hidden_slope_twice",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l, z) ** 2},
        says=(
            "In the hidden layers you multiply with sigma'(z) twice. Look at BP2: "
            "there is one such factor in each layer."
        ),
        charged=BP2,
    ),
    Mistake(
        name="hidden_slope_of_next_layer",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l + 1, n.zs[l + 1])},
        says=(
            "In the hidden layers you take sigma' at z of the next layer: the index is one too large. "
            "Look at BP2: delta_l needs sigma'(z_l)."
        ),
        charged=BP2,
    ),
    Mistake(
        name="hidden_slope_of_layer_before",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l - 1, n.zs[l - 1])},
        says=(
            "In the hidden layers you take sigma' at z of the layer before: the index is one too small. "
            "Look at BP2: delta_l needs sigma'(z_l)."
        ),
        charged=BP2,
    ),
    Mistake(
        name="hidden_slope_of_last_layer",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(-1, n.zs[-1])},
        says=(
            "In the hidden layers you take sigma' at z of the last layer, whichever layer it is. Look at BP2: "
            "delta_l needs sigma'(z_l)."
        ),
        charged=BP2,
    ),
    Mistake(
        name="output_derivative_everywhere",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(-1, z)},
        says="Your hidden layers use the derivative of the output's activation: each layer has its own. Look at BP2.",
        charged=OTHER,
    ),
    Mistake(
        name="hidden_derivative_at_output",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: n.slope(0, z)},
        says="Your output uses the derivative of the hidden layers' activation: each layer has its own. Look at BP1.",
        charged=OTHER,
    ),
    Mistake(
        name="linear_slope_is_z",
        equation="BP1",
        replaces=derivative_of("linear", lambda z: z),
        says="Your derivative of the linear activation is z itself: the slope of a straight line is 1. Look at BP1.",
        charged=OTHER,
    ),
)
