"""Task `momentum` (Exercise 18.4): updates with a memory."""

from .engine.check import Task

from .test_update import step

momentum = Task("momentum", owns=(), needs=("update",))


@momentum.check(weight=6)
def test_velocity(student, case):
    """The velocity v = beta v + gradient starts at 0 and moves the parameters by -eta v, step after step."""
    for beta, eta in ((0.9, 0.25), (0.5, 0.4)):
        network = case.network(student, [3, 4, 2], momentum=beta)
        for _ in range(3):
            step(case, network, case.parameters([3, 4, 2]), eta)


@momentum.check(weight=4)
def test_one_velocity_each(student, case):
    """Each weight matrix and each bias has a velocity of its own, and so has each network."""
    first, second = (case.network(student, [3, 3, 3, 3], momentum=0.8) for _ in range(2))
    for _ in range(2):
        step(case, first, case.parameters([3, 3, 3, 3]), 0.35)
        step(case, second, case.parameters([3, 3, 3, 3]), 0.35)
