"""Task `momentum` (Exercise 18.4): updates with a memory.

A step that is wrong without momentum, too, is charged in `update`: here only the velocity is judged then.
"""

from .network.steps import Step, Steps
from .engine.check import Task

from .test_update import step

momentum = Task("momentum", owns=(), needs=("update",))


def move(student, case, network, beta, eta):
    """One update, kept to be judged by the student's own step without momentum."""
    gradients = case.parameters(network.layer_sizes)
    after = step(case, network, gradients, eta)
    Steps.of(student, case).add(Step(network, beta, gradients, eta, after))


@momentum.check(weight=6)
def test_velocity(student, case):
    """The velocity v = beta v + gradient starts at 0 and moves the parameters by -eta v, step after step."""
    for beta, eta in ((0.9, 0.25), (0.5, 0.4)):
        network = case.network(student, [3, 4, 2], momentum=beta)
        for _ in range(3):
            move(student, case, network, beta, eta)


@momentum.check(weight=4)
def test_one_velocity_each(student, case):
    """Each weight matrix and each bias has a velocity of its own, and so has each network."""
    first, second = (case.network(student, [3, 3, 3, 3], momentum=0.8) for _ in range(2))
    for _ in range(2):
        move(student, case, first, 0.8, 0.35)
        move(student, case, second, 0.8, 0.35)
