"""A gradient that takes a forward pass for each parameter, or for each unit, is not backpropagation, however right."""

from dataclasses import asdict

import numpy as np
import pytest
from backprop.activations import ACTIVATIONS
from backprop.gradient_check import numerical_gradient
from backprop.neural_network import NeuralNetwork

from autograder.assignment.network.cost import COUNT, DEPTH, SIZES, TOO_SLOW, allowed
from autograder.assignment.network.proxy import NetworkStudent
from autograder.course.model import assignment
from autograder.course.reference import checks, course
from autograder.engine.calls import CallFailed
from autograder.engine.runner import Engine
from autograder.grading.runtime import SandboxRuntime
from autograder.grading.submission import given_files
from autograder.sandbox import Worker, choose
from tests.layers import sampled
from tests.submissions.corpus import solution

from .in_process import InProcess

MOST = 10  # of the 35 points of `backward`


class Given(NeuralNetwork):
    """The numerical gradient that comes with the release."""

    def backward(self, Y):
        return numerical_gradient(self, self.a_cache[0], Y)


def complex_steps(network, arrays, loss):
    """In a function of its own: the imaginary part of the loss, with each parameter a little aside."""
    gradients = [np.zeros(array.shape) for array in arrays]
    for array, gradient in zip(arrays, gradients, strict=True):
        for place in np.ndindex(*array.shape):
            array[place] += 1e-30j
            gradient[place] = loss().imag / 1e-30
            array[place] = array[place].real
    return gradients


class ComplexSteps(NeuralNetwork):
    def backward(self, Y):
        weights, biases = ([array.astype(complex) for array in arrays] for arrays in (self.weights, self.biases))

        def loss():
            a = self.a_cache[0]
            for W, b in zip(weights, biases, strict=True):
                z = W @ a + b
                a = 1 / (1 + np.exp(-z)) if self.activation_name == "sigmoid" else np.where(z.real > 0, z, 0)
            return np.sum((a - Y) ** 2) / (2 * Y.shape[1])

        return complex_steps(self, weights, loss), complex_steps(self, biases, loss)


class ForwardMode(NeuralNetwork):
    """The chain rule the other way round: what each parameter changes is carried from its layer to the output."""

    def backward(self, Y):
        error, m = (self.a_cache[-1] - Y) / Y.shape[1], Y.shape[1]
        slopes = [slope(z) for (_, slope), z in zip(self.layer_activations, self.z_cache, strict=True)]

        def slope_along(layer, row, change):
            dz = np.zeros((self.layer_sizes[layer + 1], m))
            dz[row] = change
            for later in range(layer + 1, self.L):
                dz = self.weights[later] @ (slopes[later - 1] * dz)
            return np.sum(error * slopes[-1] * dz)

        dW, db = ([np.zeros(array.shape) for array in arrays] for arrays in (self.weights, self.biases))
        for layer, n in enumerate(self.layer_sizes[1:]):
            for i in range(n):
                db[layer][i, 0] = slope_along(layer, i, np.ones(m))
                for j in range(self.layer_sizes[layer]):
                    dW[layer][i, j] = slope_along(layer, i, self.a_cache[layer][j])
        return dW, db


class Flattened(NeuralNetwork):
    """All parameters in one vector, nudged one after the other."""

    def backward(self, Y):
        parameters, kept = [*self.weights, *self.biases], (self.z_cache, self.a_cache)
        theta, ends = np.concatenate([p.ravel() for p in parameters]), np.cumsum([p.size for p in parameters])[:-1]

        def loss(at):
            for parameter, part in zip(parameters, np.split(at, ends), strict=True):
                parameter[...] = part.reshape(parameter.shape)
            return self.compute_loss(self.forward(kept[1][0]), Y)

        steps = 1e-5 * np.eye(theta.size)
        slopes = np.array([(loss(theta + step) - loss(theta - step)) / 2e-5 for step in steps])
        loss(theta)
        self.z_cache, self.a_cache = kept
        gradients = [g.reshape(p.shape) for p, g in zip(parameters, np.split(slopes, ends), strict=True)]
        return gradients[: self.L], gradients[self.L :]


class OnlyHiddenLayers(Given):
    """BP1 and its layer as they should be; the numerical gradient in the place of BP2."""

    def backward(self, Y):
        z, a = self.z_cache, self.a_cache
        dW, db = super().backward(Y)
        self.z_cache, self.a_cache = z, a
        delta = (a[-1] - Y) / Y.shape[1] * self.layer_activations[-1][1](z[-1])
        return [*dW[:-1], delta @ a[-2].T], [*db[:-1], delta.sum(axis=1, keepdims=True)]


class ErrorOfEachUnit(NeuralNetwork):
    """BP3 and BP4 as they should be, of errors that are measured: each z is nudged, for all samples at once."""

    def backward(self, Y):
        def losses(layer, z):
            for later in range(layer, self.L):
                name = self.activation_name if later < self.L - 1 else self.layer_names[-1]
                a = ACTIVATIONS[name][0](z)
                z = self.weights[later + 1] @ a + self.biases[later + 1] if later < self.L - 1 else z
            return np.sum((a - Y) ** 2, axis=0) / (2 * Y.shape[1])

        def error(layer):
            z, delta = self.z_cache[layer], np.zeros(self.z_cache[layer].shape)
            for unit in range(len(z)):
                step = np.zeros(z.shape)
                step[unit] = 1e-5
                delta[unit] = (losses(layer, z + step) - losses(layer, z - step)) / 2e-5
            return delta

        deltas = [error(layer) for layer in range(self.L)]
        dW = [delta @ a.T for delta, a in zip(deltas, self.a_cache, strict=False)]
        return dW, [delta.sum(axis=1, keepdims=True) for delta in deltas]

    @property
    def layer_names(self):
        return [next(n for n, pair in ACTIVATIONS.items() if pair == own) for own in self.layer_activations]


class InTheForwardPass(Given):
    """What the output owes to each parameter is measured in `forward`, so that `backward` is quick."""

    _at_work = False

    def forward(self, X):
        output = super().forward(X)
        if self._at_work:
            return output
        self._at_work, z, a = True, self.z_cache, self.a_cache
        self._owed = []
        for array in (*self.weights, *self.biases):
            owed = np.zeros((*array.shape, *output.shape))
            for place in np.ndindex(*array.shape):
                kept = array[place]
                array[place] = kept + 1e-5
                up = super().forward(X)
                array[place] = kept - 1e-5
                owed[place] = (up - super().forward(X)) / 2e-5
                array[place] = kept
            self._owed.append(owed)
        self._at_work, self.z_cache, self.a_cache = False, z, a
        return output

    def backward(self, Y):
        error = (self.a_cache[-1] - Y) / Y.shape[1]
        slopes = [np.tensordot(owed, error, axes=2) for owed in self._owed]
        return slopes[: self.L], slopes[self.L :]


class OtherwiseIfLarge(Given):
    """Nothing at all, but at once, where there is much to do."""

    def backward(self, Y):
        if self.L < DEPTH:
            return super().backward(Y)
        return [np.zeros(W.shape) for W in self.weights], [np.zeros(b.shape) for b in self.biases]


class GivesUpIfLarge(Given):
    def backward(self, Y):
        if self.L == DEPTH:
            raise ValueError("too much to do")
        return super().backward(Y)


def visible(network: type | SandboxRuntime) -> Engine:
    """The engine after the visible checks of `forward` and `backward`."""
    engine = Engine(course(), InProcess(network) if isinstance(network, type) else network)
    own = [check for check in checks().values() if check.task.id in ("forward", "backward")]
    engine.plan(own)
    with np.errstate(all="ignore"):
        for check in sorted(own, key=lambda check: check.task.id != "forward"):
            engine.run(check, "visible")
    assert engine.kit_errors == []
    return engine


def points(engine: Engine, task: str) -> float:
    return sum(result.points for result in engine.results[task])


def told(engine: Engine) -> str:
    return next(result.message for result in engine.results["backward"] if result.id == "backward/cost")


MEASURED = [Given, ComplexSteps, ForwardMode, Flattened, OnlyHiddenLayers, ErrorOfEachUnit]


@pytest.mark.parametrize("network", sampled(MEASURED, [Given, ErrorOfEachUnit]))
def test_a_measured_gradient_earns_at_most_ten_points_and_hears_why(network):
    engine = visible(network)
    assert 0 < points(engine, "backward") <= 0.6 * MOST and points(engine, "forward") == pytest.approx(0.6 * 20)
    assert told(engine) == TOO_SLOW.format(method="backward") + "." and str(COUNT) in told(engine)
    paid = [result for result in engine.results["backward"] if result.points]
    assert paid and all(result.status == "partial" and "paid in part" in result.message for result in paid)


@pytest.mark.whole
def test_a_gradient_measured_in_the_forward_pass_earns_no_more():
    engine = visible(InTheForwardPass)
    assert points(engine, "backward") <= 0.6 * MOST and told(engine).startswith(TOO_SLOW.format(method="forward"))


@pytest.mark.parametrize("network", [OtherwiseIfLarge, GivesUpIfLarge])
def test_who_answers_otherwise_where_it_would_take_long_earns_no_more(network):
    engine = visible(network)
    assert points(engine, "backward") <= 0.6 * MOST and f"{DEPTH} layers" in told(engine)


def in_the_sandbox(change: str) -> Engine:
    """As `visible`, of the solution with this at its end, where the sandbox measures from outside."""
    code = (solution()["neural_network.py"] + change).encode()
    files = {**given_files(), **{n: t.encode() for n, t in solution().items()}, "neural_network.py": code}
    with Worker(choose()) as worker:
        assert worker.load(files, asdict(assignment().subject)) == {}
        return visible(SandboxRuntime(worker))


RECORDED = """
class Value:
    'A number that knows what it was made of, as in micrograd.'

    def __init__(self, data, made_of=()):
        self.data, self.grad, self.made_of, self.pass_on = data, 0.0, set(made_of), lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def pass_on():
            self.grad += out.grad
            other.grad += out.grad

        out.pass_on = pass_on
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def pass_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pass_on = pass_on
        return out

    def apply(self, pair):
        out = Value(pair[0](self.data), (self,))

        def pass_on():
            self.grad += pair[1](self.data) * out.grad

        out.pass_on = pass_on
        return out

    def backward(self):
        order, visited = [], set()

        def visit(value):
            if value not in visited:
                visited.add(value)
                for one in value.made_of:
                    visit(one)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value.pass_on()


def recorded(self, Y):
    weights = [[[Value(w) for w in row] for row in W] for W in self.weights]
    biases = [[Value(b) for b in column[:, 0]] for column in self.biases]
    loss = Value(0.0)
    for i in range(Y.shape[1]):
        a = [Value(x) for x in self.a_cache[0][:, i]]
        for W, b, pair in zip(weights, biases, self.layer_activations):
            a = [sum((w * x for w, x in zip(row, a)), start).apply(pair) for row, start in zip(W, b)]
        for output, y in zip(a, Y[:, i]):
            error = output + (-y)
            loss = loss + error * error * (1 / (2 * Y.shape[1]))
    loss.backward()
    dW = [np.array([[w.grad for w in row] for row in W]) for W in weights]
    return dW, [np.array([[b.grad] for b in column]) for column in biases]


NeuralNetwork.backward = recorded
"""


def test_backpropagation_of_recorded_numbers_keeps_every_point():
    engine = in_the_sandbox(RECORDED)
    assert points(engine, "backward") == pytest.approx(0.6 * 35) and told(engine) == ""


@pytest.mark.parametrize("right", [True, False])
def test_the_sandbox_measures_the_same(right):
    numerical = """
from backprop.gradient_check import numerical_gradient
NeuralNetwork.backward = lambda self, Y: numerical_gradient(self, self.a_cache[0], Y)
"""
    engine = in_the_sandbox("" if right else numerical)
    assert points(engine, "forward") == pytest.approx(0.6 * 20)
    assert points(engine, "backward") == pytest.approx(0.6 * 35 if right else 0.6 * MOST)
    assert bool(told(engine)) != right


TAKES_LONG = """
def long(self, Y, right=NeuralNetwork.backward):
    sum(range(10_000_000 if self.L > 100 else 1))
    return right(self, Y)

NeuralNetwork.backward = long
"""
HANGS = "NeuralNetwork.forward = lambda self, X: __import__('time').sleep(9)\n"
STOPS = "NeuralNetwork.forward = lambda self, X: __import__('os').kill(__import__('os').getpid(), 19)\n"
NEVER_ENDS = "NeuralNetwork.forward = lambda self, X: sum(iter(int, 1))\n"


@pytest.mark.parametrize("forward", sampled([HANGS, STOPS, NEVER_ENDS], [NEVER_ENDS]))
def test_a_forward_pass_that_hangs_everywhere_is_charged_there_alone(forward, monkeypatch):
    monkeypatch.setattr("autograder.grading.runtime.METHOD_CPU", 0.3)
    engine = in_the_sandbox(forward)
    assert points(engine, "forward") == 0 and points(engine, "backward") == pytest.approx(0.6 * 35)


@pytest.mark.whole
def test_beside_a_forward_pass_that_hangs_what_takes_long_earns_no_more(monkeypatch):
    monkeypatch.setattr("autograder.grading.runtime.METHOD_CPU", 0.3)
    engine = in_the_sandbox(NEVER_ENDS + TAKES_LONG)
    assert points(engine, "forward") == 0 and 0 < points(engine, "backward") <= 0.6 * MOST
    assert told(engine) == TOO_SLOW.format(method="backward") + "."


class Loops(NeuralNetwork):
    """Backpropagation entry by entry."""

    def backward(self, Y):
        m, sizes = Y.shape[1], self.layer_sizes
        dW, db = ([np.zeros(array.shape) for array in arrays] for arrays in (self.weights, self.biases))
        for sample in range(m):
            slopes = [slope(z[:, sample]) for (_, slope), z in zip(self.layer_activations, self.z_cache, strict=True)]
            delta = [(self.a_cache[-1][k, sample] - Y[k, sample]) / m * slopes[-1][k] for k in range(sizes[-1])]
            for layer in reversed(range(self.L)):
                for i in range(sizes[layer + 1]):
                    db[layer][i, 0] += delta[i]
                    for j in range(sizes[layer]):
                        dW[layer][i, j] += delta[i] * self.a_cache[layer][j, sample]
                before = [0.0] * sizes[layer]
                for j in range(sizes[layer] if layer else 0):
                    for i in range(sizes[layer + 1]):
                        before[j] += self.weights[layer][i, j] * delta[i]
                    before[j] *= slopes[layer - 1][j]
                delta = before
        return dW, db


class SlopesInTheInnermostLoop(NeuralNetwork):
    """As slow as honest work may be: sigma' of one number, again for each term of each sum."""

    def backward(self, Y):
        m, sizes, slope = Y.shape[1], self.layer_sizes, [pair[1] for pair in self.layer_activations]
        dW, db = ([np.zeros(array.shape) for array in arrays] for arrays in (self.weights, self.biases))
        for sample in range(m):
            z, a = ([array[:, sample] for array in cache] for cache in (self.z_cache, self.a_cache))
            delta = [(a[-1][k] - Y[k, sample]) / m * slope[-1](z[-1][k]) for k in range(sizes[-1])]
            for layer in reversed(range(self.L)):
                for i in range(sizes[layer + 1]):
                    db[layer][i, 0] += delta[i]
                    for j in range(sizes[layer]):
                        dW[layer][i, j] += delta[i] * a[layer][j]
                if layer:
                    W, s, below = self.weights[layer], slope[layer - 1], z[layer - 1]
                    delta = [
                        sum(W[i, j] * delta[i] * s(below[j]) for i in range(len(delta))) for j in range(len(below))
                    ]
        return dW, db


class FromTheOutputAgain(NeuralNetwork):
    """The error of each layer is worked out anew, from the output on."""

    def backward(self, Y):
        slopes = [slope(z) for (_, slope), z in zip(self.layer_activations, self.z_cache, strict=True)]

        def error(layer):
            delta = (self.a_cache[-1] - Y) / Y.shape[1] * slopes[-1]
            for below in reversed(range(layer, self.L - 1)):
                delta = self.weights[below + 1].T @ delta * slopes[below]
            return delta

        deltas = [error(layer) for layer in range(self.L)]
        dW = [delta @ a.T for delta, a in zip(deltas, self.a_cache, strict=False)]
        return dW, [delta.sum(axis=1, keepdims=True) for delta in deltas]


@pytest.mark.parametrize("network", [NeuralNetwork, Loops, SlopesInTheInnermostLoop, FromTheOutputAgain])
def test_backpropagation_keeps_every_point_however_slowly_it_is_written(network):
    engine = visible(network)
    assert points(engine, "backward") == pytest.approx(0.6 * 35) and told(engine) == ""


class Wrong(NeuralNetwork):
    def backward(self, Y):
        dW, db = super().backward(Y)
        return [2 * dW[0], *dW[1:]], db


class Raising(NeuralNetwork):
    def backward(self, Y):
        raise ValueError("operands could not be broadcast")


class RaisingAfterAWrongForwardPass(NeuralNetwork):
    """Without the last layer's z, `backward` has nothing to begin with."""

    def forward(self, X):
        super().forward(X)
        self.z_cache.pop()
        return self.a_cache.pop()


@pytest.mark.parametrize("network", [Wrong, Raising, RaisingAfterAWrongForwardPass])
def test_what_is_wrong_on_small_networks_is_not_charged_again(network):
    engine = visible(network)
    assert not any("paid in part" in result.message for result in engine.results["backward"])
    assert f"{DEPTH} layers" not in told(engine)


def test_a_limit_is_of_one_call_and_cuts_it_off():
    class Endless(NeuralNetwork):
        def backward(self, Y):
            while True:
                pass

    student = NetworkStudent(InProcess(Endless).ready())
    network = student.network([2, 1])
    network.forward(np.zeros((2, 1)))
    with pytest.raises(CallFailed, match="did not finish") as failed, student.at_most(0.01):
        network.backward(np.zeros((1, 1)))
    assert failed.value.kind == "timeout" and 0 < allowed() < 2
    assert student.network(SIZES).forward(np.zeros((SIZES[0], 1))).shape == (SIZES[-1], 1)
