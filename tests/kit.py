"""The kit's own assignment, as tests name it."""

from autograder.course.model import assignment

ASSIGNMENT, RELEASE = assignment().name, assignment().release
