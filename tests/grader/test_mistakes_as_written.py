"""What stands in the files of known mistakes fits together: with the chapter, the tasks, the pieces and the release."""

import re
from collections import Counter
from inspect import signature

import pytest

from autograder.assignment.mistakes import MISTAKES, TASKS, Pieces
from autograder.course.model import assignment
from autograder.course.reference import checks
from autograder.engine.frozen import FILE, load

# Where in the chapter a mistake may stand, and whose task that is.
TASK_OF = {
    "z = W a + b": "forward",
    "a = sigma(z)": "forward",
    "caches": "forward",
    "loss": "gradient_check",
    "backward": "backward",
    "BP1": "backward",
    "BP2": "backward",
    "BP3": "backward",
    "BP4": "backward",
    "update": "update",
    "Exercise 18.1": "tanh",
    "Exercise 18.2": "l2",
    "Exercise 18.4": "momentum",
}
EACH = pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
# For the biases alone; where there is none, that of the weights holds for both.
LIKE = {"bias_velocity": "velocity", "bias_step": "step"}


def test_no_name_is_given_twice():
    assert len(MISTAKES) == sum(len(task.MISTAKES) for task in TASKS)


@pytest.mark.parametrize("file", TASKS, ids=lambda file: file.__name__.rpartition(".")[2])
def test_a_file_holds_the_mistakes_of_one_task(file):
    (task,) = {mistake.charged[0].split("/")[0] for mistake in file.MISTAKES}
    assert file.__name__.rpartition(".")[2].startswith(task)


@EACH
def test_a_mistake_has_its_place_in_the_chapter_and_is_charged_there(mistake):
    assert {TASK_OF[place] for place in mistake.equation.split(", ")} == {mistake.charged[0].split("/")[0]}
    assert set(mistake.charged) <= checks().keys()


def test_an_equation_with_a_number_is_charged_in_the_check_of_that_number():
    numbered = {m.name: m.equation for m in MISTAKES.values() if any("/bp" in check for check in m.charged)}
    charged = {n: ", ".join(check.split("/")[1][:3].upper() for check in MISTAKES[n].charged) for n in numbered}
    assert numbered == charged
    assert set(", ".join(numbered.values()).split(", ")) == {"BP1", "BP2", "BP3", "BP4"}


def test_nothing_is_said_twice():
    said = Counter(mistake.says for mistake in MISTAKES.values())
    assert [sentence for sentence, times in said.items() if times > 1] == []


@EACH
def test_sentences_are_put_together_with_one_space(mistake):
    assert mistake.says == " ".join(mistake.says.split()) and not re.search("[.,:;][A-Za-z`]", mistake.says)
    assert mistake.says.endswith(".") and not mistake.says.endswith("..")
    sentences = mistake.says.rstrip(".").split(". ")
    assert len(set(sentences)) == len(sentences)


@EACH
def test_a_replacement_stands_for_a_piece_and_takes_what_the_piece_takes(mistake):
    assert mistake.replaces
    for name, other in mistake.replaces.items():
        assert name in Pieces.__annotations__
        piece = getattr(Pieces, LIKE.get(name, name))
        if callable(piece):
            assert len(signature(other).parameters) == len(signature(piece).parameters)
        else:
            assert type(other) is type(piece) and other != piece


def test_the_student_folder_knows_the_same_of_each_mistake():
    released, _ = load(assignment().release / "tests" / FILE, assignment().proxy)
    told = ("name", "equation", "says", "charged", "untried", "beside")
    assert {name: [getattr(m, field) for field in told] for name, m in released.mistakes.items()} == {
        name: [getattr(m, field) for field in told] for name, m in MISTAKES.items()
    }
