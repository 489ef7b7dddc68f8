"""What spoils z, the caches or large z, while the gradient is right, loses points in its task, and only there."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from tests.submissions.corpus import solution

from .in_process import graded, lost, network_class

TASKS = ("forward", "backward", "gradient_check", "tanh")
RELU, RELU_SLOPE = "return np.maximum(z, 0.0)", "return np.where(z > 0, 1.0, 0.0)"
TANH, TANH_SLOPE = "return np.tanh(z)\n", "return 1.0 - np.tanh(z) ** 2"
SIGMOID_SLOPE = "    s = sigmoid(z)\n    return s * (1.0 - s)"
QUOTIENT = "(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))"
WRONG = {  # the line of activations.py, what stands there instead, and the task
    "relu' writes into z": (RELU_SLOPE, "z[z <= 0] = 0.0\n    z[z > 0] = 1.0\n    return z", "backward"),
    "sigma' writes into z": (SIGMOID_SLOPE, "    s = sigmoid(z)\n    z[...] = s * (1.0 - s)\n    return z", "backward"),
    "relu writes into z": (RELU, "z[z < 0] = 0.0\n    return z", "forward"),
    "tanh writes into z": (TANH, "return np.tanh(z, out=z)\n", "tanh"),
    "tanh' writes into z": (TANH_SLOPE, "z[...] = 1.0 - np.tanh(z) ** 2\n    return z", "tanh"),
    "tanh as a quotient": (TANH, f"return {QUOTIENT}\n", "tanh"),
    "tanh of exp(2z)": (TANH, "return (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)\n", "tanh"),
    "tanh' of a quotient": (TANH_SLOPE, f"return 1.0 - ({QUOTIENT}) ** 2", "tanh"),
}
RIGHT = {
    "tanh' overflows to the right value": (TANH_SLOPE, "return 4.0 / (np.exp(z) + np.exp(-z)) ** 2"),
    "tanh' writes into an array of its own": (TANH_SLOPE, "t = np.tanh(z)\n    t *= -t\n    t += 1.0\n    return t"),
    "relu' in place on a copy": (RELU_SLOPE, "z = np.array(z)\n    z[z <= 0] = 0.0\n    z[z > 0] = 1.0\n    return z"),
}


def changed(line, instead):
    files = dict(solution())
    assert line in files["activations.py"]
    files["activations.py"] = files["activations.py"].replace(line, instead)
    return network_class(files)


@pytest.mark.parametrize("name", WRONG)
def test_an_activation_that_spoils_z_or_overflows_loses_points_in_its_task(name):
    line, instead, task = WRONG[name]
    assert lost(graded(changed(line, instead), TASKS)).keys() == {task}


@pytest.mark.parametrize("name", RIGHT)
def test_an_activation_that_spoils_nothing_keeps_every_point(name):
    assert lost(graded(changed(*RIGHT[name]), TASKS)) == {}


class TakesYFromTheOutput(NeuralNetwork):
    """`output -= Y`, and output is the cached array."""

    def backward(self, Y):
        gradients = super().backward(Y)
        self.a_cache[-1] -= Y
        return gradients


class PutsTheErrorThere(NeuralNetwork):
    def backward(self, Y):
        gradients = super().backward(Y)
        self.a_cache[-1] = self.a_cache[-1] - Y
        return gradients


class EmptiesTheCaches(NeuralNetwork):
    def backward(self, Y):
        gradients = super().backward(Y)
        while self.z_cache:
            self.z_cache.pop()
        return gradients


class OneSlopeForAll(NeuralNetwork):
    """The output's derivative in every layer, which shows only where there are two activations."""

    layer = -1

    def backward(self, Y):
        own = self.layer_activations
        self.layer_activations = [own[self.layer]] * self.L
        try:
            return super().backward(Y)
        finally:
            self.layer_activations = own


class TheFirstForAll(OneSlopeForAll):
    layer = 0


@pytest.mark.parametrize(
    "network", [TakesYFromTheOutput, PutsTheErrorThere, EmptiesTheCaches, OneSlopeForAll, TheFirstForAll]
)
def test_a_backward_pass_that_spoils_the_caches_or_takes_one_slope_for_all_loses_points(network):
    assert lost(graded(network, TASKS)).keys() == {"backward"}


class DividesByTheSlope(NeuralNetwork):
    """Not finite where the output is saturated, whatever the activation: that is charged in `backward`."""

    def backward(self, Y):
        dW, db = super().backward(Y)
        with np.errstate(all="ignore"):
            off = np.sum(0.0 / self.layer_activations[-1][1](self.z_cache[-1]))
        return [W + off for W in dW], [b + off for b in db]


def test_what_is_not_finite_with_the_sigmoid_either_is_no_fault_of_tanh():
    results = {r.id: r for r in graded(DividesByTheSlope, ("forward", "backward", "tanh")).results["tanh"]}
    assert results["tanh/values"].status == "passed"
