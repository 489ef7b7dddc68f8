"""Task `tanh` (Exercise 18.1): another activation and its derivative."""

from .engine.check import Task

from .test_backward import judge_gradients

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
    judge_gradients(case, case.network(student, [3, 3, 3], "tanh"), case.array(3, 4), case.array(3, 4))
    judge_gradients(case, case.network(student, [3, 5, 4, 2], "tanh"), case.array(3, 6), case.array(2, 6))
