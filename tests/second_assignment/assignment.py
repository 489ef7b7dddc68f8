"""A second assignment, whole: one task on softmax.  AUTOGRADER_ASSIGNMENT chooses it, by the name of this module."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

from autograder import ROOT
from autograder.course.model import Assignment
from autograder.engine.answering import Answerer
from autograder.engine.case import Mistake
from autograder.engine.subject import Subject

HERE, PS18 = Path(__file__).parent, ROOT / "source" / "ps18"
SOLUTION = HERE / "solutions" / "softmax_kit" / "softmax.py"

SUBJECT = Subject(
    package="softmax_kit",
    module="softmax",
    functions="softmax",
    files=("softmax.py",),
    solutions={"softmax-code": {"softmax": "module:softmax", "softmax_gradient": "module:softmax"}},
    base=("softmax", "softmax_gradient"),
)
MISTAKES = {
    mistake.name: mistake
    for mistake in (
        Mistake(
            name="normalised_over_all",
            equation="softmax",
            replaces={"e.sum(axis=0)": "e.sum()"},
            says="Your softmax divides by the sum over the whole array: each column has a sum of its own.",
            charged=("softmax/values",),
        ),
    )
}


def solution(mistakes: Iterable[str]) -> Answerer:
    """The solution, or that with these mistakes."""
    text = SOLUTION.read_text(encoding="utf-8")
    for name in mistakes:
        for right, wrong in MISTAKES[name].replaces.items():
            assert right in text
            text = text.replace(right, wrong)
    module = ModuleType("softmax")
    exec(compile(text, str(SOLUTION), "exec"), vars(module))
    return Answerer(asdict(SUBJECT), functions=module)


assignment = Assignment(
    module=__name__,
    name="softmax",
    subject=SUBJECT,
    folder=HERE,
    checks="tests.second_assignment.checks",
    solutions=SOLUTION.parent,
    given=("__init__", "softmax"),
    source=HERE / "source",
    release=HERE / "release" / "softmax",
    solution=solution,
    mistakes=MISTAKES,
    borrowed={PS18 / name: name for name in ("check.py", "pytest.ini", "tests/conftest.py")},
)
