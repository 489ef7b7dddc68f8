"""Task `circle`: a curved boundary, and minibatches that keep each sample with its target."""

from functools import partial

import numpy as np

from autograder.assignment.network.training import flat, follow, follow_training, replay, start, train_until
from autograder.engine.check import Task

circle = Task("circle", owns=("train",), needs=("forward", "backward", "update"), by_outcome=True)

EPOCHS, ETA, GOAL = 3000, 5.0, 0.95
SIZES = [3, 4, 2]
TINY, CLOSE = 1e-5, 1e-2  # steps so small that their order changes their sum by less than 1e-4 of it
SMALL = 0.05


@circle.check(weight=6, compared=False)
def test_learns(student, case):
    """The circle is learnt: at least 95 % of 500 points right within 3000 epochs at eta = 5."""
    X = np.random.RandomState(case.setting["points"]).uniform(-1, 1, (2, 500))
    centre = np.array(case.setting["centre"]).reshape(2, 1)
    Y = (np.sum((X - centre) ** 2, axis=0, keepdims=True) < 0.25).astype(float)
    make = partial(start, sizes=case.setting["sizes"], seed=case.setting["start"])
    follow_training(case, student, make, X, Y, ETA)
    network = make(student)
    case.watch(network, X, Y)

    def met():
        accuracy = np.mean((case.predict(network, X) > 0.5) == (Y > 0.5))
        return None if accuracy >= GOAL else f"{accuracy:.1%} of the points are right, and should be {GOAL:.0%}"

    stretch = train_until(network, X, Y, EPOCHS, ETA, met)
    replay(case, student, make, stretch, X, Y, ETA)


@circle.check(weight=2, after="learns", compared=False)
def test_pairs_stay_together(student, case):
    """`train` shuffles X and Y together, and each sample has its turn once per epoch."""
    X, Y, parameters, seed = case.array(3, 7), case.targets(2, 7), case.parameters(SIZES), case.rng.randint(2**31)
    network = student.network(SIZES, seed=seed, parameters=parameters)
    network.train(X, Y, 10, TINY, 3)
    trained = flat(network.parameters()) - flat(parameters)

    def holds(guide):
        def way(*batches):
            twin = guide.network(SIZES, seed=seed, parameters=parameters)
            twin.steps([(X[:, batch], Y[:, batch]) for batch in batches], TINY)
            return flat(twin.parameters()) - flat(parameters)

        # How much of each sample's own way there is: a third of it in a batch of three, all of it where it is alone.
        ways = np.stack([way([i]) for i in range(7)])
        epoch = way([0, 1, 2], [3, 4, 5], [6])
        (three, *_, alone), shares = (np.linalg.lstsq(ways.T, whole, rcond=None)[0] for whole in (epoch, trained))
        if np.linalg.norm(shares @ ways - trained) > CLOSE * np.linalg.norm(trained):
            return False
        if abs(alone - three) < CLOSE:  # the 1/m is missing
            return np.allclose(shares, 10 * three, rtol=CLOSE)
        turns = (shares - 10 * three) / (alone - three)  # epochs in which the sample was alone
        return np.allclose(turns, np.abs(np.round(turns)), atol=10 * CLOSE) and np.round(turns).sum() == 10

    complaint = "The steps of 10 epochs of 7 samples in batches of 3 do not add up to those of 3, 3 and 1 of them"
    follow(case, student, holds, complaint)


@circle.check(weight=2, after="learns", compared=False)
def test_shuffles(student, case):
    """`train` draws a new order of the samples for every epoch."""
    # Two samples: 24 epochs in one and the same order happen by chance once in 8 million.
    X, Y, parameters = case.array(2, 2), np.array([[0.0, 1.0]]), case.parameters([2, 3, 1])
    seed = case.rng.randint(2**31)
    network = student.network([2, 3, 1], seed=seed, parameters=parameters)
    network.train(X, Y, 24, SMALL, 1)
    trained = flat(network.parameters())

    def holds(guide):
        ends = []
        for order in ([0, 1], [1, 0]):
            twin = guide.network([2, 3, 1], seed=seed, parameters=parameters)
            twin.steps([(X[:, [i]], Y[:, [i]]) for _ in range(24) for i in order], SMALL)
            ends.append(flat(twin.parameters()))
        # Each epoch leads a little to one side or to the other: the end lies between those of the two fixed orders.
        middle, side = (ends[0] + ends[1]) / 2, (ends[0] - ends[1]) / 2
        share = (trained - middle) @ side / (side @ side)
        off = np.linalg.norm(trained - middle - share * side) / np.linalg.norm(side)
        return abs(share) < 1 - 1 / 24 and off < 1 / 24

    follow(case, student, holds, "The samples do not come in a new order in every epoch")
