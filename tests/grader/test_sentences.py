"""What is told of a wrong value: digits that tell it apart, marks where it differs, what it is equal to."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from autograder.assignment.mistakes import network_with
from autograder.engine.comparing import compared, in_digits

from .in_process import graded, results_of


@pytest.mark.parametrize(
    "expected, actual, told",
    [
        (1.0, 2.0, ("1", "2")),
        (0.12345678, 0.12345679, ("0.12345678", "0.12345679")),
        (1e-7, 2e-7, ("1e-07", "2e-07")),
        (-0.00001, 0.0, ("-1e-05", "0")),
        (1.0, 1.0 + 2**-52, ("1", "1.0000000000000002")),
    ],
)
def test_should_be_and_is_never_print_alike(expected, actual, told):
    assert in_digits(expected, actual) == told


@pytest.mark.parametrize(
    "expected, actual, told",
    [
        ([[1, 2], [3, 4]], [[1, 2], [3, 5]], "should be [[1 2] [3 4]], but is [[1 2] [3 *5*]]"),
        ([1, 2], [2, 3], "should be [1 2], but is [2 3]"),
        ([[1e-5], [1]], [[2e-5], [1]], "should be [[1e-05] [1]], but is [[*2e-05*] [1]]"),
        (2, 3, "should be 2, but is 3"),
    ],
)
def test_entries_that_differ_are_marked(expected, actual, told):
    assert compared(np.array(expected, dtype=float), np.array(actual, dtype=float)) == told


@pytest.mark.parametrize("factor", [2, 1 + 1e-5, np.nan])
def test_of_a_large_array_the_entry_is_told_that_is_furthest_off(factor):
    right = np.arange(1.0, 21.0).reshape(4, 5)
    wrong = right.copy()
    wrong[2, 3] *= factor
    assert "at [2, 3], but is" in compared(right, wrong) and "; 1 of its 20 entries differ" in compared(right, wrong)


def kept(self, answer):
    self.last, before = answer, getattr(self, "last", answer)
    return before


def every_second(self, answer):
    self.calls = getattr(self, "calls", 0) + 1
    self.last = answer if self.calls % 2 else self.last
    return self.last


@pytest.mark.parametrize("which", [kept, every_second])
def test_gradients_of_the_call_before_are_told(which):
    class Late(NeuralNetwork):
        def backward(self, Y):
            return which(self, super().backward(Y))

    message = results_of(graded(Late, ("backward",)), "backward")["backward/other_batches"].message
    assert "equal to the previous call's" in message


def test_an_answer_that_is_new_each_time_is_not_told_to_be_the_one_before():
    class Twice(NeuralNetwork):
        def backward(self, Y):
            dW, db = super().backward(Y)
            return dW, [2 * b for b in db]

    messages = [result.message for result in results_of(graded(Twice, ("backward",)), "backward").values()]
    assert any(messages) and not any("previous call" in message for message in messages)


def test_two_signs_that_cancel_are_told_as_that_and_one_sign_is_not():
    both = results_of(graded(network_with("sign_of_error", "update_adds")), "update")["update/one_step"].message
    one = results_of(graded(network_with("update_adds")), "update")["update/one_step"].message
    assert "two signs that cancel" in both and "cancel" not in one and "along the gradient" in one


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda l, last: 1 if l == last else 7, "it is right for the last layer only"),
        (lambda l, last: 7 if l == last else 1, "of all layers this holds for `dW["),
        (lambda l, last: 7, "7 times that."),
    ],
)
def test_the_layers_in_which_an_equation_does_not_hold_are_told(wrong, said):
    class Own(NeuralNetwork):
        def backward(self, Y):
            dW, db = super().backward(Y)
            return [wrong(l, self.L - 1) * g for l, g in enumerate(dW)], db

    message = results_of(graded(Own, ("backward",)), "backward")["backward/bp3_weight_gradients"].message
    assert said in message


EARLY = "See that `return` stands behind the loop, not in it"


@pytest.mark.parametrize(
    "early, said",
    [
        (lambda dW, db: ([*[None] * (len(dW) - 1), dW[-1]], [*[None] * (len(db) - 1), db[-1]]), EARLY),
        (lambda dW, db: ([*[0 * g for g in dW[:-1]], dW[-1]], [*[0 * g for g in db[:-1]], db[-1]]), EARLY),
        (lambda dW, db: ([0 * dW[0], *dW[1:]], [0 * db[0], *db[1:]]), "the loop over the layers ends one too early"),
        (lambda dW, db: ([None, *dW[1:]], db), ""),
    ],
)
def test_a_backward_that_returns_from_within_its_loop_is_told_so(early, said):
    class Own(NeuralNetwork):
        def backward(self, Y):
            return early(*super().backward(Y))

    messages = [result.message for result in results_of(graded(Own, ("backward",)), "backward").values()]
    assert any(said in message for message in messages if message) and (EARLY in "".join(messages)) == (said == EARLY)


@pytest.mark.parametrize("returns", [True, False])
def test_a_forward_that_returns_from_within_its_loop_is_told_so(returns):
    class Own(NeuralNetwork):
        def forward(self, X):
            output = super().forward(X)
            if returns:
                self.z_cache, self.a_cache = self.z_cache[:1], self.a_cache[:2]
                return self.a_cache[1]
            return output[:1]  # another wrong shape has another reason

    message = results_of(graded(Own, ("forward",)), "forward")["forward/output"].message
    assert "should have shape" in message and (EARLY in message) == returns
