"""Whoever grades, the student's code is nobody, and stays nobody."""

import os
import subprocess
import sys

import pytest

from autograder import ROOT

from .hostile import Raised, forked, inside, sandboxed


def status_of(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/status") as stream:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in stream)}


@pytest.fixture(scope="module")
def status():
    """What the kernel says outside of a process of the student's."""
    with sandboxed() as worker:
        yield status_of(forked(worker)._line.pid)


def test_all_its_users_and_groups_are_ordinary_ones(status):
    assert "0" not in status["Uid"].split() + status["Gid"].split() + status["Groups"].split()


def test_it_has_no_capabilities(status):
    assert {int(status[kind], 16) for kind in ("CapPrm", "CapEff", "CapAmb")} == {0}


def test_it_can_gain_no_privileges_and_is_filtered(status):
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_it_cannot_become_another_user():
    def become():
        import os

        said = []
        for attempt in (os.setuid, os.setgid, os.seteuid, lambda n: os.setgroups([n]), lambda n: os.setresuid(n, n, n)):
            for number in (0, 1, 65534):
                try:
                    attempt(number)
                    said.append(f"became {number}")
                except OSError:
                    pass
        return said

    assert inside(become) == []


def test_it_cannot_undo_its_limits():
    def undo(name):
        import resource

        resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    for name in ("RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_FSIZE"):
        with pytest.raises(Raised, match=r"ValueError|PermissionError"):
            inside(undo, name)


def test_it_cannot_move_itself_up_where_memory_runs_out():
    def move():
        with open("/proc/self/oom_score_adj", "w") as stream:
            stream.write("0")

    with pytest.raises(Raised, match="PermissionError"):
        inside(move)


def test_started_by_root_each_grading_process_uses_a_user_of_its_own():
    program = (
        "from tests.sandbox.hostile import forked, sandboxed\n"
        "from tests.sandbox.test_identity import status_of\n"
        "with sandboxed() as worker:\n"
        "    print(status_of(forked(worker)._line.pid)['Uid'].split()[0])\n"
    )
    graders = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    users = {int(grader.communicate()[0]) for grader in graders}
    assert len(users) == 2 if os.geteuid() == 0 else users == {os.geteuid()}
    assert 0 not in users
