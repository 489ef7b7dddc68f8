"""Momentum, loss and penalty are judged by the student's own step and loss without them: a mistake is charged once."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from .in_process import graded, lost, names

TASKS = ("update", "gradient_check", "l2", "momentum")


class Own(NeuralNetwork):
    """Its step and its loss in pieces."""

    def velocity(self, v, g):
        return self.momentum * v + g

    def step(self, theta, v, eta):
        theta -= eta * v

    def error(self, y_hat, Y):
        return np.sum((y_hat - Y) ** 2) / (2 * Y.shape[1])

    def penalty(self):
        return self.l2 / 2 * sum(np.sum(W**2) for W in self.weights)

    def compute_loss(self, y_hat, Y):
        return float(self.error(y_hat, Y) + (self.penalty() if self.l2 else 0.0))

    def update(self, dW, db, eta):
        for thetas, vs, gs in (
            (self.weights, self.weight_velocities, dW),
            (self.biases, self.bias_velocities, db),
        ):
            for l, g in enumerate(gs):
                vs[l] = self.velocity(vs[l], g)
                self.step(thetas[l], vs[l], eta)


def own(**pieces):
    return type("Own", (Own,), pieces)


def move(theta, by):
    theta -= by


STEPS = {
    "a third of it": lambda n, t, v, eta: move(t, eta * v / 3),
    "the sign": lambda n, t, v, eta: move(t, eta * v * np.sign(v)),
    "from one sum": lambda n, t, v, eta: move(t, eta * (v + v.sum())),
    "beside a constant": lambda n, t, v, eta: move(t, eta * (v + 1)),
}
VELOCITIES = {
    "the old one twice": lambda n, v, g: 2 * n.momentum * v + g,
    "the root of beta": lambda n, v, g: np.sqrt(n.momentum) * v + g,
    "half a gradient": lambda n, v, g: n.momentum * v + g / 2 if n.momentum else g,
}
ERRORS = {
    "the cube": lambda n, y, Y: np.sum(np.abs(y - Y) ** 3) / (2 * Y.shape[1]),
    "a third": lambda n, y, Y: np.sum((y - Y) ** 2) / (3 * Y.shape[1]),
    "the largest": lambda n, y, Y: np.max((y - Y) ** 2),
}
PENALTIES = {
    "a third": lambda n: n.l2 / 3 * sum(np.sum(W**2) for W in n.weights),
    "the absolute weights": lambda n: n.l2 * sum(np.sum(np.abs(W)) for W in n.weights),
    "the root of l2": lambda n: np.sqrt(n.l2) * sum(np.sum(W**2) for W in n.weights),
}


def test_the_pieces_without_a_mistake_are_right():
    assert lost(graded(Own, TASKS)) == {}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_an_unknown_mistake_in_the_step_is_not_charged_to_the_velocity(step):
    engine = graded(own(step=step), TASKS)
    assert set(lost(engine)) == {"update"} and names(engine) == set()


@pytest.mark.parametrize("velocity", VELOCITIES.values(), ids=VELOCITIES)
@pytest.mark.parametrize("step", [Own.step, STEPS["a third of it"]], ids=["right step", "wrong step"])
def test_a_wrong_velocity_is_charged_whatever_the_step_is(velocity, step):
    assert lost(graded(own(velocity=velocity, step=step), TASKS))["momentum"] == 10


@pytest.mark.parametrize(
    "step",
    [
        lambda n, t, v, eta: None,
        lambda n, t, v, eta: move(t, eta * np.sign(v) * 0.0),
        lambda n, t, v, eta: move(t, eta),
    ],
    ids=["none", "zero", "whatever the gradient"],
)
def test_a_step_that_shows_no_velocity_earns_none(step):
    assert lost(graded(own(step=step), TASKS))["momentum"] == 10


def test_without_a_velocity_a_wrong_step_does_not_pay_it():
    without = own(velocity=lambda n, v, g: g, step=STEPS["a third of it"])
    assert lost(graded(without, TASKS))["momentum"] == 10


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_unknown_mistake_in_the_loss_is_not_charged_to_the_penalty(error):
    engine = graded(own(error=error), TASKS)
    assert set(lost(engine)) == {"gradient_check"} and names(engine) == set()


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("error", [Own.error, ERRORS["a third"]], ids=["right loss", "wrong loss"])
def test_a_wrong_penalty_is_charged_whatever_the_loss_is(penalty, error):
    assert lost(graded(own(penalty=penalty, error=error), TASKS))["l2"] == 4
