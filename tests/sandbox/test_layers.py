"""Each layer of the sandbox holds by itself, also where another one hides what it does."""

import os
from pathlib import Path

import pytest

from autograder.sandbox import choose

from .hostile import ask, forked, inside, sandboxed


@pytest.mark.parametrize("kind", ["ipc", "mnt", "net", "pid", "uts"])
def test_a_namespace_of_its_own(kind):
    def namespace(kind):
        import os

        return os.readlink(f"/proc/self/ns/{kind}")

    assert inside(namespace, kind) not in ("", os.readlink(f"/proc/self/ns/{kind}"))


def test_every_mount_is_read_only_but_the_small_folders_and_the_kernels():
    def writable():
        with open("/proc/self/mountinfo") as stream:
            mounts = [line.split() for line in stream]
        return sorted(fields[4] for fields in mounts if "ro" not in fields[5].split(","))

    devices = ["full", "null", "pts", "random", "tty", "urandom", "zero"]
    assert set(inside(writable)) <= {"/dev/shm", "/proc", "/tmp", *(f"/dev/{name}" for name in devices)}


def test_nothing_mounted_gives_rights_by_a_mark_on_a_file():
    def marked():
        with open("/proc/self/mountinfo") as stream:
            mounts = [line.split() for line in stream]
        return [fields[4] for fields in mounts if "nosuid" not in fields[5].split(",")]

    assert inside(marked) == []


def test_it_goes_first_where_memory_runs_out():
    with sandboxed() as worker:
        assert Path(f"/proc/{forked(worker)._line.pid}/oom_score_adj").read_text() == "1000\n"


def test_the_command_line_names_no_file_of_the_kit_but_its_two_and_no_variable_of_the_grader(monkeypatch):
    monkeypatch.setenv("PLANTED", "of-the-grader")
    command, environment = choose().command(3, "/nowhere")
    assert environment == {}
    assert not any("of-the-grader" in word for word in command)
    assert {Path(word).name for word in command if "autograder" in word} == {"worker.py", "answering.py"}


def test_a_process_of_a_task_knows_no_other_task():
    def remember(text):
        import builtins

        before, builtins.remembered = getattr(builtins, "remembered", ""), text
        return before

    with sandboxed(remember) as worker:
        assert ask(forked(worker), "remember", "first") == ""
        assert ask(forked(worker), "remember", "second") == ""
