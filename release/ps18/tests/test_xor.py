"""Task `xor`: forward, backward, update and train together learn what no single layer can."""

from functools import partial

import numpy as np

from .network.training import flat, follow, follow_training, loss_of, replay, start, train_until
from .engine.case import Failed, agree, difference
from .engine.check import Task

xor = Task("xor", owns=("train",), needs=("forward", "backward", "update"), by_outcome=True)

EPOCHS, ETA, GOAL = 5000, 2.0, 0.01


@xor.check(weight=6, compared=False)
def test_learns(student, case):
    """XOR is learnt: all four points right and a loss below 0.01 within 5000 epochs at eta = 2."""
    X, Y = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0.0, 1, 1, 0]])
    if case.setting["flipped"]:
        Y = 1 - Y
    make = partial(start, sizes=case.setting["sizes"], seed=case.setting["start"])
    follow_training(case, student, make, X, Y, ETA)
    network = make(student)
    case.watch(network, X, Y)

    def met():
        output = case.predict(network, X)
        loss = loss_of(output, Y)
        if np.array_equal(output > 0.5, Y > 0.5) and loss < GOAL:
            return None
        return f"the loss is {loss:.4f}, and should be below {GOAL} with all four points right"

    stretch = train_until(network, X, Y, EPOCHS, ETA, met)
    replay(case, student, make, stretch, X, Y, ETA)


@xor.check(weight=2, after="learns", compared=False)
def test_every_batch(student, case):
    """`train` uses every batch of an epoch, the short last one too."""
    # Equal samples: then no order of them can matter, only how many steps are made.
    X, Y = np.repeat(case.array(2, 1), 5, axis=1), np.repeat(case.targets(1, 1), 5, axis=1)
    parameters, seed = case.parameters([2, 3, 1]), case.rng.randint(2**31)
    network = student.network([2, 3, 1], seed=seed, parameters=parameters)
    network.train(X, Y, 12, 0.5, 2)
    trained = flat(network.parameters()) - flat(parameters)

    def holds(guide):
        twin = guide.network([2, 3, 1], seed=seed, parameters=parameters)
        twin.steps([(X[:, :n], Y[:, :n]) for _ in range(12) for n in (2, 2, 1)], 0.5)
        stepped = flat(twin.parameters()) - flat(parameters)
        return stepped.any() and agree(stepped, trained)

    follow(case, student, holds, "12 epochs of 5 samples in batches of 2 should be 36 steps, but they lead elsewhere")


@xor.check(weight=2, after="learns", compared=False)
def test_history(student, case):
    """`train` returns the loss on all data after each epoch."""
    one = case.array(2, 1), case.targets(1, 1)
    for batch_size in (None, 4):
        # In batches equal samples, for which no order matters.
        X, Y = (case.array(2, 6), case.targets(1, 6)) if batch_size is None else (np.repeat(v, 6, axis=1) for v in one)
        parts = [slice(6)] if batch_size is None else [slice(4), slice(4, 6)]
        parameters, seed = case.parameters([2, 3, 1]), case.rng.randint(2**31)
        network = student.network([2, 3, 1], seed=seed, parameters=parameters)
        history = network.train(X, Y, 12, 0.5, batch_size)
        case.same("X and Y", [X, Y], network.arguments[:2], "`train` has changed the data that it was given")
        if isinstance(history, np.ndarray) and history.ndim == 1:
            history = history.tolist()
        if type(history) not in (list, tuple) or len(history) != 12:
            raise Failed("12 epochs should give a list of 12 losses")

        def holds(guide, X=X, Y=Y, parts=parts, parameters=parameters, seed=seed, history=history):
            twin, losses = guide.network([2, 3, 1], seed=seed, parameters=parameters), []
            for _ in range(12):
                twin.steps([(X[:, part], Y[:, part]) for part in parts], 0.5)
                losses.append(twin.loss(X, Y))
            return len(set(losses)) > 1 and not any(map(partial(difference, "", gradient=False), losses, history))

        follow(case, student, holds, "The losses that `train` returns are not those of all data after each epoch")

    # Two samples in batches of one: whichever comes first in an epoch, its step is made before the other one's.
    X, Y, eta = case.array(2, 2), case.targets(1, 2), 0.5
    parameters, seed = case.parameters([2, 3, 1]), case.rng.randint(2**31)
    history = student.network([2, 3, 1], seed=seed, parameters=parameters).train(X, Y, 12, eta, 1)

    def in_some_order(guide):
        reached = parameters
        for loss in history:
            for order in ((0, 1), (1, 0)):
                twin = guide.network([2, 3, 1], seed=seed, parameters=reached)
                twin.steps([(X[:, [one]], Y[:, [one]]) for one in order], eta)
                if difference("", twin.loss(X, Y), loss, gradient=False) is None:
                    break
            else:
                return False
            reached = twin.parameters()
        return True

    follow(case, student, in_some_order, "In batches of one sample, no order of the samples leads to these losses")
