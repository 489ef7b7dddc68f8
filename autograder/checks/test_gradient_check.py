"""Task `gradient_check`: the loss has the right values, and `backward` gives its slope."""

import numpy as np

from .case import Failed
from .checking import Task
from .student import described

gradient_check = Task("gradient_check", owns=("compute_loss",), needs=("forward", "backward"))

EPSILON = 1e-5
AGREEMENT = 1e-5  # relative error of an array; rounding and truncation together stay below 1e-8 on this data


@gradient_check.check(weight=6, compared=False)
def test_agreement(student, case):
    """Nudging each weight and bias up and down changes the loss as `backward` says."""
    sizes = [3, 4, 2]
    network, X, Y = case.network(student, sizes), case.array(3, 5), case.targets(2, 5)
    parameters = network.parameters()

    network.forward(X)
    analytic = network.backward(Y)
    for name, arrays, slopes in zip(("dW", "db"), parameters, analytic, strict=True):
        for layer, (array, slope) in enumerate(zip(arrays, slopes, strict=True)):
            nudged = []
            for index in np.ndindex(*array.shape):
                value = array[index]
                for step in (EPSILON, -EPSILON):
                    array[index] = value + step
                    nudged.append(tuple([a.copy() for a in some] for some in parameters))
                array[index] = value
            above, below = np.reshape(network.losses(nudged, X, Y), (-1, 2)).T
            numeric = np.reshape((above - below) / (2 * EPSILON), array.shape)
            if layer == 0 and not numeric.any():
                raise Failed(f"The loss does not depend on {'the weights' if name == 'dW' else 'the biases'} at all")
            if complaint := disagreement(numeric, slope):
                raise Failed(f"`{name}[{layer}]` does not agree with the slope of the loss: {complaint}")


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


def disagreement(numeric, slope):
    """None, or a sentence with the relative error of the two arrays."""
    if not isinstance(slope, np.ndarray) or slope.shape != numeric.shape:
        return f"it should be an array of shape {numeric.shape}, but is {described(slope)}"
    error = np.linalg.norm(numeric - slope) / (np.linalg.norm(numeric) + np.linalg.norm(slope) + 1e-8)
    return None if error < AGREEMENT else f"the relative error is {error:.1e}, and should be below {AGREEMENT:.0e}"
