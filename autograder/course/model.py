"""What an assignment is, for all rooms: its name, its files, and where its checks, its solution and its mistakes are.

One process grades one assignment: that of this kit, or the one that AUTOGRADER_ASSIGNMENT names in the environment.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from .. import ROOT
from ..engine.answering import Answerer
from ..engine.calls import Student
from ..engine.case import Case, Mistake
from ..engine.runner import Proxy
from ..engine.subject import Subject
from .example import Example, Finding
from .names import own_names

SWITCH = "AUTOGRADER_ASSIGNMENT"  # in the environment: it reaches every process that grades
DEFAULT = "autograder.assignment.ps18"
# The first line of the cell that brings the rest of the folder, in the notebook that is handed out without it.
BRINGING = "# This cell brings the rest of the assignment: run it first, and leave it as it is."


class Pictures(Protocol):
    """What feedback pages draw, under a title and with a note for all pictures."""

    title: str
    note: str

    def data(self, cases: Mapping[str, Case]) -> dict[str, Any]:
        """By check, what a result keeps of these visible cases."""
        ...

    def drawn(self, kept: Mapping[str, Any]) -> list[dict[str, str]]:
        """`caption` and `svg` of each picture of what was kept."""
        ...


class Lessons(Protocol):
    """What is shown of a mistake beside its sentence; `piece` holds names of what it replaces, with commas between."""

    def equation_of(self, check: str) -> str:
        """The equation that a check, by id, is about; empty where it is about several."""
        ...

    def formula(self, equation: str, piece: str) -> str:
        """The equation as MathML in which the piece is marked; empty where there is none."""
        ...

    def functions_of(self, task: str, piece: str) -> Sequence[str]:
        """The functions of the student's that it stands in; none where they are those of the task."""
        ...

    def patterns(self, piece: str) -> Sequence[str]:
        """Regular expressions that find the statement which computes the piece."""
        ...

    def examples(self, student: Callable[[], Student], found: Sequence[Finding]) -> Mapping[int, Example]:
        """By number, for which of what was found there is an input that shows it, and what that is."""
        ...

    def picture(self, drawn: Mapping[str, Any]) -> tuple[str, str]:
        """Caption and SVG of an example."""
        ...


class NoLessons:
    def equation_of(self, check: str) -> str:
        return ""

    def formula(self, equation: str, piece: str) -> str:
        return ""

    def functions_of(self, task: str, piece: str) -> Sequence[str]:
        return ()

    def patterns(self, piece: str) -> Sequence[str]:
        return ()

    def examples(self, student: Callable[[], Student], found: Sequence[Finding]) -> Mapping[int, Example]:
        return {}

    def picture(self, drawn: Mapping[str, Any]) -> tuple[str, str]:
        return "", ""


class NoPictures:
    title = note = ""

    def data(self, cases: Mapping[str, Case]) -> dict[str, Any]:
        return {}

    def drawn(self, kept: Mapping[str, Any]) -> list[dict[str, str]]:
        return []


def none_told_apart(_: Callable[[Answerer], object]) -> None:
    return None


@dataclass(frozen=True)
class Assignment:
    """All that the rooms of this kit need to know of one assignment; `module` is the one that defines it."""

    module: str
    name: str  # of a submission's folder, the notebook and the student folder; the rubric may give another
    subject: Subject
    folder: Path  # of rubric.toml and settings.toml
    checks: str  # the package of its checks
    solutions: Path  # the package with the solutions in it
    given: Sequence[str]  # its modules that students get
    source: Path  # what students read, and the notebook's text
    release: Path  # the student folder
    # The solution, or the solution with these known mistakes, to be asked like a submission.
    solution: Callable[[Iterable[str]], Answerer]
    mistakes: Mapping[str, Mistake]
    # The known mistakes that can show in a conversation; None where that is not known.
    touched_by: Callable[[Callable[[Answerer], object]], list[str] | None] = none_told_apart
    proxy: Proxy = field(default_factory=Proxy)  # as students have it
    grading_case: Callable[..., Case] | None = None  # in the place of the proxy's, in grading
    # The solution with these known mistakes, as checks see it: where not given, `solution` by way of the proxy.
    guide: Callable[[Iterable[str]], Student] | None = None
    proxy_room: str = ""  # the one of `rooms` that has it
    rooms: Sequence[str] = ()  # packages beside `checks` that it imports: students get them, too
    borrowed: Mapping[Path, str] = field(default_factory=dict)  # files of other folders, and where students get them
    pictures: Pictures = field(default_factory=NoPictures)
    lessons: Lessons = field(default_factory=NoLessons)
    example_class: Path | None = None  # its folders are called by the first name
    title: str = ""  # above pages, handout and notebook, in the place of the name or of what is written there
    course: str = ""
    first_name: str = ""  # the one in `module`, where the rubric gives another

    @property
    def written_as(self) -> str:
        """What it is called in `source` and in the example class."""
        return self.first_name or self.name

    @property
    def text(self) -> str:
        """The file in `source` that holds the notebook's text."""
        return f"{self.written_as}.py"

    @property
    def heading(self) -> str:
        """Course and title, as far as there are such, in one line."""
        return ", ".join(filter(None, (self.course, self.title or self.name)))

    @property
    def notebook(self) -> str:
        return f"{self.name}.ipynb"

    @property
    def lone_notebook(self) -> str:
        """The same notebook with all that it needs in a cell of its own."""
        return f"{self.name}-alone.ipynb"

    @property
    def student_folder(self) -> str:
        """The released folder, as sentences call it."""
        return self.release.relative_to(ROOT).as_posix()


@cache
def assignment() -> Assignment:
    """The assignment that this process grades, called as its rubric says."""
    found = import_module(os.environ.get(SWITCH, DEFAULT)).assignment
    assert isinstance(found, Assignment)
    called = own_names(found.folder / "rubric.toml")
    if called.get("name", found.name) != found.name:
        called["first_name"] = found.name
        found = replace(found, release=found.release.with_name(called["name"]))
    return replace(found, **called)  # type: ignore[arg-type]
