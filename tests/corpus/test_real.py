"""Mistakes that real people made lose points where they belong, alone and in pairs; unusual right ways lose none."""

import pytest

from autograder.assignment.mistakes import MISTAKES
from tests.layers import in_part
from tests.submissions.corpus import real, real_pairs, solution, wrong

from .real import fits, of, unusual

PAIRS = [pair for pairs in real_pairs().values() for pair in pairs]


@pytest.mark.parametrize("name", in_part(zip(real()), 6))
def test_a_real_mistake_loses_points_where_it_belongs_and_nowhere_else(name):
    mistake, result = real()[name], of(real()[name])
    assert result.belongs(mistake) != mistake.missed, "mended: take `missed = true` away" if mistake.missed else ""
    assert set(result.lost) <= {*mistake.loses, *mistake.may_lose}
    assert result.names == set(mistake.mistakes)


@pytest.mark.parametrize("pair", in_part(zip(PAIRS), 5), ids=lambda pair: " + ".join(mistake.name for mistake in pair))
def test_two_real_mistakes_lose_points_for_both(pair):
    result = of(*pair)
    assert all(result.belongs(mistake) for mistake in pair), result.lost
    assert all(result.naming(mistake) for mistake in pair) and all(any(fits(n, m) for m in pair) for n in result.names)
    assert set(result.lost) <= {task for mistake in pair for task in (*mistake.loses, *mistake.may_lose)}


@pytest.mark.parametrize("style", unusual(), ids=lambda style: style.name)
def test_an_unusual_right_way_keeps_every_point(style):
    assert of(style).lost == {} and of(style).names == set()


def test_the_real_mistakes_are_many_and_all_different():
    changes = [(mistake.file, mistake.change) for mistake in (*real().values(), *wrong().values())]
    assert len(real()) >= 60 and len(PAIRS) >= 15 and len(unusual()) >= 10
    assert [change for number, change in enumerate(changes[: len(real())]) if change in changes[number + 1 :]] == []
    assert not real().keys() & wrong().keys()


def test_most_real_mistakes_have_a_name():
    assert sum(bool(mistake.mistakes) for mistake in real().values()) >= 80


def test_every_real_mistake_says_where_in_the_chapter_it_is():
    chapter = {equation for mistake in MISTAKES.values() for equation in mistake.equation.split(", ")}
    assert {name for name, mistake in real().items() if not mistake.equations} == set()
    assert {equation for mistake in real().values() for equation in mistake.equations} <= {*chapter, "train"}


def test_the_right_network_loses_nothing_in_the_same_process():
    assert of().lost == {} and set(solution()) >= {"neural_network.py", "activations.py"}
