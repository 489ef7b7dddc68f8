"""Task `tanh` (Exercise 18.1): another activation and its derivative."""

from .network.judging import Gradients
from .engine.check import Task

from .test_backward import judge_gradients, maker

tanh = Task("tanh", owns=(), needs=("forward", "backward"))


@tanh.check(weight=4, needs=("forward",))
def test_values(student, case):
    """With "tanh" the output is tanh(z), between -1 and 1."""
    for sizes, m in (([3, 4, 2], 5), ([2, 3, 3, 1], 1)):
        network = case.network(student, sizes, "tanh")
        case.close(f"the output of {sizes}", network.forward(case.array(sizes[0], m, scale=1.5)))


@tanh.check(weight=6)
def test_gradient(student, case):
    """The derivative of tanh is 1 - tanh(z)^2, in hidden layers and at the output."""
    Gradients.of(case).about = {"BP1", "BP2"}  # where it stands: what is charged there spoils one of them alone
    for sizes in ([5, 5, 5], [5, 4, 6, 2]):
        judge_gradients(case, maker(student, case, sizes, "tanh"), case.array(5, 3), case.array(sizes[-1], 3))
