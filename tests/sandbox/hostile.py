"""Submissions made of hostile functions, and what comes of them.

A function handed to these is taken as text: it runs in the sandbox, with nothing of this process.
"""

from __future__ import annotations

import atexit
import inspect
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy

from autograder.assignment.solution import SUBJECT
from autograder.engine.answering import decode, encode
from autograder.sandbox import Child, Sandbox, Worker, choose

ABOUT = asdict(SUBJECT)
WELL = {"do": "call", "on": 0, "method": "well", "args": [], "kwargs": {}}


class Raised(Exception):
    """The function raised this in the sandbox."""


def package(*methods: Callable, at_import: Callable | None = None) -> dict[str, bytes]:
    """The files of a submission whose network has these methods; `at_import` runs as it is imported."""
    functions = [*methods, *([at_import] if at_import else [])]
    lines = [textwrap.dedent(inspect.getsource(function)) for function in functions]
    lines += ["class NeuralNetwork:", "    def __init__(self, *args): pass", "    def well(self): return 7"]
    lines += [f"    {method.__name__} = staticmethod({method.__name__})" for method in methods]
    lines += [f"{at_import.__name__}()"] if at_import else []
    return {"__init__.py": b"", "neural_network.py": "\n".join([*lines, ""]).encode()}


@contextmanager
def sandboxed(*methods: Callable, at_import: Callable | None = None) -> Iterator[Worker]:
    """A worker in the sandbox with this submission loaded."""
    with Worker(choose_once()) as worker:
        reply = worker.load(package(*methods, at_import=at_import), ABOUT)
        assert reply == {}, reply
        yield worker


@cache
def choose_once() -> Sandbox:
    return choose(only=os.environ.get("KIT_TEST_SANDBOX"))


@cache
def shared() -> Worker:
    """A sandbox for all functions that leave no trace in it."""
    worker = Worker(choose_once())
    atexit.register(worker.close)
    assert worker.load(package(run), ABOUT) == {}
    return worker


def run(source, name, *args):
    """Define what the text defines, and call it."""
    space = {}
    exec(source.tobytes().decode(), space)
    return space[name](*args)


def forked(worker: Worker) -> Child:
    """A process of the worker's with one network made."""
    child = worker.fork()
    reply, _ = child.ask({"do": "new", "args": [], "kwargs": {}, "seed": None})
    assert "value" in reply, reply
    return child


def ask(child: Child, method: str, *args: Any, cpu: float = 10.0) -> Any:
    """What the method returns; a reply without a value as it came; raises Raised."""
    arrays: list = []
    spec = [encode(arg, arrays) for arg in args]
    request = {"do": "call", "on": 0, "method": method, "args": spec, "kwargs": {}}
    reply, returned = child.ask(request, arrays, cpu)
    if "raised" in reply:
        raise Raised(f"{reply['raised']['type']}: {reply['raised']['message']}")
    return decode(reply["value"], returned) if "value" in reply else reply


def inside(function: Callable, *args: Any) -> Any:
    """What the function returns in a process of its own."""
    source = textwrap.dedent(inspect.getsource(function)).encode()
    child = forked(shared())
    try:
        return ask(child, "run", numpy.frombuffer(source, dtype="u1"), function.__name__, *args)
    finally:
        child.close()


def well(worker: Worker) -> bool:
    """Whether a fresh process of the worker's answers."""
    return ask(forked(worker), "well") == 7


def named(comm: str) -> list[int]:
    """The numbers of all living processes of this machine that have given themselves this name."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if folder.name.isdigit() and (folder / "comm").read_text().strip() == comm and state != "Z":
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def comes_true(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it does within so many seconds."""
    deadline = monotonic() + seconds
    while not (true := condition()) and monotonic() < deadline:
        sleep(0.01)
    return true
