"""Activation functions and their derivatives, by name.

Every function here takes z, never a: a derivative too is given the pre-activation z of its layer.
It works entry by entry, and what it returns has the shape of z.
"""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """sigma(z) = 1 / (1 + exp(-z)), between 0 and 1."""
    # For very negative z, exp(-z) overflows.  exp(-|z|) never does, and
    # 1 / (1 + exp(-z)) = exp(z) / (1 + exp(z)) gives the left half from it.
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    """sigma'(z) = sigma(z) (1 - sigma(z)), at most 1/4."""
    s = sigmoid(z)
    return s * (1.0 - s)


def relu(z: np.ndarray) -> np.ndarray:
    """max(z, 0)."""
    return np.maximum(z, 0.0)


def relu_derivative(z: np.ndarray) -> np.ndarray:
    """1 where z > 0, else 0; at the kink z = 0 there is no derivative, and 0 is taken."""
    return np.where(z > 0, 1.0, 0.0)


def linear(z: np.ndarray) -> np.ndarray:
    """z itself: for the output of a network that fits values outside (0, 1)."""
    return z


def linear_derivative(z: np.ndarray) -> np.ndarray:
    """1 everywhere."""
    return np.ones_like(z, dtype=float)


def tanh(z: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, between -1 and 1 (Exercise 18.1)."""
    # TODO (Exercise 18.1): return the hyperbolic tangent of every entry of z.
    # It has to hold for large |z| too, where exp(z) overflows.
    raise NotImplementedError("tanh is not written yet")


def tanh_derivative(z: np.ndarray) -> np.ndarray:
    """The derivative of tanh with respect to z, at most 1 (Exercise 18.1)."""
    # TODO (Exercise 18.1): derive it on paper first; like sigmoid's, it can be written with the function.
    raise NotImplementedError("tanh_derivative is not written yet")


# name: (function, its derivative)
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "relu": (relu, relu_derivative),
    "linear": (linear, linear_derivative),
    "tanh": (tanh, tanh_derivative),
}
