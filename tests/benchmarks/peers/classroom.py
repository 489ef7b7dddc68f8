"""The submissions in the forms that the tools take: folders, packages and notebooks; and the kit with its base only."""

import shutil
from pathlib import Path

from autograder import ROOT
from autograder.grading.submission import given_files
from autograder.intake.submissions import read_submission, released_stubs
from tests.kit import ASSIGNMENT, RELEASE
from tests.notebooks.converted import drop_relative_imports

EXAMPLES = ROOT / "tests" / "example_class"
ENDLESS, EMPTY = "endless_loop", "no_file"
STUDENTS = (
    *("complete", "base_only", "one_file", "halfway", "stub_untouched"),
    *("forgotten_mean", "missing_sigma_prime", "transposed_weights"),
    *("syntax_error", EMPTY, "exits_at_import", ENDLESS),
)


def files_of(student: str) -> dict[str, bytes]:
    return read_submission(EXAMPLES / student / ASSIGNMENT, student, released_stubs()).files


def hand_in(folder: Path, students: tuple[str, ...]) -> Path:
    """As the kit and nbgrader expect it: STUDENT/ps18."""
    for student in students:
        shutil.copytree(EXAMPLES / student, folder / student)
    return folder


def write_package(folder: Path, student: str) -> Path:
    """The released package with the student's files over it, as an instructor's script lays it out."""
    (folder / "backprop").mkdir(parents=True)
    for name, content in {**given_files(), **files_of(student)}.items():
        (folder / "backprop" / name).write_bytes(content)
    return folder


def write_given(folder: Path) -> Path:
    """The released package alone."""
    shutil.copytree(RELEASE / "backprop", folder / "backprop", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


SETUP = "import numpy as np\nfrom backprop.activations import ACTIVATIONS"


def cell_text(files: dict[str, bytes]) -> str:
    """The files as one cell of a notebook, which has the given activations already."""
    texts = [files[name].decode() for name in ("activations.py", "neural_network.py") if name in files]
    return "\n\n".join(map(drop_relative_imports, texts))


def stub_text() -> str:
    return cell_text({"neural_network.py": released_stubs()["neural_network.py"]})
