"""What a network answers in a setting: every value that it computes, by name."""

from contextlib import suppress
from typing import Any

import numpy as np

from autograder.engine.calls import CallFailed, WrongForm, described

from ..network.proxy import CACHES, Network, NetworkStudent
from .small_networks import ETA, Setting, guess

Values = dict[str, Any]  # by name, in the order in which they are computed


def answers(student: NetworkStudent, s: Setting) -> Values:
    """Every value by name; what raises an exception ends it, and stands last."""
    found: Values = {}
    with np.errstate(all="ignore"):
        try:
            network = student.network(s.sizes, s.activation, seed=0, parameters=s.parameters(), **dict(s.options))
            for number in range(s.times):
                found.update(answered(network, s, number, found))
        except CallFailed as failure:
            if failure.kind in ("timeout", "crashed"):
                raise
            if failure.kind == "refused":  # it knows the sigmoid only, say: that is for other checks
                return {}
            found["raises"] = failure.detail
        except WrongForm as failure:
            found["raises"] = str(failure)
    return found


def answered(network: Network, s: Setting, number: int, found: Values) -> Values:
    """What one question adds; `found` gets it as far as it comes."""
    X, Y = s.batch(number)
    if s.asked == "update":
        dW, db = s.gradient()
        network.update(dW, db, ETA)
        weights, biases = network.read("weights", "biases")
        found.update(named("weights", weights) | named("biases", biases))
        return found
    if s.asked == "loss":
        found["loss"] = network.compute_loss(guess(Y), Y)
        return found
    output = network.forward(X)
    found.update(cached(network, s))
    found["output"] = output
    if s.asked == "caches":
        network.backward(Y)
        found.update(cached(network, s))
    if s.asked == "backward":
        dW, db = network.backward(Y)
        for layer in reversed(range(len(s.sizes) - 1)):
            found.update({f"dW[{layer}]": dW[layer], f"db[{layer}]": db[layer]})
    return found


def cached(network: Network, s: Setting) -> Values:
    """The caches as they are now."""
    found: Values = {}
    with suppress(CallFailed):  # who keeps no caches of these names
        z_cache, a_cache = network.read(*CACHES)
        lists = {"a_cache": len(s.sizes), "z_cache": len(s.sizes) - 1}
        own = {"z_cache": z_cache, "a_cache": a_cache}
        found.update({f"len({n})": count(own[n]) for n in lists})
        for layer in range(len(s.sizes)):
            for name in lists:
                found.update(named(name, own[name], layer))
    return found


def named(name: str, values: Any, only: int | None = None) -> Values:
    if type(values) not in (list, tuple):
        return {name: values}
    chosen = range(len(values)) if only is None else range(only, min(only + 1, len(values)))
    return {f"{name}[{number}]": values[number] for number in chosen}


def count(values: Any) -> Any:
    return len(values) if type(values) in (list, tuple) else described(values)
