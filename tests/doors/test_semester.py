"""A semester in one test: at each step the same score stands in every place where a student or a teacher looks."""

import csv
import json
import re
import shutil

import pytest
from bs4 import BeautifulSoup

from tests.doors.test_canvas import canvas_import
from tests.kit import CHECKS, RUBRIC
from tests.notebooks.course import CLASS, clone_to, gradebook, hand_in, results, run

pytestmark = pytest.mark.whole

PYTHON = (".venv/bin/python", "-m", "autograder")
GRADE = (*PYTHON, "grade", "--gradebook", "gradebook.db", "--jobs", "2")
RULE = "[late]\ndue = 2026-12-01T23:59:00Z\npercent_per_day = 10\ngrace_minutes = 15\nmax_percent = 50\n"
TIMES = {  # three are late, one of them by less than the grace period is long
    **{"complete": "2026-12-01 12:00:00 UTC", "base_only": "2026-12-02 00:10:00 UTC"},
    **{"forgotten_mean": "2026-12-03 12:00:00 UTC", "halfway": "2026-12-02 12:00:00 UTC"},
    **{"transposed_weights": "2027-01-20 12:00:00 UTC", "no_file": "2026-12-01 12:00:00 UTC"},
}
EXTENDED = """[[extension]]
student = "forgotten_mean"
due = 2026-12-05T23:59:00Z
reason = "Ill for three days."
"""
OVERRULED = """
[[overrule]]
student = "halfway"
task = "backward"
add = 5
reason = "The idea on paper is right."

[[excuse]]
student = "no_file"
reason = "On exchange."
"""
OFF = """
[[switch_off]]
check = "sine/learns"
points = "out of the total"
reason = "The room's computers were too slow."
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A clone of the kit with a class handed in: files, and one notebook."""
    folder = clone_to(tmp_path_factory.mktemp("semester") / "kit")
    rubric = (folder / RUBRIC).read_text(encoding="utf-8")
    (folder / RUBRIC).write_text(RULE + rubric, encoding="utf-8")
    run(folder, *PYTHON, "release")
    for name, time in TIMES.items():
        if name == "forgotten_mean":
            hand_in(folder, name)
        else:
            shutil.copytree(CLASS / name, folder / "submitted" / name)
        (folder / "submitted" / name / "ps18").mkdir(exist_ok=True)
        (folder / "submitted" / name / "ps18" / "timestamp.txt").write_text(time)
    rows = [f"{name},{number},,{name},A," for number, name in enumerate(TIMES, 101)]
    header = "Student,ID,SIS User ID,SIS Login ID,Section,ps18 (7)"
    (folder / "roster.csv").write_text("\n".join([header, *rows, ""]))
    return folder


def agreed(course):
    """Each student's total, None for the excused, after having found it the same in every place."""
    graded = results(course)
    totals = {n: None if r["excused"] else round(r["score"] + r["bonus"], 2) for n, r in graded.items()}
    with open(course / "graded" / "grades.csv", newline="", encoding="utf-8") as stream:
        table = {row["student"]: row["total"] for row in csv.DictReader(stream)}
    assert {name: float(total) if total else None for name, total in table.items()} == totals
    for name, result in graded.items():
        page = (course / "graded" / name / "ps18" / "feedback.html").read_text()
        shown = [" ".join(tag.text.split()) for tag in BeautifulSoup(page, "html.parser").find_all(class_="score")]
        said = re.fullmatch(r"(Excused; .*?: )?(\S+) of (\S+) points (\S+) of \S+ bonus points", " ".join(shown))
        assert float(said[2]) == pytest.approx(result["score"]) and float(said[4]) == pytest.approx(result["bonus"])
        assert float(said[3]) == result["max_score"] and bool(said[1]) == bool(result["excused"])
    with gradebook(course) as book:
        for submission in book.assignment_submissions("ps18"):
            penalty = submission.late_submission_penalty
            held = submission.score - penalty
            result = graded[submission.student.id]
            assert held == pytest.approx(result["score"] + result["bonus"], abs=0.005), submission.student.id
            assert submission.max_score == result["max_score"] + result["max_bonus"] + 5 * 4
    run(course, ".venv/bin/nbgrader", "export", "--to", "export.csv")
    with open(course / "export.csv", newline="") as stream:
        rows = {row["student_id"]: row["score"] for row in csv.DictReader(stream)}
    assert {name: round(float(score), 2) if score else None for name, score in rows.items()} == totals
    run(course, *PYTHON, "export", "--format", "canvas", "--roster", "roster.csv")
    elsewhere = [row["7"] for row in canvas_import(course / "graded" / "canvas.csv").values()]
    assert [None if grade == "EX" else float(grade) for grade in elsewhere] == [totals[name] for name in TIMES]
    return totals


def test_a_semester(course):
    run(course, *GRADE)
    first = agreed(course)
    late = {name: result["late"]["days"] for name, result in results(course).items()}
    assert late == {
        **{"complete": 0, "base_only": 0, "forgotten_mean": 2, "halfway": 1, "transposed_weights": 50, "no_file": 0}
    }
    assert (first["complete"], first["base_only"], first["no_file"]) == (150, 100, 0)
    raw = {name: result["raw_score"] + result["raw_bonus"] for name, result in results(course).items()}
    shares = {"forgotten_mean": 0.8, "halfway": 0.9, "transposed_weights": 0.5}
    assert {name: first[name] for name in shares} == {n: round(raw[n] * share, 2) for n, share in shares.items()}

    decisions = course / "submitted" / "adjust.toml"
    decisions.write_text(EXTENDED)
    run(course, *GRADE)
    second = agreed(course)
    assert second == {**first, "forgotten_mean": raw["forgotten_mean"]}

    decisions.write_text(EXTENDED + OVERRULED)
    said = run(course, *GRADE, "--dry-run")
    assert "3 of 6" not in said and "2 of 6 students change" in said and agreed(course) == second
    run(course, *GRADE)
    third = agreed(course)
    assert third == {**second, "halfway": round((raw["halfway"] + 5) * 0.9, 2), "no_file": None}
    page = (course / "graded" / "halfway" / "ps18" / "feedback.html").read_text()
    assert "The idea on paper is right." in page and "1 day after it was due" in page

    checks = course / CHECKS / "test_backward.py"
    text = checks.read_text(encoding="utf-8")
    changed = text.replace("check(weight=8)", "check(weight=20)", 1)
    assert changed != text
    checks.write_text(changed, encoding="utf-8")
    said = " ".join(run(course, *GRADE, "--compare", "graded").split())
    fourth = agreed(course)
    assert fourth["forgotten_mean"] < third["forgotten_mean"]
    assert re.search(
        rf"forgotten_mean {third['forgotten_mean']:g}/150 {fourth['forgotten_mean']:g}/150 .*backward/bp1", said
    )
    (kept,) = course.glob("graded-2*")
    old = {path.parents[1].name: json.loads(path.read_text()) for path in kept.glob("*/ps18/results.json")}
    assert {n: None if r["excused"] else round(r["score"] + r["bonus"], 2) for n, r in old.items()} == third
    # What was decided is still there.
    assert (fourth["no_file"], fourth["halfway"]) == (None, third["halfway"])

    decisions.write_text(EXTENDED + OVERRULED + OFF)
    run(course, *GRADE, "--force")
    fifth = agreed(course)
    assert fifth["complete"] == 146 and results(course)["complete"]["max_score"] == 96

    decisions.unlink()
    run(course, *GRADE)
    last = agreed(course)
    assert {name: last[name] for name in ("complete", "halfway", "no_file")} == {
        name: first[name] for name in ("complete", "halfway", "no_file")
    }


def test_nbgraders_own_autograde_comes_to_the_same(course):
    (course / "submitted" / "adjust.toml").write_text(OVERRULED.replace("halfway", "forgotten_mean"))
    run(course, *GRADE)
    graded = results(course)["forgotten_mean"]
    assert graded["adjustments"] and graded["late"]["penalty"]
    run(course, ".venv/bin/nbgrader", "autograde", "ps18", "--student", "forgotten_mean", "--force")
    with gradebook(course) as book:
        found = book.find_submission("ps18", "forgotten_mean")
        assert found.late_submission_penalty == pytest.approx(graded["late"]["penalty"])
        total = found.score - found.late_submission_penalty
        comment = book.find_comment("backward-code", "ps18", "ps18", "forgotten_mean").auto_comment
    assert total == pytest.approx(graded["score"] + graded["bonus"], abs=0.005)
    assert "The idea on paper is right." in comment
