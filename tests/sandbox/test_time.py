"""Whatever it does to go on, a submission is stopped, busy or idle; only waiting for a processor costs it nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import numpy
import pytest

from autograder.grading.runtime import SandboxRuntime
from autograder.sandbox import Worker, clock, process
from autograder.sandbox.clock import stat_of
from autograder.sandbox.line import WALL

from .hostile import ABOUT, ask, choose_once, comes_true, forked, package, sandboxed, well


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
        reply = worker.load(files, ABOUT, cpu=0.1)
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
        assert child.cost >= 0.45


@contextmanager
def one_busy_core(others: int) -> Iterator[None]:
    """This process and all that it starts share one core with others that compute."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(cores)])
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(others)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
        os.sched_setaffinity(0, cores)


def test_waiting_for_a_processor_costs_nothing_in_one_call_or_many():
    def compute(seconds):
        import time

        until = time.process_time() + seconds
        while time.process_time() < until:
            pass

    with one_busy_core(5), sandboxed(compute) as worker:
        for calls, seconds in ((1, 0.5), (60, 0.01)):
            child, began = forked(worker), monotonic()
            for _ in range(calls):
                ask(child, "compute", seconds, cpu=1.0)
            elapsed = monotonic() - began
            assert child.alive and elapsed > 1.4 * calls * seconds  # how much, is the scheduler's choice
            child.close()
            assert 0.9 * calls * seconds < child.cost < 1.25 * calls * seconds, elapsed


def rest(way):
    import os
    import threading
    import time

    if way == "in a thread":
        thread = threading.Thread(target=time.sleep, args=(0.6,))
        thread.start()
        thread.join()
    elif way == "in a child":
        if os.fork() == 0:
            time.sleep(0.6)
            os._exit(0)
        os.wait()
    elif way == "in small pieces":
        for _ in range(300):
            time.sleep(0.002)
    elif way == "on a lock":
        threading.Lock().acquire(timeout=0)
        lock = threading.Lock()
        lock.acquire()
        lock.acquire(timeout=0.6)
    elif way == "now and then":
        for _ in range(6):
            sum(range(100_000))
            time.sleep(0.1)


@pytest.mark.parametrize("way", ["in a thread", "in a child", "in small pieces", "on a lock", "now and then"])
def test_idling_is_charged_in_full(way):
    with sandboxed(rest) as worker:
        child = forked(worker)
        ask(child, "rest", way)
        assert child.cost > 0.35  # of 0.6: on a busy machine the kernel counts part of each waking as waiting


@pytest.mark.parametrize("way", ["in a thread", "in a child", "in small pieces", "on a lock", "now and then"])
def test_idling_is_seen_where_the_kernel_keeps_no_records_of_waiting(way, monkeypatch):
    monkeypatch.setattr(clock, "RECORDED", False)
    with sandboxed(rest) as worker:
        child = forked(worker)
        ask(child, "rest", way)
        assert child.cost > (0.35 if way != "now and then" else 0.1)  # it may be found computing


def test_where_the_kernel_keeps_no_records_waiting_for_a_processor_costs_a_tenth(monkeypatch):
    def compute():
        import time

        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass

    monkeypatch.setattr(clock, "RECORDED", False)
    with one_busy_core(8), sandboxed(compute) as worker:
        child, began = forked(worker), monotonic()
        ask(child, "compute")
        elapsed = monotonic() - began
        assert elapsed > 0.5 and 0.29 < child.cost < max(0.4, 0.15 * elapsed)


def test_this_kernel_keeps_records():
    assert clock.RECORDED


def test_many_short_naps_are_charged():
    def nap():
        import time

        time.sleep(0.02)

    with sandboxed(nap) as worker:
        child = forked(worker)
        for _ in range(50):
            ask(child, "nap")
        assert child.cost > 0.9


@pytest.mark.parametrize("kind", ["children", "orphans", "threads in between"])
def test_work_of_all_that_it_has_started_is_charged(kind):
    def share_out(kind):
        import os
        import threading
        import time

        def compute():
            until = time.thread_time() + 0.4
            while time.thread_time() < until:
                pass

        if kind == "threads in between":
            threading.Thread(target=compute).start()
            return
        for _ in range(3):
            if os.fork() == 0:
                if kind == "children" or os.fork() == 0:
                    compute()
                time.sleep(0 if kind == "orphans" else 60)
                os._exit(0)
        time.sleep(1.5)

    with sandboxed(share_out) as worker:
        child = forked(worker)
        ask(child, "share_out", kind)
        if kind == "threads in between":
            assert comes_true(lambda: sum(map(int, stat_of(child._line.pid)[11:13])) > 35)
            child.close()
            assert child.cost > 0.3
        else:
            assert child.cost >= 1.1


@pytest.mark.parametrize("where", ["at import", "at each fork", "in each call"])
def test_a_submission_that_only_sleeps_has_a_bounded_time_wherever_it_sleeps(where, monkeypatch):
    def doze():
        import os
        import time

        if where == "at each fork":
            os.register_at_fork(before=lambda: time.sleep(0.2))
        elif where == "at import":
            time.sleep(1.1)

    def sleep():
        import time

        time.sleep(0.2)

    monkeypatch.setattr("autograder.grading.runtime.SUBMISSION_CPU", 1.0)
    files = package(sleep, at_import=doze)
    files["neural_network.py"] = f"where = {where!r}\n".encode() + files["neural_network.py"]
    with Worker(choose_once()) as worker:
        began = monotonic()
        assert worker.load(files, ABOUT) == {}
        runtime = SandboxRuntime(worker)
        replies = []
        for _ in range(20):
            runtime.fresh_process()
            ask_it = runtime.ready()
            replies.append(ask_it({"do": "new", "args": [], "kwargs": {}, "seed": None}, [], "__init__")[0])
            if where == "in each call":
                call = {"do": "call", "on": 0, "method": "sleep", "args": [], "kwargs": {}}
                replies.append(ask_it(call, [], "forward")[0])
        assert monotonic() - began < 3
        assert replies[-1] == {"crashed": "the 1 s for the whole submission are used up"}
        assert ("value" in replies[0]) == (where != "at import")


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
