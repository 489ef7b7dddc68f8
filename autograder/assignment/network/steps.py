"""Error carried forward in `update` with momentum: the velocity is judged by the student's own step without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.engine.calls import CallFailed, WrongForm
from autograder.engine.case import Case, Fault, agree

from .proxy import Network, NetworkStudent

STEP = ("update/one_step", "update/more_steps")
SENTENCE = "The velocity is right: with it your own step without momentum gives the same"

Parameters = tuple[Sequence[np.ndarray], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Step:
    """One update of a network, and its parameters afterwards."""

    network: Network
    beta: float
    gradients: Parameters
    eta: float
    after: Parameters


class Steps:
    """All updates with momentum in one run of a check."""

    def __init__(self, student: NetworkStudent, case: Case):
        self.student, self.case, self.steps = student, case, list[Step]()

    @classmethod
    def of(cls, student: NetworkStudent, case: Case) -> "Steps":
        """Those of this run."""
        found = getattr(case.find_faults, "__self__", None)
        if not isinstance(found, cls):
            found = cls(student, case)
            case.find_faults = found.faults
        return found

    def add(self, step: Step) -> None:
        self.steps.append(step)

    def faults(self, recalled: Mapping[str, Mapping[str, Any]]) -> Sequence[Fault]:
        """That the step is wrong, if nothing else is: all follow from the true velocities and the student's step."""
        charged = [check for check in STEP if check not in self.case.passed]
        try:
            if charged and self.steps and all(map(self.follows, {step.network for step in self.steps})):
                return [Fault(charged[0], SENTENCE)]
        except (CallFailed, WrongForm):
            pass
        return ()

    def follows(self, network: Network) -> bool:
        """Whether each step of this network is the student's step without momentum, along the true velocity.

        It has to show in all weights, or in all biases, that it is not along the gradient alone.
        """
        assert network.given is not None
        along_v, along_g = (
            self.student.network(network.layer_sizes, network.activation, seed=0, parameters=network.given)
            for _ in range(2)
        )
        before, v = network.given, None
        for step in (step for step in self.steps if step.network is network):
            g = [*step.gradients[0], *step.gradients[1]]
            moving = v is not None
            v = [step.beta * old + new for old, new in zip(v, g, strict=True)] if v is not None else g
            made, other = (moved(plain, before, own, step.eta) for plain, own in ((along_v, v), (along_g, g)))
            if not all(map(agree, (*made[0], *made[1]), (*step.after[0], *step.after[1]))):
                return False
            if moving and any(map(agree, made[0], other[0])) and any(map(agree, made[1], other[1])):
                return False
            before = step.after
        return True


def moved(plain: Network, before: Parameters, gradients: Sequence[np.ndarray], eta: float) -> Parameters:
    """The parameters after one step from there."""
    layers = len(gradients) // 2
    plain.set_parameters(*before)
    plain.update(gradients[:layers], gradients[layers:], eta)
    return plain.parameters()
