"""Task `gradient_check`: the loss has the right values, and `backward` gives its slope."""

from functools import partial

import numpy as np

from .network.faults import OWNERS
from .network.judging import Gradients
from .network.proxy import CACHES
from .network.training import follow, loss_of, parallel
from .engine.calls import CallFailed, shaped
from .engine.case import Failed, difference
from .engine.check import Task
from .engine.likeness import roughness

from .test_backward import alone, same_caches

gradient_check = Task("gradient_check", owns=("compute_loss",), needs=("forward", "backward"))

SIZES = [4, 4, 2], [4, 4, 4]
EPSILON = 1e-5
SPOTS = 4  # losses of the student's own
NAMES = "dW[0]", "dW[1]", "db[0]", "db[1]"
AGREEMENT = 1e-5  # relative error of an array; rounding and truncation together stay below 1e-8 on this data


@gradient_check.check(weight=6)
def test_agreement(student, case):
    """Nudging each weight and bias up and down changes the loss as `backward` says.

    What `backward` has been charged for is not charged once more: where one or two of BP1 to BP4 are wrong, and the
    others hold between the student's own values, the gradient is taken that these give with the right equation in the
    place of the wrong one.  The loss is always the student's own.
    """
    for number, sizes in enumerate(SIZES):
        parameters, seed, X = case.parameters(sizes), case.rng.randint(2**31), case.array(4, 3)
        # Errors of both signs in each sample: what is the same for all units has the wrong one somewhere.
        Y = case.targets(sizes[-1], 3) + np.where(np.arange(sizes[-1]) % 2, -1, 1)[:, None]
        make = partial(student.network, sizes, seed=seed, parameters=parameters)
        network = make()
        begin(case, network, X)
        try:
            gradients = network.backward(Y)
        except CallFailed as failure:
            # What raises an exception here may be just wrong where all layers are of one size.
            if failure.kind != "error" or sizes == SIZES[-1] or case.passed >= set(OWNERS.values()):
                raise
            continue
        asked = Gradients.of(case)
        asked.add(network, gradients, Y, number, partial(alone, make, X, Y))
        if case.expected is not None:
            break
    if case.expected is None:
        return
    given = [array for arrays in gradients for array in arrays if isinstance(array, np.ndarray)]
    most = max([AGREEMENT, *map(roughness, given)])
    mended = None if case.intermediates_differ else asked.mended()
    dW, db = mended or network.like_parameters(*gradients)
    analytic = [*dW, *db]
    settings, right = list(nudges(parameters)), []
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
            if not error < most:
                raise Failed(
                    f"`{name}` does not agree with the slope of the loss: the relative error is {error:.1e}, and"
                    f" should be below {most:.0e}"
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


def begin(case, network, X):
    """A forward pass; where only the caches are wrong, the true ones take their place."""
    output = network.forward(X)
    try:
        own = network.read(*CACHES)
    except CallFailed:
        own = [], []
    truth = [case.recall(f"{name} of {network.layer_sizes}", cache) for name, cache in zip(CACHES, own, strict=True)]
    if case.expected is None:
        return
    case.intermediates_differ = difference("", truth[1][-1], output, False) is not None
    if not case.intermediates_differ and not all(map(same_caches, truth, own)):
        network.replace_caches(*truth)


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
