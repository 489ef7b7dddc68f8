"""One notebook from the hand-in to nbgrader's gradebook and its export; more of it in test_gradebook.py."""

import pytest

from .course import clone_to, hand_in, results, run
from .test_gradebook import book, exported

pytestmark = pytest.mark.sample


def test_a_notebooks_points_and_sentences_are_in_nbgraders_gradebook_and_export(tmp_path):
    course = clone_to(tmp_path / "kit")
    hand_in(course, "forgotten_mean")
    run(course, "make", "grade")
    with book(course) as opened:
        grades = opened.find_submission("ps18", "forgotten_mean").notebooks[0].grades
        auto = {grade.cell.name: grade.auto_score for grade in grades}
        comment = opened.find_comment("backward-code", "ps18", "ps18", "forgotten_mean").auto_comment
    tasks = {task["id"]: task["points"] for task in results(course)["forgotten_mean"]["tasks"]}
    assert tasks.items() <= auto.items() and sum(tasks.values()) == 67
    assert "the 1/m of BP1 is missing" in comment
    assert float(exported(course)["forgotten_mean"]["raw_score"]) == 67
