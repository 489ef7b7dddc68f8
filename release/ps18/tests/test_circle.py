"""Task `circle`: a curved boundary, and minibatches that keep each sample with its target."""

import numpy as np

from .case import Failed
from .checking import Task
from .training import start, train_until

circle = Task("circle", owns=("train",), needs=("forward", "backward", "update"))

EPOCHS, ETA, GOAL = 3000, 5.0, 0.95
TINY = 1e-6  # steps so small that the order of the batches changes the sum of the steps by about 1e-5 of it


@circle.check(weight=6, compared=False)
def test_learns(student, case):
    """The circle is learnt: at least 95 % of 500 points right within 3000 epochs at eta = 5."""
    X = np.random.RandomState(case.setting["points"]).uniform(-1, 1, (2, 500))
    centre = np.array(case.setting["centre"]).reshape(2, 1)
    Y = (np.sum((X - centre) ** 2, axis=0, keepdims=True) < 0.25).astype(float)
    network = start(student, case.setting["sizes"], case.setting["start"])
    case.watch(network, X, Y)

    def met():
        accuracy = np.mean((case.predict(network, X) > 0.5) == (Y > 0.5))
        return None if accuracy >= GOAL else f"{accuracy:.1%} of the points are right, and should be {GOAL:.0%}"

    train_until(network, X, Y, EPOCHS, ETA, met)


@circle.check(weight=2, after="learns", compared=False)
def test_pairs_stay_together(student, case):
    """`train` shuffles X and Y together, and each sample has its turn once per epoch."""
    X, Y, parameters = case.array(2, 8), case.targets(1, 8), case.parameters([2, 3, 1])
    trained, summed = (student.network([2, 3, 1], seed=7) for _ in range(2))
    for network in (trained, summed):
        network.set_parameters(*parameters)
    trained.train(X, Y, 10, TINY, 2)
    totals = [[np.zeros_like(array) for array in arrays] for arrays in parameters]
    for first in range(0, 8, 2):
        summed.forward(X[:, first : first + 2])
        for total, slopes in zip(totals, summed.backward(Y[:, first : first + 2]), strict=True):
            for array, slope in zip(total, slopes, strict=True):
                if np.shape(slope) == array.shape:
                    array += slope
    for _ in range(10):
        summed.update(*totals, TINY)
    moved, expected = (
        np.concatenate(
            [
                (a - b).ravel()
                for new, old in zip(n.parameters(), parameters, strict=True)
                for a, b in zip(new, old, strict=True)
            ]
        )
        for n in (trained, summed)
    )
    # `<`, for where nothing moves at all, nothing is shown.
    if not np.linalg.norm(moved - expected) < 1e-3 * (np.linalg.norm(moved) + np.linalg.norm(expected)):
        raise Failed("The steps of an epoch do not add up to those of its samples with their own targets")


@circle.check(weight=2, after="learns", compared=False)
def test_shuffles(student, case):
    """`train` draws a new order of the samples for every epoch."""
    # Two samples: 24 epochs in one and the same order happen by chance once in 8 million.
    X, Y, parameters = case.array(2, 2), np.array([[0.0, 1.0]]), case.parameters([2, 3, 1])
    results = []
    for order in (None, [0, 1], [1, 0]):
        network = student.network([2, 3, 1], seed=7)
        network.set_parameters(*parameters)
        if order is None:
            network.train(X, Y, 24, 2.0, 1)
        else:
            network.steps([(X[:, [i]], Y[:, [i]]) for _ in range(24) for i in order], 2.0)
        results.append(np.concatenate([a.ravel() for arrays in network.parameters() for a in arrays]))
    if any(np.allclose(results[0], fixed, rtol=1e-7, atol=1e-9) for fixed in results[1:]):
        raise Failed("The samples come in the same order in every epoch")
