"""Small networks with numbers that can be followed by hand, and the code that asks them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NUMBERS = (0.5, -0.4, 0.8, 0.3, -0.7, 0.6, 0.2, -0.9, 0.4, 1.0, -0.5)
INPUTS, TARGETS = (1.0, 2.0, -1.0, 0.5, 3.0, -2.0), (1.0, 0.0, 0.0, 1.0)
ETA, L2, MOMENTUM = 0.5, 0.1, 0.5


@dataclass(frozen=True)
class Setting:
    """A network and what it is asked, `times` times with other inputs."""

    sizes: tuple[int, ...]
    m: int
    asked: str  # forward, backward, caches (as `backward` leaves them), loss or update
    activation: str = "sigmoid"
    options: tuple[tuple[str, Any], ...] = ()
    times: int = 1
    scale: float = 1.0  # of the inputs

    def parameters(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        layers = list(zip(self.sizes[1:], self.sizes[:-1], strict=True))
        weights = [filled(n_out, n_in, NUMBERS, 4 * l) for l, (n_out, n_in) in enumerate(layers)]
        return weights, [filled(n_out, 1, (0.1, -0.2, 0.3), l) for l, (n_out, _) in enumerate(layers)]

    def batch(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        X, Y = filled(self.sizes[0], self.m, INPUTS, number), filled(self.sizes[-1], self.m, TARGETS, number)
        return self.scale * X, Y

    def gradient(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        weights, biases = self.parameters()
        return [np.round(-0.4 * W, 2) for W in weights], [np.round(b + 0.1, 2) for b in biases]


def filled(rows: int, columns: int, numbers: Sequence[float], start: int) -> np.ndarray:
    return np.array([numbers[(start + i) % len(numbers)] for i in range(rows * columns)]).reshape(rows, columns)


def guess(Y: np.ndarray) -> np.ndarray:
    """An output to compare with Y."""
    return filled(Y.shape[0], Y.shape[1], NUMBERS, 0)


def batches(asked: str, *shapes: tuple[tuple[int, ...], int], **about: Any) -> list[Setting]:
    return [Setting(sizes, m, asked, **about) for sizes, m in shapes]


# From small to large; square layers show a missing transpose, which raises an exception on others.
SMALL = (((2, 1), 1), ((1, 1), 2), ((2, 1), 2), ((2, 2), 2), ((2, 2, 1), 1), ((2, 2, 2), 1), ((2, 2, 1), 2))
LARGER = (((2, 2, 2), 2), ((2, 3, 2), 1), ((2, 3, 2), 2), ((2, 2, 2, 2), 1))
OPTIONS: Mapping[str, Any] = {"options": (("l2", L2),)}
SETTINGS: Mapping[str, Sequence[Setting]] = {
    "forward": [
        *batches("forward", ((2, 1), 1), ((2, 2, 1), 1), ((2, 2, 1), 2), ((2, 3, 2), 2)),
        *batches("forward", ((2, 1), 1), ((2, 2, 1), 1), times=2),
        *batches("forward", ((2, 2, 1), 2), activation="relu"),
    ],
    "backward": [
        *batches("backward", *SMALL, *LARGER),
        *batches("backward", ((2, 1), 1), ((2, 2, 1), 2), times=2),
        *batches("backward", ((2, 2, 1), 2), activation="relu"),
        *batches("backward", ((2, 2, 1), 1), options=(("output_activation", "linear"),)),
        *batches("caches", ((2, 1), 1), ((2, 2, 1), 1)),
    ],
    "gradient_check": [*batches("loss", ((2, 1), 2), ((2, 2), 2)), *batches("backward", *SMALL, *LARGER)],
    "update": [*batches("update", ((2, 1), 1), ((2, 2, 1), 1)), *batches("update", ((2, 1), 1), times=2)],
    "tanh": [
        *batches("backward", *SMALL, activation="tanh"),
        *batches("forward", ((1, 1), 1), activation="tanh", scale=2000.0),
    ],
    "l2": [
        *batches("loss", ((2, 1), 1), ((2, 2, 1), 2), **OPTIONS),
        *batches("backward", *SMALL, **OPTIONS),
        *batches("update", ((2, 1), 1), **OPTIONS),
    ],
    "momentum": batches("update", ((2, 1), 1), ((2, 2, 2), 1), times=2, options=(("momentum", MOMENTUM),)),
}


def given(s: Setting, names: Sequence[str]) -> str:
    """The question as code for a student to run, which prints these values."""
    about = [f"{list(s.sizes)}", *([f'"{s.activation}"'] if s.activation != "sigmoid" else [])]
    about += [f"{name}={value!r}" for name, value in s.options]
    lines = ["import numpy as np", "from backprop import NeuralNetwork", "", f"net = NeuralNetwork({', '.join(about)})"]
    for name, arrays in zip(("weights", "biases"), s.parameters(), strict=True):
        lines += [f"net.{name}[{number}][...] = {array.tolist()}" for number, array in enumerate(arrays)]
    for number in range(s.times):
        lines += asked_in_code(s, number)
    shown = [re.sub(r"(weights|biases|z_cache|a_cache)", r"net.\1", name) for name in names]
    return "\n".join([*lines, *([f"print({', '.join(shown)})"] if shown else [])])


def asked_in_code(s: Setting, number: int) -> Iterator[str]:
    X, Y = s.batch(number)
    if s.asked == "update":
        if number == 0:
            for name, arrays in zip(("dW", "db"), s.gradient(), strict=True):
                yield f"{name} = [{', '.join(f'np.array({array.tolist()})' for array in arrays)}]"
        yield f"net.update(dW, db, {ETA})"
        return
    if s.asked == "loss":
        yield f"loss = net.compute_loss(np.array({guess(Y).tolist()}), np.array({Y.tolist()}))"
        return
    yield f"X, Y = np.array({X.tolist()}), np.array({Y.tolist()})"
    yield "output = net.forward(X)"
    if s.asked in ("backward", "caches"):
        yield "dW, db = net.backward(Y)"
