"""The grader, graded: wrong networks lose points where they are wrong, correct ones keep every point."""

import pytest

from autograder.assignment.mistakes import MISTAKES
from tests.layers import sampled
from tests.submissions.corpus import correct, wrong

from .graded import SAMPLE, as_it_should_be, graded_as_notebooks, graded_wrong, lost, names, result_of

RECALL = 0.9  # of the mistakes that have a name
pytestmark = pytest.mark.timeout(1800)  # the first test waits for the grading of all that is no sample


def each(corpus):
    """`make test` has a sample: one wrong network of each group, and two correct ones."""
    return pytest.mark.parametrize("name", sampled(corpus, SAMPLE))


@each(wrong())
def test_a_mistake_costs_points_where_it_belongs_and_nowhere_else(name):
    assert result_of(name)["kit_errors"] == []
    assert as_it_should_be(wrong()[name], result_of(name)), (lost(result_of(name)), result_of(name)["reason"])


@each(wrong())
def test_a_mistake_is_called_by_no_wrong_name_and_leaves_the_other_methods_their_points(name):
    mistake, result = wrong()[name], result_of(name)
    assert names(result) <= set(mistake.mistakes)
    tasks = {task["id"]: task["points"] for task in result["tasks"]}
    for method in {"forward", "backward", "update"} - {*mistake.loses, *mistake.may_lose}:
        assert tasks[method] == {"forward": 20, "backward": 35, "update": 10}[method], method


@each(correct())
def test_a_correct_network_keeps_every_point_and_is_called_nothing(name):
    result = result_of(name)
    failed = [c for t in result["tasks"] if not t["bonus"] for c in t["checks"] if c["points"] < c["max_points"]]
    assert result["score"] == 100, (result["reason"], failed[:3])
    assert names(result) == set()


@pytest.mark.whole
def test_a_notebook_scores_as_the_files_do():
    """A sample of both corpora; the example class is compared whole in tests/notebooks."""
    pairs = graded_as_notebooks()
    assert len(pairs) >= 12

    def points(result):
        return {c["id"]: (c["points"], c["mistake"]) for task in result["tasks"] for c in task["checks"]}

    assert {name: notebook["reason"] for name, (_, notebook) in pairs.items() if notebook["source"] != "notebook"} == {}
    assert [name for name, (files, notebook) in pairs.items() if points(files) != points(notebook)] == []


@pytest.mark.whole
def test_nearly_all_that_has_a_name_is_called_by_it():
    results, namable = graded_wrong(), [m for m in wrong().values() if m.mistakes]
    missed = [m.name for m in namable if m.mistakes[0] not in names(results[m.name])]
    assert len(missed) <= (1 - RECALL) * len(namable), missed


def test_the_corpora_are_large_and_every_name_is_tried():
    assert len(wrong()) >= 90 and len(correct()) >= 25 and {*wrong(), *correct()} >= SAMPLE
    assert {wrong()[name].group for name in SAMPLE - {*correct()}} == {mistake.group for mistake in wrong().values()}
    assert {name for m in wrong().values() for name in m.mistakes} <= set(MISTAKES)
    sentences = [mistake.says for mistake in MISTAKES.values()]
    assert all(("." in s[:-1] or ":" in s) and s.endswith(".") for s in sentences)  # what shows, and where to look
