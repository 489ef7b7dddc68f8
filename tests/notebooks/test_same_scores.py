"""Identical code gets identical scores, as files and as a notebook: the whole example class."""

import json

import pytest

from autograder.grading.pool import grade_all, local_crew
from autograder.intake.submissions import read_submission, released_stubs
from autograder.results.model import as_dict
from autograder.sandbox import choose
from tests.kit import RELEASE, graded_class
from tests.layers import is_whole, sampled
from tests.once import once

from .converted import as_notebook
from .course import CLASS

# In a notebook a demo that ends the program is not run; and without any file there is nothing to convert.
DIFFERENT = {"exits_at_import": 100}
SAMPLE = ["forgotten_mean", "halfway"]
STUDENTS = sorted(path.name for path in CLASS.iterdir() if path.is_dir() and path.name != "no_file")


@pytest.fixture(scope="module")
def both(request, tmp_path_factory):
    """Results by (student, source)."""
    folder, stubs, submissions = tmp_path_factory.mktemp("notebooks"), released_stubs(), []
    whole = is_whole(request.config)
    for student in STUDENTS if whole else SAMPLE:
        path = folder / student / "ps18" / "ps18.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(as_notebook(read_submission(CLASS / student / "ps18", student, stubs).files))
        submissions.append(read_submission(path.parent, student, stubs))
    with local_crew(choose(), 2) as crew:
        found = {(r.student, "notebook"): as_dict(r) for _, r in grade_all(submissions, crew)}
    for student, _ in list(found):
        found[student, "files"] = json.loads(
            (once(graded_class, whole)[0] / student / "ps18" / "results.json").read_text()
        )
    return found


def points(result):
    """By check: points and named mistake."""
    return {c["id"]: (c["points"], c["mistake"]) for task in result["tasks"] for c in task["checks"]}


@pytest.mark.parametrize("student", sampled([name for name in STUDENTS if name != "stub_untouched"], SAMPLE))
def test_a_notebook_scores_as_the_files_do(both, student):
    files, notebook = both[student, "files"], both[student, "notebook"]
    assert (files["kit_errors"], notebook["kit_errors"]) == ([], [])
    if student in DIFFERENT:
        assert (files["score"], notebook["score"]) == (0, DIFFERENT[student])
        return
    assert (notebook["score"], notebook["bonus"], notebook["status"]) == (
        *(files["score"], files["bonus"]),
        files["status"],
    )
    assert points(notebook) == points(files)


def test_the_untouched_notebook_is_the_untouched_stub(tmp_path):
    submission = read_submission(RELEASE, "s01", released_stubs())
    assert (submission.files, submission.reason) == ({}, None)
    assert "ps18.ipynb" in submission.notes[0]
