"""What `backward` may cost: about two forward passes, and many times that for whoever writes loops in plain Python, or
makes of each number an object that knows what it was made of.

The network is deep and narrow.  There a pass costs much for its size, so what takes one for each parameter, or for each
unit, is far beyond what work on single numbers takes, which in a wide network it would hardly be.
"""

from collections.abc import Sequence
from functools import cache
from time import process_time
from typing import Any

import numpy as np

DEPTH, WIDTH = 150, 3  # layers, few enough for recursion through every sum of three, and units in each
SIZES = [WIDTH] * (DEPTH + 1)
COUNT = DEPTH * WIDTH * (WIDTH + 1)  # of parameters
SCALE = 4.0  # of weights: what the slope of about 1/4 takes from an error, they give back
ROOM = 100  # times what two passes take in loops; scalars that record their graph take 25, and collecting them as much
ALIKE = 0.1  # relative error
MEASURED = 0.02  # seconds for which loops are timed
TOO_SLOW = (
    f"On a network of {COUNT} parameters `{{method}}` takes more than {ROOM} times as long as two forward passes in"
    " plain Python loops. Backpropagation needs about two passes for all parameters together; this takes as long as one"
    " for each parameter, or for each unit, does: that is the numerical gradient, with which `backward` is checked"
)


@cache
def allowed() -> float:
    """CPU seconds, on this machine."""
    return ROOM * in_loops()


def in_loops() -> float:
    """CPU seconds that as many multiplications take in loops over single entries as two forward passes have."""
    weights = np.ones((DEPTH, WIDTH, WIDTH))
    began, rounds, total = process_time(), 0, 0.0
    while (spent := process_time() - began) < MEASURED:
        for W in (*weights, *weights):
            for i in range(WIDTH):
                for j in range(WIDTH):
                    total += W[i, j] * W[j, i]
        rounds += 1
    return spent / rounds


def deep(rng: np.random.RandomState) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Rotations, by which neither activations nor gradients fade, and biases: each z is about 0, each a about 1/2."""
    weights = [SCALE * np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0] for _ in range(DEPTH)]
    return weights, [-W.sum(axis=1, keepdims=True) / 2 for W in weights]


def alike(true: np.ndarray, own: Any) -> bool:
    """Whether both come of the same computation: after so many layers nothing but that is to be told of float16."""
    if not isinstance(own, np.ndarray) or own.shape != true.shape or own.dtype.kind != "f":
        return False
    return bool(np.linalg.norm(own - true) <= ALIKE * np.linalg.norm(true))


def blamed(name: str, layer: int) -> Sequence[str]:
    """The equations that an array of the gradient depends on."""
    return "BP1", *(["BP2"] if layer < DEPTH - 1 else []), "BP3" if name == "dW" else "BP4"
