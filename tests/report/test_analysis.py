"""What the class report says of tasks and checks: how hard they are, and which checks may be at fault themselves."""

import pytest

from autograder.engine.outcome import CheckResult, Status
from autograder.report.analysis import checks_of, tasks_of
from autograder.report.class_report import heat_map, histogram, summary
from autograder.report.overview import Overview
from autograder.results.model import Diagnosis, Result, TaskResult

TITLES = {"forward": "The output", "backward": "The gradient"}


def result(student, status="graded", mistake=None, **share):
    """A result: by task the share of points that its only check earns, None where it was not tried."""
    tasks = []
    for task, title in TITLES.items():
        earned = share.get(task, 1.0)
        state = Status.UNTRIED if earned is None else Status.PASSED if earned == 1 else Status.FAILED
        checks = tuple(
            CheckResult(f"{task}/it{end}", title, state, 10 * (earned or 0), 10, "", None, (), not end, 0.0)
            for end in ("", ".hidden")
        )
        tasks.append(TaskResult(task, task, *(20 * (earned or 0), 20) * 2, False, checks))
    points = sum(task.points for task in tasks)
    found = (Diagnosis("BP1", "mean", mistake, "It is so.", 5, ("backward/it",)),) if mistake else ()
    return Result(
        *(1, student, "ps18", "files", status, None if status == "graded" else "It is empty."),
        *(points, 40, 0, 0, points, 0, ()),  # scores
        *(None, None, None, "bubblewrap", None, 1.0),  # what became of it
        *((), (), (), ()),  # paths, notes, errors
        tuple(tasks) if status == "graded" else (),
        found,
    )


def overview(*results):
    return Overview(results)


def class_of(backward):
    """Ten students, the first of whom are best in `forward`, with these shares in `backward`."""
    return overview(*(result(f"s{n}", forward=1 - n / 10, backward=share) for n, share in enumerate(backward)))


def test_difficulty_is_the_mean_share_and_discrimination_the_correlation_with_the_rest():
    forward, backward = tasks_of(class_of([1] * 5 + [0] * 5))
    assert forward.share == pytest.approx(0.55) and backward.share == 0.5
    assert 0.8 < backward.discrimination < 1 and forward.discrimination == pytest.approx(backward.discrimination)
    assert tasks_of(class_of([0] * 5 + [1] * 5))[1].discrimination < -0.8


@pytest.mark.parametrize("backward", [[1] * 10, [1], [1, 0]], ids=["all alike", "one", "two"])
def test_what_cannot_be_known_is_not_told(backward):
    assert tasks_of(class_of(backward))[1].discrimination is None


AT_FAULT = {
    "the best fail": ([0] * 3 + [1] * 7, "only 0% of the best quarter pass it"),
    "nobody passes": ([0] * 10, "nobody passes it"),
    "half of the best": ([1, 0] + [1] * 8, "the best quarter pass it less often than the others"),
}


@pytest.mark.parametrize("kind", AT_FAULT)
def test_a_check_that_good_students_fail_is_marked(kind):
    shares, doubt = AT_FAULT[kind]
    # All that tells them apart is `forward`: the lost points are too few to make anyone worse.
    rows = [result(f"s{n}", forward=1 - n / 10, backward=0.9 + 0.1 * share) for n, share in enumerate(shares)]
    [_, backward] = checks_of(overview(*rows))
    assert backward.doubt == doubt
    assert any(line.startswith("Checks to look at") for line in summary(overview(*rows)))


FINE = {
    "weak ones fail": [1] * 6 + [0] * 4,
    "all pass": [1] * 10,
    "one fails": [1] * 9 + [0],
    "few tried": [0] * 3 + [None] * 7,
}


@pytest.mark.parametrize("kind", FINE)
def test_a_check_that_tells_students_apart_is_not_marked(kind):
    assert [check.doubt for check in checks_of(class_of(FINE[kind]))][1] == ""


def test_a_check_is_one_row_with_its_hidden_twin():
    [forward, backward] = checks_of(class_of([1] * 4 + [0] * 4 + [None] * 2))
    assert (backward.visible, backward.hidden, backward.failed, backward.untried) == (0.5, 0.5, 4, 2)
    assert forward.title == "The output"
    assert [check.visible for check in checks_of(class_of([None] * 9))][1] is None


def test_mistakes_are_sorted_by_the_students_who_made_them():
    made = {"a": "mean_left_out", "b": "factor_two", "c": "mean_left_out", "d": None}
    found = overview(*(result(name, mistake=mistake, backward=0.5) for name, mistake in made.items())).mistakes
    assert [(one.diagnosis.mistake, one.students) for one in found] == [
        ("mean_left_out", ["a", "c"]),
        ("factor_two", ["b"]),
    ]


def test_who_could_not_be_graded_counts_in_no_task():
    rows = [result("a"), result("b", status="ungradable"), result("c", backward=0.0)]
    assert [task.share for task in tasks_of(overview(*rows))] == [1.0, 0.5]
    assert [check.failed for check in checks_of(overview(*rows))] == [0, 1]
    assert "3 submissions, 1 of them ungradable" in summary(overview(*rows))[0]
    assert tasks_of(overview(result("b", status="ungradable"))) == []


@pytest.mark.parametrize("students, said", [(9, "each row one student"), (700, "each row 3 students")])
def test_the_heat_map_has_a_row_for_each_student_or_for_some_together(students, said):
    drawn = heat_map(overview(*(result(f"s{n}", backward=n / students) for n in range(students))))
    assert said in drawn and len(drawn) < 60_000
    assert heat_map(overview(result("alone"))) == "" == histogram(overview(result("alone")).rows)


def test_the_histogram_tells_the_median():
    drawn = histogram(overview(*(result(f"s{n}", backward=n / 10) for n in range(11))).rows)
    assert "median 30" in drawn and "Students by score, median 30: " in drawn
