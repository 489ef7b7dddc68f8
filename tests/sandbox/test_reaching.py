"""No connection, signal or trace leads out, and no new namespace gives new rights."""

import os
import platform
import socket
import subprocess

import numpy
import pytest

from autograder.sandbox.bubblewrap import COUNTS
from autograder.sandbox.seccomp import REFUSED

from . import channels
from .hostile import Raised, inside


@pytest.fixture
def sleeper():
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_no_tcp_connection_reaches_the_loopback_of_the_machine():
    def connect(port):
        import socket

        socket.create_connection(("127.0.0.1", port), timeout=2)

    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Raised, match="PermissionError"):
        inside(connect, server.getsockname()[1])


def test_there_are_no_sockets():
    def made():
        import socket

        names = ("UNIX", "INET", "INET6", "NETLINK", "PACKET", "VSOCK", "ALG", "BLUETOOTH", "CAN")
        found = []
        for family in [f"AF_{name}" for name in names]:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
                try:
                    socket.socket(getattr(socket, family), kind).close()
                    found.append(family)
                except (OSError, AttributeError):
                    pass
        try:
            found += socket.socketpair()
        except OSError:
            pass
        return found

    assert inside(made) == []


@pytest.mark.parametrize("abstract", [True, False])
def test_no_unix_socket_of_the_machine_is_reached(abstract, tmp_path):
    def connect(text):
        import socket

        socket.socket(socket.AF_UNIX).connect(text.replace("@", "\0"))

    address = f"@{tmp_path}/socket"[:90] if abstract else os.path.relpath(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address.replace("@", "\0"))
        server.listen()
        with pytest.raises(Raised, match="PermissionError"):
            inside(connect, address if abstract else str(tmp_path / "socket")[-100:])


def test_no_signal_reaches_a_process_outside(sleeper):
    def kill(*numbers):
        import os
        import signal

        for number in (*numbers, -1):
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return "done"

    assert inside(kill, sleeper.pid, os.getpid()) == "done"
    assert sleeper.poll() is None


@pytest.mark.parametrize("whom", ["a process outside", "the first process", "the parent"])
def test_no_process_can_be_traced_or_its_memory_opened(whom, sleeper):
    def trace(whom, outside):
        import ctypes
        import os

        number = {"a process outside": outside, "the first process": 1}.get(whom, os.getppid())
        try:
            open(f"/proc/{number}/mem", "r+b").close()
            return "opened"
        except OSError:
            return ctypes.CDLL(None).ptrace(16, number, 0, 0)  # PTRACE_ATTACH

    assert inside(trace, whom, sleeper.pid) == -1


def test_new_namespaces_are_refused():
    def unshare():
        import ctypes

        libc = ctypes.CDLL(None)
        flags = [0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000, 0x10020000]
        return [str(libc.unshare(flag)) for flag in flags]

    assert set(inside(unshare)) == {"-1"}


@pytest.mark.parametrize("call", ["clone", "clone3"])
def test_new_namespaces_are_refused_to_new_processes_too(call):
    def clone(call):
        import ctypes
        import platform

        libc, new_user, child_ended = ctypes.CDLL(None, use_errno=True), 0x10000000, 17
        if call == "clone":
            made = libc.syscall(56 if platform.machine() == "x86_64" else 220, new_user | child_ended, 0, 0, 0, 0)
        else:
            made = libc.syscall(435, (ctypes.c_uint64 * 8)(new_user, 0, 0, 0, child_ended), 64)
        if made == 0:
            libc._exit(0)
        return made

    assert inside(clone, call) == -1


def test_mounts_are_refused():
    def mount():
        import ctypes

        libc = ctypes.CDLL(None)
        return [str(libc.mount(b"x", b"/tmp", kind, 0, 0)) for kind in (b"tmpfs", b"proc")] + [
            str(libc.mount(b"none", b"/", None, 0x1000 | 0x20, None)),
            str(libc.umount2(b"/proc", 2)),
            str(libc.chroot(b"/tmp")),
        ]

    assert set(inside(mount)) == {"-1"}


def test_the_rarely_used_parts_of_the_kernel_are_closed():
    def said(*numbers):
        import ctypes
        import os

        libc = ctypes.CDLL(None, use_errno=True)
        return [f"{libc.syscall(number, 0, 0, 0, 0, 0)} {os.strerror(ctypes.get_errno())}" for number in numbers]

    column = 0 if platform.machine() == "x86_64" else 1
    numbers = [numbers[column] for numbers in REFUSED.values() if numbers[column] >= 0]
    assert set(inside(said, *numbers)) == {"-1 Operation not permitted"}


def told(source):
    space = {}
    exec(source.tobytes().decode(), space)
    return space.get("answer")


@pytest.mark.parametrize("what", channels.REFUSED)
def test_another_sandbox_can_be_told_nothing_by(what):
    """And the same in the second sandbox, see promises_of_landlock.py."""
    with pytest.raises(Raised, match=r"PermissionError|Read-only file system"):
        inside(told, numpy.frombuffer((channels.START + channels.REFUSED[what]).encode(), dtype="u1"))


def test_what_honest_code_needs_of_the_same_calls_is_allowed():
    assert inside(told, numpy.frombuffer((channels.START + channels.ALLOWED).encode(), dtype="u1")) == "all of it"


def test_what_counts_for_the_whole_machine_is_empty():
    def counts(*names):
        import os

        held = []
        for name in names:
            path = f"/proc/{name}"
            try:
                held += os.listdir(path) if os.path.isdir(path) else [os.open(path, os.O_RDONLY)]
            except OSError:
                pass
        return held

    assert inside(counts, *COUNTS) == []
