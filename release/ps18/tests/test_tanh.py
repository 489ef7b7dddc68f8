"""Task `tanh` (Exercise 18.1): another activation and its derivative."""

import numpy as np

from .network.judging import Gradients
from .network.proxy import CACHES
from .engine.calls import CallFailed
from .engine.case import Failed, agree
from .engine.check import Task

from .test_backward import judge_gradients, maker

tanh = Task("tanh", owns=(), needs=("forward", "backward"))


@tanh.check(weight=4, needs=("forward",))
def test_values(student, case):
    """With "tanh" the output is tanh(z), between -1 and 1, for z in the thousands too."""
    for sizes, m in (([3, 4, 2], 5), ([2, 3, 3, 1], 1)):
        network = case.network(student, sizes, "tanh")
        case.close(f"the output of {sizes}", network.forward(case.array(sizes[0], m, scale=1.5)))
    parameters, X = case.parameters([3, 4]), case.array(3, 6, scale=5000.0)
    output, kept = one_layer(student, "tanh", parameters, X)
    if isinstance(output, np.ndarray) and output.dtype.kind == "f" and np.isnan(output).any() and case.right_so_far():
        raise Failed("The output should be finite where z is in the thousands, but holds nan", ("tanh_overflows",))
    case.close("the output where z is in the thousands", output)
    z = parameters[0][0] @ X + parameters[1][0]
    if not agree(z, kept) and agree(z, one_layer(student, "sigmoid", parameters, X)[1]):  # else `forward` keeps another
        raise Failed(
            "`tanh` has changed the array that it was given: z_cache no longer holds z", ("tanh_writes_into_z",)
        )


def one_layer(student, activation, parameters, X):
    """The output of a network without hidden layers, and the z that it keeps; None where that cannot be told."""
    network = student.network([3, 4], activation, seed=0, parameters=parameters)
    output = network.forward(X)
    try:
        return output, network.read(*CACHES)[0][0]
    except (CallFailed, LookupError, TypeError):
        return output, None


@tanh.check(weight=6)
def test_gradient(student, case):
    """The derivative of tanh is 1 - tanh(z)^2, in hidden layers and at the output."""
    Gradients.of(case).about = {"BP1", "BP2"}  # where it stands: what is charged there spoils one of them alone
    for sizes in ([5, 5, 5], [5, 4, 6, 2]):
        judge_gradients(case, maker(student, case, sizes, "tanh"), case.array(5, 3), case.array(sizes[-1], 3))
