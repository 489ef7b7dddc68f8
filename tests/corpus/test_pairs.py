"""Two mistakes at once: mending one never lowers the score, and no name is given that is not one of the two."""

import itertools
import random
from functools import cache

import pytest

from tests.grader.in_process import VALUE_TASKS, graded, lost, names, network_class
from tests.layers import WHOLE
from tests.submissions.corpus import Wrong, files_of, wrong

SAMPLE, SEED = 24, 7
METHODS = ("forward", "backward", "update", "l2", "momentum")
# Pairs that cancel out, so that mending one of them breaks what worked.
CANCEL = {frozenset({"backward/y_minus_a", "update/uphill"})}


def network_of(*mistakes: Wrong):
    """The class with these mistakes in it."""
    return network_class(files_of(*mistakes))


def pairs():
    """A sample of pairs of mistakes in different methods, or in one, that fit together."""
    own = [m for m in wrong().values() if m.file == "neural_network.py" and m.group in METHODS]
    possible = list(itertools.combinations(own, 2))
    random.Random(SEED).shuffle(possible)
    for one, other in possible:
        try:
            files_of(one, other)
        except ValueError:
            continue
        yield one, other


CHOSEN = list(itertools.islice(pairs(), SAMPLE))
EACH = [pytest.param(*pair, marks=() if pair in CHOSEN[::6] else WHOLE) for pair in CHOSEN]


@cache
def judged(*mistakes: Wrong) -> tuple[dict[str, float], set[str]]:
    """The points that a network with these mistakes loses by task, and the names that it gets."""
    engine = graded(network_of(*mistakes))
    return lost(engine), names(engine)


@pytest.mark.parametrize("one, other", EACH, ids=lambda mistake: mistake.name)
def test_mending_one_of_two_mistakes_never_lowers_the_score_and_neither_gets_a_strange_name(one, other):
    losses, given = judged(one, other)
    for left in (one, other):
        if frozenset({one.name, other.name}) not in CANCEL:
            assert sum(judged(left)[0].values()) <= sum(losses.values()) + 1e-6, left.name
    assert given <= {*judged(one)[1], *judged(other)[1], *one.mistakes, *other.mistakes}


def test_the_points_of_each_method_can_be_earned_alone():
    """One method wrong in a way that gives nothing leaves the others' points."""
    nothing = {"forward": "forward/returns_nothing", "update": "update/names_rebound"}
    for method, name in nothing.items():
        losses = lost(graded(network_of(wrong()[name]), VALUE_TASKS))
        others = {"forward", "backward", "update"} - {method}
        assert method in losses and not others & set(losses), (name, losses)
