"""The handout's example by hand: its numbers are the solution's, and `check.py --example` holds a student's to them."""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment.network.worked import BACKWARD, BIASES, ETA, FORWARD, SIZES, STEP, WEIGHTS, X, Y, example
from autograder.course.reference import course
from autograder.engine.showing import agrees, shown
from tests.kit import RELEASE
from tests.student import bodies, check, paste

HANDOUT = (RELEASE / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(RELEASE, tmp_path / "ps18")


def numbers(row):
    return [[float(entry) for entry in line.split()] for line in row.strip("[]").split(";")]


def test_the_solution_gives_these_numbers():
    found = list(example(course().guide(())))
    assert [name for name, _, _ in found] == [*FORWARD, *BACKWARD, *STEP]
    assert all(agrees(right, own) for _, right, own in found)


def test_the_handout_has_these_numbers():
    rows = dict(re.findall(r"^\| (\$[^|]+\$) \| (\[[^|]+\]) \|", HANDOUT, re.M))
    for name, right in {**FORWARD, **BACKWARD, **STEP}.items():
        written = f"${name}$".replace("dC/d", r"\partial C/\partial ")
        assert numbers(rows[written]) == right, name


def test_what_is_only_on_the_way_is_right_too():
    rows = dict(re.findall(r"^\| (\$[^|]+\$) \| (\[[^|]+\]) \|", HANDOUT, re.M))
    a = [np.array(FORWARD[name]) for name in ("a_1", "a_2")]
    slopes = [own * (1 - own) for own in a]
    last = (a[1] - Y) / 2 * slopes[1]
    first = WEIGHTS[1].T @ last * slopes[0]
    on_the_way = {r"$\sigma'(z_1)$": slopes[0], r"$\sigma'(z_2)$": slopes[1], r"$\delta_2$": last, r"$\delta_1$": first}
    for name, value in on_the_way.items():
        np.testing.assert_allclose(numbers(rows[name]), value, atol=1.1e-4)
    before, after = (float(found) for found in re.search(r"loss was ([\d.]+), and is ([\d.]+) after", HANDOUT).groups())
    network = course().guide(()).network(SIZES, parameters=(WEIGHTS, BIASES))
    assert before == pytest.approx(network.loss(X, Y), abs=6e-5)
    network.update(*network.backward(Y), ETA)
    assert after == pytest.approx(network.loss(X, Y), abs=6e-5)


def said(folder):
    done = check(Path(sys.executable), folder, "--example")
    return done.returncode, done.stdout


def test_it_goes_as_far_as_the_student_has_come(folder):
    status, text = said(folder)
    assert status == 1 and text.startswith("[ todo ] forward(...) still raises")
    paste(folder, "forward", "neural_network.py")
    status, text = said(folder)
    assert status == 1 and text.count("[  ok  ]") == 4 and "backward(...) still raises" in text
    paste(folder, "backward", "neural_network.py")
    paste(folder, "update", "neural_network.py")
    status, text = said(folder)
    assert status == 0 and text.count("[  ok  ]") == 12 and "FAIL" not in text
    assert {path.name for path in folder.glob(".*")} == {".devcontainer", ".github"}  # no check: it has no history


@pytest.mark.parametrize(
    ("function", "right", "wrong", "first"),
    [
        ("backward", ") / m", ")", "dC/db_2"),
        ("backward", "self.weights[layer].T @", "self.weights[layer] @", ""),
        ("forward", "+ b", "- b", "z_1"),
        ("update", "-=", "+=", "W_1"),
        ("forward", "self.z_cache.append", "str", "z_1"),
    ],
)
def test_it_ends_at_the_first_number_that_is_another(folder, function, right, wrong, first):
    for name in ("forward", "backward", "update"):
        text = bodies()[name]
        if name == function:
            assert right in text, text
            text = text.replace(right, wrong)
        paste(folder, name, "neural_network.py", text)
    status, text = said(folder)
    marked = re.findall(r"^\[ FAIL \] (\S+)", text, re.M)
    assert status == 1 and len(marked) == 1
    assert not first or (marked == [first] and "but yours is" in text)


@pytest.mark.parametrize("strange", [None, "text", [1], np.zeros((3, 3)), np.full((1, 2), np.nan), np.array([[1j, 1]])])
def test_what_is_no_such_array_does_not_agree(strange):
    assert not agrees([[0.0, 1.0]], strange) and len(shown(strange)) < 60
    assert agrees([[0.0, 1.0]], np.array([[0.00004, 1.0]])) and not agrees([[0.0, 1.0]], np.array([[0.0002, 1.0]]))
