"""Task `sine`: a function instead of classes; the sigmoid at the output sets a limit, which the goal respects."""

from functools import partial

import numpy as np

from .network.training import follow_training, loss_of, replay, start, train_until
from .engine.case import Failed
from .engine.check import Task

sine = Task("sine", owns=("train",), needs=("forward", "backward", "update"), by_outcome=True)

EPOCHS, ETA, GOAL = 5000, 5.0, 0.20
SPREAD = 0.1  # of the standard deviation: with 4000 weights that is more than six times the uncertainty


@sine.check(weight=4, compared=False)
def test_learns(student, case):
    """The sine is learnt as far as outputs in (0, 1) allow: a loss below 0.20 within 5000 epochs at eta = 5."""
    x = np.random.RandomState(case.setting["points"]).uniform(-2 * np.pi, 2 * np.pi, (1, 200))
    X, Y = x / (2 * np.pi), case.setting["sign"] * np.sin(x)
    make = partial(start, sizes=case.setting["sizes"], seed=case.setting["start"])
    follow_training(case, student, make, X, Y, ETA)
    network = make(student)

    def met():
        loss = loss_of(case.predict(network, X), Y)
        return None if loss < GOAL else f"the loss is {loss:.4f}, and should be below {GOAL}"

    stretch = train_until(network, X, Y, EPOCHS, ETA, met)
    replay(case, student, make, stretch, X, Y, ETA)


@sine.check(weight=1, after="learns", compared=False)
def test_starting_weights(student, case):
    """A new network has weights of variance 2/(n_in + n_out) around 0, and biases 0."""
    sizes = [100, 40, 150]
    weights, biases = student.network(sizes, seed=case.rng.randint(2**31)).parameters()
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        expected = np.sqrt(2 / (sizes[layer] + sizes[layer + 1]))
        if not (abs(W.std() - expected) < SPREAD * expected and abs(W.mean()) < SPREAD * expected):
            found = f"a mean of {W.mean():.3f} and a standard deviation of {W.std():.3f}"
            raise Failed(f"`weights[{layer}]` should start around 0 with {expected:.3f}, but has {found}")
        if b.any():
            raise Failed(f"`biases[{layer}]` should start at 0")
