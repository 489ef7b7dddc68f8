"""Task `update`: every parameter moves against its gradient."""

from .engine.check import Task

update = Task("update", owns=("update",))


def step(case, network, gradients, eta):
    """One update with our own gradients; the parameters afterwards are judged, and returned."""
    number = case.next("step")
    network.update(*gradients, eta)
    after = network.parameters()
    for name, arrays in zip(("weights", "biases"), after, strict=True):
        case.close_all(f"{name} after update {number}", arrays)
    return after


@update.check(weight=5)
def test_one_step(student, case):
    """theta becomes theta - eta times its gradient, for the weights and the biases of every layer."""
    step(case, case.network(student, [3, 4, 2]), case.parameters([3, 4, 2]), 0.3)
    step(case, case.network(student, [3, 3, 3]), case.parameters([3, 3, 3]), 1.7)


@update.check(weight=3)
def test_more_steps(student, case):
    """A second and a third update go on from where the first one ended."""
    network = case.network(student, [2, 4, 3])
    for _ in range(3):
        dW, db = case.parameters([2, 4, 3])
        step(case, network, ([4 * g for g in dW], [4 * g for g in db]), 0.05)


@update.check(weight=2)
def test_leaves_the_gradients_alone(student, case):
    """The gradients passed in stay as they are, and another network keeps its parameters."""
    network, other = case.network(student, [3, 4, 2]), case.network(student, [3, 4, 2])
    (dW, db), before = case.parameters([3, 4, 2]), other.parameters()
    step(case, network, (dW, db), 0.3)
    case.same("dW and db", [dW, db], network.arguments[:2], "`update` has changed the gradients")
    after = other.parameters()
    case.same("the other network", before, after, "`update` has changed its parameters")
