"""The chapter's data sets: each function returns X (n_features, m) and Y (1, m), float64.

`rng` is a NumPy Generator or RandomState; None means NumPy's global state, so after `np.random.seed(42)`
the chapter's points come back.
"""

from typing import Any

import numpy as np

Rng = np.random.Generator | np.random.RandomState | None
Data = tuple[np.ndarray, np.ndarray]


def xor() -> Data:
    """The four points (0,0), (0,1), (1,0), (1,1) and their exclusive or."""
    X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    Y = np.array([[0.0, 1.0, 1.0, 0.0]])
    return X, Y


def circle(n: int = 500, rng: Rng = None) -> Data:
    """n points of the square [-1, 1]^2; Y is 1 inside the circle of radius 0.5, else 0."""
    X = _random(rng).uniform(-1, 1, (2, n))
    return X, (np.sum(X**2, axis=0, keepdims=True) < 0.5**2).astype(float)


def sine(n: int = 200, rng: Rng = None) -> Data:
    """sin at n angles from -2 pi to 2 pi; X is the angle divided by 2 pi, so between -1 and 1."""
    angle = _random(rng).uniform(-2 * np.pi, 2 * np.pi, (1, n))
    return angle / (2 * np.pi), np.sin(angle)


def square(n: int = 100, rng: Rng = None) -> Data:
    """x^2 at n points of [-2, 2] (Exercise 18.3)."""
    X = _random(rng).uniform(-2, 2, (1, n))
    return X, X**2


def make_spirals(n_per_class: int = 97, turns: float = 1.5, noise: float = 0.0, rng: Rng = None) -> Data:
    """Two spiral arms around each other, n_per_class points each (Exercise 18.5).

    X is (2, 2 n_per_class): first the arm with Y = 0, then its reflection in the origin with Y = 1.
    Radius and angle grow in step, from 5 % of the whole to radius 1 and `turns` turns.
    `noise` is the standard deviation of what is added to every coordinate.
    """
    t = np.linspace(0.05, 1.0, n_per_class)
    angle = 2 * np.pi * turns * t
    arm = t * np.array([np.cos(angle), np.sin(angle)])
    X = np.hstack([arm, -arm])
    if noise > 0:
        X = X + noise * _random(rng).standard_normal(X.shape)
    return X, np.repeat([[0.0, 1.0]], n_per_class, axis=1)


def _random(rng: Rng) -> Any:
    return np.random if rng is None else rng
