"""What the chapter shows of a mistake: its equation, and the smallest input on which it can be seen."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from backprop.activations import ACTIVATIONS

from autograder.assignment.lessons import examples, formula, picture
from autograder.assignment.mistakes import MISTAKES, network_with
from autograder.assignment.mistakes.computation import computed_with
from autograder.assignment.network.proxy import NetworkStudent
from autograder.assignment.solution import FIELDS, solution
from autograder.assignment.twin import Twins
from autograder.course.example import Finding
from autograder.engine.answering import Answerer
from autograder.engine.calls import in_process
from tests.layers import sampled

SAMPLE = (
    "mean_left_out",
    "caches_appended",
    "bias_gradients_flat",
    "update_adds",
    "l2_penalty_sign",
    "momentum_shared",
    "z_cache_overwritten",
    "tanh_overflows",
    "l2_in_update",
)
FIRST = {"BP1": "delta", "BP2": "delta", "BP1, BP2": "delta", "BP3": "dW", "BP4": "db"}  # by equation, what it makes


def finding(name):
    mistake = MISTAKES[name]
    return Finding(mistake.charged[0].split("/")[0], mistake.equation, name, mistake.charged[0])


def shown(*names, found=None):
    """The examples of a network with these mistakes."""
    return examples(lambda: Twins(solution(names)), [finding(name) for name in found or names])


def first_wrong(example):
    [name] = [name for name, state in example.drawn["states"].items() if state == "wrong"]
    return name


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
        assert first_wrong(example).startswith(FIRST.get(finding(name).equation, ""))
    assert example.drawn or finding(name).equation not in (*FIRST, "z = W a + b", "a = sigma(z)")


@pytest.mark.parametrize("name", sampled(MISTAKES, SAMPLE))
def test_the_code_of_an_example_prints_what_the_card_says(name, capsys):
    [example] = shown(name).values()
    for names, side in (((), "right"), ((name,), "own")):
        code = example.given.replace("from backprop import NeuralNetwork", "")
        with np.errstate(all="ignore"):
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
    assert first_wrong(example) == f"a[{len(example.drawn['sizes']) - 1}]"


@pytest.mark.parametrize("name", ["z_cache_overwritten", "a_cache_overwritten", "caches_used_up"])
def test_what_backward_does_to_the_caches_is_shown_after_it(name):
    [example] = shown(name).values()
    assert example.given.index("net.backward(Y)") < example.given.index("print(")
    assert all(re.match(r"(len\()?[za]_cache", value.name) for value in example.values)


def slopes_squared(name):
    """A network with this mistake, whose derivatives of the sigmoid and of tanh are their squares."""
    squared = {"derivative": lambda activation, z: ACTIVATIONS[activation][0](z) ** 2}
    return Twins(Answerer(FIELDS, kind=computed_with({**squared, **MISTAKES[name].replaces})))


OWN = {"l2_in_update": "weights", "l2_penalty_sign": "loss", "tanh_overflows": "output", "bias_gradients_zero": "db"}


@pytest.mark.parametrize("name", OWN)
def test_an_example_shows_what_its_mistake_changes_and_no_more(name):
    """Beside two mistakes that replace one piece, which cannot be told apart where both are made."""
    names = ("slope_sigma_squared", "tanh_slope_squared_alone", name)
    example = examples(lambda: slopes_squared(name), [finding(one) for one in names])[2]
    assert {value.name.split("[")[0] for value in example.values} == {OWN[name]}


@pytest.mark.parametrize(
    "name", ["error_never_carried", "hidden_slope_of_next_layer", "weights_reshaped", "slope_of_tanh"]
)
def test_the_errors_in_a_picture_are_those_that_the_gradients_have(name):
    [example] = shown(name).values()
    db, drawn = {value.name: value.own for value in example.values}, example.drawn["values"]
    both = [(drawn[f"delta{one[2:]}"], db[one]) for one in db if one.startswith("db")]
    assert both and all(np.allclose(np.array(a, float), np.array(b, float), rtol=1e-2) for a, b in both)


@pytest.mark.parametrize("name", ["weight_gradients_sign", "bias_gradients_zero", "gradients_exchanged", "factor_two"])
def test_the_tags_of_gradients_stand_beside_each_other(name):
    [example] = shown(name).values()
    svg = ElementTree.fromstring(picture(example.drawn)[1])
    tags = [float(one.get("x")) for one in svg.iter() if re.match(r"d[Wb]\[", one.text or "")]
    boxes = [(float(one.get("x")), float(one.get("width"))) for one in svg.iter() if one.get("class") == "box"]
    assert tags and all(right - left >= 60 for left, right in pairwise(tags))  # a bold name and its sign
    assert all(x >= 0 and x + width <= float(svg.get("viewBox").split()[2]) for x, width in boxes)
