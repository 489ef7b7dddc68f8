"""The example class, graded once by the command line in the real sandbox, gets what its table says."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from autograder.course.reference import checks
from autograder.course.rubric import rubric
from autograder.results.model import SCHEMA_FILE, as_dict, from_json, schema, schema_text
from autograder.sandbox import choose
from tests.kit import graded_class
from tests.layers import is_whole
from tests.once import once

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
CLASS = ROOT / "tests" / "example_class"
EXPECTED = tomllib.loads((CLASS / "expected.toml").read_text(encoding="utf-8"))
TASKS = {task.id: task for task in rubric().tasks}

# The format of results.json for whoever reads it: every field with its type; a bool is no number.
NUMBER = (int, float)
TEXTS = "a list of texts"
RESULT = {
    **{"schema": int, "student": str, "assignment": str, "source": str, "status": str, "reason": (str, type(None))},
    **{"score": NUMBER, "max_score": NUMBER, "bonus": NUMBER, "max_bonus": NUMBER, "seconds": NUMBER},
    **{"raw_score": NUMBER, "raw_bonus": NUMBER, "adjustments": list, "excused": (str, type(None))},
    **{"submitted": (str, type(None)), "late": (dict, type(None))},
    **{"sandbox": str, "sha256": str, "tasks": list, "pictures": dict, "example": bool, "diagnosis": list},
    **dict.fromkeys(("taken", "ignored", "notes", "kit_errors"), TEXTS),
}
TASK = {"id": str, "title": str, "points": NUMBER, "max_points": NUMBER, "bonus": bool}
TASK |= {"raw_points": NUMBER, "raw_max_points": NUMBER}
TASK |= {"checks": list, "diagnosis": list}
CHECK = {
    **{"id": str, "title": str, "status": str, "points": NUMBER, "max_points": NUMBER, "message": str},
    **{"mistake": (str, type(None)), "mistakes": TEXTS, "visible": bool, "seconds": NUMBER},
}
DIAGNOSIS = {
    **{"equation": str, "piece": str, "mistake": (str, type(None)), "sentence": str, "cost": NUMBER},
    **{"evidence": TEXTS, "lines": list, "example": (dict, type(None))},
}
WRONG = {"failed", "error", "timeout", "crashed"}
STATUSES = {"passed", "partial", "failed", "error", "timeout", "crashed", "blocked", "untried"}


def grade(submitted, out, *arguments):
    """The real command line; what it printed."""
    command = [sys.executable, "-m", "autograder", "grade", submitted, "--out", out, "--jobs", "2", *arguments]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def written(out):
    """When each student's result was written."""
    return {path.parents[1].name: path.stat().st_mtime_ns for path in out.glob("*/ps18/results.json")}


@pytest.fixture(scope="module")
def graded(request):
    """Output folder and terminal output of the whole class."""
    return once(graded_class, is_whole(request.config))


@pytest.fixture(scope="module")
def results(graded):
    return {path.parents[1].name: json.loads(path.read_text()) for path in graded[0].glob("*/ps18/results.json")}


def task_of(result, name):
    return next(task for task in result["tasks"] if task["id"] == name)


def badly_typed(record, fields):
    """The fields of `record` that are missing, too many or of the wrong type."""

    def fits(value, wanted):
        if wanted == TEXTS:
            return isinstance(value, list) and all(isinstance(text, str) for text in value)
        return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))

    present = record.keys() & fields.keys()
    return {*(record.keys() ^ fields.keys()), *(name for name in present if not fits(record[name], fields[name]))}


def test_every_submission_is_in_the_table_and_has_a_result(results):
    assert set(EXPECTED) == {path.name for path in CLASS.iterdir() if path.is_dir()} == set(results)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_submission_gets_what_the_table_says(results, name):
    result, row = results[name], EXPECTED[name]
    assert (result["status"], result["score"], result["bonus"]) == (row["status"], row["score"], row["bonus"])
    assert row["why"] and (result["reason"] is None) == (row["status"] == "graded")
    assert row.get("reason", "") in (result["reason"] or "")
    named = {c["mistake"] for t in result["tasks"] if not t["bonus"] for c in t["checks"] if c["mistake"]}
    assert named == ({row["mistake"]} if "mistake" in row else set())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_result_has_the_fields_of_the_format_and_no_others(results, name):
    result = results[name]
    assert badly_typed(result, RESULT) == set()
    for task in result["tasks"]:
        assert badly_typed(task, TASK) == set()
        assert [badly_typed(check, CHECK) for check in task["checks"]] == [set()] * len(task["checks"])
    assert [badly_typed(one, DIAGNOSIS) for one in result["diagnosis"]] == [set()] * len(result["diagnosis"])


@pytest.mark.parametrize("name", EXPECTED)
def test_a_result_is_as_the_schema_says_and_reads_back_as_it_was(results, name):
    jsonschema.validate(results[name], json.loads(SCHEMA_FILE.read_text()))
    assert as_dict(from_json(json.dumps(results[name]))) == results[name]


def test_the_schema_is_written_from_the_data_model():
    assert SCHEMA_FILE.read_text() == schema_text(schema()) + "\n", "say python -m autograder.results.model"


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_diagnosed_is_what_the_checks_name(results, name):
    for task in results[name]["tasks"]:
        assert all((check["mistakes"] or [None])[0] == check["mistake"] for check in task["checks"])
        named = {mistake for check in task["checks"] for mistake in check["mistakes"]}
        assert {one["mistake"] for one in task["diagnosis"]} - {None} == named
        nameless = []
        for one in task["diagnosis"]:
            if one["mistake"]:
                assert set(one["evidence"]) == {c["id"] for c in task["checks"] if one["mistake"] in c["mistakes"]}
            else:
                nameless += one["evidence"]
        wrong = [c["id"] for c in task["checks"] if c["status"] in WRONG and not c["mistakes"]]
        assert sorted(nameless) == sorted(wrong)
        lost = sum(c["max_points"] - c["points"] for c in task["checks"] if c["mistakes"] or c["id"] in wrong)
        assert sum(one["cost"] for one in task["diagnosis"]) == pytest.approx(lost, abs=0.02)
    bare = [{**one, "lines": [], "example": None} for one in results[name]["diagnosis"]]
    of_tasks = [one for task in results[name]["tasks"] for one in task["diagnosis"]]
    assert [one for one in of_tasks if one["mistake"] or one in bare] == bare  # what follows from another is left out


@pytest.mark.parametrize("name", EXPECTED)
def test_a_result_says_what_was_graded_and_where(results, name):
    result = results[name]
    assert (result["schema"], result["student"], result["assignment"]) == (1, name, "ps18")
    assert (result["source"], result["kit_errors"]) == ("files", [])
    assert result["sandbox"] == choose().name and result["sandbox"] in ("bubblewrap", "landlock")
    assert re.fullmatch("[0-9a-f]{64}", result["sha256"]) and result["seconds"] >= 0


@pytest.mark.parametrize("name", EXPECTED)
def test_points_add_up(results, name):
    result = results[name]
    assert [{k: task[k] for k in ("id", "title", "bonus")} for task in result["tasks"]] == [
        {k: getattr(task, k) for k in ("id", "title", "bonus")} for task in TASKS.values()
    ]
    for bonus, points, most in ((False, "score", "max_score"), (True, "bonus", "max_bonus")):
        tasks = [task for task in result["tasks"] if task["bonus"] == bonus]
        assert result[points] == round(sum(task["points"] for task in tasks), 2)
        assert result[most] == sum(task["max_points"] for task in tasks) == (50 if bonus else 100)
    for task in result["tasks"]:
        assert task["points"] == round(sum(check["points"] for check in task["checks"]), 2)
        assert task["max_points"] == TASKS[task["id"]].points


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name]["status"] == "graded"])
def test_the_checks_of_a_task_share_out_its_points_three_fifths_of_them_visibly(results, name):
    for task in results[name]["tasks"]:
        visible = {c["id"]: c for c in task["checks"] if c["visible"]}
        hidden = {c["id"].removesuffix(".hidden"): c for c in task["checks"] if not c["visible"]}
        assert visible.keys() == hidden.keys() == {n for n in checks() if n.split("/")[0] == task["id"]}
        assert len(task["checks"]) == 2 * len(visible)
        most = [sum(check["max_points"] for check in own.values()) for own in (visible, hidden)]
        assert most == pytest.approx([0.6 * task["max_points"], 0.4 * task["max_points"]])


@pytest.mark.parametrize("name", EXPECTED)
def test_the_status_of_a_check_goes_with_its_points(results, name):
    for check in (check for task in results[name]["tasks"] for check in task["checks"]):
        assert check["status"] in STATUSES
        if not check["max_points"]:  # it pays nothing itself: others are cut where it fails
            continue
        full, none = check["points"] == check["max_points"], check["points"] == 0
        assert (full, none) == (check["status"] == "passed", check["status"] not in ("passed", "partial"))
        assert (check["message"] == "") == (check["status"] == "passed")


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name]["status"] == "ungradable"])
def test_what_cannot_be_graded_has_no_checks_and_a_reason_in_whole_sentences(results, name):
    assert all(task["checks"] == [] for task in results[name]["tasks"])
    assert results[name]["reason"].endswith(".") and "Traceback" not in results[name]["reason"]


def test_grades_csv_says_the_same(graded, results):
    with open(graded[0] / "grades.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["student"] for row in rows] == sorted(results)
    for row in rows:
        result = results[row["student"]]
        for name in ("score", "max_score", "bonus", "max_bonus"):
            assert float(row[name]) == result[name]
        for name in ("status", "source", "sandbox"):
            assert row[name] == result[name]
        assert row["reason"] == (result["reason"] or "")
        assert {name: float(row[name]) for name in TASKS} == {t["id"]: t["points"] for t in result["tasks"]}


def test_the_terminal_has_a_line_for_every_student(graded, results):
    lines = {line.split()[0]: line.split()[1:3] for line in graded[1].splitlines() if line[:1].isalpha()}
    for name, result in results.items():
        assert lines[name] == [f"{result['score']:g}", f"{result['bonus']:g}"]


def test_an_endless_loop_loses_exactly_what_depends_on_it(request, results):
    needs = {check.task.id: check.task for check in checks().values()}
    lost = {name for name, task in needs.items() if {"backward", "train"} & {*task.owns, *task.needs}}
    result = results["endless_loop"]
    assert {t["id"] for t in result["tasks"] if t["points"] == t["max_points"]} == {"forward", "update", "momentum"}
    assert {"backward", "gradient_check", "xor", "circle", "sine"} <= lost
    for name in lost - {"tanh", "l2", "square", "spirals"}:  # these exercises were not tried
        wanted = "timeout" if name == "backward" else "blocked"
        assert {check["status"] for check in task_of(result, name)["checks"]} == {wanted}
    limit = "10 s" if is_whole(request.config) else "2 s"  # see tests/impatient.py
    assert all(f"did not finish within {limit}" in c["message"] for c in task_of(result, "backward")["checks"])


def test_private_caches_with_a_wrong_forward_are_blocked_and_told_so(results):
    checks = task_of(results["private_caches"], "backward")["checks"]
    assert {check["status"] for check in checks} == {"blocked"}
    assert all("`forward` is wrong" in c["message"] and "`z_cache` and `a_cache`" in c["message"] for c in checks)


@pytest.mark.parametrize("name", ["base_only", "one_file", "whole_folder", "stub_untouched"])
def test_exercises_that_were_skipped_are_untried_or_wait_for_the_base(results, name):
    statuses = {c["status"] for t in results[name]["tasks"] if t["bonus"] for c in t["checks"]}
    assert statuses == ({"untried", "blocked"} if name == "stub_untouched" else {"untried"})


def test_a_stub_is_untried_or_waits_and_never_failed(results):
    assert {c["status"] for t in results["stub_untouched"]["tasks"] for c in t["checks"]} == {"untried", "blocked"}


def test_a_mistake_is_explained_on_visible_and_hidden_data(results):
    checks = [c for c in task_of(results["forgotten_mean"], "backward")["checks"] if c["mistake"]]
    assert {check["visible"] for check in checks} == {True, False}
    assert all("the 1/m of BP1 is missing" in check["message"] for check in checks)


def test_hidden_checks_show_no_numbers(results):
    """The sentences may hold layers and limits, but no value of the hidden data."""
    messages = {c["message"] for r in results.values() for t in r["tasks"] for c in t["checks"] if not c["visible"]}
    assert len(messages) > 5 and not [m for m in messages if re.search(r"\d\.\d{3}|should be|but is", m)]


def test_of_a_whole_folder_only_the_work_is_taken(results):
    result = results["whole_folder"]
    assert result["taken"] == ["backprop/neural_network.py"]
    assert {"README.md", "check.py", "backprop/recipe.py"} <= set(result["ignored"])
    assert any("Still as released" in note and "exercises.py" in note for note in result["notes"])


def test_a_helper_that_is_not_taken_is_named_with_the_line_that_wants_it(results):
    result = results["missing_helper"]
    assert result["reason"].startswith("neural_network.py, line 3: `from utils import")
    assert "only neural_network.py, activations.py and exercises.py are taken" in result["reason"]


@pytest.mark.parametrize("file", ["neural_network.py", "activations.py", "exercises.py"])
def test_the_untouched_stub_is_the_released_one(file):
    released = (ROOT / "release" / "ps18" / "backprop" / file).read_bytes()
    copy = CLASS / "stub_untouched" / "ps18" / file
    assert copy.read_bytes() == released, (
        f"The release has changed. Renew the copy: cp release/ps18/backprop/{file} {copy.relative_to(ROOT)}"
    )


def test_a_second_run_grades_nothing_again(graded):
    out, before = graded[0], written(graded[0])
    table = (out / "grades.csv").read_bytes()
    grade(CLASS, out)
    assert len(before) == len(EXPECTED) and written(out) == before
    assert (out / "grades.csv").read_bytes() == table


@pytest.fixture(scope="module")
def small_class_graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    for name in ("exits_at_import", "no_file", "syntax_error"):
        shutil.copytree(CLASS / name, folder / "class" / name)
    grade(folder / "class", folder / "out")
    return folder


@pytest.fixture
def small(small_class_graded, tmp_path):
    """Three students who are soon graded, with their results: a copy that the test may change."""
    return shutil.copytree(small_class_graded, tmp_path / "small")


def test_changing_one_file_grades_that_student_alone_again(small):
    before = written(small / "out")
    with open(small / "class" / "syntax_error" / "ps18" / "neural_network.py", "a") as stream:
        stream.write("\n# now?\n")
    grade(small / "class", small / "out")
    after = written(small / "out")
    assert {name for name in before if after[name] != before[name]} == {"syntax_error"}


def test_force_grades_everyone_again(small):
    before = written(small / "out")
    grade(small / "class", small / "out", "--force")
    after = written(small / "out")
    assert len(before) == 3 and all(after[name] != before[name] for name in before)


def test_a_result_that_was_lost_or_spoilt_is_graded_anew(small):
    lost, spoilt = (small / "out" / name / "ps18" / "results.json" for name in ("no_file", "syntax_error"))
    before = written(small / "out")
    lost.unlink()
    spoilt.write_text('{"schema": 1')
    grade(small / "class", small / "out")
    assert json.loads(lost.read_text())["student"] == "no_file"
    assert json.loads(spoilt.read_text())["student"] == "syntax_error"
    assert written(small / "out")["exits_at_import"] == before["exits_at_import"]


def test_one_student_alone_keeps_the_others_in_the_table(small):
    table, before = (small / "out" / "grades.csv").read_text(), written(small / "out")
    grade(small / "class", small / "out", "--student", "no_file", "--force")
    after = written(small / "out")
    assert {name for name in before if after[name] != before[name]} == {"no_file"}
    assert (small / "out" / "grades.csv").read_text() == table


def test_the_base_is_worth_100_and_the_exercises_50():
    points = {bonus: sum(t.points for t in TASKS.values() if t.bonus == bonus) for bonus in (False, True)}
    assert points == {False: 100, True: 50}
