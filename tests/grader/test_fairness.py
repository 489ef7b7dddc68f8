"""No point without work, and no point lost for a matter of style."""

import itertools

import numpy as np
import pytest
from backprop.activations import ACTIVATIONS
from backprop.neural_network import NeuralNetwork

from autograder.course.reference import course
from tests.layers import sampled

from .in_process import VALUE_TASKS, graded, lost, results_of

ALL_TASKS = tuple(task.id for task in course().tasks if task.id not in ("square", "spirals"))


class Idle(NeuralNetwork):
    """Given parts as released; what a student writes does nothing useful."""

    def forward(self, X):
        self.z_cache = [self.anything((n, X.shape[1])) for n in self.layer_sizes[1:]]
        self.a_cache = [X, *self.z_cache]
        return self.z_cache[-1]

    def backward(self, Y):
        return [self.anything(W.shape) for W in self.weights], [self.anything(b.shape) for b in self.biases]

    def update(self, dW, db, eta):
        pass

    def _l2_penalty(self):
        return 0.0

    anything = staticmethod(np.zeros)


class Noisy(Idle):
    anything = staticmethod(lambda shape: np.random.standard_normal(shape))

    def update(self, dW, db, eta):
        for theta in (*self.weights, *self.biases):
            theta += 0.01 * self.anything(theta.shape)


class NotANumber(Idle):
    anything = staticmethod(lambda shape: np.full(shape, np.nan))


class Nothing(Idle):
    def forward(self, X):
        return None

    def backward(self, Y):
        return None


class Liar(np.ndarray):
    """An array that claims to equal everything."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    __ne__ = __sub__ = __rsub__ = lambda self, other: np.zeros(self.shape)


class Lying(Idle):
    anything = staticmethod(lambda shape: np.zeros(shape).view(Liar))


class SigmoidOnly(Idle):
    def __init__(self, layer_sizes, activation="sigmoid"):
        if activation != "sigmoid":
            raise ValueError(activation)
        super().__init__(layer_sizes, activation)


class Objects(Idle):
    anything = staticmethod(lambda shape: np.full(shape, None))


@pytest.mark.parametrize(
    "network", sampled([Idle, Noisy, NotANumber, Nothing, Lying, SigmoidOnly, Objects], [Idle, NotANumber, Lying])
)
def test_a_network_that_does_nothing_right_earns_nothing(network):
    engine = graded(network, ALL_TASKS)
    earned = {r.id: r.points for results in engine.results.values() for r in results if r.points}
    assert earned == {}


def test_a_wrong_forward_pass_leaves_backward_its_points():
    class NoBias(NeuralNetwork):
        def forward(self, X):
            biases, self.biases = self.biases, [0 * b for b in self.biases]
            output = super().forward(X)
            self.biases = biases
            return output

    assert set(lost(graded(NoBias))) == {"forward", "gradient_check"}


def test_backward_earns_its_points_before_forward_is_written():
    class Half(NeuralNetwork):
        def forward(self, X):
            raise NotImplementedError

    assert "backward" not in lost(graded(Half, ["backward"]))


def test_private_caches_with_a_wrong_forward_pass_are_blocked_and_told_so():
    class Private(NeuralNetwork):
        def forward(self, X):
            super().forward(X + 0.1)
            self._own, self.z_cache, self.a_cache = (self.z_cache, self.a_cache), [], []
            return self._own[1][-1]

        def backward(self, Y):
            self.z_cache, self.a_cache = self._own
            return super().backward(Y)

    results = results_of(graded(Private, ["backward"]), "backward")
    assert {r.status for r in results.values()} == {"blocked"}
    assert "z_cache" in results["backward/bp1_output_error"].message


def test_private_caches_with_a_right_forward_pass_cost_only_the_caches():
    class Private(NeuralNetwork):
        def forward(self, X):
            output = super().forward(X)
            self._own, self.z_cache, self.a_cache = (self.z_cache, self.a_cache), [], []
            return output

        def backward(self, Y):
            self.z_cache, self.a_cache = self._own
            return super().backward(Y)

    assert set(lost(graded(Private))) == {"forward"}


class Loops(NeuralNetwork):
    """Plain Python, one sample and one unit at a time; caches rebuilt; tuples; own generator; rebinding."""

    def forward(self, X):
        columns = [X]
        self.z_cache, generator = [], np.random.default_rng()
        generator.random()
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = np.empty((len(W), X.shape[1]))
            for j, i in itertools.product(range(len(W)), range(X.shape[1])):
                total = 0.0
                for k in reversed(range(W.shape[1])):
                    total += W[j, k] * columns[-1][k, i]
                z[j, i] = total + b[j, 0]
            self.z_cache.append(z)
            columns.append(self.layer_activations[l][0](z))
        self.a_cache = tuple(columns)
        self.extra_cache = {"shape": X.shape}
        return columns[-1]

    def backward(self, Y):
        m, deltas = Y.shape[1], {}
        for l in range(self.L - 1, -1, -1):
            slope = self.layer_activations[l][1](self.z_cache[l])
            back = (
                self.a_cache[-1] - Y if l == self.L - 1 else np.einsum("kj,ki->ji", self.weights[l + 1], deltas[l + 1])
            )
            deltas[l] = back * slope
        dW = tuple(
            np.einsum("ji,ki->jk", deltas[l], self.a_cache[l]) / m + self.l2 * self.weights[l] for l in range(self.L)
        )
        return dW, tuple(deltas[l].mean(axis=1).reshape(-1, 1) for l in range(self.L))

    def update(self, dW, db, eta):
        if not hasattr(self, "_v"):
            self._v = [np.zeros(g.shape) for g in (*dW, *db)]
        self._v = [self.momentum * v - eta * g for v, g in zip(self._v, (*dW, *db), strict=True)]
        self.weights = [W + v for W, v in zip(self.weights, self._v[: self.L], strict=True)]
        self.biases = [b + v for b, v in zip(self.biases, self._v[self.L :], strict=True)]


def test_another_style_keeps_every_point():
    assert lost(graded(Loops)) == {}


class Chapter:
    """The chapter's class by itself, sigmoid only, without options."""

    def __init__(self, layer_sizes, activation="sigmoid"):
        if activation != "sigmoid":
            raise ValueError(activation)
        self.layer_sizes, self.L, self.activation_name = layer_sizes, len(layer_sizes) - 1, activation
        self.weights, self.biases = [], []
        for n_in, n_out in zip(layer_sizes[:-1], layer_sizes[1:], strict=True):
            self.weights.append(np.random.randn(n_out, n_in) * np.sqrt(2 / (n_in + n_out)))
            self.biases.append(np.zeros((n_out, 1)))

    def forward(self, X):
        self.z_cache, self.a_cache = [], [X]
        for W, b in zip(self.weights, self.biases, strict=True):
            self.z_cache.append(W.dot(self.a_cache[-1]) + b)
            self.a_cache.append(1 / (1 + np.exp(-self.z_cache[-1])))
        return self.a_cache[-1]

    def compute_loss(self, y_hat, Y):
        return np.sum((y_hat - Y) ** 2) / (2 * Y.shape[1])

    def backward(self, Y):
        a, m = self.a_cache, Y.shape[1]
        delta = (a[-1] - Y) * a[-1] * (1 - a[-1]) / m
        dW, db = [None] * self.L, [None] * self.L
        for l in range(self.L - 1, -1, -1):
            dW[l], db[l] = delta.dot(a[l].T), delta.sum(axis=1, keepdims=True)
            delta = self.weights[l].T.dot(delta) * a[l] * (1 - a[l])
        return dW, db

    def update(self, dW, db, eta):
        for l in range(self.L):
            self.weights[l] = self.weights[l] - eta * dW[l]
            self.biases[l] = self.biases[l] - eta * db[l]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        history, m, batch_size = [], X.shape[1], batch_size or X.shape[1]
        for epoch in range(epochs):
            order = np.random.permutation(m)
            for first in range(0, m, batch_size):
                chosen = order[first : first + batch_size]
                self.forward(X[:, chosen])
                self.update(*self.backward(Y[:, chosen]), eta)
            history.append(self.compute_loss(self.forward(X), Y))
            if epoch % (epochs // 10) == 0 and verbose:
                print(epoch, history[-1])
        return history


def test_the_chapters_own_class_earns_the_whole_base():
    bonus = {task.id for task in course().tasks if task.bonus}
    assert set(lost(graded(Chapter, ALL_TASKS))) <= bonus


def test_exercises_that_a_class_does_not_know_are_untried():
    engine = graded(Chapter, ["tanh", "l2", "momentum"])
    assert {r.status for task in ("tanh", "l2", "momentum") for r in engine.results[task]} == {"untried"}


class OwnTrain(NeuralNetwork):
    """A student's own training loop; the faults are set by the tests."""

    fault = ""

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        m, batch_size, losses = X.shape[1], batch_size or X.shape[1], []
        for _ in range(epochs):
            order = np.arange(m) if self.fault == "no shuffle" else np.random.permutation(m)
            other = np.random.permutation(m) if self.fault == "shuffled apart" else order
            firsts = list(range(0, m, batch_size))
            if self.fault == "short batch dropped" and m % batch_size:
                firsts.pop()
            if self.fault == "first batch only":
                firsts = firsts[:1]
            for first in firsts:
                output = self.forward(X[:, order[first : first + batch_size]])
                target = Y[:, other[first : first + batch_size]]
                last = self.compute_loss(output, target)
                self.update(*self.backward(target), eta)
            losses.append(last if self.fault == "last batch logged" else self.compute_loss(self.forward(X), Y))
        if self.fault == "caller's data shuffled":
            X[:] = X[:, ::-1]
            Y[:] = Y[:, ::-1]
        return losses


def test_an_own_training_loop_keeps_every_point():
    assert lost(graded(OwnTrain, ["xor", "circle", "sine"])) == {}


@pytest.mark.parametrize(
    "fault",
    sampled(
        [
            "no shuffle",
            "shuffled apart",
            "short batch dropped",
            "first batch only",
            "last batch logged",
            "caller's data shuffled",
        ],
        ["no shuffle", "last batch logged", "caller's data shuffled"],
    ),
)
def test_a_faulty_training_loop_loses_points(fault):
    network = type("Faulty", (OwnTrain,), {"fault": fault})
    assert lost(graded(network, ["xor", "circle", "sine"]))


def test_tasks_without_training_are_those_that_say_so():
    assert set(VALUE_TASKS) | {"xor", "circle", "sine", "square", "spirals"} == {t.id for t in course().tasks}
    assert set(ACTIVATIONS) == {"sigmoid", "relu", "linear", "tanh"}
