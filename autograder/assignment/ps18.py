"""The assignment ps18, *implementing backpropagation from scratch*: all that the kit has to know of it."""

from functools import partial

from .. import ROOT
from ..course.model import Assignment
from . import lessons, pictures
from .mistakes import MISTAKES
from .network import PROXY
from .network.case import NetworkCase
from .solution import SUBJECT, predict, solution, touched
from .twin import Twins

NAME = "ps18"

assignment = Assignment(
    module=__name__,
    name=NAME,
    subject=SUBJECT,
    folder=ROOT / "autograder" / "assignment",
    checks="autograder.assignment.checks",
    solutions=ROOT / "solutions" / "backprop",
    given=(
        *("__init__", "activations", "datasets", "demo_data", "demo_figures", "demos", "exercises"),
        *("figures", "gallery", "gradient_check", "neural_network", "recipe"),
    ),
    source=ROOT / "source" / NAME,
    release=ROOT / "release" / NAME,
    solution=solution,
    mistakes=MISTAKES,
    touched_by=touched,
    proxy=PROXY,
    grading_case=partial(NetworkCase, predict=predict),
    guide=lambda names: Twins(solution(names)),
    proxy_room="network",
    rooms=("network",),
    pictures=pictures,
    lessons=lessons,
    example_class=ROOT / "tests" / "example_class",
)
