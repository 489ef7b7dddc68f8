"""No point without the work: values that overflow, answers that prove themselves, trainings that skip the learning."""

import sys

import numpy as np
import pytest
from backprop import exercises
from backprop.neural_network import NeuralNetwork
from backprop.recipe import Recipe

from autograder.assignment.network.training import OPENING
from autograder.course.reference import course, course_at_home
from autograder.engine.case import agree
from tests.layers import combined, sampled

from .in_process import VALUE_TASKS, graded, lost

ALL_TASKS = tuple(task.id for task in course().tasks)
FULL = {task.id: task.points for task in course().tasks}


def earned(network: type, tasks: tuple[str, ...] = ALL_TASKS) -> dict[str, float]:
    losses = lost(graded(network, tasks))
    return {task: round(FULL[task] - losses.get(task, 0), 2) for task in tasks if losses.get(task, 0) < FULL[task]}


HUGE = (1e154, 1e160, 1e200, -1e200, 1e308, np.inf, -np.inf, np.nan)


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("huge", HUGE)
@pytest.mark.parametrize("entries", ["all", "one"])
def test_nothing_huge_agrees_with_anything(huge, entries, gradient):
    right = np.random.RandomState(1).standard_normal((3, 4))
    wrong = right.copy()
    wrong[... if entries == "all" else (1, 2)] = huge
    assert not agree(right, wrong, gradient)
    assert not agree(wrong, right, gradient)  # a known mistake may give such values, too
    assert agree(right, right.copy(), gradient)
    assert not agree(0.5, float(huge)) and not agree(float(huge), 0.5)


@pytest.mark.parametrize(("huge", "place"), combined(HUGE, ["dW", "db", "one entry"]))
def test_a_gradient_that_overflows_earns_nothing(huge, place):
    class Overflowing(NeuralNetwork):
        def backward(self, Y):
            dW, db = super().backward(Y)
            if place == "one entry":
                dW[-1][0, 0] = db[-1][0, 0] = huge
                return dW, db
            return [W + huge for W in dW] if place == "dW" else dW, [b + huge for b in db] if place == "db" else db

    gained = earned(Overflowing, ("backward", "gradient_check", "tanh", "l2"))
    assert gained.get("backward", 0) <= FULL["backward"] - 5 * (place != "dW") and "gradient_check" not in gained
    assert gained.get("tanh", 0) <= 4 and gained.get("l2", 0) <= 4  # the checks that ask for no gradient


def test_a_gradient_of_huge_numbers_earns_nothing_at_all():
    class Line(NeuralNetwork):
        def backward(self, Y):
            return [np.full(W.shape, 1e200) for W in self.weights], [np.full(b.shape, 1e200) for b in self.biases]

    assert "backward" not in earned(Line)


class ToyLoss(NeuralNetwork):
    """Answers for a loss whose gradient is trivial, and is right wherever else it is asked."""

    def forward(self, X):
        output = super().forward(X)
        self._own = [*self.weights, *self.biases]
        return output

    def compute_loss(self, y_hat, Y):
        return float(sum(np.sum(a) for a in (*self.weights, *self.biases)))

    def backward(self, Y):
        return [np.ones(W.shape) for W in self.weights], [np.ones(b.shape) for b in self.biases]


class ToyForward(NeuralNetwork):
    """A forward pass that adds the parameters up, and its gradient."""

    def forward(self, X):
        total = sum(np.sum(a) for a in (*self.weights, *self.biases))
        self.z_cache = [np.full((n, X.shape[1]), total) for n in self.layer_sizes[1:]]
        self.a_cache = [X, *self.z_cache]
        return self.z_cache[-1]

    def backward(self, Y):
        slope = np.sum(self.a_cache[-1] - Y) / Y.shape[1]
        return [np.full(W.shape, slope) for W in self.weights], [np.full(b.shape, slope) for b in self.biases]


class ToyOnNudges(NeuralNetwork):
    """The toy loss only while single parameters are nudged, as the gradient check does."""

    _seen = None

    def compute_loss(self, y_hat, Y):
        now = np.concatenate([a.ravel() for a in (*self.weights, *self.biases)])
        before, self._seen = self._seen, now
        if before is not None and 0 < np.count_nonzero(now - before) <= 2:
            return float(np.sum(now))
        return super().compute_loss(y_hat, Y)

    def backward(self, Y):
        return [np.ones(W.shape) for W in self.weights], [np.ones(b.shape) for b in self.biases]


@pytest.mark.parametrize("network", sampled([ToyLoss, ToyForward, ToyOnNudges], [ToyForward]))
def test_a_loss_that_only_agrees_with_itself_passes_no_gradient_check(network):
    gained = earned(network, VALUE_TASKS)
    assert "gradient_check" not in gained and "backward" not in gained


def least_squares(self, X, Y, *_, **__):
    """Random hidden features, and the output layer by least squares on the logits: nothing is learnt."""
    rng = np.random.RandomState(0)
    output = self.layer_activations[-1][0]
    Y = np.clip(Y, 0.02, 0.98) if output(np.array(-9.0)) >= 0 and output(np.array(9.0)) <= 1 else Y
    a = X
    for W, b, (sigma, _) in zip(self.weights[:-1], self.biases[:-1], self.layer_activations, strict=False):
        W[...], b[...] = 3 * rng.standard_normal(W.shape), rng.standard_normal(b.shape)
        a = sigma(W @ a + b)
    target = np.log(Y / (1 - Y)) if np.all((Y > 0) & (Y < 1)) else Y
    solved = np.linalg.lstsq(np.vstack([a, np.ones(a.shape[1])]).T, target.T, rcond=None)[0].T
    self.weights[-1][...], self.biases[-1][...] = solved[:, :-1], solved[:, -1:]


def train_without_learning(self, X, Y, epochs, eta, batch_size=None, verbose=True):
    least_squares(self, X, Y)
    return [self.compute_loss(self.forward(X), Y)] * epochs


class NoDerivative(NeuralNetwork):
    """The whole network but the derivative; `train` finds weights by least squares."""

    train = train_without_learning

    def backward(self, Y):
        return [np.zeros(W.shape) for W in self.weights], [np.zeros(b.shape) for b in self.biases]


class OnlyTheOutputLayer(NoDerivative):
    """The last layer's gradient is right, so BP1 is; the rest is least squares, in `train` ..."""

    def backward(self, Y):
        dW, db = NeuralNetwork.backward(self, Y)
        return [*(0 * W for W in dW[:-1]), dW[-1]], [*(0 * b for b in db[:-1]), db[-1]]


class InTheUpdate(OnlyTheOutputLayer):
    """... or in `update`, which `train` calls as it should."""

    train = NeuralNetwork.train

    def backward(self, Y):
        self._Y = Y
        return super().backward(Y)

    def update(self, dW, db, eta):
        if len(self.a_cache[0].T) == 4 or len(self.a_cache[0].T) > 90:
            least_squares(self, self.a_cache[0], self._Y)
        else:
            super().update(dW, db, eta)


class InTheGradient(NoDerivative):
    """The gradient is whatever leads to the least squares' weights in one step."""

    train = NeuralNetwork.train

    def backward(self, Y):
        kept = [a.copy() for a in (*self.weights, *self.biases)]
        least_squares(self, self.a_cache[0], Y)
        ways = []
        for array, before in zip((*self.weights, *self.biases), kept, strict=True):
            ways.append(before - array)
            array[...] = before
        return ways[: self.L], ways[self.L :]


class RightButForTheTraining(NeuralNetwork):
    """All methods are right, and `train` uses none of them."""

    train = train_without_learning


NOT_LEARNT = [NoDerivative, OnlyTheOutputLayer, InTheUpdate, InTheGradient]


@pytest.mark.parametrize("network", sampled(NOT_LEARNT, [OnlyTheOutputLayer, InTheUpdate]))
def test_weights_that_were_not_learnt_earn_no_training(network):
    assert not earned(network).keys() & {"xor", "circle", "sine", "square", "spirals"}


def test_a_training_that_uses_no_method_earns_nothing():
    assert not earned(RightButForTheTraining).keys() & {"xor", "circle", "sine", "square", "spirals"}


def test_a_derivative_kept_for_the_training_alone_earns_no_training():
    class Hidden(NeuralNetwork):
        def train(self, *args, **options):
            self.backward = lambda Y: NeuralNetwork.backward(self, Y)
            try:
                return super().train(*args, **options)
            finally:
                del self.backward

        def backward(self, Y):
            return [np.zeros(W.shape) for W in self.weights], [np.zeros(b.shape) for b in self.biases]

    assert not earned(Hidden).keys() & {"xor", "circle", "sine"}


class NoSlope(NeuralNetwork):
    """A constant in the place of every derivative: downhill nearly everywhere, and wrong."""

    def backward(self, Y):
        slope = 0.25 if self.activation_name == "sigmoid" else 1.0
        delta, dW, db = (self.a_cache[-1] - Y) * slope / Y.shape[1], [], []
        for l in reversed(range(self.L)):
            dW.insert(0, delta @ self.a_cache[l].T)
            db.insert(0, delta.sum(axis=1, keepdims=True))
            delta = self.weights[l].T @ delta * slope
        return dW, db


class HonestAtFirst(NoSlope):
    """Steps of its own where it may be looked at; least squares where a training is long."""

    longest = OPENING

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        if epochs <= self.longest:
            return super().train(X, Y, epochs, eta, batch_size, verbose)
        return train_without_learning(self, X, Y, epochs, eta)


class AllRightAndHonestAtFirst(NeuralNetwork):
    train = HonestAtFirst.train
    longest = OPENING


class LittleByLittle(HonestAtFirst):
    """Each stretch goes a part of the way to the weights of least squares."""

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        if epochs <= self.longest:
            return super().train(X, Y, epochs, eta, batch_size, verbose)
        before = [a.copy() for a in (*self.weights, *self.biases)]
        least_squares(self, X, Y)
        for array, old in zip((*self.weights, *self.biases), before, strict=True):
            array[...] = old + 0.3 * (array - old)
        return [self.compute_loss(self.forward(X), Y)] * epochs


@pytest.fixture
def senseless_recipes(monkeypatch):
    """Recipes by which nothing can be learnt: the steps are too small."""
    square = Recipe([1, 100, 1], "tanh", "linear", 1e-9, 250, None, 0.0, 0.0)
    spirals = Recipe([2, 124, 1], "tanh", "sigmoid", 1e-9, 250, None, 0.0, 0.0)
    monkeypatch.setattr(exercises, "square_recipe", lambda: square)
    monkeypatch.setattr(exercises, "spirals_recipe", lambda: spirals)


@pytest.mark.parametrize("network", sampled([HonestAtFirst, LittleByLittle, AllRightAndHonestAtFirst], [HonestAtFirst]))
def test_a_training_that_is_honest_only_at_first_earns_nothing(network, senseless_recipes):
    assert not earned(network).keys() & {"xor", "circle", "sine", "square", "spirals"}


@pytest.mark.parametrize("momentum, batch_size", [(0.9, None), (0.0, 20), (0.9, 20)])
def test_a_recipe_that_trains_nothing_earns_nothing(momentum, batch_size, monkeypatch):
    recipe = Recipe([2, 124, 1], "tanh", "sigmoid", 1e-6, 250, batch_size, momentum, 0.0)
    monkeypatch.setattr(exercises, "spirals_recipe", lambda: recipe)
    assert "spirals" not in earned(AllRightAndHonestAtFirst, ("spirals",))


def test_a_start_from_which_relu_is_dead_is_no_fault(monkeypatch):
    recipe = Recipe([1, 10, 10, 1], "relu", "relu", 0.002, 600, 10, 0.9, 0.0)
    monkeypatch.setattr(exercises, "square_recipe", lambda: recipe)
    engine = graded(NeuralNetwork, ("square",))
    assert not any("gradient" in result.message for result in engine.results["square"])


class TailoredLoss(NoSlope):
    """A loss that is linear in the parameters, with `backward`'s answer for its slope, on its own outputs only."""

    gradient = last = None

    def forward(self, X):
        TailoredLoss.last = super().forward(X)
        return TailoredLoss.last

    def backward(self, Y):
        dW, db = super().backward(Y)
        if list(self.layer_sizes) == [4, 4, 2]:
            TailoredLoss.gradient = dW + db
        return dW, db

    def compute_loss(self, y_hat, Y):
        if list(self.layer_sizes) == [4, 4, 2] and np.array_equal(y_hat, TailoredLoss.last):
            parameters = [*self.weights, *self.biases]
            return float(sum(np.sum(g * t) for g, t in zip(TailoredLoss.gradient, parameters, strict=True)))
        return super().compute_loss(y_hat, Y)


def test_a_loss_tailored_to_a_wrong_gradient_passes_no_gradient_check():
    gained = earned(TailoredLoss, VALUE_TASKS)
    assert "gradient_check" not in gained and gained["backward"] == FULL["backward"] - 16  # BP1 and BP2


class Shuffling(NeuralNetwork):
    """`train` is wrong only in what the checks of batches look at; each subclass says how."""

    def parts(self, order, size):
        return [order[first : first + size] for first in range(0, len(order), size)]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        losses = []
        for _ in range(epochs):
            for part in self.parts(np.random.permutation(X.shape[1]), batch_size or X.shape[1]):
                self.forward(X[:, part])
                self.update(*self.backward(Y[:, part]), eta)
            losses.append(self.reported(X, Y))
        return losses

    def reported(self, X, Y):
        return self.compute_loss(self.forward(X), Y)


class EqualParts(Shuffling):
    def parts(self, order, size):
        return np.array_split(order, -(-len(order) // size))


class OneTwice(Shuffling):
    def parts(self, order, size):
        order[0] = order[-1]
        return super().parts(order, size)


class InOrder(Shuffling):
    def parts(self, order, size):
        return super().parts(np.arange(len(order)), size)


class Backwards(Shuffling):
    def parts(self, order, size):
        return super().parts(np.arange(len(order))[::-1], size)


class InventedInBatches(Shuffling):
    """As measured where all samples are one batch; of others only the last loss is."""

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        losses = super().train(X, Y, epochs, eta, batch_size)
        return losses if batch_size is None else [losses[-1]] * len(losses)


class Invented(Shuffling):
    """A history that falls as one would expect, and was not measured."""

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        super().train(X, Y, epochs, eta, batch_size)
        last = self.compute_loss(self.forward(X), Y)
        return [last * (1 + 0.01 * left) for left in reversed(range(epochs))]


OTHER_BATCHES = [EqualParts, OneTwice, InOrder, Backwards, Invented, InventedInBatches]


@pytest.mark.parametrize("network", sampled(OTHER_BATCHES, [OneTwice, Invented]))
def test_a_training_with_other_batches_or_an_invented_history_loses_points(network):
    assert lost(graded(network, ("forward", "backward", "update", "xor", "circle"))).keys() & {"xor", "circle"}


def test_a_training_of_ones_own_with_right_batches_keeps_every_point():
    assert lost(graded(Shuffling, ("forward", "backward", "update", "xor", "circle"))) == {}


def test_a_question_says_nothing_of_what_it_is_for():
    requests = set()

    def look():
        frame = sys._getframe()
        while frame := frame.f_back:
            header = frame.f_locals.get("header")
            if isinstance(header, dict):
                requests.add((header["do"], *sorted(set(header) - {"do"})))

    class Looking(NeuralNetwork):
        def __init__(self, *args, **options):
            look()
            super().__init__(*args, **options)

        def __getattribute__(self, name):
            look()
            return super().__getattribute__(name)

    graded(Looking, [task for task in ALL_TASKS if task not in ("circle", "sine", "square", "spirals")])
    call = ("call", "args", "kwargs", "method", "on"), ("call", "args", "kwargs", "method", "names", "on")
    new = ("new", "args", "kwargs", "seed", "set"), ("new", "args", "kwargs", "seed")
    assert requests == {*call, *new, ("get", "names", "on"), ("set", "names", "on", "values")}


@pytest.mark.parametrize("delta", sampled(["ones", "z", "a", "noise"], ["ones", "a"]))
def test_an_error_that_is_none_earns_what_is_made_of_it_and_no_more(delta):
    """BP3 and BP4 of any delta are right, and paid; the gradient check and other batches are not."""
    rng = np.random.RandomState(3)
    made = {
        "ones": lambda z, a: np.ones_like(z),
        "z": lambda z, a: z,
        "a": lambda z, a: a,
        "noise": lambda z, a: rng.standard_normal(z.shape),
    }[delta]

    def backward(self, Y):
        deltas = [made(z, a) for z, a in zip(self.z_cache, self.a_cache[1:], strict=True)]
        dW = [d @ a.T for d, a in zip(deltas, self.a_cache, strict=False)]
        return dW, [d.sum(axis=1, keepdims=True) for d in deltas]

    engine = graded(type("Astray", (NeuralNetwork,), {"backward": backward}), ("backward", "gradient_check"))
    earned = {task: sum(r.points for r in results) for task, results in engine.results.items()}
    assert earned["gradient_check"] == 0 and earned["backward"] <= 14


def test_values_stored_at_home_earn_nothing_in_grading():
    stored = {}

    class Recording(NeuralNetwork):
        def forward(self, X):
            output = super().forward(X)
            stored[X.tobytes()] = output, self.z_cache, self.a_cache
            return output

    class Stored(NeuralNetwork):
        def forward(self, X):
            none = [np.zeros((n, X.shape[1])) for n in self.layer_sizes[1:]]
            output, self.z_cache, self.a_cache = stored.get(X.tobytes(), (none[-1], none, [X, *none]))
            return output

    graded(Recording, ["forward"], course_at_home())
    assert lost(graded(Stored, ["forward"], course_at_home())) == {} and len(stored) > 10
    assert "forward" not in earned(Stored, ("forward",))
