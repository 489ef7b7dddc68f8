"""Files whose names a browser, a system or a learning platform has changed: which are taken, and which not."""

from __future__ import annotations

import json
import os
import time

import pytest

from autograder.intake.naming import FILES, NOTEBOOK, meant
from autograder.intake.submissions import find_class, read_submission, released_stubs
from tests.kit import RELEASE

from .handed_in import NETWORK, OTHER, STUBS, WORK, make_zip, put, read, says

CHANGED = {
    "neural_network (1).py": NETWORK,
    "neural_network(1).py": NETWORK,
    "neural_network-2.py": NETWORK,
    "neural_network_v3.py": NETWORK,
    "neural_network copy.py": NETWORK,
    "neural_network copy 2.py": NETWORK,
    "neural_network - Copy (2).py": NETWORK,
    "Copy of neural_network.py": NETWORK,
    "Kopie von neural_network (1).py": NETWORK,
    "Neural_Network.py": NETWORK,
    "NEURAL_NETWORK.PY": NETWORK,
    "NeuralNetwork.py": NETWORK,
    "neural network.py": NETWORK,
    "neural_network.py.txt": NETWORK,
    "neural_network (1).py.txt": NETWORK,
    "neural_network.py.py": NETWORK,
    "s01_123_neural_network.py": NETWORK,
    "doejane_LATE_4711_815_neural_network-1.py": NETWORK,
    "PS18_s01_attempt_2026-12-01-23-59-00_activations.py": "activations.py",
    "activations_final.py": "activations.py",
    "exercises(2).py": "exercises.py",
    "ps18-1.ipynb": NOTEBOOK,
    "ps18-Copy1.ipynb": NOTEBOOK,
    "ps18-Copy1-Copy2.ipynb": NOTEBOOK,
    "ps18 (1).ipynb": NOTEBOOK,
    "PS18.ipynb": NOTEBOOK,
    "Ps 18.ipynb": NOTEBOOK,
    "ps18.ipynb.json": NOTEBOOK,
    "ps18.ipynb.txt": NOTEBOOK,
    "s01_123_ps18.ipynb": NOTEBOOK,
}


def solved_notebook() -> bytes:
    """The released notebook with something in the place of `forward`."""
    notebook = json.loads((RELEASE / NOTEBOOK).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "forward-code":
            cell["source"] = "def forward(self, X):\n    return X\n"
    return json.dumps(notebook).encode()


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("stubs", [{}, STUBS], ids=["alone", "beside the stubs"])
def test_the_only_one_worked_on_is_taken_with_a_note(tmp_path, name, stubs):
    wanted, notebook = CHANGED[name], CHANGED[name] == NOTEBOOK
    work = solved_notebook() if notebook else WORK
    # In a zip, so that names that differ in case only can lie side by side on any system.
    submission = read(make_zip(tmp_path / "upload.zip", {**stubs, name: work}))
    assert submission.source == ("notebook" if notebook else "files") and submission.reason is None
    assert submission.taken == (name,)
    assert notebook or submission.files == {wanted: WORK}
    assert says(" ".join(submission.notes), f"{name} counts as {wanted}")


@pytest.mark.parametrize(
    "name",
    [
        *("test_neural_network.py", "neural_network_old.py", "my_exercises.py", "ps18.py", "neural_network.ipynb"),
        *("neural_network.pyc", "neural_network.py~", "neural_network.py.bak", "network.py", "neural_network.md"),
        *(path.name for path in RELEASE.rglob("*.py") if path.name not in FILES),
    ],
)
def test_other_names_mean_no_file(name):
    assert meant(name) is None


@pytest.mark.parametrize(
    "name", ["1_" * 127, "ps18" + " " * 240, "ps18" + "1" * 240, "1_ps18-_ 1-_ 1" * 17, "copy of " * 31, "1_" * 30_000]
)
def test_no_name_takes_long(name):
    began = time.perf_counter()
    assert meant(name) is None and time.perf_counter() - began < 0.1


def test_a_worked_on_file_of_the_right_name_comes_before_renamed_ones(tmp_path):
    files = {f"a/{NETWORK}": WORK, "neural_network (1).py": OTHER, "b/Neural_Network.py": OTHER, "x": b""}
    submission = read(put(tmp_path, files))
    assert submission.files == {NETWORK: WORK} and submission.notes == ()


def test_a_worked_on_notebook_of_the_right_name_comes_before_a_renamed_file(tmp_path):
    submission = read(put(tmp_path, {**STUBS, NOTEBOOK: solved_notebook(), "old/neural_network_v1.py": WORK}))
    assert (submission.source, submission.taken, submission.reason) == ("notebook", (NOTEBOOK,), None)


def test_renamed_copies_that_are_equal_are_one(tmp_path):
    files = {"neural_network (1).py": WORK, "a/neural_network (2).py": WORK.replace(b"\n", b"\r\n")}
    assert read(put(tmp_path, files)).files == {NETWORK: WORK}


def test_a_renamed_stub_counts_as_the_stub(tmp_path):
    files = {"neural_network (1).py": STUBS[NETWORK], "neural_network (2).py": WORK}
    assert read(put(tmp_path, files)).files == {NETWORK: WORK}


@pytest.mark.parametrize("stubs", [{}, STUBS], ids=["alone", "beside the stubs"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("neural_network (1).py", "neural_network (2).py"),
        ("a/Neural_Network.py", "neural_network.py.txt"),
        ("exercises-1.py", "Copy of exercises.py"),
        ("activations copy.py", "s01_7_activations.py"),
    ],
)
def test_of_several_that_differ_none_is_guessed(tmp_path, one, other, stubs):
    submission = read(put(tmp_path, {**stubs, one: WORK, other: OTHER}))
    assert says(submission.reason, "more than once", one, other, "keep one of them")
    assert submission.files == {} and not submission.taken


def test_of_several_notebooks_that_differ_none_is_guessed(tmp_path):
    one = solved_notebook()
    files = {**STUBS, "ps18-1.ipynb": one, "ps18-Copy1.ipynb": one.replace(b"return X", b"return -X")}
    assert says(read(put(tmp_path, files)).reason, "ps18-1.ipynb", "ps18-Copy1.ipynb", "keep one of them")


@pytest.mark.parametrize("name", ["network.py", "solution.ipynb", "my work/backprop.py", "ps18_solved.ipynb"])
def test_work_of_a_strange_name_beside_stubs_is_not_called_unwritten(tmp_path, name):
    work = solved_notebook() if name.endswith(".ipynb") else WORK
    assert says(read(put(tmp_path, {**STUBS, name: work})).reason, "Still as released", name, NETWORK)


@pytest.mark.parametrize("name", ["plots.py", "conftest.py", "scratch.ipynb", "figures/mine.py"])
def test_other_code_beside_stubs_changes_nothing(tmp_path, name):
    submission = read(put(tmp_path, {**STUBS, name: b'{"cells": []}'}))
    assert (submission.files, submission.reason) == ({}, None)


def test_a_copy_of_the_released_notebook_beside_stubs_changes_nothing(tmp_path):
    assert read(put(tmp_path, {**STUBS, "original.ipynb": STUBS[NOTEBOOK]})).reason is None


def test_the_student_folder_alone_is_not_strange():
    submission = read_submission(RELEASE, "s01", released_stubs())
    assert (submission.files, submission.reason) == ({}, None)


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff", b"\xed\xa0\x80", b"a\xc3"])
def test_names_that_are_not_utf8_are_read_and_shown_safely(tmp_path, name):
    odd = os.fsdecode(name)
    put(tmp_path / odd / "ps18" / odd, {NETWORK: WORK, f"{odd}.txt": b""})
    [(student, path)] = find_class(tmp_path).items()
    submission = read_submission(path, student, STUBS)
    assert student == odd and submission.files == {NETWORK: WORK}
    for text in (*submission.taken, *submission.ignored):
        assert text.isascii() and "\\udc" in text
    (path / odd / NETWORK).unlink()
    reason = read_submission(path, student, STUBS).reason
    assert says(reason, "No file to grade") and reason.isascii()
    put(tmp_path / "empty" / odd, {})
    reason = read_submission(tmp_path / "empty" / odd / "ps18", odd, STUBS).reason
    assert says(reason, "No folder ps18") and reason.isascii()
