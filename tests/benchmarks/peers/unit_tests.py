"""The same for gradescope-utils: a weighted unit test per task, with partial credit."""

import os
import unittest

from checks_here import known, points
from gradescope_utils.autograder_utils.decorators import partial_credit
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner


class Tasks(unittest.TestCase):
    pass


def task_test(about):
    @partial_credit(about["points"])
    def test(self, set_score=None):
        set_score(points(about["id"]))

    return test


for number, about in enumerate(known()["tasks"]):
    setattr(Tasks, f"test_{number}_{about['id']}", task_test(about))

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tasks)
    with open(os.environ["SCORES"], "w") as stream:
        JSONTestRunner(visibility="visible", stream=stream).run(suite)
