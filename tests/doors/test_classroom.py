"""GitHub Classroom: the released workflow, its step really run, and the result as its reporter reads it."""

import base64
import json
import os
import shutil
import subprocess
import sys

import jsonschema
import pytest
import yaml

from autograder.release.build import SOLUTIONS
from tests.kit import RELEASE

NAMES = ("neural_network.py", "activations.py", "exercises.py")
WORKFLOW = yaml.safe_load((RELEASE / ".github" / "workflows" / "classroom.yml").read_text(encoding="utf-8"))
STEPS = WORKFLOW["jobs"]["run-autograding-tests"]["steps"]
STATUS = {"enum": ["pass", "fail", "error"]}
TEST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "status", "score", "message"],
    "properties": {
        **{"name": {"type": "string", "minLength": 1}, "status": STATUS, "score": {"type": "number", "minimum": 0}},
        **{name: {"type": "string"} for name in ("message", "test_code", "filename")},
        **{"line_no": {"type": "integer"}, "duration": {"type": "number"}},
    },
}
RESULT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "status", "max_score", "tests"],
    "properties": {
        **{"version": {"const": 1}, "status": STATUS, "max_score": {"type": "number", "exclusiveMinimum": 0}},
        "tests": {"type": "array", "items": TEST, "minItems": 1},
    },
}


def step(name):
    return next(step for step in STEPS if step.get("id") == name or step["name"] == name)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(RELEASE, tmp_path / "student")


def reported(folder, *python_options):
    """Run the step's own command as GitHub does; what its reporter decodes."""
    output = folder.parent / "github_output"
    output.write_text("earlier=1\n")
    (folder.parent / "bin").mkdir(exist_ok=True)
    python = folder.parent / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {" ".join(python_options)} "$@"\n')
    python.chmod(0o755)
    environment = {"PATH": f"{folder.parent / 'bin'}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(output)}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step("checks")["run"]]
    done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    first, last = output.read_text().splitlines()
    assert first == "earlier=1" and last.startswith("result=")
    result = json.loads(base64.b64decode(last.removeprefix("result="), validate=True))
    jsonschema.validate(result, RESULT)
    return result


def scores(result):
    return {test["name"]: (test["status"], test["score"]) for test in result["tests"]}


def test_the_reporter_reads_the_output_of_the_step_that_checks():
    assert WORKFLOW["permissions"] == {"checks": "write", "actions": "read", "contents": "read"}
    assert "push" in WORKFLOW[True]  # YAML 1.1 reads `on` as true
    reporter = STEPS[-1]
    assert reporter["uses"] == "classroom-resources/autograding-grading-reporter@v1"
    (name,) = reporter["with"]["runners"].split(",")
    assert reporter["env"] == {f"{name.upper()}_RESULTS": f"${{{{ steps.{name}.outputs.result }}}}"}
    assert step(name)["run"] == "python classroom.py" and (RELEASE / "classroom.py").is_file()
    assert (RELEASE / step("Install the requirements")["run"].split("-r ")[1]).is_file()


def test_the_solved_package_gets_every_point_and_the_exercises_on_top(folder):
    for name in NAMES:
        shutil.copyfile(SOLUTIONS / name, folder / "backprop" / name)
    result = reported(folder)
    assert (result["status"], result["max_score"]) == ("pass", 60)
    assert len(result["tests"]) == 12 and {test["status"] for test in result["tests"]} == {"pass"}
    assert sum(test["score"] for test in result["tests"]) == 60 + 30
    assert scores(result)["Backward pass, BP1 to BP4 (21 of 21 points)"] == ("pass", 21)


def test_the_stub_gets_nothing_and_skipped_exercises_do_not_appear(folder):
    result = reported(folder)
    assert (result["status"], result["max_score"], len(result["tests"])) == ("fail", 60, 7)
    assert {score for _, score in scores(result).values()} == {0}
    assert "forward is not written yet" in result["tests"][0]["message"]


def test_a_mistake_costs_its_points_and_is_named(folder):
    text = (SOLUTIONS / "neural_network.py").read_text(encoding="utf-8")
    wrong = text.replace("(self.a_cache[-1] - Y) / m", "(self.a_cache[-1] - Y)")
    assert wrong != text
    (folder / "backprop" / "neural_network.py").write_text("print('result=forged')\n" + wrong, encoding="utf-8")
    result = reported(folder)
    backward = next(test for test in result["tests"] if test["name"].startswith("Backward"))
    assert result["status"] == backward["status"] == "fail" and 0 < backward["score"] < 21
    assert "1/m of BP1 is missing" in backward["message"]
    assert scores(result)["Forward pass (12 of 12 points)"] == ("pass", 12)


def test_code_that_cannot_be_imported_is_an_error_with_its_line(folder):
    path = folder / "backprop" / "neural_network.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nx = = 1\n", encoding="utf-8")
    result = reported(folder)
    assert (result["status"], result["max_score"]) == ("error", 60)
    assert f"line {len(path.read_text().splitlines())}" in result["tests"][0]["message"]


def test_without_the_requirements_the_result_says_so(folder):
    result = reported(folder, "-S")  # no installed packages
    assert result["status"] == "error" and "requirements.txt" in result["tests"][0]["message"]


def test_at_home_it_prints_the_same(folder):
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_OUTPUT"}
    command = [sys.executable, "classroom.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    jsonschema.validate(json.loads(done.stdout), RESULT)
