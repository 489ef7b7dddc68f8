"""The example class, graded by the command line in the real sandbox, gets what its table says."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import course, rubric

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
CLASS = ROOT / "tests" / "example_class"
EXPECTED = tomllib.loads((CLASS / "expected.toml").read_text(encoding="utf-8"))
STATUSES = {"passed", "partial", "failed", "error", "timeout", "crashed", "blocked", "untried"}


def grade(*arguments):
    command = [sys.executable, "-m", "autograder", "grade", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def results_in(out):
    return {p.parents[1].name: json.loads(p.read_text()) for p in sorted(out.glob("*/ps18/results.json"))}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    out = tmp_path_factory.mktemp("graded")
    run = grade(CLASS, "--out", out)
    assert run.returncode == 0, run.stdout + run.stderr
    return out, run.stdout


@pytest.fixture(scope="module")
def results(graded):
    return results_in(graded[0])


def test_the_table_and_the_folders_name_the_same_students(results):
    assert set(EXPECTED) == {p.name for p in CLASS.iterdir() if p.is_dir()} == set(results)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_submission_gets_what_the_table_says(results, name):
    result, row = results[name], EXPECTED[name]
    assert (result["score"], result["bonus"]) == (row["score"], row["bonus"])
    assert result["status"] == ("ungradable" if "reason" in row else "graded")
    assert row.get("reason", "") in (result["reason"] or "")
    named = {c["mistake"] for t in result["tasks"] if not t["bonus"] for c in t["checks"] if c["mistake"]}
    assert named == ({row["mistake"]} if "mistake" in row else set())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_result_has_every_field_of_the_format(results, name):
    result = results[name]
    assert result["schema"] == 1 and result["student"] == name and result["assignment"] == "ps18"
    assert result["source"] in ("files", "notebook") and result["sandbox"] == "bubblewrap"
    assert (result["max_score"], result["max_bonus"]) == (100, 50)
    assert len(result["sha256"]) == 64 and result["seconds"] >= 0
    assert [task["id"] for task in result["tasks"]] == [task["id"] for task in rubric()["task"]]
    assert result["score"] == round(sum(t["points"] for t in result["tasks"] if not t["bonus"]), 2)
    for task in result["tasks"]:
        assert set(task) == {"id", "title", "points", "max_points", "bonus", "checks"}
        assert task["points"] == round(sum(check["points"] for check in task["checks"]), 2)
        for check in task["checks"]:
            assert set(check) == {
                "id", "title", "status", "points", "max_points", "message", "mistake", "visible", "seconds"
            }  # fmt: skip
            assert check["status"] in STATUSES and check["id"].startswith(task["id"] + "/")
            assert (check["points"] == check["max_points"]) == (check["status"] == "passed")
        if task["checks"]:
            visible = sum(check["max_points"] for check in task["checks"] if check["visible"])
            assert visible == pytest.approx(0.6 * task["max_points"])
            assert sum(check["max_points"] for check in task["checks"]) == pytest.approx(task["max_points"])


def test_grades_csv_says_the_same(graded, results):
    with open(graded[0] / "grades.csv", newline="", encoding="utf-8") as stream:
        rows = {row["student"]: row for row in csv.DictReader(stream)}
    assert set(rows) == set(results)
    for name, row in rows.items():
        assert float(row["score"]) == results[name]["score"] and float(row["bonus"]) == results[name]["bonus"]
        for task in results[name]["tasks"]:
            assert float(row[task["id"]]) == task["points"]


def test_the_terminal_table_has_a_line_for_everyone(graded, results):
    assert all(any(line.startswith(name) for line in graded[1].splitlines()) for name in results)


def test_an_endless_loop_costs_only_what_depends_on_it(results):
    points = {task["id"]: task["points"] for task in results["endless_loop"]["tasks"]}
    assert points["forward"] == 20 and points["update"] == 10 and points["backward"] == 0
    statuses = {t["id"]: {c["status"] for c in t["checks"]} for t in results["endless_loop"]["tasks"]}
    assert statuses["backward"] == {"timeout"} and statuses["xor"] == {"blocked"}


def test_private_caches_with_a_wrong_forward_are_blocked_and_told_so(results):
    backward = next(t for t in results["private_caches"]["tasks"] if t["id"] == "backward")
    assert {check["status"] for check in backward["checks"]} == {"blocked"}
    assert all("z_cache" in check["message"] for check in backward["checks"])


def test_exercises_that_were_skipped_are_untried_or_wait(results):
    bonus = [c for t in results["base_only"]["tasks"] if t["bonus"] for c in t["checks"]]
    assert {check["status"] for check in bonus} == {"untried"}


@pytest.mark.parametrize("file", ["neural_network.py", "activations.py", "exercises.py"])
def test_the_untouched_stub_is_the_released_one(file):
    released = (ROOT / "release" / "ps18" / "backprop" / file).read_bytes()
    copy = CLASS / "stub_untouched" / "ps18" / file
    assert copy.read_bytes() == released, f"renew it: cp release/ps18/backprop/{file} {copy.relative_to(ROOT)}"


@pytest.fixture
def small_class(tmp_path):
    for name in ("halfway", "no_file", "syntax_error"):
        shutil.copytree(CLASS / name, tmp_path / "class" / name)
    assert grade(tmp_path / "class", "--out", tmp_path / "out").returncode == 0
    return tmp_path


def times(out):
    return {path.parents[1].name: path.stat().st_mtime_ns for path in out.glob("*/ps18/results.json")}


def test_only_what_changed_is_graded_again(small_class):
    before = times(small_class / "out")
    assert grade(small_class / "class", "--out", small_class / "out").returncode == 0
    assert times(small_class / "out") == before
    with open(small_class / "class" / "syntax_error" / "ps18" / "neural_network.py", "a") as stream:
        stream.write("\n# now?\n")
    assert grade(small_class / "class", "--out", small_class / "out").returncode == 0
    after = times(small_class / "out")
    assert {name for name in after if after[name] != before[name]} == {"syntax_error"}


def test_force_grades_everything_again(small_class):
    before = times(small_class / "out")
    assert grade(small_class / "class", "--out", small_class / "out", "--force").returncode == 0
    after = times(small_class / "out")
    assert all(after[name] != before[name] for name in before)


def test_one_student_alone_keeps_the_others_in_the_table(small_class):
    assert grade(small_class / "class", "--out", small_class / "out", "--student", "halfway", "--force").returncode == 0
    assert len((small_class / "out" / "grades.csv").read_text().splitlines()) == 4


def test_the_points_of_the_base_are_100_and_of_the_exercises_50():
    points = {bonus: sum(t["points"] for t in course().tasks if t["bonus"] == bonus) for bonus in (False, True)}
    assert points == {False: 100, True: 50}
