"""Task `sine`: a function instead of classes; the sigmoid at the output sets a limit, which the goal respects."""

import numpy as np

from .checking import Task
from .training import loss_of, start, train_until

sine = Task("sine", owns=("train",), needs=("forward", "backward", "update"))

EPOCHS, ETA, GOAL = 5000, 5.0, 0.20


@sine.check(weight=5, compared=False)
def test_learns(student, case):
    """The sine is learnt as far as outputs in (0, 1) allow: a loss below 0.20 within 5000 epochs at eta = 5."""
    x = np.random.RandomState(case.setting["points"]).uniform(-2 * np.pi, 2 * np.pi, (1, 200))
    X, Y = x / (2 * np.pi), case.setting["sign"] * np.sin(x)
    network = start(student, case.setting["sizes"], case.setting["start"])

    def met():
        loss = loss_of(case.predict(network, X), Y)
        return None if loss < GOAL else f"the loss is {loss:.4f}, and should be below {GOAL}"

    train_until(network, X, Y, EPOCHS, ETA, met)
