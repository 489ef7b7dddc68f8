"""Nothing that is written inside outlasts the sandbox, and little of it has room."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

import numpy
import pytest

from autograder.sandbox.bubblewrap import TMP_BYTES
from autograder.sandbox.scratch import NAMES

from .hostile import Raised, ask, forked, inside, sandboxed


def test_all_but_the_small_folders_is_read_only():
    def writable(*paths):
        found = []
        for path in paths:
            try:
                open(path, "ab").close()
                found.append(path)
            except OSError:
                pass
        return found

    kit = ["/kit/worker.py", "/kit/answering.py", "/kit/new"]
    system = ["/new", "/usr/bin/new", "/usr/lib/new", "/etc/new", "/dev/new", os.path.join(sys.base_prefix, "bin/new")]
    python = [sys.executable, numpy.__file__, os.path.join(os.path.dirname(numpy.__file__), "new")]
    kernel = ["/proc/sys/kernel/hostname", "/proc/sys/vm/overcommit_memory"]
    assert inside(writable, *kit, *system, *python, *kernel) == []
    assert inside(writable, "/tmp/new", "/dev/shm/new") == ["/tmp/new"]


def test_times_and_rights_of_what_is_visible_cannot_be_changed():
    def change(path):
        import os

        said = []
        for attempt in (lambda: os.utime(path), lambda: os.chmod(path, 0o777), lambda: os.unlink(path)):
            try:
                attempt()
            except OSError as error:
                said.append(type(error).__name__)
        return said

    assert len(inside(change, "/kit/answering.py")) == len(inside(change, numpy.__file__)) == 3


def test_tmp_has_room_for_so_many_bytes_and_no_more():
    def fill(folder):
        written, block = 0, bytes(1 << 20)
        try:
            for number in range(200):
                with open(f"{folder}/{number}", "wb", buffering=0) as stream:
                    written += stream.write(block)
        except OSError:
            pass
        return written

    with sandboxed(fill) as worker:
        assert TMP_BYTES / 2 < ask(forked(worker), "fill", "/tmp") <= TMP_BYTES
        assert ask(forked(worker), "fill", "/dev/shm") == 0


@pytest.mark.parametrize("kind", ["folders", "empty files", "symbolic links", "hard links", "pipes", "long names"])
def test_names_have_an_end_and_the_next_task_goes_on(kind):
    def flood(kind):
        import os

        os.makedirs("/tmp/of-this-task", 0o300)
        os.chdir("/tmp/of-this-task")
        open("first", "w").close()
        for number in range(10_000_000):
            if kind == "folders":
                os.mkdir(str(number))
            elif kind == "empty files":
                os.close(os.open(str(number), os.O_CREAT))
            elif kind == "symbolic links":
                os.symlink("x" * 100, str(number))
            elif kind == "hard links":
                os.link("first", str(number))
            elif kind == "pipes":
                os.mkfifo(str(number))
            else:
                os.mkdir(str(number).rjust(255, "x"))

    with sandboxed(flood) as worker:
        for _ in range(2):
            child = forked(worker)
            look, most = child._line.look_at_files, []

            def watched(pid, most=most, look=look):
                found = os.statvfs(f"/proc/{pid}/root/tmp")
                most.append(found.f_files - found.f_ffree)
                look(pid)

            child._line.look_at_files = watched
            reply = ask(child, "flood", kind)
            assert "files and folders" in reply["crashed"] or "No space" in str(reply), reply
            assert max(most) < 40 * NAMES
        assert ask(forked(worker), "well") == 7


def test_many_short_calls_make_no_more_names():
    def some():
        import os
        import tempfile

        folder = tempfile.mkdtemp()
        for number in range(300):
            os.mkdir(f"{folder}/{number}")

    with sandboxed(some) as worker:
        child = forked(worker)
        calls = 0
        while child.alive and calls < 3000:
            reply, calls = ask(child, "some"), calls + 1
        assert "files and folders" in reply["crashed"] and calls < 3000


def test_a_file_can_not_be_made_large():
    def grow():
        with open("/tmp/large", "wb") as stream:
            stream.truncate(1 << 27)

    with pytest.raises(Raised, match="File too large"):
        inside(grow)


def test_what_is_written_is_neither_outside_nor_in_the_next_sandbox():
    def leave(name):
        open(f"/tmp/{name}", "w").close()

    def look(name):
        import os

        return [folder for folder in ("/tmp", "/dev/shm") if os.path.exists(f"{folder}/{name}")]

    name = "left-" + secrets.token_hex(4)
    with sandboxed(leave, look) as worker:
        child = forked(worker)
        ask(child, "leave", name)
        assert ask(child, "look", name) == ["/tmp"]
        assert not any(Path(folder, name).exists() for folder in ("/tmp", "/dev/shm", tempfile.gettempdir()))
    with sandboxed(look) as worker:
        assert ask(forked(worker), "look", name) == []


def test_no_message_can_be_left_in_the_keyrings_of_the_machine():
    def leave():
        import ctypes
        import platform

        number = 248 if platform.machine() == "x86_64" else 217
        return ctypes.CDLL(None).syscall(number, b"user", b"left", b"message", 7, -3)

    assert inside(leave) == -1
