"""What students read: hidden checks give nothing away, visible ones say what was asked and what came."""

import re

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

from autograder.assignment.mistakes import MISTAKES, network_with
from autograder.course.reference import course

from .in_process import VALUE_TASKS, graded, results_of

TASKS = [task.id for task in course().tasks if task.id not in ("square", "spirals")]


class Talks(NeuralNetwork):
    """Tries to get hidden data out: by messages, by names of exceptions and types, by text and by shapes."""

    way = ""

    def forward(self, X):
        super().forward(X)
        telling = " ".join(f"{x:.17g}" for x in np.ravel(X)[:8])
        if self.way == "message":
            raise ValueError(telling)
        if self.way == "exception":
            raise type(telling, (Exception,), {})
        if self.way == "builtin":
            raise type("ValueError", (ValueError,), {"__str__": lambda self: telling})
        if self.way == "type":
            return type(telling, (), {})()
        if self.way == "text":
            return telling
        if self.way == "number":
            return float(X.flat[0])
        return np.zeros(int(abs(X.flat[0] * 1000)) + 1)


@pytest.mark.parametrize("way", ["message", "exception", "builtin", "type", "text", "number", "shape"])
def test_hidden_messages_carry_nothing_of_the_hidden_data(way):
    engine = graded(type("Talks", (Talks,), {"way": way}), TASKS)
    hidden = [r for results in engine.results.values() for r in results if not r.visible]
    plain = {re.sub(r"`[a-z_]+`", "`m`", r.message) for r in hidden}
    named = {re.sub(r"`[a-z_]+`", "`m`", m.says) for m in MISTAKES.values()}
    for message in plain:
        rest = message
        for sentence in named:
            rest = rest.replace(sentence, "")
        if "needs `m` first" in rest or "counts once" in rest:
            continue  # says what the visible probe or the title of another check says
        assert not re.search(r"\d", rest), message
        assert len(rest) < 90, message


@pytest.mark.parametrize("name", MISTAKES)
def test_hidden_checks_name_the_mistake_without_numbers(name):
    engine = graded(network_with(name), [check.split("/")[0] for check in MISTAKES[name].charged])
    failed = [r for results in engine.results.values() for r in results if r.mistake == name and not r.visible]
    assert failed
    assert all(MISTAKES[name].says in r.message for r in failed)
    assert not any(re.search(r"\d\.\d", r.message.replace(MISTAKES[name].says, "")) for r in failed)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "should be an array of shape (2, 5), but is None"),
        ("text", "but is the str 'text'"),
        (np.zeros((2, 4)), "should have shape (2, 5), but has shape (2, 4)"),
        (np.zeros((2, 5), dtype=complex), "should have dtype float64, but has dtype complex128"),
        (np.zeros((2, 5), dtype=np.float32), "should be [["),
        (np.full((2, 5), np.inf), "should be finite, but holds inf"),
        (np.zeros((2, 5)), "should be [["),
        ([1, [2]], "but is a list of 2"),
        ([1.5, 2], "should have shape (2, 5), but has shape (2,)"),
        (object(), "an object of type object"),
    ],
)
def test_a_visible_failure_says_what_was_asked_and_what_came(answer, said):
    class Answers(NeuralNetwork):
        def forward(self, X):
            super().forward(X)
            return answer

    message = results_of(graded(Answers, ["forward"]), "forward")["forward/output"].message
    assert message.startswith("`the output of pass 1`") and said in message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "should return the pair (dW, db), but returned None"),
        (([], []), "`dW` should be a list of 4 arrays, one per layer, but is a list of 0"),
        (([1.0], [1.0]), "but is a list of 1: see that `return` stands behind the loop, not in it"),
        ((1, 2), "`dW` should be a list of 4 arrays"),
    ],
)
def test_backward_that_returns_no_pair_is_told_so(answer, said):
    class Answers(NeuralNetwork):
        def backward(self, Y):
            return answer

    assert said in results_of(graded(Answers, ["backward"]), "backward")["backward/bp1_output_error"].message


def test_every_status_is_one_of_the_eight():
    allowed = {"passed", "partial", "failed", "error", "timeout", "crashed", "blocked", "untried"}
    for network in (NeuralNetwork, type("Talks", (Talks,), {"way": "message"}), network_with("weights_not_transposed")):
        engine = graded(network, VALUE_TASKS)
        assert {r.status for results in engine.results.values() for r in results} <= allowed
