"""Lets `pytest` run the checks on the package beside this folder."""

from pathlib import Path

import pytest

from .engine.frozen import FILE, Here, load
from .engine.runner import Engine
from .engine.text import read_as_graded

HERE = Path(__file__).parent


@pytest.fixture
def student():
    """What checks ask; the engine puts the student's network in its place."""


@pytest.fixture
def case(request):
    """The variant of the data; the engine puts the data in its place."""
    return request.param


def pytest_generate_tests(metafunc):
    if hasattr(metafunc.function, "about"):
        metafunc.parametrize("case", ["visible"], indirect=True)


def pytest_collection_modifyitems(config, items):
    read_as_graded(HERE.parent / "backprop")
    config.engine = Engine(load(HERE / FILE), Here(HERE.parent))
    order = list(config.engine.results)
    items.sort(key=lambda item: order.index(item.obj.about.task.id) if hasattr(item.obj, "about") else -1)
    config.engine.plan([item.obj.about for item in items if hasattr(item.obj, "about")])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not hasattr(pyfuncitem.obj, "about"):
        return None
    result = pyfuncitem.config.engine.run(pyfuncitem.obj, pyfuncitem.callspec.params["case"])
    if result["status"] in ("blocked", "untried"):
        pytest.skip(result["message"])
    if result["status"] != "passed":
        pytest.fail(result["message"], pytrace=False)
    return True
