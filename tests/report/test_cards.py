"""What becomes a card: what was found wrong, what it costs, and the student's own lines."""

import json
from time import process_time

import pytest

from autograder.assignment.lessons import functions_of, patterns
from autograder.assignment.mistakes import MISTAKES
from autograder.course.reference import checks, course
from autograder.engine.outcome import CheckResult, Status
from autograder.engine.runner import Engine
from autograder.intake.cells import PLAN
from autograder.intake.excerpts import MOST_CHARACTERS, MOST_LINES, Excerpts
from autograder.intake.submissions import Submission
from autograder.report.card import title_of
from autograder.results.diagnosis import diagnosed, of_all
from autograder.results.model import TaskResult
from tests.grader.in_process import InProcess, network_class
from tests.submissions.corpus import solution as solved


def submission(source, name="neural_network.py"):
    return Submission("s", {name: source.encode()}, "files", (), (), (), {}, None, "00")


def excerpt(source, name="backward", piece=""):
    return list(Excerpts(submission(source)).of(name, patterns(piece)))


PIECES = {
    "mean": "delta = (self.a_cache[-1] - Y)",
    "back": "error = np.dot(self.weights[l].T, delta)",
    "db": "db[l] = delta.sum(axis=1, keepdims=True)",
    "dW": "dW[l] = np.dot(delta, self.a_cache[l].T)",
}


@pytest.mark.parametrize("piece", PIECES)
def test_the_line_that_computes_a_piece_is_marked(piece):
    body = "\n        ".join(PIECES.values())
    [(function, marked)] = excerpt(
        f"class A:\n    def backward(self, Y):\n        {body}\n        return dW, db\n", piece=piece
    )
    _, first, lines = function
    assert [lines[number - first].strip() for number in marked] == [PIECES[piece]]


@pytest.mark.parametrize("name", ["forward", "backward", "update"])
def test_of_the_solution_each_piece_is_found_in_at_most_two_statements(name):
    source = solved()["neural_network.py"]
    [(function, _)] = list(Excerpts(submission(source)).of(name))
    where, first, lines = function
    assert where == "neural_network.py" and source.split("\n")[first - 1].strip() == lines[0].strip()
    assert not any('"""' in line for line in lines)


BAD = {
    "long line": ("def backward(Y):\n    x = '" + "a" * 10_000 + "'\n    return x\n", lambda lines: True),
    "control characters": ("def backward(Y):\n    return '\x1b[31m\x07\u202e'\n", lambda lines: True),
    "markup": ("def backward(Y):\n    return '</pre><script>alert(1)</script>'\n", lambda lines: True),
    "tabs": ("def backward(Y):\n\tif Y:\n\t\treturn Y\n", lambda lines: lines[-1] == "        return Y"),
    "many lines": ("def backward(Y):\n" + "    Y += 1\n" * 5000, lambda lines: len(lines) == MOST_LINES),
    "form feed": ("def backward(Y):\n\x0c    return Y\n", lambda lines: True),
    "a wide statement": ("def backward(Y):\n    " + "a = " * 60_000 + "1\n", lambda lines: True),
    "many statements": ("def backward(Y):\n    " + "delta = a - Y; " * 15_000 + "\n", lambda lines: True),
    "deep": ("def backward(Y):\n    return " + "-" * 3000 + "1\n", lambda lines: True),
}


@pytest.mark.parametrize("kind", BAD)
def test_source_of_any_kind_becomes_lines_that_can_be_shown(kind):
    source, holds = BAD[kind]
    began = process_time()
    found = excerpt(source, piece="mean, dW, db")
    assert process_time() - began < 1
    for function, _ in found:
        assert all(line.isprintable() and len(line) <= MOST_CHARACTERS + 1 for line in function[2])
        assert holds(function[2])


@pytest.mark.parametrize("source", ["def backward(", "\x00", "", "(" * 500, "def backward(Y): " + "\\\n" * 10])
def test_what_cannot_be_parsed_has_no_lines(source):
    assert excerpt(source) == []


def check(name, status, message="", mistakes=(), points=0.0, most=3.0, visible=True):
    first = mistakes[0] if mistakes else None
    return CheckResult(name, name, status, points, most, message, first, tuple(mistakes), visible, 0.0)


def task(name, *checks):
    points, most = sum(one.points for one in checks), sum(one.max_points for one in checks)
    return TaskResult(name, name, points, most, points, most, False, checks, diagnosed(checks, MISTAKES))


RAISED = "backward(...) raised ValueError: {} (neural_network.py, line 3: `return 1 / 0`)."
SOURCE = "def backward(Y):\n    '''Doc.'''\n    return 1 / 0\n"


def of(*tasks, source=SOURCE):
    return of_all(tasks, Excerpts(submission(source)), {})


def test_one_exception_is_one_mistake_and_its_line_is_marked():
    checks = [check(f"backward/{n}", Status.ERROR, RAISED.format(n)) for n in ("bp1_output_error", "other_batches")]
    [one] = of(task("backward", *checks))
    assert one.cost == 6 and one.evidence == ("backward/bp1_output_error", "backward/other_batches")
    [lines] = one.lines
    assert (lines.where, lines.marked, lines.text) == ("neural_network.py", (3,), ("return 1 / 0",))


def test_a_hidden_check_belongs_to_its_visible_twin_and_the_loss_is_shared_out():
    names = ("mean_left_out", "bias_gradients_flat")
    bp1 = "backward/bp1_output_error"
    checks = [check(bp1, Status.FAILED, "x", names), check(f"{bp1}.hidden", Status.FAILED, "y", names, visible=False)]
    other = "backward/bp3_weight_gradients"
    checks += [check(other, Status.FAILED, "Wrong."), check(f"{other}.hidden", Status.FAILED, "Nor.", visible=False)]
    first, second, third = of(task("backward", *checks))
    assert (first.mistake, second.mistake, first.cost, second.cost) == (*names, 3, 3)
    assert (third.mistake, third.equation, third.sentence, third.cost) == (None, "BP3", "Wrong.", 6)


def test_what_follows_from_a_method_that_is_wrong_is_no_mistake_of_its_own():
    backward = task("backward", check("backward/bp1_output_error", Status.FAILED, "Wrong."))
    late = task("xor", check("xor/learns", Status.FAILED, "The loss is 0.1."))
    also = task("gradient_check", check("gradient_check/agreement", Status.FAILED, "No."))
    assert [one.key[0] for one in of(backward, late, also)] == ["backward"]
    assert [one.key[0] for one in of(task("backward"), late)] == ["xor"]


def test_a_mistake_of_an_exercise_stands_in_the_method_that_it_is_about():
    assert functions_of("l2", "penalty") == ["_l2_penalty"] and functions_of("l2", "weight_decay") == ["backward"]
    assert functions_of("momentum", "velocity") == ["update"] and functions_of("backward", "mean") == ()
    assert "tanh_derivative" in functions_of("tanh", "") and functions_of("tanh", "sigma") == ["tanh"]
    assert functions_of("momentum", "stride") == functions_of("l2", "step_decay") == ["update"]
    assert functions_of("backward", "derivative") == ()  # that of the sigmoid: no line of tanh_derivative


LINES = {
    ("backward", "derivative"): "s = a * (1 - a)",
    ("forward", "output"): "return sigmoid(a)",
    ("update", "rate"): "W -= eta / t * g",
    ("tanh", "sigma"): "return (np.exp(z) - np.exp(-z)) / 2",
}


@pytest.mark.parametrize("name, piece", LINES)
def test_what_is_no_line_of_the_equations_is_marked_too(name, piece):
    wanted = LINES[name, piece]
    body = [wanted] if wanted.startswith("return") else [wanted, "return (dW, db)"]
    source = "\n    ".join([f"def {name}(z):", "x = 1", *body])
    [((_, first, lines), marked)] = excerpt(f"{source}\n", name, piece)
    assert [lines[number - first].strip() for number in marked] == [wanted]


def test_a_card_is_called_after_its_equation_or_after_the_task_of_that_name():
    task = "Backward pass, BP1 to BP4"
    assert title_of("BP2", task) == "BP2 (Backward pass)" and title_of("backward", task) == title_of("", task) == task
    assert title_of("Exercise 18.1", "Exercise 18.1: tanh") == "Exercise 18.1: tanh"
    assert title_of("a = sigma(z)", "Forward pass") == "a = σ(z) (Forward pass)"


def test_the_lines_of_a_notebook_are_those_of_its_cell():
    cells = [
        ("the cell of backward", "def backward(self, Y):\n    return 1"),
        ("code cell 3", "def helper():\n    pass"),
    ]
    plan = json.dumps({"cells": cells}).encode()
    notebook = Submission("s", {PLAN: plan}, "notebook", (), (), (), {}, None, "00")
    [(function, _)] = Excerpts(notebook).of("backward")
    assert function == ("the cell of backward", 1, ("def backward(self, Y):", "    return 1"))
    assert Excerpts(notebook).at("code cell 3", 2) == ("code cell 3", 1, ("def helper():", "    pass"))


def test_examples_are_asked_before_the_first_hidden_number_is_given():
    engine, seen = Engine(course(), InProcess(network_class({k: v.encode() for k, v in solved().items()}))), []
    chosen = [checks()["forward/output"], checks()["update/one_step"]]
    engine.run_all(chosen, lambda: seen.extend(one for done in engine.results.values() for one in done))
    assert len(seen) == 2 and all(one.visible for one in seen)
    assert sum(len(done) for done in engine.results.values()) == 4
