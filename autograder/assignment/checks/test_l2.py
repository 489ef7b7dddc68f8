"""Task `l2` (Exercise 18.2): a price on large weights, in the loss and in its gradient."""

from autograder.engine.check import Task

from .test_backward import judge_gradients, maker

l2 = Task("l2", owns=(), needs=("forward", "backward"))

STRENGTHS = (1.0, 0.07)


@l2.check(weight=4, needs=())
def test_loss(student, case):
    """The loss grows by l2/2 times the sum of all squared weights; biases are free."""
    for strength in STRENGTHS:
        network = case.network(student, [3, 4, 2], l2=strength)
        loss = network.compute_loss(case.targets(2, 5), case.targets(2, 5))
        case.close(f"the loss with l2 = {strength}", loss)


@l2.check(weight=6)
def test_gradient(student, case):
    """Each `dW` grows by l2 times its weights, whatever the number of samples; `db` stays as it is."""
    for strength, m, sizes in zip(STRENGTHS, (4, 2), ([5, 5, 5], [3, 4, 2]), strict=True):
        make = maker(student, case, sizes, l2=strength)
        judge_gradients(case, make, case.array(sizes[0], m), case.targets(sizes[-1], m))
