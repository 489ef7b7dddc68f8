"""Task `l2` (Exercise 18.2): a price on large weights, in the loss and in its gradient."""

from functools import partial

import numpy as np

from .network.faults import OWNERS
from .network.relations import usable
from .engine.calls import CallFailed, WrongForm
from .engine.case import Failed, Fault, agree
from .engine.check import Task

from .test_backward import prepare

l2 = Task("l2", owns=(), needs=("forward", "backward"))

STRENGTHS = (1.0, 0.07)


@l2.check(weight=4, needs=())
def test_loss(student, case):
    """The loss grows by l2/2 times the sum of all squared weights; biases are free.

    Where it is wrong without l2, too, that is charged elsewhere: then the growth alone is judged.
    """
    growths = {}
    for strength in STRENGTHS:
        network = case.network(student, [3, 4, 2], l2=strength)
        y_hat, Y = case.targets(2, 5), case.targets(2, 5)
        loss = network.compute_loss(y_hat, Y)
        case.close(f"the loss with l2 = {strength}", loss)
        growths[f"penalty {strength}"] = partial(penalty, student, network, y_hat, Y, loss)
    if case.expected is None:
        case.seen.recalled.update({name: own() for name, own in growths.items()})

    def faults(recalled):
        try:
            right = all(agree(case.expected.right.recalled[name], own()) for name, own in growths.items())
        except (CallFailed, WrongForm):
            return ()
        return [Fault("gradient_check/loss_values", "The penalty is right, the loss is not")] if right else ()

    case.find_faults = faults


def penalty(student, network, y_hat, Y, loss):
    """What l2 adds to the student's own loss."""
    plain = student.network(network.layer_sizes, seed=0, parameters=network.given)
    return loss - plain.compute_loss(y_hat, Y)


@l2.check(weight=5)
def test_gradient(student, case):
    """Each `dW` grows by l2 times its weights, whatever the number of samples; `db` stays as it is.

    So it is held against the gradient of the same network without l2, right or wrong.
    """
    for strength, m, sizes in zip(STRENGTHS, (5, 2), ([3, 3, 3], [3, 4, 2]), strict=True):
        parameters, seed = case.parameters(sizes), case.rng.randint(2**31)
        X, Y, gradients = case.array(3, m), case.targets(sizes[-1], m), []
        for options in ({}, {"l2": strength}):
            network = student.network(sizes, seed=seed, parameters=parameters, **options)
            prepare(case, network, X)
            try:
                gradients.append(network.backward(Y))
            except CallFailed as failure:
                # On square layers it has answered, and what is wrong with it is charged in `backward`.
                if failure.kind != "error" or not case.seen.judged or case.passed >= set(OWNERS.values()):
                    raise
                case.rest_optional = True
                return
        left_out = set() if case.passed >= set(OWNERS.values()) else without_gradient(*gradients[0])
        case.rest_optional |= bool(left_out)
        for layer, (before, after) in enumerate(zip(*(dW for dW, _ in gradients), strict=True)):
            if layer in left_out:
                continue
            case.close(f"what l2 = {strength} adds to dW[{layer}]", growth(before, after), gradient=True)
        for layer, (before, after) in enumerate(zip(*(db for _, db in gradients), strict=True)):
            if layer in left_out:
                continue
            b = parameters[1][layer]  # what is 0 would easily be right
            case.close(f"biases plus what l2 = {strength} adds to db[{layer}]", growth(before, after, b), gradient=True)


@l2.check(weight=1, after="gradient", compared=False, needs=())
def test_update(student, case):
    """`update` needs no l2 of its own: what l2 adds stands in `dW` already."""
    if "update" in case.failures:
        return
    parameters, gradients, moved = case.parameters([3, 4, 2]), case.parameters([3, 4, 2]), []
    for strength in (0.0, 0.0, 0.6):
        network = student.network([3, 4, 2], seed=0, parameters=parameters, l2=strength)
        try:
            network.update(*gradients, 0.3)
            weights, biases = network.parameters()
            moved.append([*weights, *biases])
        except (CallFailed, WrongForm):
            if strength:
                raise
            return  # it fails without l2, and is charged for it elsewhere
    plain, again, with_l2 = moved
    if all(map(agree, plain, again)) and not all(map(agree, plain, with_l2)):
        said = "With l2 the same gradients should be the same step, but `update` makes another one"
        decayed = [p - 0.3 * 0.6 * before for p, before in zip(plain, parameters[0], strict=False)]
        raise Failed(said, ("l2_in_update",) if all(map(agree, decayed, with_l2)) else ())


def without_gradient(dW, db):
    """Layers that `backward` leaves out, where it does not leave out all: that is charged there."""
    layers = {layer for layer, pair in enumerate(zip(dW, db, strict=True)) if not any(map(np.any, pair))}
    return layers if len(layers) < len(dW) else set()


def growth(before, after, start=0.0):
    """The difference, where there is one between numbers such as gradients are; else what came."""
    if not isinstance(before, np.ndarray) or not isinstance(after, np.ndarray):
        return start if type(before) is type(after) and before == after else after
    if before.shape != after.shape or not usable(before, before.shape) or not usable(after, after.shape):
        return after
    return start if np.array_equal(before, after) else start + (after - before)
