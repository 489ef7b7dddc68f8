"""Task `l2` (Exercise 18.2): a price on large weights, in the loss and in its gradient."""

from .engine.calls import CallFailed, WrongForm
from .engine.case import Failed, agree
from .engine.check import Task

from .test_backward import judge_gradients

l2 = Task("l2", owns=(), needs=("forward", "backward"))

STRENGTHS = (1.0, 0.07)


@l2.check(weight=4, needs=())
def test_loss(student, case):
    """The loss grows by l2/2 times the sum of all squared weights; biases are free."""
    for strength in STRENGTHS:
        network = case.network(student, [3, 4, 2], l2=strength)
        loss = network.compute_loss(case.targets(2, 5), case.targets(2, 5))
        case.close(f"the loss with l2 = {strength}", loss)


@l2.check(weight=5)
def test_gradient(student, case):
    """Each `dW` grows by l2 times its weights, whatever the number of samples; `db` stays as it is."""
    for strength, m, sizes in zip(STRENGTHS, (5, 2), ([3, 3, 3], [3, 4, 2]), strict=True):
        network = case.network(student, sizes, l2=strength)
        judge_gradients(case, network, case.array(3, m), case.targets(sizes[-1], m))


@l2.check(weight=1, after="gradient", compared=False, needs=())
def test_update(student, case):
    """`update` needs no l2 of its own: what l2 adds stands in `dW` already."""
    if "update" in case.failures:
        return
    parameters, gradients, moved = case.parameters([3, 4, 2]), case.parameters([3, 4, 2]), []
    for strength in (0.0, 0.0, 0.6):
        network = student.network([3, 4, 2], seed=0, parameters=parameters, l2=strength)
        try:
            network.update(*gradients, 0.3)
            weights, biases = network.parameters()
            moved.append([*weights, *biases])
        except (CallFailed, WrongForm):
            if strength:
                raise
            return  # it fails without l2, and is charged for it elsewhere
    plain, again, with_l2 = moved
    if all(map(agree, plain, again)) and not all(map(agree, plain, with_l2)):
        raise Failed("With l2 the same gradients should be the same step, but `update` makes another one")
