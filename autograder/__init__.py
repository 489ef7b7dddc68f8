"""The grader: students' code answers in a sandbox, the grader decides outside it."""

import os
import sys
from pathlib import Path

VERSION = "1.0.0"
ROOT = Path(__file__).resolve().parent.parent

# The reference of every check.
if str(ROOT / "solutions") not in sys.path:
    sys.path.insert(0, str(ROOT / "solutions"))

# One thread: submissions are graded side by side, and small matrices gain nothing from more.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
