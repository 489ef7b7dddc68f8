"""Error carried forward: each equation of `backward` is judged by what it makes of what it was given.

The mistakes here have no name, unless a test says so: what is not known must cost no more than what is.
"""

import itertools
import random
from functools import cache

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from autograder.assignment.mistakes import MISTAKES, network_with
from autograder.assignment.network.faults import OWNERS
from autograder.assignment.ps18 import assignment
from autograder.course.reference import checks
from autograder.engine.frozen import FILE, load
from autograder.engine.likeness import called, likeness
from autograder.engine.runner import Engine
from tests.layers import in_part, sampled

from .in_process import VALUE_TASKS, InProcess, graded, lost, names, results_of

POINTS = {"BP1": 8, "BP2": 8, "BP3": 7, "BP4": 5}


class Own(NeuralNetwork):
    """A backward pass in pieces, of which a mistake replaces some."""

    def bp1(self, a, Y, z):
        return (a - Y) / Y.shape[1] * self.slope(-1, z)

    def bp2(self, W, delta, l):
        return W.T @ delta * self.slope(l, self.z_cache[l])

    def bp3(self, delta, l):
        return delta @ self.a_cache[l].T

    def bp4(self, delta, l):
        return delta.sum(axis=1, keepdims=True)

    def slope(self, l, z):
        return self.layer_activations[l][1](z)

    def backward(self, Y):
        delta, dW, db = self.bp1(self.a_cache[-1], Y, self.z_cache[-1]), [], []
        for l in reversed(range(self.L)):
            dW.insert(0, self.bp3(delta, l) + self.l2 * self.weights[l])
            db.insert(0, self.bp4(delta, l))
            if l > 0:
                delta = self.bp2(self.weights[l], delta, l - 1)
        return dW, db


def own(**pieces):
    return type("Own", (Own,), pieces)


def sigma(z):
    return 1 / (1 + np.exp(-z))


UNKNOWN = {
    "BP1": {
        "half of it": lambda n, a, Y, z: (a - Y) / Y.shape[1] * n.slope(-1, z) / 2,
        "the cube of the error": lambda n, a, Y, z: (a - Y) ** 3 / Y.shape[1] * n.slope(-1, z),
        "the sign of the error": lambda n, a, Y, z: np.sign(a - Y) / Y.shape[1] * n.slope(-1, z),
        "sigma(1 - sigma(z))": lambda n, a, Y, z: (a - Y) / Y.shape[1] * sigma(1 - sigma(z)),
        "m of the features": lambda n, a, Y, z: (a - Y) / n.layer_sizes[0] * n.slope(-1, z),
        "a mean of the targets": lambda n, a, Y, z: (a - Y.mean(axis=0)) / Y.shape[1] * n.slope(-1, z),
        "minus, five times": lambda n, a, Y, z: -5 * (a - Y) / Y.shape[1] * n.slope(-1, z),
    },
    "BP2": {
        "sigma(z) squared": lambda n, W, delta, l: W.T @ delta * sigma(n.z_cache[l]) ** 2,
        "absolute weights": lambda n, W, delta, l: abs(W).T @ delta * n.slope(l, n.z_cache[l]),
        "the slope three times": lambda n, W, delta, l: W.T @ delta * n.slope(l, n.z_cache[l]) ** 3,
        "a mean over units": lambda n, W, delta, l: W.T @ delta * n.slope(l, n.z_cache[l]) / len(delta),
        "a mean slope": lambda n, W, delta, l: W.T @ delta * n.slope(l, n.z_cache[l]).mean(axis=1, keepdims=True),
        "weights moved already": lambda n, W, delta, l: (
            (W - 0.1 * delta @ n.a_cache[l + 1].T).T @ delta * n.slope(l, n.z_cache[l])
        ),
    },
    "BP3": {
        "its absolute value": lambda n, delta, l: abs(delta @ n.a_cache[l].T),
        "two more means": lambda n, delta, l: delta @ n.a_cache[l].T / delta.shape[1] ** 2,
        "absolute weights for activations": lambda n, delta, l: delta.sum(axis=1, keepdims=True) * abs(n.weights[l]),
        "every other sample": lambda n, delta, l: delta[:, ::2] @ n.a_cache[l][:, ::2].T,
        "zero in the first layer": lambda n, delta, l: delta @ n.a_cache[l].T * (l > 0),
        "the last layer twice": lambda n, delta, l: delta @ n.a_cache[l].T * (1 + (l == n.L - 1)),
    },
    "BP4": {
        "its absolute value": lambda n, delta, l: abs(delta.sum(axis=1, keepdims=True)),
        "the largest": lambda n, delta, l: delta.max(axis=1, keepdims=True),
        "minus": lambda n, delta, l: -delta.sum(axis=1, keepdims=True),
        "the last layer only": lambda n, delta, l: delta.sum(axis=1, keepdims=True) * (l == n.L - 1),
        "the median": lambda n, delta, l: np.median(delta, axis=1, keepdims=True),
        "a number": lambda n, delta, l: float(delta.max()),
    },
}
EACH = [(equation, what) for equation, cases in UNKNOWN.items() for what in cases]
KNOWN = {
    "BP1": "mean_left_out",
    "BP2": "hidden_slope_left_out",
    "BP3": "z_for_activation",
    "BP4": "bias_gradients_zero",
}
PIECES = {
    "BP1": {"bp1": lambda n, a, Y, z: (a - Y) * n.slope(-1, z)},
    "BP2": {"bp2": lambda n, W, delta, l: W.T @ delta},
    "BP3": {"bp3": lambda n, delta, l: delta @ (n.z_cache[l - 1] if l else n.a_cache[0]).T},
    "BP4": {"bp4": lambda n, delta, l: np.zeros((len(delta), 1))},
}


def charged(engine):
    """The equations that have lost their points, all of them."""
    done = results_of(engine, "backward")
    return {e for e, check in OWNERS.items() if done[check].points == done[f"{check}.hidden"].points == 0}


def test_the_pieces_without_a_mistake_are_right():
    assert lost(graded(Own)) == {}


@pytest.mark.parametrize("equation, what", in_part(EACH, 4))
def test_an_unknown_mistake_costs_its_equation_and_nothing_else(equation, what):
    engine = graded(own(**{equation.lower(): UNKNOWN[equation][what]}))
    assert lost(engine) == {"backward": POINTS[equation]}
    assert charged(engine) == {equation} and names(engine) == set()
    message = results_of(engine, "backward")[OWNERS[equation]].message
    assert message.startswith(f"{equation}: ") and message.count("..") == message.count("...")


# What can be told from the outside: m times in all of `dW` and `db`, and 1/m in one of them, is once in the other; and
# where weights move inside `backward`, a batch is not the sum of its samples.
BESIDE = [
    (equation, what, other)
    for equation, what in EACH[::2]
    for other in KNOWN
    if equation != other and what not in ("two more means", "weights moved already")
]


@pytest.mark.parametrize("equation, what, other", in_part(BESIDE, 8))
def test_beside_an_unknown_mistake_a_known_one_has_its_name(equation, what, other):
    engine = graded(own(**{equation.lower(): UNKNOWN[equation][what], **PIECES[other]}), ("forward", "backward"))
    assert charged(engine) == {equation, other} and names(engine) <= {KNOWN[other]}
    # Where `dW` shows nothing, a factor in all and one in `db` are the same.
    assert names(engine) or {equation, other} in ({"BP3", "BP4"}, {"BP1", "BP3"})


# m times too large in all and averaged in `db`: that is in `dW` alone, which is another mistake.
SAME_AS_ONE = ({"mean_left_out", "bias_gradients_averaged"}, {"mean_taken_twice", "bias_gradients_not_averaged"})


def pairs():
    """Pairs of known mistakes in different equations."""
    known = [m for m in MISTAKES.values() if m.charged[0] in OWNERS.values()]
    found = [
        (one.name, other.name)
        for one, other in itertools.combinations(known, 2)
        if not set(one.replaces) & set(other.replaces)
        and not set(one.charged) & set(other.charged)
        and {one.name, other.name} not in SAME_AS_ONE
    ]
    random.Random(13).shuffle(found)
    return found


TWO = pairs()[:24]


@cache
def with_both(one, other):
    """The names that come of two known mistakes, and what is charged."""
    engine = graded(network_with(one, other), ("backward",))
    return names(engine), charged(engine)


@pytest.mark.parametrize("one, other", in_part(TWO, 6))
def test_two_known_mistakes_in_two_equations_get_no_other_name(one, other):
    found, equations = with_both(one, other)
    single = {"output_slope_left_out": "slope_left_out", "output_slope_at_a": "slope_at_a"}
    assert found <= {one, other} or found == {single.get(one)}  # with hidden_slope_..., that is one mistake
    own = {equation for equation, check in OWNERS.items() for m in (one, other) if check in MISTAKES[m].charged}
    assert equations == own if len(found) == 2 else equations & own


@pytest.mark.whole
def test_most_pairs_of_known_mistakes_have_both_their_names():
    assert sum(with_both(*pair)[0] == set(pair) for pair in TWO) >= 0.75 * len(TWO)


@pytest.mark.parametrize(
    "one, other",
    [
        ("mean_left_out", "output_slope_left_out"),
        ("sign_of_error", "slope_at_a"),
        ("weights_not_transposed", "hidden_slope_left_out"),
        ("factor_two", "z_times_one_minus_z"),
    ],
)
def test_two_known_mistakes_in_one_equation_have_both_their_names(one, other):
    engine = graded(network_with(one, other), ("forward", "backward"))
    found = {name for results in engine.results.values() for r in results for name in r.mistakes}
    assert found == {one, other}


def test_a_result_lists_its_names_and_its_mistake_is_the_first():
    result = results_of(graded(network_with("mean_left_out", "slope_left_out")), "backward")[OWNERS["BP1"]]
    assert set(result.mistakes) == {"mean_left_out", "slope_left_out"} and result.mistake == result.mistakes[0]
    assert all(MISTAKES[name].says in result.message for name in result.mistakes)


def test_whose_equations_are_all_wrong_gets_none_of_their_points():
    mistakes = [next(iter(cases.values())) for cases in UNKNOWN.values()]
    engine = graded(own(**dict(zip(("bp1", "bp2", "bp3", "bp4"), mistakes, strict=True))))
    assert charged(engine) == set(OWNERS) and lost(engine)["gradient_check"] == 10


def zeros(network):
    return [0 * W for W in network.weights], [0 * b for b in network.biases]


class Zero(NeuralNetwork):
    def backward(self, Y):
        return zeros(self)


class Constant(NeuralNetwork):
    def backward(self, Y):
        return [W + 1 for W in zeros(self)[0]], [b + 1 for b in zeros(self)[1]]


class Tiny(NeuralNetwork):
    """So small that any rounding would hide it."""

    def backward(self, Y):
        dW, db = super().backward(Y)
        return [1e-200 * W + 1e-150 for W in dW], [1e-200 * b + 1e-150 for b in db]


class Parameters(NeuralNetwork):
    def backward(self, Y):
        return [W.copy() for W in self.weights], [b.copy() for b in self.biases]


class FromTheOutput(NeuralNetwork):
    """Deltas that no equation gives, the same in every layer."""

    def backward(self, Y):
        return [np.full(W.shape, Y.sum()) for W in self.weights], [np.full(b.shape, Y.sum()) for b in self.biases]


class Random(NeuralNetwork):
    def backward(self, Y):
        return [np.random.standard_normal(W.shape) for W in self.weights], [
            np.random.standard_normal(b.shape) for b in self.biases
        ]


@pytest.mark.parametrize("network", sampled([Zero, Constant, Tiny, Parameters, FromTheOutput, Random], [Zero, Random]))
def test_what_shows_no_error_earns_no_equation(network):
    engine = graded(network)
    assert lost(engine)["backward"] == 35 and lost(engine)["gradient_check"] == 10


ALIKE = {  # errors of a layer of n units, made of those of the output without an equation
    "the mean error": lambda n, e: np.ones((n, 1)) * e.mean(axis=0),
    "the first error": lambda n, e: np.ones((n, 1)) * e[0],
    "the sum of all errors": lambda n, e: np.full((n, e.shape[1]), e.sum()),
    "the size of the error": lambda n, e: np.ones((n, 1)) * abs(e).sum(axis=0),
    "one": lambda n, e: np.ones((n, e.shape[1])),
}


@pytest.mark.parametrize("alike", sampled(list(ALIKE), ["the mean error", "one"]))
def test_one_error_for_all_units_is_no_gradient(alike):
    class Alike(Own):
        def backward(self, Y):
            errors = [ALIKE[alike](n, self.a_cache[-1] - Y) for n in self.layer_sizes[1:]]
            return [self.bp3(e, l) for l, e in enumerate(errors)], [self.bp4(e, l) for l, e in enumerate(errors)]

    engine = graded(Alike)
    assert {"BP1", "BP2"} <= charged(engine) and lost(engine)["gradient_check"] == 10


def test_an_error_that_stops_at_the_last_layer_is_bp2_alone_but_no_gradient():
    class LastLayer(NeuralNetwork):
        def backward(self, Y):
            (dW, db), (zero_W, zero_b) = super().backward(Y), zeros(self)
            return [*zero_W[:-1], dW[-1]], [*zero_b[:-1], db[-1]]

    engine = graded(LastLayer)
    assert charged(engine) == {"BP2"} and names(engine) == {"error_stops_at_output"}
    assert lost(engine) == {"backward": 8, "gradient_check": 10}


def test_an_equation_that_is_wrong_on_some_data_only_is_charged():
    class Moody(Own):
        calls = 0

        def bp1(self, a, Y, z):
            Moody.calls += 1
            return super().bp1(a, Y, z) * (1 + (Moody.calls > 5))

    assert lost(graded(Moody, ("backward",)))


@pytest.mark.parametrize(
    "sent_back", [lambda W, delta: W @ delta * 1.5, lambda W, delta: (W + 1) @ delta, lambda W, delta: abs(W) @ delta]
)
def test_what_raises_on_unequal_layers_costs_what_is_wrong_on_equal_ones(sent_back):
    def bp2(self, W, delta, l):
        return sent_back(W, delta) * self.slope(l, self.z_cache[l])

    engine = graded(own(bp2=bp2))
    assert charged(engine) == {"BP2"} and lost(engine) == {"backward": 8}


@pytest.mark.parametrize("other", sampled(["BP1", "BP2", "BP4"], ["BP2"]))
def test_the_same_where_the_forward_pass_is_wrong_as_well(other):
    """Then all is judged from the true caches: here of samples alone, for `dW` does not show the error."""

    def forward(self, X):
        output = NeuralNetwork.forward(self, X)
        self.z_cache = [z + 1 for z in self.z_cache]
        return output

    bp3 = UNKNOWN["BP3"]["absolute weights for activations"]
    unknown = list(UNKNOWN[other].values())[1]
    engine = graded(own(forward=forward, bp3=bp3, **{other.lower(): unknown}), ("forward", "backward"))
    assert "forward" in lost(engine) and charged(engine) == {"BP3", other}


@pytest.mark.parametrize("error", sampled([ValueError, IndexError, ZeroDivisionError], [ValueError]))
def test_an_exception_of_another_method_is_not_excused(error):
    def compute_loss(self, y_hat, Y):
        raise error("no loss")

    engine = graded(own(compute_loss=compute_loss, bp1=UNKNOWN["BP1"]["half of it"]))
    assert lost(engine)["gradient_check"] == 10


def test_the_slope_forgotten_where_dw_is_made_leaves_the_error_sent_back():
    """`db` shows that delta is right."""

    def backward(self, Y):
        dW, db = Own.backward(self, Y)
        dW[-1] = (self.a_cache[-1] - Y) / Y.shape[1] @ self.a_cache[-2].T + self.l2 * self.weights[-1]
        return dW, db

    assert charged(graded(own(backward=backward))) == {"BP3"}


def test_the_raw_error_sent_back_costs_what_sends_it():
    """The slope is taken where the gradients are made, and the error goes on without it."""

    def backward(self, Y):
        error, dW, db = (self.a_cache[-1] - Y) / Y.shape[1], [], []
        for l in reversed(range(self.L)):
            delta = error * self.slope(l, self.z_cache[l])
            dW.insert(0, self.bp3(delta, l) + self.l2 * self.weights[l])
            db.insert(0, self.bp4(delta, l))
            error = self.weights[l].T @ error
        return dW, db

    assert charged(graded(own(backward=backward))) == {"BP2"}


@pytest.mark.parametrize(
    "turn, equations, name",
    [
        (lambda dW, db: (dW[::-1], db), {"BP3"}, "weight_gradients_reversed"),
        (lambda dW, db: (dW, db[::-1]), {"BP4"}, "bias_gradients_reversed"),
        (lambda dW, db: (dW[::-1], db[::-1]), {"BP3", "BP4"}, "gradients_reversed"),
        (lambda dW, db: (db, dW), {"BP3", "BP4"}, "gradients_exchanged"),
    ],
)
def test_lists_in_another_order_cost_their_own_equations(turn, equations, name):
    engine = graded(own(backward=lambda self, Y: turn(*NeuralNetwork.backward(self, Y))), ("forward", "backward"))
    assert charged(engine) == equations and names(engine) == {name}


@pytest.mark.parametrize("equation, what", [("BP1", "half of it"), ("BP3", "two more means"), ("BP4", "minus")])
def test_a_constant_factor_is_told(equation, what):
    engine = graded(own(**{equation.lower(): UNKNOWN[equation][what]}), ("backward",))
    told = {"half of it": "0.5 times that", "two more means": "and 0.1111 is 1/m^2", "minus": "-1 times that"}
    assert told[what] in results_of(engine, "backward")[OWNERS[equation]].message


@pytest.mark.parametrize("sample, word", [(0, "first"), (-1, "last")])
def test_one_sample_only_is_told(sample, word):
    def bp3(self, delta, l):
        return np.outer(delta[:, sample], self.a_cache[l][:, sample])

    engine = graded(own(bp3=bp3, bp4=UNKNOWN["BP4"]["the largest"]), ("backward",))
    assert f"that of the {word} sample only" in results_of(engine, "backward")[OWNERS["BP3"]].message


RIGHT = np.arange(1.0, 7.0).reshape(2, 3)


@pytest.mark.parametrize(
    "wrong, said",
    [
        (2 * RIGHT, "it is 2 times that"),
        (-RIGHT, "it is -1 times that"),
        (6 * RIGHT, "it is 6 times that, and 6 is m"),
        (RIGHT / 36, "it is 0.02778 times that, and 0.02778 is 1/m^2"),
        (-6 * RIGHT, "it is -6 times that, and -6 is -m"),
        (RIGHT / 4, "it is 0.25 times that, and 0.25 is 1/the number of outputs"),
        (RIGHT.T.copy(), "it is that, transposed"),
        (0 * RIGHT, "it is zero everywhere"),
        (RIGHT + 1, ""),
        (RIGHT * np.nan, ""),
        (RIGHT * np.inf, ""),
        (RIGHT * 1e-320, ""),
        (None, ""),
        ("2 times that", ""),
        (RIGHT.astype(complex), ""),
    ],
)
def test_what_a_wrong_array_has_to_do_with_the_right_one(wrong, said):
    assert likeness(RIGHT, wrong, {"m": 6, "the number of outputs": 4}) == said


def test_a_factor_that_may_be_two_things_is_told_as_both():
    assert called(6, {"m": 6, "the number of outputs": 6}) == "m or the number of outputs"
    assert called(1, {"m": 1}) == ""


@pytest.mark.parametrize("equation, what", in_part(EACH[::4], 3))
def test_at_home_an_equation_is_charged_as_in_grading(equation, what):
    course, _ = load(assignment.release / "tests" / FILE, assignment.proxy)
    engine = Engine(course, InProcess(own(**{equation.lower(): UNKNOWN[equation][what]})))
    with np.errstate(all="ignore"):
        engine.run_all(check for check in checks().values() if check.task.id in VALUE_TASKS)
    assert engine.kit_errors == []
    wrong = [
        result.id for results in engine.results.values() for result in results if result.points < result.max_points
    ]
    assert wrong == [OWNERS[equation]]


def test_right_networks_are_asked_nothing_more():
    asked = []

    class Counting(InProcess):
        def ready(self):
            def ask(header, arrays, method):
                asked.append(method)
                return self._ask(header, arrays, method)

            return ask

    from autograder.course.reference import course

    engine = Engine(course(), Counting(NeuralNetwork))
    engine.run_all(check for check in checks().values() if check.id in OWNERS.values())
    assert len(asked) == 8 + 4 * 2 * 2 * 3  # the probe, and a network, a forward and a backward pass each time
