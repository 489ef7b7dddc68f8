"""Lets `pytest` run the checks on the package beside this folder."""

from pathlib import Path

import pytest

from .engine.decoding import read_as_graded
from .engine.frozen import FILE, load
from .engine.local import LocalRuntime
from .engine.runner import Engine

HERE = Path(__file__).parent


@pytest.fixture
def student():
    """What checks ask; the engine puts the student's network in its place."""


@pytest.fixture
def case(request):
    """The variant of the data; the engine puts the data in its place."""
    return request.param


def pytest_generate_tests(metafunc):
    if hasattr(metafunc.function, "check"):
        metafunc.parametrize("case", ["visible"], indirect=True)


def pytest_collection_modifyitems(config, items):
    course, subject = load(HERE / FILE)
    read_as_graded(HERE.parent / subject.package)
    config.engine = Engine(course, LocalRuntime(HERE.parent, subject))
    order = list(config.engine.results)
    items.sort(key=lambda item: order.index(item.obj.check.task.id) if hasattr(item.obj, "check") else -1)
    config.engine.plan([item.obj.check for item in items if hasattr(item.obj, "check")])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not hasattr(pyfuncitem.obj, "check"):
        return None
    result = pyfuncitem.config.engine.run(pyfuncitem.obj.check, pyfuncitem.callspec.params["case"])
    if result.status in ("blocked", "untried"):
        pytest.skip(result.message)
    if result.status != "passed":
        pytest.fail(result.message, pytrace=False)
    return True
