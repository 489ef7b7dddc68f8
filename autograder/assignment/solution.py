"""The chapter's network as checks ask it, right or with known mistakes, and how its parts are called."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache

import numpy as np
from backprop.activations import ACTIVATIONS

from ..engine.answering import Answerer
from ..engine.subject import Subject
from .mistakes import network_with, touched_by
from .network.proxy import READ_AFTER

SUBJECT = Subject(
    package="backprop",
    module="neural_network",
    kind="NeuralNetwork",
    functions="exercises",
    files=("neural_network.py", "activations.py", "exercises.py"),
    solutions={
        "forward-code": {"forward": "class"},
        "backward-code": {"backward": "class"},
        "update-code": {"update": "class"},
        "tanh-code": {
            "tanh": "table:activations.ACTIVATIONS/tanh/0",
            "tanh_derivative": "table:activations.ACTIVATIONS/tanh/1",
        },
        "l2-code": {"_l2_penalty": "class"},
        "square-code": {"square_recipe": "module:exercises"},
        "spirals-code": {"spirals_recipe": "module:exercises"},
    },
    names=("exercises", "exercises.Recipe", "activations.*", "neural_network.*"),
    base=("forward", "backward", "update"),
    read_after=READ_AFTER,
    slow=("train",),
)

FIELDS = asdict(SUBJECT)


def predict(
    weights: Iterable[np.ndarray],
    biases: Iterable[np.ndarray],
    X: np.ndarray,
    activation: str,
    output_activation: str | None,
) -> np.ndarray:
    """The grader's own forward pass, shape (n_outputs, m)."""
    layers = list(zip(weights, biases, strict=True))
    a = X
    with np.errstate(all="ignore"):
        for number, (W, b) in enumerate(layers):
            name = (output_activation or activation) if number == len(layers) - 1 else activation
            a = ACTIVATIONS[name][0](W @ a + b)
    return a


def solution(mistakes: Iterable[str]) -> Answerer:
    """The chapter's network, or that with these known mistakes."""
    return Answerer(FIELDS, kind=class_with(*mistakes))


class_with = cache(network_with)


def touched(conversation: Callable[[Answerer], object]) -> list[str]:
    """The known mistakes that can show in a conversation with a network."""
    return touched_by(lambda network_class: conversation(Answerer(FIELDS, kind=network_class)))
