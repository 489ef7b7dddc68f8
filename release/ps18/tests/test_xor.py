"""Task `xor`: forward, backward, update and train together learn what no single layer can."""

import numpy as np

from .case import Failed, difference, leaves
from .checking import Task
from .training import loss_of, start, train_until

xor = Task("xor", owns=("train",), needs=("forward", "backward", "update"))

EPOCHS, ETA, GOAL = 5000, 2.0, 0.01


@xor.check(weight=6, compared=False)
def test_learns(student, case):
    """XOR is learnt: all four points right and a loss below 0.01 within 5000 epochs at eta = 2."""
    X, Y = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0.0, 1, 1, 0]])
    if case.setting["flipped"]:
        Y = 1 - Y
    network = start(student, case.setting["sizes"], case.setting["start"])
    case.watch(network, X, Y)

    def met():
        output = case.predict(network, X)
        loss = loss_of(output, Y)
        if np.array_equal(output > 0.5, Y > 0.5) and loss < GOAL:
            return None
        return f"the loss is {loss:.4f}, and should be below {GOAL} with all four points right"

    train_until(network, X, Y, EPOCHS, ETA, met)


@xor.check(weight=2, after="learns", compared=False)
def test_every_batch(student, case):
    """`train` uses every batch of an epoch, the short last one too."""
    # Equal samples: then no order of them can matter, only how many steps are made.
    X, Y = np.repeat(case.array(2, 1), 5, axis=1), np.repeat(case.targets(1, 1), 5, axis=1)
    parameters = case.parameters([2, 3, 1])
    trained, stepped = (student.network([2, 3, 1], seed=7) for _ in range(2))
    for network in (trained, stepped):
        network.set_parameters(*parameters)
    trained.train(X, Y, 12, 0.5, 2)
    stepped.steps([(X[:, :n], Y[:, :n]) for _ in range(12) for n in (2, 2, 1)], 0.5)
    if all(map(np.array_equal, leaves(stepped.parameters()), leaves(parameters))):
        raise Failed("36 steps of your own forward, backward and update have changed no weight and no bias")
    for name, own, twin in zip(("weights", "biases"), trained.parameters(), stepped.parameters(), strict=True):
        for layer, (array, expected) in enumerate(zip(own, twin, strict=True)):
            if complaint := difference(f"{name}[{layer}]", expected, array, False):
                raise Failed(f"12 epochs of 5 samples in batches of 2 should be 36 steps of yours, but {complaint}")


@xor.check(weight=2, after="learns", compared=False)
def test_history(student, case):
    """`train` returns the loss on all data after each epoch."""
    X, Y = case.array(2, 6), case.targets(1, 6)
    for batch_size in (None, 4):
        network, twin = (student.network([2, 3, 1], seed=7) for _ in range(2))
        twin.set_parameters(*network.parameters())
        history = network.train(X, Y, 12, 0.5, batch_size)
        case.same("X and Y", [X, Y], network.arguments[:2], "`train` has changed the data that it was given")
        if isinstance(history, np.ndarray) and history.ndim == 1:
            history = history.tolist()
        if type(history) not in (list, tuple) or len(history) != 12:
            raise Failed("12 epochs should give a list of 12 losses")
        if batch_size is None:
            losses = []
            for _ in range(12):
                twin.steps([(X, Y)], 0.5)
                losses.append(twin.compute_loss(twin.forward(X), Y))
            if len(set(losses)) == 1:
                raise Failed("The loss is the same after each of 12 epochs, so nothing is learnt")
        else:  # which samples met in a batch is the student's business, the last loss is not
            losses, history = [network.compute_loss(network.forward(X), Y)], history[-1:]
        for expected, loss in zip(losses, history, strict=True):
            if complaint := difference("the loss", expected, loss, False):
                raise Failed(f"The losses that `train` returns are not those of all data after each epoch: {complaint}")
