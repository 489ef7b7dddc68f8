"""What of a submission is compared: the code of its files or cells, without what all were given."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..course.model import assignment
from ..intake.cells import bare, cells_of
from ..intake.naming import FILES, NOTEBOOK
from ..intake.submissions import Submission

MAX_COMPARED = 1 << 17  # characters of one submission; the stubs have 15,000


@dataclass(frozen=True)
class Text:
    """The code of one student: what each part is called, and its source."""

    student: str
    parts: tuple[tuple[str, str], ...]
    digest: str  # equal where what is graded is identical

    @property
    def code(self) -> str:
        return "\n".join(source for _, source in self.parts)


def text_of(submission: Submission) -> Text:
    """The code as it was handed in; no parts where nobody worked on it."""
    if submission.source == "notebook" and submission.notebook:
        given = set(map(bare, given_cells()))
        cells = [(f"cell {number}", source) for number, (_, source) in enumerate(cells_of(submission.notebook), 1)]
        parts = [(name, source) for name, source in cells if bare(source) and bare(source) not in given]
    else:
        parts = [(name, submission.files[name].decode()) for name in FILES if name in submission.files]
    left, kept = MAX_COMPARED, []
    for name, source in parts:
        kept.append((name, source[:left]))
        left -= len(kept[-1][1])
    return Text(submission.student, tuple(kept), submission.sha256)


def given_texts() -> Iterable[str]:
    """All code that students are given: the package with its stubs, and the notebook's cells."""
    package = assignment().release / assignment().subject.package
    yield from (path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py")))
    yield from given_cells()


def given_cells() -> list[str]:
    return [source for _, source in cells_of((assignment().release / NOTEBOOK).read_bytes())]
