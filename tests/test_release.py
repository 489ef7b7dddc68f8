"""The build of the student folder: the same every time, current, and refused where it would leak."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.seed import EXAMPLE
from autograder.release.build import GIVEN, SOLUTIONS, SOURCE, assemble, build, first_difference, stale
from autograder.release.leaks import files_of
from autograder.release.strip import ReleaseError
from tests.kit import RELEASE, fresh_release
from tests.once import once

ROOT = Path(__file__).parent.parent


@pytest.fixture
def parts(tmp_path):
    """Copies of the solution and the handout, to be changed."""
    shutil.copytree(SOLUTIONS, tmp_path / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SOURCE, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def refused(parts, said):
    with pytest.raises(ReleaseError) as caught:
        build(parts / "release", parts / "solutions", parts / "source")
    assert said in str(caught.value)
    assert not (parts / "release").exists() and not list(parts.glob(".release*"))


def change(path, old, new, count=1):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


@pytest.mark.whole  # that the committed one is current says it of most files
def test_two_builds_are_byte_identical(tmp_path):
    assemble(tmp_path / "other", SOLUTIONS, SOURCE)
    one, other = (
        {path.relative_to(folder): path.read_bytes() for path in files_of(folder)}
        for folder in (once(fresh_release), tmp_path / "other")
    )
    assert one == other and len(one) > 20


def test_the_committed_release_is_current():
    assert first_difference(once(fresh_release), RELEASE) is None


def test_one_character_makes_it_stale_and_the_place_is_named(tmp_path):
    shutil.copytree(RELEASE, tmp_path / "ps18")
    change(tmp_path / "ps18" / "backprop" / "activations.py", "np.maximum(z, 0.0)", "np.maximum(z, 0.1)")
    found = stale(tmp_path / "ps18")
    text = (tmp_path / "ps18" / "backprop" / "activations.py").read_text().split("\n")
    line = next(n for n, line in enumerate(text, 1) if "0.1)" in line)
    assert found == f"backprop/activations.py, line {line} differs from a fresh build"


def test_changed_data_missing_and_extra_files_are_named(tmp_path):
    shutil.copytree(RELEASE, tmp_path / "ps18")
    (tmp_path / "ps18" / "extra.txt").write_text("")
    assert "extra.txt" in first_difference(once(fresh_release), tmp_path / "ps18")
    (tmp_path / "ps18" / "extra.txt").unlink()
    (tmp_path / "ps18" / "check.py").unlink()
    assert first_difference(once(fresh_release), tmp_path / "ps18") == "check.py is missing"
    shutil.copy(RELEASE / "check.py", tmp_path / "ps18")
    (tmp_path / "ps18" / "tests" / "expected.npz").write_bytes(b"")
    assert "expected.npz" in first_difference(once(fresh_release), tmp_path / "ps18")
    assert "does not exist" in stale(tmp_path / "nothing")


@pytest.mark.whole
def test_the_command_says_whether_it_is_current():
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "release", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and "is current" in done.stdout


@pytest.mark.parametrize(
    "marker",
    [
        "### BEGIN SOLUTON",
        "### BEGIN  SOLUTION",
        "## BEGIN SOLUTION",
        "### Begin Solution",
        "#BEGIN SOLUTION",
        "### BEGN SOLUTION",
    ],
)
def test_a_misspelt_marker_is_refused(parts, marker):
    change(parts / "solutions" / "activations.py", "### BEGIN SOLUTION", marker)
    refused(parts, "activations.py, line")


@pytest.mark.parametrize("marker", ["### END SOLUTIONS", "### END SOLUTION!", "### ENDSOLUTION", "# END OF SOLUTION"])
def test_a_misspelt_end_is_refused(parts, marker):
    change(parts / "solutions" / "activations.py", "### END SOLUTION", marker)
    refused(parts, "activations.py, line")


def test_a_stray_end_a_nested_begin_and_an_open_region_are_refused(parts):
    path = parts / "solutions" / "activations.py"
    original = path.read_text()
    path.write_text("### END SOLUTION\n" + original)
    refused(parts, "line 1: '### END SOLUTION', but no region is open")
    path.write_text(original.replace("### BEGIN SOLUTION", "### BEGIN SOLUTION\n    ### BEGIN SOLUTION", 1))
    refused(parts, "is still open")
    path.write_text(original + "\n### BEGIN SOLUTION\n")
    refused(parts, "has no '### END SOLUTION'")


def test_a_solution_line_in_the_handout_is_refused(parts):
    line = "delta = (self.weights[layer].T @ delta) * slopes[layer - 1]  # BP2"
    assert line in (SOLUTIONS / "neural_network.py").read_text()
    with open(parts / "source" / "README.md", "a") as stream:
        stream.write(f"\n    {line}\n")
    refused(parts, "README.md, line")


def test_an_unstripped_copy_of_a_solution_is_refused(parts):
    shutil.copy(SOLUTIONS / "neural_network.py", parts / "source" / "my_backup.py")
    refused(parts, "my_backup.py, line")


def test_a_stub_or_a_source_that_is_no_python_is_refused(parts):
    path = parts / "solutions" / "activations.py"
    original = path.read_text()
    path.write_text(original + "\nX = [\n    ### BEGIN SOLUTION\n    1\n    ### END SOLUTION\n]\n")
    refused(parts, "no Python")
    path.write_text(original + "\nX = [\n")
    refused(parts, "no Python")


def test_nothing_of_the_hidden_side_is_released():
    text = b"\n".join(path.read_bytes() for path in files_of(RELEASE))
    hidden = (EXAMPLE, EXAMPLE.hex().encode(), b"hidden-seed", b"network_with", b"settings.toml")
    for secret in (*hidden, b"BEGIN SOLUTION", b"END SOLUTION"):
        assert secret not in text


def test_a_module_that_is_not_given_stays_hidden(parts):
    (parts / "solutions" / "answers.py").write_text("SOLUTION = 1\n")
    names = build(parts / "release", parts / "solutions", parts / "source")
    assert "backprop/neural_network.py" in names and not any("answers" in name for name in names)


def test_every_given_module_is_there_and_no_experiment():
    found = {path.stem for path in (RELEASE / "backprop").glob("*.py")}
    assert found == set(GIVEN) and not any(name.startswith("experiment") for name in found)


def test_only_visible_settings_are_released():
    from autograder.course.model import assignment
    from autograder.course.reference import HOME, checks, setting
    from autograder.course.rubric import settings
    from autograder.engine.frozen import FILE, load

    frozen, _ = load(RELEASE / "tests" / FILE, assignment().proxy)
    for check_id in settings():
        check = checks()[check_id]
        released = dict(frozen.setting(check, "visible"))
        assert released == setting(check, HOME)
        assert not any(released.items() >= setting(check, variant).items() for variant in ("visible", "hidden"))
    assert frozen.variants == ("visible",)


def test_the_solution_package_gets_every_point(tmp_path):
    for name in ("neural_network.py", "activations.py", "exercises.py"):
        shutil.copy(SOLUTIONS / name, tmp_path / name)
    command = [sys.executable, "-m", "autograder", "grade-one", str(tmp_path), "--json"]
    result = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout)
    assert (result["score"], result["bonus"]) == (100, 50)
