"""Task `gradient_check`: the loss has the right values, and `backward` gives its slope."""

import numpy as np

from .network.training import follow, loss_of, parallel
from .engine.calls import shaped
from .engine.case import Failed, difference
from .engine.check import Task

gradient_check = Task("gradient_check", owns=("compute_loss",), needs=("forward", "backward"))

EPSILON = 1e-5
SPOTS = 4  # losses of the student's own
NAMES = "dW[0]", "dW[1]", "db[0]", "db[1]"
AGREEMENT = 1e-5  # relative error of an array; rounding and truncation together stay below 1e-8 on this data


@gradient_check.check(weight=6, compared=False)
def test_agreement(student, case):
    """Nudging each weight and bias up and down changes the loss as `backward` says."""
    sizes, X, Y = [3, 4, 2], case.array(3, 5), case.targets(2, 5)
    parameters, seed = case.parameters(sizes), case.rng.randint(2**31)
    settings = list(nudges(parameters))
    network = student.network(sizes, seed=seed, parameters=parameters)
    analytic, right = [slope for slopes in network.gradients(X, Y) for slope in slopes], []
    # The student's own loss, where nobody can know that it will be asked for.
    some = case.rng.choice(len(settings), SPOTS, replace=False)
    own = [set_to(network, settings[number]).loss(X, Y) for number in some]

    def holds(guide):
        twin = guide.network(sizes, seed=seed, parameters=parameters)
        losses = np.array([loss_of(outputs(set_to(twin, setting), X), Y) for setting in settings])
        ends = np.cumsum([slope.size for slope in analytic])[:-1]
        numeric = np.split((losses[::2] - losses[1::2]) / (2 * EPSILON), ends)
        right[:] = right or numeric
        for number, loss in zip(some, own, strict=True):
            if complaint := difference("the loss", float(losses[number]), loss, False):
                raise Failed(f"With one of the parameters nudged {complaint}")
        for name, slope, wanted in zip(NAMES, analytic, numeric, strict=True):
            if name.endswith("[0]") and not wanted.any():
                raise Failed(f"The loss does not depend on the {'weights' if name[1] == 'W' else 'biases'} at all")
            error = np.linalg.norm(wanted - slope.ravel()) / (2 * np.linalg.norm(wanted) + 1e-8)
            if not error < AGREEMENT:
                raise Failed(
                    f"`{name}` does not agree with the slope of the loss: the relative error is {error:.1e}, and"
                    f" should be below {AGREEMENT:.0e}"
                )
        return all(map(parallel, numeric, right))

    follow(case, student, holds, "Your loss falls where the right one rises")


@gradient_check.check(weight=4, after="agreement")
def test_loss_values(student, case):
    """The loss is 1/(2m) times the sum of the squared errors, over all outputs and samples."""
    for sizes, m in (([3, 4, 2], 5), ([3, 4, 2], 1), ([2, 3, 1], 4)):
        network, y_hat, Y = (
            case.network(student, sizes),
            case.targets(sizes[-1], m),
            case.targets(sizes[-1], m),
        )
        case.close(f"the loss of {sizes[-1]} outputs and {m} samples", network.compute_loss(y_hat, Y))
        case.same("y_hat and Y", [y_hat, Y], network.arguments, "`compute_loss` has changed them")


def nudges(parameters):
    """(weights, biases) with one entry after the other moved up and then down, those of the weights first."""
    parameters = tuple([array.copy() for array in arrays] for arrays in parameters)
    for array in (*parameters[0], *parameters[1]):
        for index in np.ndindex(*array.shape):
            value = array[index]
            for step in (EPSILON, -EPSILON):
                array[index] = value + step
                yield tuple([a.copy() for a in arrays] for arrays in parameters)
            array[index] = value


def set_to(network, setting):
    network.set_parameters(*setting)
    return network


def outputs(network, X):
    return shaped("the output", [network.forward(X)], [(network.layer_sizes[-1], X.shape[1])])[0]
