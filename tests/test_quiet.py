"""Nothing of a library's reaches the terminal, and no two students have one result on any file system."""

import unicodedata
import warnings
from dataclasses import replace

import pytest

from autograder.intake.submissions import read_submission
from autograder.platforms.nbgrader.gradebook import Gradebook
from autograder.results.store import result_names, same_file
from tests.doors.class_of import result_of, run
from tests.doors.test_downloads import NOTEBOOK
from tests.handed_in import NETWORK, STUBS, WORK, make_zip, put

TASKS = [
    {
        "id": "forward",
        "title": "",
        "points": 3.0,
        "raw_points": 3.0,
        "max_points": 25.0,
        "raw_max_points": 25.0,
        "bonus": False,
        "checks": [],
    }
]


def test_a_gradebook_is_written_without_a_warning(tmp_path):
    """The example class, then a class in its place, with files and notebooks: all that is written there."""
    files = read_submission(put(tmp_path / "a" / "ps18", {NETWORK: WORK}), "s1", STUBS)
    notebook = read_submission(put(tmp_path / "b" / "ps18", {"ps18.ipynb": NOTEBOOK}), "s2", STUBS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for example, points in ((True, 1.0), (False, 3.0)):
            with Gradebook(tmp_path / "gradebook.db", example) as book:
                for student, submission in (("s1", files), ("s2", notebook), ("s3", files)):
                    tasks = [{**task, "points": points} for task in TASKS]
                    book.record(result_of(student, tasks=tasks), replace(submission, student=student))
    with Gradebook(tmp_path / "gradebook.db", False) as book:
        assert {student: cells["forward"] for student, cells in book._held.items()} == {"s1": 3, "s2": 3, "s3": 3}


ALIKE = {
    "case": ("ann", "Ann"),
    "forms of an accent": (unicodedata.normalize("NFC", "Zoë"), unicodedata.normalize("NFD", "Zoë")),
    "both": (unicodedata.normalize("NFC", "ÅSE"), unicodedata.normalize("NFD", "åse")),
    "sharp s": ("groß", "GROSS"),
    "final sigma": ("ς", "Σ"),
    "dotless i": ("ılgın", "ILGIN"),
    "a dot at the end": ("ann.", "ann"),
    "Kelvin": ("\u212a", "k"),
}


@pytest.mark.parametrize("pair", ALIKE)
def test_names_that_a_file_system_does_not_tell_apart_have_two_results(pair):
    names = result_names(ALIKE[pair])
    assert len(set(map(same_file, names.values()))) == 2
    assert names == result_names(reversed(ALIKE[pair])) and set(names.values()) & set(ALIKE[pair])


@pytest.mark.parametrize("pair", [("ann", "anna"), ("Zoe", "Zoë"), ("s1", "s01"), ("a b", "ab")])
def test_other_names_stay_as_they_are(pair):
    assert list(result_names(pair).values()) == list(result_names(pair))


def test_a_class_with_such_names_has_a_result_for_each_and_says_so(tmp_path, capsys):
    pairs = [name for pair in ("case", "forms of an accent") for name in ALIKE[pair]]
    archive = make_zip(tmp_path / "class.zip", {f"{name}/ps18/{NETWORK}": b"" for name in pairs})
    status, said, _ = run(capsys, "grade", archive, "--out", tmp_path / "graded", "--jobs", "1")
    made = [path.parents[1].name for path in (tmp_path / "graded").glob("*/ps18/results.json")]
    assert status == 0 and len({same_file(name) for name in made}) == 4
    assert "Folders whose names cannot be those of results, and the names taken: " in " ".join(said.split())
