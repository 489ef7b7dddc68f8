"""Gradescope's usual `run_tests.py`: find the tests, write results.json in the working folder."""

import sys
import unittest
from pathlib import Path

from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.discover(str(Path(__file__).parent), pattern="gradescope_tests.py")
    with open(sys.argv[1], "w") as stream:
        JSONTestRunner(visibility="visible", stream=stream).run(suite)
