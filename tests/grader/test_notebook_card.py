"""The card that `check("backward")` shows in a notebook."""

import html
import re
from xml.etree import ElementTree

import pytest

from autograder.assignment.mistakes import MISTAKES
from autograder.assignment.network import PROXY
from autograder.course.rubric import rubric
from autograder.engine.card import card
from autograder.engine.frozen import FILE, load
from autograder.engine.outcome import CheckResult, Status
from tests.kit import RELEASE

TASK = next(task for task in rubric().tasks if task.id == "backward")


def shown(message, *mistakes, title="BP1: the error."):
    result = CheckResult("backward/bp1", title, Status.FAILED, 1.0, 4.8, message, None, mistakes, True, 0.0)
    return card(TASK, result, MISTAKES, PROXY.formula)


def test_it_has_cost_equation_and_sentence():
    text = shown("`db[3]` should be [1]. The 1/m of BP1 is missing.", "mean_left_out")
    assert "(3.8 of 4.8 points)" in text and "<code>db[3]</code>" in text
    root = ElementTree.fromstring(text.replace("<br>", "<br/>"))
    framed = [node for node in root.iter("mrow") if "border" in node.get("style", "")]
    assert len(root.findall("math")) == 1 and ["".join(node.itertext()) for node in framed] == ["1m"]


def test_two_mistakes_have_two_equations_and_an_unknown_one_has_none():
    assert shown("Both.", "mean_left_out", "bias_gradients_averaged").count("<math") == 2
    assert "<math" not in shown("Unknown.") and "<math" not in shown("Unknown.", "no_such_name")
    assert "<math" not in card(
        TASK, CheckResult("b", "t", Status.FAILED, 0, 1, "m", None, ("mean_left_out",), True, 0), MISTAKES, None
    )


@pytest.mark.parametrize("said", ["<script>alert(1)</script>", "`<b>`", "</div></div>", "&lt;", "`a` < `b`", "x\ny"])
def test_nothing_that_code_says_is_markup(said):
    text = shown(f"forward(...) raised ValueError: {said}", title=said)
    root = ElementTree.fromstring(text.replace("<br>", "<br/>"))
    assert {node.tag for node in root.iter()} <= {"div", "p", "b", "code", "br"}
    assert said.replace("`", "").replace("\n", "") in "".join(root.itertext()).replace("\n", "")
    assert html.unescape(re.sub(r"<[^>]*>", "", text))


def test_at_home_each_mistake_has_its_pieces():
    course, _ = load(RELEASE / "tests" / FILE, PROXY)
    assert {name: tuple(one.replaces) for name, one in course.mistakes.items()} == {
        name: tuple(one.replaces) for name, one in MISTAKES.items()
    }
