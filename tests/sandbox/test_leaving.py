"""However a submission ends its process, it is said, and the next task has a fresh one."""

import os
from time import monotonic

import pytest

from autograder.sandbox import Worker, process

from .hostile import ABOUT, Raised, ask, choose_once, forked, package, sandboxed, well


def leave(way="exit"):
    import ctypes
    import os
    import signal
    import sys

    def descend(depth):
        return descend(depth + 1) + 1

    if way == "exit":
        sys.exit(0)
    elif way == "interrupt":
        raise KeyboardInterrupt
    elif way == "_exit":
        os._exit(0)
    elif way == "segfault":
        ctypes.string_at(0)
    elif way == "abort":
        os.abort()
    elif way == "recursion":
        descend(0)
    elif way == "endless recursion":
        sys.setrecursionlimit(1 << 30)
        descend(0)
    elif way == "kill itself":
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == "kill its parent":
        os.kill(os.getppid(), signal.SIGKILL)
    elif way == "kill all":
        os.kill(-1, signal.SIGKILL)
    elif way == "close all":
        os.closerange(0, 256)
    elif way == "run another program":
        os.execv("/usr/bin/env", ["env"])
    elif way == "become a daemon":
        if os.fork():
            os._exit(0)
        os.setsid()


WAYS = ["exit", "interrupt", "_exit", "segfault", "abort", "recursion", "endless recursion"]
WAYS += ["kill itself", "kill its parent", "kill all", "close all", "run another program", "become a daemon"]
HARMLESS = {"kill itself", "kill its parent", "kill all"}  # to the first process of a namespace


# What is said of it where the kernel tells how it ended: all of them tell root.
SAID = {"segfault": "SIGSEGV", "abort": "SIGABRT", "kill itself": "SIGKILL"}
UNTOLD = "it ended without an answer"


@pytest.fixture(scope="module")
def leaving():
    with sandboxed(leave) as worker:
        yield worker


@pytest.mark.parametrize("way", WAYS)
def test_at_import(way):
    files = package(leave)
    files["neural_network.py"] += f"\nleave({way!r})\n".encode()
    with Worker(choose_once()) as worker:
        reply = worker.load(files, ABOUT, cpu=0.3)
        assert reply or way in (*HARMLESS, "become a daemon")
        assert set(reply) <= {"raised", "crashed"} or (set(reply) == {"timeout"} and way == "endless recursion")
        assert worker.fork().alive == (set(reply) <= {"raised"}) or way == "become a daemon"


@pytest.mark.parametrize("way", WAYS)
def test_in_one_method(leaving, way):
    child = forked(leaving)
    try:
        reply = ask(child, "leave", way, cpu=0.3)
    except Raised:
        assert way in ("exit", "interrupt", "recursion", "endless recursion", "kill all")
        assert child.alive
    else:
        assert child.alive == (reply is None)
        if reply is None:
            assert way in HARMLESS or way == "become a daemon"  # which may answer before its parent is gone
        elif way == "endless recursion":
            assert set(reply) <= {"crashed", "timeout"}
        else:
            assert SAID.get(way, "") in reply["crashed"] or (UNTOLD in reply["crashed"] and os.geteuid() != 0)
    assert well(leaving)


def test_a_process_left_on_the_channel_is_not_taken_for_the_one_that_was_asked():
    def replace():
        import os
        import time

        if os.fork():
            os._exit(3)
        time.sleep(0.1)
        return "from another process"

    with sandboxed(replace) as worker:
        child = forked(worker)
        assert ("exit status 3" if os.geteuid() == 0 else "") in ask(child, "replace")["crashed"]
        assert not child.alive
        assert well(worker)


def test_while_the_network_is_made():
    def init():
        pass

    files = package(init)
    files["neural_network.py"] += b"\nimport os\nNeuralNetwork.__init__ = lambda *args: os._exit(0)\n"
    with Worker(choose_once()) as worker:
        assert worker.load(files, ABOUT) == {}
        for _ in range(2):
            child = worker.fork()
            reply, _ = child.ask({"do": "new", "args": [], "kwargs": {}, "seed": None})
            assert "crashed" in reply
            assert not child.alive
            assert "crashed" in child.ask({"do": "get", "on": 0, "names": []})[0]


def test_an_exception_that_cannot_be_shown_is_still_told():
    def raise_it():
        class Strange(Exception):
            def __str__(self):
                raise SystemExit

        raise Strange

    with sandboxed(raise_it) as worker, pytest.raises(Raised, match="cannot be shown"):
        ask(forked(worker), "raise_it")


def test_a_task_that_stops_the_process_it_came_from_costs_the_others_nothing():
    def stop():
        import os
        import signal

        os.kill(os.getppid(), signal.SIGSTOP)
        return 1

    with sandboxed(stop) as worker:
        assert ask(forked(worker), "stop") == 1
        began = monotonic()
        assert well(worker)
        assert monotonic() - began < process.FORK_WALL / 2  # it was set going again, not waited for in vain
