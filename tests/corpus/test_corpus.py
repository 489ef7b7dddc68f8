"""The grader, graded: wrong networks lose points where they are wrong, correct ones keep every point."""

import pytest

from autograder.assignment.mistakes import MISTAKES
from tests.submissions.corpus import correct, wrong

from .graded import as_it_should_be, graded_as_notebooks, graded_correct, graded_wrong, lost, names

RECALL = 0.9  # of the mistakes that have a name
pytestmark = pytest.mark.timeout(1800)  # the first test of each corpus waits for all of it


@pytest.mark.parametrize("name", wrong())
def test_a_mistake_costs_points_where_it_belongs_and_nowhere_else(name):
    result = graded_wrong()[name]
    assert result["kit_errors"] == []
    assert as_it_should_be(wrong()[name], result), (lost(result), result["reason"])


@pytest.mark.parametrize("name", correct())
def test_a_correct_network_keeps_every_point(name):
    result = graded_correct()[name]
    failed = [c for t in result["tasks"] if not t["bonus"] for c in t["checks"] if c["points"] < c["max_points"]]
    assert result["score"] == 100, (result["reason"], failed[:3])


def test_a_notebook_scores_as_the_files_do():
    """A sample of both corpora; the example class is compared whole in tests/notebooks."""
    pairs = graded_as_notebooks()
    assert len(pairs) >= 30

    def points(result):
        return {c["id"]: (c["points"], c["mistake"]) for task in result["tasks"] for c in task["checks"]}

    assert {name: notebook["reason"] for name, (_, notebook) in pairs.items() if notebook["source"] != "notebook"} == {}
    assert [name for name, (files, notebook) in pairs.items() if points(files) != points(notebook)] == []


def test_nothing_is_called_by_a_wrong_name():
    results = graded_wrong()
    assert {n: extra for n, m in wrong().items() if (extra := names(results[n]) - set(m.mistakes))} == {}
    assert {name for result in graded_correct().values() for name in names(result)} == set()


def test_nearly_all_that_has_a_name_is_called_by_it():
    results, namable = graded_wrong(), [m for m in wrong().values() if m.mistakes]
    missed = [m.name for m in namable if m.mistakes[0] not in names(results[m.name])]
    assert len(missed) <= (1 - RECALL) * len(namable), missed


def test_the_corpora_are_large_and_every_name_is_tried():
    assert len(wrong()) >= 90 and len(correct()) >= 25
    assert {name for m in wrong().values() for name in m.mistakes} <= set(MISTAKES)
    sentences = [mistake.says for mistake in MISTAKES.values()]
    assert all(("." in s[:-1] or ":" in s) and s.endswith(".") for s in sentences)  # what shows, and where to look


def test_a_mistake_in_one_method_leaves_the_others_points():
    results = graded_wrong()
    for mistake in wrong().values():
        tasks = {task["id"]: task["points"] for task in results[mistake.name]["tasks"]}
        for method in {"forward", "backward", "update"} - {*mistake.loses, *mistake.may_lose}:
            assert tasks[method] == {"forward": 20, "backward": 35, "update": 10}[method], (mistake.name, method)
