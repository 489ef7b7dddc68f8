"""One plain pytest process for a submission: a test per task."""

import json
import os

import pytest
from checks_here import FORWARD_AND_ON, points, results

SCORES = {}


@pytest.mark.parametrize("task", FORWARD_AND_ON)
def test_task(task):
    SCORES[task] = points(task)
    with open(os.environ["SCORES"], "w") as stream:
        json.dump(SCORES, stream)
    assert all(check["status"] == "passed" for check in results(task))
