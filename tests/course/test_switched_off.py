"""A task that is switched off: students and nbgrader hear nothing of it, and nothing is graded by an old release."""

from copy import deepcopy
from dataclasses import replace

import pytest

from autograder.course.model import assignment
from autograder.course.rubric import rubric
from autograder.grading import whole_class
from autograder.grading.whole_class import check_released
from autograder.intake.submissions import BadInput
from autograder.platforms.nbgrader import gradebook
from autograder.release.build import TEXT, handout
from autograder.release.notebook import instructor_notebook

TASKS = {task.id: task for task in rubric().tasks}
EXERCISES = [task.id for task in rubric().tasks if task.bonus]
SOURCE = assignment().source


@pytest.fixture
def graded():
    """Grade just these tasks; `object`, as the rubric is frozen."""
    yield lambda tasks: object.__setattr__(rubric(), "tasks", list(tasks))
    object.__setattr__(rubric(), "tasks", list(TASKS.values()))


def without(*names):
    return [task for name, task in TASKS.items() if name not in names]


def cells():
    """By id, the text of the cells; the id of one that has none of its own is its place."""
    notebook = instructor_notebook(SOURCE / TEXT, assignment().solutions)
    assert not any("tasks" in cell.metadata for cell in notebook.cells)
    return {cell.id: cell.source for cell in notebook.cells}


@pytest.mark.parametrize("task", EXERCISES)
def test_an_exercise_that_is_off_is_gone_with_all_its_cells_and_its_part_of_the_handout(graded, task):
    before, text = cells(), handout(SOURCE / "README.md")
    number = f"18.{EXERCISES.index(task) + 1}"
    graded(without(task))
    after, shorter = cells(), handout(SOURCE / "README.md")
    own = {name for name in before if name == task or name.startswith(f"{task}-")}
    assert own and not own & after.keys()
    assert f"Exercise {number}:" in "".join(before.values()) and f"Exercise {number}:" not in "".join(after.values())
    assert sorted(after.values()) == sorted(
        source for name, source in before.items() if name not in own and f"Exercise {number}:" not in source
    )
    assert f"**{number} " in text and f"| `{task}` |" in text
    assert f"**{number} " not in shorter and f"| `{task}` |" not in shorter and "<!--" not in text + shorter


def test_without_exercises_nothing_speaks_of_them(graded):
    graded(without(*EXERCISES))
    assert "# The exercises" not in "".join(cells().values())
    assert "## The exercises" not in handout(SOURCE / "README.md") and "## Points" in handout(SOURCE / "README.md")


@pytest.mark.parametrize("task", ["forward", "backward", "update"])
def test_what_other_tasks_need_stays_and_only_its_points_are_gone(graded, task):
    before = cells()
    graded(without(task))
    after = cells()
    assert task not in after and {f"{task}-code", f"{task}-put"} <= after.keys()
    assert len(after) == len(before) - 1


@pytest.mark.parametrize("task", ["gradient_check", "xor", "circle", "sine"])
def test_a_task_without_a_cell_of_its_own_code_is_gone_with_its_picture(graded, task):
    graded(without(task))
    text = "".join(cells().values())
    assert f'check("{task}")' not in text and f'show("{task}")' not in text and 'check("forward")' in text


def test_what_no_task_needs_any_more_is_gone(graded):
    graded([TASKS["forward"], TASKS["backward"]])
    assert {"forward-code", "backward-code"} <= cells().keys()
    assert not [name for name in cells() if name.startswith(("update", "tanh", "square"))]
    assert "Let it learn" not in "".join(cells().values())


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        (without("tanh"), "release/ps18 has the task tanh, which autograder/assignment/rubric.toml has not"),
        (without("forward", "tanh"), "release/ps18 has the task forward, which"),
        ([*TASKS.values(), replace(TASKS["sine"], id="cosine")], "rubric.toml has the task cosine, which release/ps18"),
        ([replace(TASKS["xor"], points=7), *without("xor")], "gives xor 7 points, but release/ps18 says 10"),
        ([replace(TASKS["xor"], points=10.5), *without("xor")], "gives xor 10.5 points, but release/ps18 says 10"),
    ],
)
def test_a_class_is_not_graded_by_another_rubric_than_was_released(graded, tasks, said):
    check_released()
    graded(tasks)
    with pytest.raises(BadInput) as refused:
        check_released()
    assert said in str(refused.value) and str(refused.value).endswith(": run `make release`.")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and so on", b"x" * 1000])
def test_a_release_that_is_not_whole_is_one_sentence(monkeypatch, tmp_path, content):
    (tmp_path / "tests").mkdir()
    if content is not None:
        (tmp_path / "tests" / "expected.npz").write_bytes(content)
    monkeypatch.setattr(whole_class, "assignment", lambda: replace(assignment(), release=tmp_path))
    with pytest.raises(BadInput, match=r"is not whole: run `make release`\.$"):
        check_released()


def test_points_that_change_with_a_release_change_in_nbgraders_gradebook(monkeypatch, tmp_path):
    from nbgrader.api import Gradebook

    def best():
        [notebook] = book.find_assignment(assignment().name).notebooks
        return {grade.name: grade.max_score for grade in notebook.grade_cells}

    url, new = f"sqlite:///{tmp_path / 'gradebook.db'}", {"backward": 40, "sine": 2.5, "tanh": 3, "tanh-question": 6}
    changed = deepcopy(gradebook.released_notebook())
    for cell in changed["cells"]:
        if cell["id"] in new:
            cell["metadata"]["nbgrader"]["points"] = new[cell["id"]]
    gradebook.prepare_alembic()
    with Gradebook(url) as book:
        gradebook.save_cells(book, url)
        before = best()
        monkeypatch.setattr(gradebook, "released_notebook", lambda: changed)
        gradebook.save_cells(book, url)
        book.db.expire_all()
        assert not before.items() & new.items() and best() == {**before, **new}
