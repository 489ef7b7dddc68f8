"""The kit's own command line with a short limit for each call, so that an endless loop does not take ten seconds.

python -m tests.impatient grade SUBMITTED ...
"""

import sys

from autograder.__main__ import main
from autograder.grading import runtime, submission

LIMIT = 2.0  # seconds, as set in each process that grades, too, for they import the module that was started
runtime.METHOD_CPU = submission.METHOD_CPU = LIMIT

if __name__ == "__main__":
    sys.exit(main())
