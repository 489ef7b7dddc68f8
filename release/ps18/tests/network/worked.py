"""The handout's example by hand: a 2-2-1 network of sigmoids, two samples, and each number on the way."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from .proxy import NetworkStudent

SIZES, ETA = (2, 2, 1), 10.0
WEIGHTS = [np.array([[1.0, -1.0], [0.0, 1.0]]), np.array([[2.0, -1.0]])]
BIASES = [np.array([[1.0], [-1.0]]), np.array([[0.0]])]
X, Y = np.array([[1.0, 0.0], [2.0, 1.0]]), np.array([[1.0, 0.0]])
# To four digits, as the handout has them.
FORWARD = {
    "z_1": [[0, 0], [1, 0]],
    "a_1": [[0.5, 0.5], [0.7311, 0.5]],
    "z_2": [[0.2689, 0.5]],
    "a_2": [[0.5668, 0.6225]],
}
BACKWARD = {
    "dC/db_2": [[0.02]],
    "dC/dW_2": [[0.01, -0.0023]],
    "dC/db_1": [[0.01], [-0.0078]],
    "dC/dW_1": [[-0.0266, -0.0166], [0.0105, 0.0026]],
}
STEP = {
    "W_1": [[1.2659, -0.8339], [-0.1046, 0.9737]],
    "b_1": [[0.9002], [-0.9217]],
    "W_2": [[1.9002, -0.9769]],
    "b_2": [[-0.1996]],
}


def example(student: NetworkStudent) -> Iterator[tuple[str, list[list[float]], Any]]:
    """Name, what it should be to four digits, and what the student's network has: forward, backward, and one step.

    Raises CallFailed or WrongForm where there is no further.
    """
    network = student.network(SIZES, parameters=(WEIGHTS, BIASES))
    network.forward(X)
    z, a = (list(cache) if type(cache) in (list, tuple) else [] for cache in network.read("z_cache", "a_cache"))
    yield from beside(FORWARD, [*z[:1], *a[1:2], *z[1:2], *a[2:3]])
    dW, db = network.backward(Y)
    yield from beside(BACKWARD, [db[1], dW[1], db[0], dW[0]])
    network.update(dW, db, ETA)
    weights, biases = network.parameters()
    yield from beside(STEP, [weights[0], biases[0], weights[1], biases[1]])


def beside(right: dict[str, Any], found: list[Any]) -> Iterator[tuple[str, list[list[float]], Any]]:
    yield from ((name, value, own) for (name, value), own in zip_longest(right.items(), found))
