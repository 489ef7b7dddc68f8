"""Exercises answered by a recipe: the grader trains the student's own network by it, from several starts."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..engine.calls import described
from ..engine.case import Failed

from .case import NetworkCase
from .proxy import Network, NetworkStudent
from .training import Make, follow_training, replay, start, train_until

FIELDS = ("layer_sizes", "activation", "output_activation", "eta", "epochs", "batch_size", "momentum", "l2")
ACTIVATIONS = ("sigmoid", "relu", "linear", "tanh")
MAX_PARAMETERS, MAX_EPOCHS, NEEDED = 500, 20_000, 3


def read_recipe(student: NetworkStudent, name: str, n_in: int, n_out: int) -> dict[str, Any]:
    """The recipe's fields, or Failed where one is not of its kind or beyond what is allowed."""
    values = dict(zip(FIELDS, student.fields_of(name, FIELDS), strict=True))
    sizes = values["layer_sizes"]
    if type(sizes) not in (list, tuple) or not all(type(n) is int and n >= 1 for n in sizes) or len(sizes) < 2:
        raise Failed(f"`layer_sizes` should be a list of whole numbers, at least two, but is {described(sizes)}")
    if (sizes[0], sizes[-1]) != (n_in, n_out):
        raise Failed(f"`layer_sizes` should go from {n_in} to {n_out}, but goes from {sizes[0]} to {sizes[-1]}")
    for field, names in (("activation", ACTIVATIONS), ("output_activation", (*ACTIVATIONS, None))):
        if not any(values[field] is name or (type(values[field]) is str and values[field] == name) for name in names):
            raise Failed(f"`{field}` should be one of {', '.join(ACTIVATIONS)}, but is {described(values[field])}")
    for field in ("eta", "momentum", "l2"):
        if type(values[field]) not in (int, float) or not np.isfinite(values[field]):
            raise Failed(f"`{field}` should be a number, but is {described(values[field])}")
    for field, most in (("epochs", MAX_EPOCHS), ("batch_size", 10**9)):
        if not (field == "batch_size" and values[field] is None) and not (
            type(values[field]) is int and 1 <= values[field] <= most
        ):
            raise Failed(f"`{field}` should be a whole number from 1 to {most}, but is {described(values[field])}")
    if parameters(sizes) > MAX_PARAMETERS:
        raise Failed(f"The network has {parameters(sizes)} parameters, and may have {MAX_PARAMETERS}")
    return values


def parameters(sizes: list[int]) -> int:
    """Weights and biases of a network with these layers."""
    return sum((n_in + 1) * n_out for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True))


def succeed(
    student: NetworkStudent,
    case: NetworkCase,
    recipe: dict[str, Any],
    X: np.ndarray,
    Y: np.ndarray,
    complaint: Callable[[Network], str | None],
) -> None:
    """Train from the case's starts until enough have succeeded or failed; Failed if too few succeed."""
    # Only what the recipe changes is passed on, so that it asks for no exercise that it does not use.
    options = {f: recipe[f] for f in ("output_activation", "momentum", "l2") if recipe[f]}
    starts, won, lost, last = case.setting["starts"], 0, 0, ""
    epochs, eta, batch_size = recipe["epochs"], recipe["eta"], recipe["batch_size"]
    made = {"sizes": recipe["layer_sizes"], "activation": recipe["activation"], **options}
    makes: list[Make] = [partial(start, seed=seed, **made) for seed in starts]
    follow_training(case, student, makes[case.rng.randint(len(makes))], X, Y, eta, batch_size)
    exact, looked_at = not recipe["momentum"] and batch_size is None, case.rng.randint(NEEDED)
    for make in makes:
        network = make(student)
        case.watch(network, X, Y, recipe["activation"], recipe["output_activation"])
        try:
            stretch = train_until(network, X, Y, epochs, eta, partial(complaint, network), batch_size)
        except Failed as failure:
            lost, last = lost + 1, failure.message
        else:
            if won == looked_at:  # of the trainings that succeed, one, and nobody can know which
                replay(case, student, make, stretch, X, Y, eta, batch_size, exact)
            won += 1
        if won == NEEDED:
            return
        if lost > len(starts) - NEEDED:
            break
    raise Failed(
        f"{lost} of {won + lost} starts failed, and {NEEDED} of {len(starts)} should succeed. The last one: {last}"
    )
