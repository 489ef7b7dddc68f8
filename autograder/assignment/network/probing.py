"""Tries each method once, before the checks: what cannot give any answer is not asked again."""

from collections.abc import Callable, Sequence

import numpy as np

from autograder.engine.calls import CallFailed

from .proxy import Network, NetworkStudent

METHODS = ("forward", "backward", "update", "train", "compute_loss")


def probe(student: Callable[[], NetworkStudent], recipes: Sequence[str]) -> dict[str, CallFailed]:
    """Try each method once on a small network, and each recipe; those that give no answer, with the reason."""
    rng = np.random.RandomState(18)
    X, Y = rng.standard_normal((2, 4)), rng.uniform(size=(1, 4))
    shapes = [((3, 2), (3, 1)), ((1, 3), (1, 1))]
    caches = [rng.standard_normal((n, 4)) for n in (3, 1)], [X, *(rng.uniform(size=(n, 4)) for n in (3, 1))]

    def backward(network: Network) -> None:
        if "forward" in failures:
            network.replace_caches(*caches)
        else:
            network.forward(X)
        network.call("backward", Y)

    trials: list[tuple[str, Callable[[Network], object]]] = [
        ("__init__", lambda network: None),
        ("forward", lambda network: network.forward(X)),
        ("backward", backward),
        (
            "update",
            lambda n: n.update([np.zeros(s[0]) for s in shapes], [np.zeros(s[1]) for s in shapes], 0.1),
        ),
    ]
    failures: dict[str, CallFailed] = {}
    for method, trial in trials:
        try:
            trial(student().network([2, 3, 1], seed=18))
        except CallFailed as failure:
            failures[method] = failure
            if method == "__init__":
                break
    for name in recipes:
        try:
            student().fields_of(name, [])
        except CallFailed as failure:
            failures[name] = failure
    return failures
