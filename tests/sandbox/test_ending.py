"""Nothing is left when a task ends, when a submission is done, or when the grader itself is killed."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.sandbox import Worker

from .hostile import ABOUT, ask, choose_once, comes_true, forked, named, package, sandboxed, well


def leave_behind(name):
    """A process with this name that has cut all ties, ignores signals and computes on."""
    import ctypes
    import os
    import signal

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)
            while True:
                pass
        os._exit(0)
    os.wait()


@pytest.fixture
def name():
    return "left-" + secrets.token_hex(4)


def test_what_one_task_leaves_running_is_gone_before_the_next_begins(name):
    with sandboxed(leave_behind) as worker:
        child = forked(worker)
        ask(child, "leave_behind", name)
        assert comes_true(lambda: bool(named(name)))
        child.close()
        assert well(worker)
        assert named(name) == []


def test_what_a_submission_leaves_running_is_gone_once_it_is_closed(name):
    with sandboxed(leave_behind) as worker:
        ask(forked(worker), "leave_behind", name)
        assert comes_true(lambda: bool(named(name)))
    assert named(name) == []


def test_what_is_left_running_at_import_is_gone_before_the_first_task(name):
    files = package(leave_behind)
    files["neural_network.py"] += f"\nleave_behind({name!r})\n".encode()
    with Worker(choose_once()) as worker:
        assert worker.load(files, ABOUT) == {}
        assert comes_true(lambda: bool(named(name)))
        assert well(worker)
        assert named(name) == []


def test_a_grader_that_is_killed_takes_the_sandbox_with_it(name):
    program = (
        "from tests.sandbox.hostile import ask, forked, sandboxed\n"
        "from tests.sandbox.test_ending import leave_behind\n"
        "with sandboxed(leave_behind) as worker:\n"
        f"    ask(forked(worker), 'leave_behind', {name!r})\n"
        "    print('ready', flush=True)\n"
        "    input()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, **pipes) as grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == b"ready\n"
        assert comes_true(lambda: bool(named(name)))
        grader.kill()
    assert comes_true(lambda: not named(name))


def test_a_worker_can_be_closed_at_any_time_and_again():
    Worker(choose_once()).close()
    with sandboxed() as worker:
        child = forked(worker)
        worker.close()
        worker.close()
        child.close()
        child.close()
    assert not child.alive


def test_many_submissions_leave_no_descriptor_process_or_folder():
    def left():
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return len(os.listdir("/proc/self/fd")), len(children)

    def work():
        with sandboxed() as worker:
            folder = worker._scratch.name
            assert well(worker)
        assert not os.path.exists(folder)

    work()
    before = left()
    for _ in range(20):
        work()
    assert left() == before
