"""What a card shows of a mistake: its equation, the student's own lines, and an example that a student can run."""

import json
import re
from time import process_time
from xml.etree import ElementTree

import numpy as np
import pytest

from autograder.assignment.lessons import examples, formula, functions_of, patterns, picture
from autograder.assignment.mistakes import MISTAKES, network_with
from autograder.assignment.network.proxy import NetworkStudent
from autograder.assignment.solution import FIELDS, solution
from autograder.assignment.twin import Twins
from autograder.course.example import Finding
from autograder.course.reference import checks, course
from autograder.engine.answering import Answerer
from autograder.engine.calls import in_process
from autograder.engine.outcome import CheckResult, Status
from autograder.engine.runner import Engine
from autograder.intake.cells import PLAN
from autograder.intake.excerpts import MOST_CHARACTERS, MOST_LINES, Excerpts
from autograder.intake.submissions import Submission
from autograder.results.diagnosis import diagnosed, of_all
from autograder.results.model import TaskResult
from tests.grader.in_process import InProcess, network_class
from tests.layers import sampled
from tests.submissions.corpus import solution as solved

SAMPLE = (
    "mean_left_out",
    "caches_appended",
    "bias_gradients_flat",
    "update_adds",
    "l2_penalty_sign",
    "momentum_shared",
)


def finding(name):
    mistake = MISTAKES[name]
    return Finding(mistake.charged[0].split("/")[0], mistake.equation, name, mistake.charged[0])


def shown(*names, found=None):
    """The examples of a network with these mistakes."""
    return examples(lambda: Twins(solution(names)), [finding(name) for name in found or names])


@pytest.mark.parametrize("name", MISTAKES)
def test_every_known_mistake_has_its_equation_with_the_wrong_part_marked(name):
    mistake = MISTAKES[name]
    lines = formula(mistake.equation, ", ".join(mistake.replaces))
    root = ElementTree.fromstring(f"<all>{lines}</all>")
    assert [element.tag for element in root] and {element.tag for element in root} == {"math"}
    assert root.findall(".//*[@class='marked']")


def test_of_two_factors_only_the_wrong_one_is_marked():
    [marked] = ElementTree.fromstring(formula("BP1", "mean")).findall(".//*[@class='marked']")
    assert "".join(marked.itertext()) == "1m"
    [marked] = ElementTree.fromstring(formula("BP2", "hidden_slope")).findall(".//*[@class='marked']")
    assert "".join(marked.itertext()) == "σ′(zl)"
    assert 'class="marked"' not in formula("BP1", "") and formula("no equation", "mean") == ""


@pytest.mark.parametrize("name", MISTAKES)
def test_every_known_mistake_has_an_example_that_shows_it(name):
    [example] = shown(name).values()
    assert all(value.right != value.own for value in example.values)
    if example.drawn:
        caption, svg = picture(example.drawn)
        assert "the first wrong value is" in caption and "✗" in svg
    assert example.drawn or finding(name).equation not in ("BP1", "BP2", "BP3", "BP4", "z = W a + b", "a = sigma(z)")


@pytest.mark.parametrize("name", sampled(MISTAKES, SAMPLE))
def test_the_code_of_an_example_prints_what_the_card_says(name, capsys):
    [example] = shown(name).values()
    for names, side in (((), "right"), ((name,), "own")):
        code = example.given.replace("from backprop import NeuralNetwork", "")
        exec(code, {"NeuralNetwork": network_with(*names)})
        printed = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-\d+)?", capsys.readouterr().out)]
        values = [getattr(value, side) for value in example.values]
        wanted = [float(entry) for value in values if not isinstance(value, str) for row in value for entry in row]
        assert isinstance(values[0], str) or np.allclose(printed[: len(wanted)], wanted, rtol=1e-3, atol=1e-5)


def test_the_solution_has_no_example():
    tasks = ("forward", "backward", "gradient_check", "update", "tanh", "l2", "momentum", "xor")
    found = [Finding(task, "", None, f"{task}/any") for task in tasks]
    assert examples(lambda: Twins(solution(())), found) == {}


@pytest.mark.parametrize("other", ["bias_gradients_flat", "weights_not_transposed", "bias_left_out", "update_adds"])
def test_a_second_mistake_does_not_make_the_first_one_look_worse(other):
    alone, both = shown("factor_two")[0], shown("factor_two", other)[0]
    for value in both.values:
        if not isinstance(value.right, str):
            assert np.allclose(2 * np.array(value.right, float), np.array(value.own, float), rtol=2e-3)
    assert alone.given.split("\n")[3].startswith("net = NeuralNetwork(") and both.values


def test_what_follows_from_the_first_wrong_value_is_told_from_it():
    states = shown("weights_not_transposed")[0].drawn["states"]
    assert [name for name, state in states.items() if state == "wrong"] == ["delta[0]"]
    assert {name for name, state in states.items() if state == "follows"} == {"dW[0]", "db[0]"}
    states = shown("bias_gradients_zero")[0].drawn["states"]
    assert [name for name, state in states.items() if state != "right"] == ["db[0]"]
    second = shown("weights_not_transposed", "factor_two")[1].drawn["states"]
    assert [name for name, state in second.items() if state == "wrong"] == ["delta[0]"]


class Strange:
    """Answers of no form that the chapter asks for."""

    def __init__(self, sizes, activation="sigmoid", **options):
        self.weights = [np.zeros((b, a)) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
        self.biases = [np.zeros((b, 1)) for b in sizes[1:]]
        self.z_cache, self.a_cache = "<b>", {}

    def forward(self, X):
        return self.answer

    def backward(self, Y):
        return [self.answer] * len(self.weights), [self.answer] * len(self.weights)

    def update(self, dW, db, eta):
        self.weights = self.answer

    def compute_loss(self, y_hat, Y):
        return 0.5


STRANGE = [None, np.nan, np.full((1, 1), np.nan), np.zeros((2, 2, 2)), "<script>", object(), 10**400, [[1.0], []]]


@pytest.mark.parametrize("answer", [*STRANGE, np.zeros((300, 300)), np.array(["x"], object), float("inf"), 1j])
def test_strange_answers_have_their_words(answer):
    kind = type("NeuralNetwork", (Strange,), {"answer": answer})
    student = NetworkStudent(in_process(Answerer(FIELDS, kind=kind)))
    found = [Finding(task, "", None, f"{task}/any") for task in ("forward", "backward", "update", "gradient_check")]
    made = examples(lambda: student, found)
    assert 0 in made and 1 in made
    for example in made.values():
        assert all(len(str(value.own)) < 2000 for value in example.values)
        assert not example.drawn or "<script>" not in picture(example.drawn)[1]


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


def marked_in(equation, piece):
    found = ElementTree.fromstring(f"<all>{formula(equation, piece)}</all>").findall(".//*[@class='marked']")
    return ["".join(one.itertext()) for one in found]


def test_parts_that_are_wrong_together_are_marked_as_one():
    assert marked_in("BP2", "back") == ["(Wl+1Tδl+1)"] and marked_in("BP2", "source") == ["δl+1"]
    assert marked_in("update", "step") == ["−ηg"] and marked_in("update", "rate") == ["η"]
    assert marked_in("Exercise 18.4", "stride") == ["v"]


def test_the_form_of_what_is_returned_is_shown_only_where_it_is_wrong():
    for equation, piece in (("BP3", "finish"), ("BP4", "finish"), ("a = sigma(z)", "output")):
        assert formula(equation, "").count("<math") == 1 == formula(equation, piece).count("<math")
        assert not marked_in(equation, "") and len(marked_in(equation, piece)) == 1
    assert marked_in("BP3", "finish") == ["[∂C∂W1,…,∂C∂WL]"] and marked_in("a = sigma(z)", "output") == ["aL"]


def test_an_output_that_is_not_what_the_cache_holds_is_drawn_as_the_last_value():
    [example] = shown("activation_again_on_output").values()
    states = example.drawn["states"]
    assert [name for name, state in states.items() if state == "wrong"] == [f"a[{len(example.drawn['sizes']) - 1}]"]


@pytest.mark.parametrize("name", ["z_cache_overwritten", "a_cache_overwritten", "caches_used_up"])
def test_what_backward_does_to_the_caches_is_shown_after_it(name):
    [example] = shown(name).values()
    assert example.given.index("net.backward(Y)") < example.given.index("print(")
    assert all(re.match(r"(len\()?[za]_cache", value.name) for value in example.values)


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
