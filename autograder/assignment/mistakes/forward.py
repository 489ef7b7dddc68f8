"""Mistakes in the forward pass and in what it leaves in the caches."""

from typing import Any

import numpy as np
from backprop.activations import ACTIVATIONS

from autograder.engine.case import Mistake

FORWARD = ("forward/output", "forward/caches", "forward/one_sample_and_square_layers")
CACHES = ("forward/caches", "forward/caches_start_afresh")


def appended(n: Any, zs: list[Any], activations: list[Any]) -> Any:
    """The caches of the passes before, and this one's after them."""
    n.kept = tuple(old + new for old, new in zip(getattr(n, "kept", ([], [])), (zs, activations), strict=True))
    return n.kept


MISTAKES = (
    Mistake(
        name="bias_left_out",
        equation="z = W a + b",
        replaces={"z": lambda W, a, b: W @ a},
        says="Your z is W a alone: the bias b is missing. Look at z = W a + b.",
        charged=FORWARD,
    ),
    Mistake(
        name="bias_subtracted",
        equation="z = W a + b",
        replaces={"z": lambda W, a, b: W @ a - b},
        says="Your z is W a - b: the bias is added, not subtracted. Look at z = W a + b.",
        charged=FORWARD,
    ),
    Mistake(
        name="activation_skipped_at_output",
        equation="a = sigma(z)",
        replaces={"sigma": lambda name, z, l, n: z if l == n.L - 1 else ACTIVATIONS[name][0](z)},
        says=(
            "Your output is z of the last layer: its activation is missing. "
            "Look at a = sigma(z), which holds for the last layer too."
        ),
        charged=FORWARD,
    ),
    Mistake(
        name="activation_only_at_output",
        equation="a = sigma(z)",
        replaces={"sigma": lambda name, z, l, n: ACTIVATIONS[name][0](z) if l == n.L - 1 else z},
        says="Your hidden layers pass z on as it is: their activation is missing. Look at a = sigma(z).",
        charged=FORWARD,
    ),
    Mistake(
        name="sigmoid_of_minus_z",
        equation="a = sigma(z)",
        replaces={"sigma": lambda name, z, l, n: ACTIVATIONS[name][0](-z)},
        says="Your activations are sigma(-z): the sign of z is turned around. Look at sigma(z) = 1/(1 + exp(-z)).",
        charged=FORWARD,
    ),
    Mistake(
        name="caches_swapped",
        equation="caches",
        replaces={"caches": lambda n, zs, a: ([a[0], *zs], a[1:])},
        says=(
            "Your caches are shifted against each other: "
            "X belongs into `a_cache`, first, and `z_cache` begins with z of the first layer."
        ),
        charged=CACHES,
    ),
    Mistake(
        name="caches_exchanged",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (a, zs)},
        says="Your `z_cache` holds the activations and your `a_cache` holds z: they are exchanged.",
        charged=CACHES,
    ),
    Mistake(
        name="caches_crossed",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (a[1:], [a[0], *zs])},
        says=(
            "Your `z_cache` holds a = sigma(z), and your `a_cache` holds z after X: "
            "what is appended to them is mixed up."
        ),
        charged=CACHES,
    ),
    Mistake(
        name="activations_in_z_cache",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (a[1:], a)},
        says="Your `z_cache` holds a = sigma(z): it should hold z itself, which BP1 and BP2 need.",
        charged=CACHES,
    ),
    Mistake(
        name="z_in_a_cache",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (zs, [a[0], *zs])},
        says="Your `a_cache` holds z after X: it should hold a = sigma(z), which BP3 needs.",
        charged=CACHES,
    ),
    Mistake(
        name="input_not_cached",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (zs, a[1:])},
        says=(
            "Your `a_cache` begins with the first layer's activation: "
            "its first entry should be X, which BP3 needs for the first layer."
        ),
        charged=CACHES,
    ),
    Mistake(
        name="output_not_cached",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (zs, a[:-1])},
        says="Your `a_cache` ends before the output: its last entry should be the output, which BP1 needs.",
        charged=CACHES,
    ),
    Mistake(
        name="caches_appended",
        equation="caches",
        replaces={"caches": appended},
        says="Your caches still hold the pass before: each forward pass has to begin with empty ones.",
        charged=("forward/caches_start_afresh",),
    ),
    Mistake(
        name="activation_again_on_output",
        equation="a = sigma(z)",
        replaces={"output": lambda n, a: ACTIVATIONS[n.names[-1]][0](a)},
        says="Your output is sigma(sigma(z)), while `a_cache` is right: the activation is applied once more on return.",
        charged=FORWARD,
    ),
    Mistake(
        name="forward_ends_after_one_layer",
        equation="caches",
        replaces={
            "output": lambda n, a: n.activations[1],
            "caches": lambda n, zs, a: (zs[:1], a[:2]),
        },
        says=(
            "Your output is the first layer's activation: `forward` ends after one layer. "
            "See that `return` stands behind the loop, not in it."
        ),
        charged=FORWARD,
    ),
    Mistake(
        name="activation_twice",
        equation="a = sigma(z)",
        replaces={"sigma": lambda name, z, l, n: ACTIVATIONS[name][0](ACTIVATIONS[name][0](z))},
        says="Your activations are sigma(sigma(z)): the activation is applied twice. Look at a = sigma(z).",
        charged=FORWARD,
    ),
    Mistake(
        name="activations_transposed_in_cache",
        equation="caches",
        replaces={"caches": lambda n, zs, a: (zs, [a[0], *(one.T for one in a[1:])])},
        says="Your `a_cache` holds the activations transposed: samples are columns there, too.",
        charged=CACHES,
    ),
    Mistake(
        name="relu_written_into_z",
        equation="caches",
        replaces={
            "caches": lambda n, zs, a: (
                [np.maximum(z, 0.0) if n.names[l] == "relu" else z for l, z in enumerate(zs)],
                a,
            )
        },
        says="With relu your `z_cache` holds max(z, 0): it should hold z itself, so make a new array of the result.",
        charged=("forward/other_activation",),
    ),
)
