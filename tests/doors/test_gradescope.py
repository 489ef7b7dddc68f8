"""Gradescope: the zip unpacked as Gradescope does, its two scripts really run, and what they write."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import pytest

from autograder import ROOT
from autograder.course import seed as secret
from autograder.course.reference import checks
from autograder.course.rubric import LateRule
from autograder.intake.late import lateness
from autograder.platforms.gradescope.answer import in_gradescope
from autograder.platforms.gradescope.package import PACKAGES, locked, pack
from tests.doors.class_of import refused, result_of, run
from tests.layers import is_whole
from tests.sandbox.test_landlock import DENY
from tests.sandbox.test_ordinary_user import command_as

CLASS = ROOT / "tests" / "example_class"
VISIBLE = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
NUMBER, TEXT = {"type": "number"}, {"type": "string"}
TEST = {
    **{"score": NUMBER, "max_score": NUMBER, "status": {"enum": ["passed", "failed"]}, "name": TEXT, "number": TEXT},
    **{"name_format": FORMAT, "output": TEXT, "output_format": FORMAT, "visibility": VISIBLE},
    **{"tags": {"type": "array", "items": TEXT}, "extra_data": {"type": "object"}},
}
RESULTS = {  # as Gradescope documents it
    **{"type": "object", "additionalProperties": False, "required": ["score", "tests"]},
    "properties": {
        **{"score": NUMBER, "execution_time": NUMBER, "output": TEXT, "output_format": FORMAT},
        **{"visibility": VISIBLE, "stdout_visibility": VISIBLE, "extra_data": {"type": "object"}},
        "tests": {"type": "array", "items": {"type": "object", "additionalProperties": False, "properties": TEST}},
    },
}
METADATA = {
    **{"id": 123456, "created_at": "2026-12-03T14:22:32.365935-08:00", "submission_method": "upload"},
    **{"assignment": {"due_date": "2026-12-01T23:59:00-08:00", "title": "PS18", "total_points": "100.0"}},
    **{"users": [{"email": "ann@example.edu", "id": 1, "name": "Ann", "sid": "s01"}]},
}
BARE = {name: value for name, value in os.environ.items() if name != secret.SWITCH}  # with the hidden seed


@pytest.fixture(scope="module")
def built(request):
    """The container's folder, /autograder, after setup.sh: where every user may go, as in a container."""
    with tempfile.TemporaryDirectory(prefix="gradescope-") as folder:
        os.chmod(folder, 0o755)
        yield set_up(Path(folder) / "autograder", whole=is_whole(request.config))


def set_up(root, whole):
    pack(root / "kit.zip")
    with zipfile.ZipFile(root / "kit.zip") as archive:
        for member in archive.infolist():
            os.chmod(archive.extract(member, root / "source"), member.external_attr >> 16)
    if whole:
        environment = {**BARE, "AUTOGRADER_ROOT": str(root), "PYTHON": sys.executable, "PIP_NO_COMPILE": "1"}
        done = subprocess.run([root / "source" / "setup.sh"], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        (root / "source" / ".venv").symlink_to(sys.prefix)
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))
    return root


@pytest.fixture
def container(built):
    """The same, with an empty submission."""
    for name in ("submission", "results"):
        shutil.rmtree(built / name, ignore_errors=True)
        (built / name).mkdir()
    return built


START = "import os\nos.environ.pop('PYTHONPATH')\nos.execv(sys.argv[1], sys.argv[1:2])"


def graded(container, *denied, **environment):
    """Run run_autograder on what lies in submission/; what it leaves, checked against the format.

    `denied` are "namespaces", as Gradescope does, and "landlock": the kernel refuses them.
    """
    command, variables = [container / "source" / "run_autograder"], {"PATH": os.environ["PATH"], **environment}
    if denied:
        command = [*command_as("root"), "-B", "-c", DENY + START, *command, *denied]
        variables["PYTHONPATH"] = str(ROOT)
    variables["AUTOGRADER_ROOT"] = str(container)
    done = subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads((container / "results" / "results.json").read_text())
    jsonschema.validate(results, RESULTS)
    assert os.listdir(container / "results") == ["results.json"]
    return results


def hand_in(container, example):
    shutil.copytree(CLASS / example / "ps18", container / "submission", dirs_exist_ok=True)


def test_it_grades_where_namespaces_are_refused_and_the_exercises_come_on_top(container):
    hand_in(container, "complete")
    results = graded(container, "namespaces")
    assert results["extra_data"]["sandbox"] == "landlock" and results["score"] == 150
    base = [test for test in results["tests"] if test["max_score"]]
    bonus = [test for test in results["tests"] if not test["max_score"]]
    assert sum(test["score"] for test in base) == pytest.approx(100)
    assert sum(test["max_score"] for test in base) == pytest.approx(100)
    assert [test["score"] for test in bonus] == [10] * 5 and all("Bonus" in test["name"] for test in bonus)
    assert {test["status"] for test in results["tests"]} == {"passed"}


def test_a_mistake_is_named_and_hidden_checks_keep_their_data_and_are_not_hidden(container):
    hand_in(container, "forgotten_mean")
    results = graded(container)
    assert results["score"] == 77 and results["extra_data"]["submitted"] == "2026-12-03T22:22:32+00:00"
    assert {test["visibility"] for test in results["tests"]} == {results["visibility"]} == {"visible"}
    assert results["stdout_visibility"] == "hidden"
    assert results["output"].startswith(
        "What to mend first:\n1. BP1 (8 points): Your `dW` and `db` are m times too large"
    )
    base = [check for check in checks().values() if check.task.id in ("forward", "backward") and check.weight]
    of_base = [test for test in results["tests"] if test["tags"][0] in ("forward", "backward")]
    assert len(of_base) == 2 * len(base)
    hidden = [test for test in results["tests"] if "(on hidden data)" in test["name"]]
    assert len(hidden) == sum(1 for test in results["tests"] if test["max_score"]) / 2
    assert any("1/m of BP1 is missing" in test["output"] for test in hidden)
    assert not any("should be" in test["output"] for test in hidden)
    assert sum(test["score"] for test in results["tests"]) == pytest.approx(77)


def test_what_cannot_be_graded_gets_its_reason(container):
    hand_in(container, "syntax_error")
    results = graded(container)
    assert results["score"] == 0 and "neural_network.py, line 133" in results["output"]
    assert sum(test["max_score"] for test in results["tests"]) == 100


@pytest.mark.parametrize("spoil", ["no sandbox", "no package", "no Python"])
def test_a_container_that_cannot_grade_says_so_and_blames_nobody(container, tmp_path, spoil):
    hand_in(container, "complete")
    (tmp_path / "numpy.py").write_text("raise ImportError('numpy is not installed')\n")
    python = container / "source" / ".venv"
    if spoil == "no Python":
        python.rename(python.with_name("gone"))
    try:
        denied = ["namespaces", "landlock"] if spoil == "no sandbox" else []
        results = graded(container, *denied, **({"PYTHONPATH": str(tmp_path)} if spoil == "no package" else {}))
    finally:
        if spoil == "no Python":
            python.with_name("gone").rename(python)
    assert results["score"] == 0 and results["tests"] == []
    assert "not your fault" in results["output"] and "instructor" in results["output"]
    why = {"no sandbox": "landlock does not start", "no package": "not installed", "no Python": "did not start"}
    assert why[spoil] in results["output"]


def test_without_metadata_it_is_graded_all_the_same(container):
    hand_in(container, "no_file")
    for text in ("", "[]", '{"users": 3}', '{"users": [], "created_at": 5}'):
        (container / "submission_metadata.json").write_text(text)
        try:
            assert "No file to grade" in graded(container)["output"]
        finally:
            (container / "submission_metadata.json").write_text(json.dumps(METADATA))


def test_being_late_is_a_line_of_its_own():
    rule = LateRule(datetime(2026, 12, 1, tzinfo=timezone.utc), 10)
    task = {"id": "a", "title": "A", "points": 50.0, "max_points": 100.0, "bonus": False, "checks": []}
    task |= {"raw_points": 50.0, "raw_max_points": 100.0}
    submitted = "2026-12-02T12:00:00+00:00"
    graded = result_of("s", score=40.0, raw_score=50.0, tasks=[task], submitted=submitted)
    report = in_gradescope(replace(graded, late=lateness(submitted, 50.0, rule)))
    jsonschema.validate(report, RESULTS)
    assert report["score"] == 40 and report["tests"][-1]["name"] == "Late" and report["tests"][-1]["score"] == -10
    assert "2 days after it was due" in report["tests"][-1]["output"]


def test_the_zip_holds_its_scripts_executable_and_nothing_that_grading_does_not_need(tmp_path, capsys):
    status, said, _ = run(capsys, "gradescope", "--to", tmp_path / "a" / "kit.zip")
    assert status == 0 and "kit.zip" in said
    with zipfile.ZipFile(tmp_path / "a" / "kit.zip") as archive:
        modes = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
    assert {name for name, mode in modes.items() if mode & 0o100} == {"setup.sh", "run_autograder"}
    assert {name.split("/")[0] for name in modes if "/" in name} == {"autograder", "solutions", "release"}
    assert not [name for name in modes if "test" in name.split("/")[0] or "pycache" in name or ".git" in name]
    pack(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "a" / "kit.zip").read_bytes()
    (tmp_path / "file").write_text("")
    assert "--to" in refused(capsys, "gradescope", "--to", tmp_path / "file" / "kit.zip")


def test_the_lock_file_is_cut_to_what_grading_imports_with_all_their_hashes():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    cut = locked(PACKAGES, lock)
    names = {line.split("==")[0] for line in cut.splitlines() if line[:1].isalnum()}
    assert {*PACKAGES, "contourpy", "kiwisolver"} <= names
    assert not names & {"pytest", "nbgrader", "jupyterlab", "playwright", "mypy"}
    assert set(cut.splitlines()) <= set(lock.splitlines())
    for package in ("numpy", "contourpy"):
        block = re.search(rf"(?m)^{package}==.*(?:\n    .*)+", lock)[0]
        assert block.count("--hash") > 1 and block in cut


def test_what_is_right_is_worked_out_when_the_container_is_built(built):
    folder = built / "source" / "autograder" / ".kept"
    assert [path.name for path in folder.iterdir()] == ["ps18-class"]
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "ps18-class")] == [0o700, 0o600]
    before = (folder / "ps18-class").stat().st_mtime_ns
    python = built / "source" / ".venv" / "bin" / "python"
    code = "from autograder.course import reference; reference.seen_by = None; from autograder.grading import kept;"
    code += " kept.at_hand(); print(len(reference.known))"  # nothing is worked out any more
    done = subprocess.run([python, "-c", code], cwd=built / "source", env=BARE, capture_output=True, text=True)
    assert int(done.stdout) > 40, done.stderr
    assert (folder / "ps18-class").stat().st_mtime_ns == before
