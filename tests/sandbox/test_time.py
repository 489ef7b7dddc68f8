"""Whatever it does to go on, a submission is stopped: busy ones by CPU time, idle ones by the clock."""

from time import monotonic

import numpy
import pytest

from autograder.sandbox import Worker, process
from autograder.sandbox.line import WALL, stat_of

from .hostile import ask, choose_once, comes_true, forked, package, sandboxed, well


def hang(way):
    import os
    import select
    import signal
    import sys
    import time

    if way == "loop":
        while True:
            pass
    elif way == "loop that catches all":
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    elif way == "signals ignored":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass
    elif way == "thread":
        import threading

        def spin():
            while True:
                pass

        threading.Thread(target=spin).start()
        threading.Event().wait()
    elif way == "computing in C":
        sum(range(1 << 62))
    elif way == "sleep":
        time.sleep(3600)
    elif way == "busy child":
        if os.fork():
            os.wait()
        while True:
            pass
    elif way == "stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif way == "stopped for good":
        if os.fork():
            time.sleep(3600)
        while True:
            os.kill(os.getppid(), signal.SIGSTOP)
    elif way == "wait for a descriptor":
        select.select([os.pipe()[0]], [], [])
    elif way == "trickle":
        connection = sys._getframe(3).f_locals["connection"]
        connection.send(b"bp18\0\1\0\0\0\0\0\0")
        while True:
            connection.send(b" ")
            time.sleep(0.01)


BUSY = ["loop", "loop that catches all", "signals ignored", "thread", "computing in C"]
IDLE = ["sleep", "busy child", "stopped", "stopped for good", "wait for a descriptor", "trickle"]


@pytest.fixture(scope="module")
def hanging():
    with sandboxed(hang) as worker:
        yield worker


@pytest.mark.parametrize("way", BUSY)
def test_busy(hanging, way):
    child, began = forked(hanging), monotonic()
    assert ask(child, "hang", way, cpu=0.3) == {"timeout": 0.3}
    assert monotonic() - began < 0.9 * 0.3 * WALL  # it was not the clock on the wall
    assert not child.alive
    assert child.cost >= 0.3
    assert well(hanging)


@pytest.mark.parametrize("way", IDLE)
def test_idle(hanging, way, monkeypatch):
    monkeypatch.setattr(process, "FORK_WALL", 1.0)
    child, began = forked(hanging), monotonic()
    assert ask(child, "hang", way, cpu=0.05) == {"timeout": 0.05}
    assert not child.alive
    assert child.cost >= 0.05
    assert monotonic() - began < 3
    assert well(hanging)


@pytest.mark.parametrize("way", ["loop that catches all", "signals ignored", "sleep", "stopped"])
def test_at_import(way):
    files = package(hang)
    files["neural_network.py"] += f"\nhang({way!r})\n".encode()
    with Worker(choose_once()) as worker:
        began = monotonic()
        reply = worker.load(files, cpu=0.1)
        # The first process of a namespace cannot stop itself; there it is the one that imports.
        assert reply == {"timeout": 0.1} or (reply == {} and way == "stopped")
        assert monotonic() - began < 3


def test_a_question_that_nobody_reads_is_given_up():
    def stop_later():
        import os
        import signal
        import threading

        threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGSTOP]).start()

    with sandboxed(stop_later) as worker:
        child = forked(worker)
        assert ask(child, "stop_later") is None
        assert comes_true(lambda: stat_of(child._line.pid)[0] == b"T")
        assert ask(child, "well", numpy.zeros(1 << 20), cpu=0.05) == {"timeout": 0.05}
        assert not child.alive


def test_waiting_for_input_ends_at_once():
    def ask_back():
        try:
            return input()
        except EOFError:
            return "nobody there"

    with sandboxed(ask_back) as worker:
        assert ask(forked(worker), "ask_back") == "nobody there"


def test_sleeping_is_charged_in_full():
    def nap():
        import time

        time.sleep(0.5)

    with sandboxed(nap) as worker:
        child = forked(worker)
        ask(child, "nap")
        assert child.cost >= 0.5


def test_work_before_a_crash_is_charged():
    def work_and_leave():
        import os
        import time

        while time.process_time() < 0.3:
            pass
        os._exit(0)

    with sandboxed(work_and_leave) as worker:
        child = forked(worker)
        assert "crashed" in ask(child, "work_and_leave")
        assert child.cost > 0.1


def test_processes_that_never_come_cost_a_bounded_time_in_all(monkeypatch):
    def hold_up():
        import os
        import time

        os.register_at_fork(before=lambda: time.sleep(3600))

    monkeypatch.setattr(process, "FORK_WALL", 0.3)
    monkeypatch.setattr(process, "PATIENCE", 1.0)
    with sandboxed(at_import=hold_up) as worker:
        began = monotonic()
        for _ in range(20):
            child = worker.fork()
            assert not child.alive
            assert "crashed" in ask(child, "well")
        assert monotonic() - began < 5
