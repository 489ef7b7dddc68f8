"""Memory, processes, threads and descriptors have an end, and a flood reaches nobody."""

from pathlib import Path

import pytest

from autograder.sandbox import LIMITS

from .hostile import Raised, ask, forked, inside, sandboxed, well


def peak() -> int:
    """The most bytes that this process has held since `forget_peak`."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def test_too_much_memory_is_an_error_and_the_process_goes_on():
    def take():
        import numpy

        numpy.ones(1 << 28)

    with sandboxed(take) as worker:
        child = forked(worker)
        with pytest.raises(Raised, match="MemoryError"):
            ask(child, "take")
        assert ask(child, "well") == 7


def test_there_are_few_processes():
    def multiply():
        import os
        import time

        for number in range(1000):
            try:
                if os.fork() == 0:
                    time.sleep(60)
            except BlockingIOError:
                return number
        return 1000

    with sandboxed(multiply) as worker:
        assert ask(forked(worker), "multiply") < LIMITS["RLIMIT_NPROC"]
        assert well(worker)


def test_a_fork_bomb_ends_with_its_task():
    def explode():
        import os

        while True:
            try:
                os.fork()
            except OSError:
                pass

    with sandboxed(explode) as worker:
        reply = ask(forked(worker), "explode", cpu=0.1)
        assert set(reply) <= {"timeout", "crashed"}
        assert well(worker)


def test_there_are_few_threads():
    def spin_off():
        import threading

        stop = threading.Event()
        for number in range(1000):
            try:
                threading.Thread(target=stop.wait, daemon=True).start()
            except RuntimeError:
                stop.set()
                return number
        return 1000

    assert inside(spin_off) < LIMITS["RLIMIT_NPROC"]


def test_there_are_few_open_files():
    def open_many():
        import os

        for number in range(10_000):
            try:
                os.open("/dev/null", os.O_RDONLY)
            except OSError:
                return number
        return 10_000

    assert inside(open_many) < LIMITS["RLIMIT_NOFILE"]


@pytest.mark.parametrize("descriptor", [1, 2])
def test_a_flood_of_output_does_no_harm(descriptor):
    def flood(descriptor):
        import os

        for _ in range(50):
            os.write(descriptor, bytes(1 << 20))
        print("also so", flush=True)
        return 1

    assert inside(flood, descriptor) == 1


@pytest.mark.parametrize("kind", ["memfd", "shared memory", "messages"])
def test_memory_that_no_limit_counts_is_refused(kind):
    def take(kind):
        import ctypes
        import os

        libc = ctypes.CDLL(None)
        if kind == "memfd":
            return os.memfd_create("hidden")
        return libc.shmget(0, 1 << 20, 0o1600) if kind == "shared memory" else libc.msgget(0, 0o1600)

    try:
        assert inside(take, kind) == -1
    except Raised as raised:
        assert "PermissionError" in str(raised)


@pytest.mark.parametrize("kind", ["array", "text", "list", "arrays", "object"])
def test_an_answer_without_end_does_not_fill_the_grader(kind):
    def answer(kind):
        import numpy

        if kind == "text":
            return "x" * (1 << 29)
        if kind == "list":
            return [None] * (1 << 25)
        if kind == "arrays":
            return [numpy.zeros(1 << 23, dtype="u1")] * 20
        return numpy.zeros(1 << 30, dtype="u1") if kind == "array" else numpy.full(1 << 25, None)

    forget_peak()
    before = peak()
    with sandboxed(answer) as worker:
        ask(forked(worker), "answer", kind)
        assert well(worker)
    assert peak() - before < 1 << 24


def test_a_forged_answer_of_the_largest_size_costs_the_grader_a_bounded_amount():
    def forge():
        import os
        import sys

        import answering

        connection = next(
            frame.f_locals["connection"] for frame in frames(sys._getframe()) if "connection" in frame.f_locals
        )
        head = answering.LENGTHS.pack(answering.MAGIC, answering.MAX_HEADER, answering.MAX_PAYLOAD)
        connection.sendall(head)
        while True:
            connection.sendall(bytes(1 << 20))
            os.sched_yield()

    def frames(frame):
        while frame:
            yield frame
            frame = frame.f_back

    forget_peak()
    before = peak()
    with sandboxed(forge, frames) as worker:
        assert "crashed" in ask(forked(worker), "forge", cpu=5)
    assert peak() - before < 1 << 28
