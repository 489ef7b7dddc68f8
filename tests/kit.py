"""The kit's own assignment, as tests name it."""

from autograder import ROOT
from autograder.course.model import assignment

ASSIGNMENT, RELEASE = assignment().name, assignment().release
RUBRIC = (assignment().folder / "rubric.toml").relative_to(ROOT)
CHECKS = (ROOT / assignment().checks.replace(".", "/")).relative_to(ROOT)
