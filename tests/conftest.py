"""The tests' two layers, and the order in which the workers take the files."""

import os
import shutil
import tempfile

import pytest

import autograder.platforms.nbgrader  # noqa: F401 - before jsonschema, which it makes quick to import

from .kit import work_out
from .once import SHARED, once

# The files that take longest come first: `--dist loadfile` gives the next file to the worker that is free.
LONGEST = ("tests/hostile/", "tests/corpus/test_corpus", "tests/cluster/", "tests/test_example", "tests/test_readme")
LONGEST += ("tests/sandbox/test_time", "tests/notebooks/", "tests/mutants/", "tests/corpus/", "tests/test_student")
LONGEST += ("tests/second", "tests/test_", "tests/grader/", "tests/doors/", "tests/sandbox/", "tests/reference")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # not a worker: the process that starts them, or the only one
        os.environ[SHARED] = tempfile.mkdtemp(prefix="kit-tests-")  # inherited by the workers
        config.add_cleanup(lambda: shutil.rmtree(os.environ[SHARED], ignore_errors=True))


def pytest_xdist_auto_num_workers(config):
    return (os.cpu_count() or 1) + 1  # some tests wait, for a clock or for another process


def pytest_collection_modifyitems(config, items):
    if not hasattr(config, "workerinput"):
        return
    rank = {start: number for number, start in enumerate(LONGEST)}
    items.sort(key=lambda item: min((rank[s] for s in LONGEST if item.nodeid.startswith(s)), default=len(rank)))


@pytest.fixture(scope="session", autouse=True)
def expected_values(request):
    """Where there are workers, one works out what is right for all, before each process that grades does so itself."""
    if hasattr(request.config, "workerinput"):
        once(work_out)
