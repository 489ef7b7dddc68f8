"""Task `tanh` (Exercise 18.1): another activation and its derivative."""

from .network.proxy import CACHES
from .engine.calls import CallFailed
from .engine.case import Failed, agree
from .engine.check import Task

from .test_backward import judge_gradients

tanh = Task("tanh", owns=(), needs=("forward", "backward"))


@tanh.check(weight=4, needs=("forward",))
def test_values(student, case):
    """With "tanh" the output is tanh(z), between -1 and 1, for z in the thousands too."""
    for sizes, m in (([3, 4, 2], 5), ([2, 3, 3, 1], 1)):
        network = case.network(student, sizes, "tanh")
        case.close(f"the output of {sizes}", network.forward(case.array(sizes[0], m, scale=1.5)))
    network = case.network(student, [3, 4], "tanh")
    case.close("the output where z is in the thousands", network.forward(case.array(3, 6, scale=5000.0)))
    parameters, X = case.parameters([3, 4]), case.array(3, 5)
    z = parameters[0][0] @ X + parameters[1][0]
    with_sigmoid, with_tanh = (pre_activation(student, name, parameters, X) for name in ("sigmoid", "tanh"))
    if agree(z, with_sigmoid) and not agree(z, with_tanh):  # else it is `forward` that keeps something else
        raise Failed("`tanh` has changed the array that it was given: z_cache no longer holds z")


def pre_activation(student, activation, parameters, X):
    """What a network of one layer has in z_cache after a pass; None where that cannot be told."""
    try:
        network = student.network([3, 4], activation, seed=0, parameters=parameters)
        network.forward(X)
        return network.read(*CACHES)[0][0]
    except (CallFailed, LookupError, TypeError):
        return None


@tanh.check(weight=6)
def test_gradient(student, case):
    """The derivative of tanh is 1 - tanh(z)^2, in hidden layers and at the output."""
    judge_gradients(case, case.network(student, [3, 3, 3], "tanh"), case.array(3, 4), case.array(3, 4))
    judge_gradients(case, case.network(student, [3, 5, 4, 2], "tanh"), case.array(3, 6), case.array(2, 6))
