"""Known mistakes, a file for each task: small changes to one computation of the chapter's equations.

`computation.Pieces` holds the places where mistakes happen; a mistake replaces one or two of them.  Where several
give the same numbers on all data of a check, none is named.
"""

from collections.abc import Callable
from typing import Any

from . import (
    backward_biases,
    backward_error,
    backward_gradients,
    backward_slope,
    forward,
    gradient_check,
    l2,
    momentum,
    tanh,
    update,
)
from .computation import Computation, Pieces, computed_with, pieces_used_by

__all__ = ["MISTAKES", "Computation", "Pieces", "network_with", "touched_by"]

# In the order of the tasks, which is that of every list of mistakes.
BACKWARD = (backward_error, backward_slope, backward_gradients, backward_biases)
TASKS = (forward, gradient_check, *BACKWARD, update, tanh, l2, momentum)
MISTAKES = {mistake.name: mistake for task in TASKS for mistake in task.MISTAKES}


def network_with(*names: str) -> type[Computation]:
    """The chapter's network with these mistakes, or with none."""
    return computed_with({piece: value for name in names for piece, value in MISTAKES[name].replaces.items()})


def touched_by(conversation: Callable[[type[Computation]], Any]) -> list[str]:
    """The mistakes that can show in what `conversation` does with a network: it uses a piece that they replace."""
    used = pieces_used_by(conversation)
    return [name for name, mistake in MISTAKES.items() if used & mistake.replaces.keys()]
