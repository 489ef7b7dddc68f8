"""A submission's processes, seen from outside: starting them, asking them, timing them, ending them.

Time is CPU time, read from /proc by the process number that the kernel vouches for (SCM_CREDENTIALS);
wall time, ten times as much, ends what only sleeps.  An answer must carry the number drawn for its
request, so nothing that the student's code sends of its own accord is taken for one.
"""

import os
import secrets
import select
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from time import monotonic

import numpy as np

from ..checks.answering import BadFrame, frame, receive
from . import Sandbox, SandboxError, scratch_folder

WALL = 10.0  # times the CPU limit
START_WALL = 60.0  # seconds for a sandbox to start on a very busy machine
SHORT = 0.05  # seconds: what takes no longer is charged by the clock on the wall
TICKS = os.sysconf("SC_CLK_TCK")


class Late(Exception):
    """The time is up."""


class Line:
    """A socket to one process, with deadlines for every byte."""

    def __init__(self, connection: socket.socket):
        self.connection, self.pidfd, self.pid = connection, -1, 0
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        connection.setblocking(False)
        self.cpu_limit = self.started_cpu = 0.0
        self.deadline = 0.0

    def greet(self) -> None:
        """Learn from the first message who is there; EOFError, BadFrame or Late if it is nobody."""
        self.deadline, self.cpu_limit = monotonic() + START_WALL, float("inf")
        self.wait(select.POLLIN)
        size = socket.CMSG_SPACE(struct.calcsize("3i"))
        data, ancillary, _, _ = self.connection.recvmsg(4096, size)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                self.pid = struct.unpack("3i", content)[0]
        if not data or not self.pid:
            raise EOFError
        try:
            self.pidfd = os.pidfd_open(self.pid)
        except OSError:
            raise EOFError from None
        rest = bytearray(data)

        def read(count: int) -> bytes:
            taken, rest[:count] = bytes(rest[:count]), b""
            if len(taken) < count:
                raise EOFError
            return taken

        if receive(read)[0] != {"hello": True} or rest:
            raise BadFrame("the process did not greet")

    def wait(self, what: int) -> None:
        """Until the socket is ready for `what`; Late when CPU or wall time is used up."""
        poll = select.poll()
        poll.register(self.connection, what)
        while not poll.poll(200):
            if monotonic() > self.deadline or cpu_of(self.pid) - self.started_cpu > self.cpu_limit:
                raise Late

    def read(self, count: int) -> bytes:
        parts = []
        while count:
            self.wait(select.POLLIN)
            part = self.connection.recv(min(count, 1 << 20))
            if not part:
                raise EOFError
            if monotonic() > self.deadline:
                raise Late
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self.wait(select.POLLOUT)
            rest = rest[self.connection.send(rest) :]

    def pending(self) -> bool:
        return bool(select.select([self.connection], [], [], 0)[0])

    def exchange(self, header: dict, arrays: Sequence[np.ndarray], cpu: float) -> tuple[dict, list[np.ndarray]]:
        """One request and its answer; or "timeout" or "crashed" in the answer's place."""
        self.deadline, self.cpu_limit, self.started_cpu = monotonic() + WALL * cpu, cpu, cpu_of(self.pid)
        nonce = secrets.token_hex(8)
        try:
            if self.pending():
                return {"crashed": self.ending() or "it wrote on the answer channel without being asked"}, []
            self.write(frame({**header, "nonce": nonce}, arrays))
            reply, returned = receive(self.read)
        except Late:
            return {"timeout": cpu}, []
        except (EOFError, ConnectionError):
            return {"crashed": self.ending() or "it closed the answer channel"}, []
        except BadFrame as error:
            return {"crashed": f"its answer was garbled: {error}"}, []
        if reply.pop("nonce", None) != nonce:
            return {"crashed": "its answer belongs to another question"}, []
        return reply, returned

    def ending(self) -> str:
        """What to say of a process that is gone; empty if it is still there."""
        gone = select.poll()
        gone.register(self.pidfd, select.POLLIN)
        if self.pidfd < 0 or gone.poll(100):
            return "it ended without an answer (an exit, a crash such as endless recursion, or too much memory)"
        return ""

    def kill(self) -> None:
        """End the process, wait until it is gone, and close everything."""
        if self.pidfd >= 0:
            try:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
                gone = select.poll()
                gone.register(self.pidfd, select.POLLIN)
                gone.poll(5000)
            except OSError:
                pass
            os.close(self.pidfd)
            self.pidfd = -1
        self.connection.close()


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, its threads and the children it has waited for; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            fields = stream.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


class Child:
    """One task's process: answers requests until it crashes, is late or is closed."""

    def __init__(self, line: Line | None):
        self._line, self.cpu = line, 0.0

    @property
    def alive(self) -> bool:
        return self._line is not None

    def ask(self, header: dict, arrays: Sequence[np.ndarray] = (), cpu: float = 10.0) -> tuple[dict, list[np.ndarray]]:
        """The answer, or {"timeout": seconds}, or {"crashed": sentence}: the process is gone then."""
        if self._line is None:
            return {"crashed": "its process is gone"}, []
        began = monotonic()
        reply, returned = self._line.exchange(header, arrays, cpu)
        elapsed = monotonic() - began
        spent = cpu_of(self._line.pid) - self._line.started_cpu if elapsed > SHORT else elapsed
        self.cpu += min(max(spent, 0.0), elapsed) if "crashed" in reply else max(spent, 0.0)
        if "timeout" in reply or "crashed" in reply:
            self.close()
        return reply, returned

    def close(self) -> None:
        if self._line is not None:
            self._line.kill()
            self._line = None


class Worker:
    """The sandbox of one submission, started at once; `load` waits for it.  Close it, or use `with`."""

    def __init__(self, sandbox: Sandbox):
        self._scratch = scratch_folder()
        ours, theirs = socket.socketpair()
        try:
            command, environment = sandbox.command(theirs.fileno(), self._scratch.name)
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            self._scratch.cleanup()
            raise SandboxError(f"The sandbox {sandbox.name} cannot be started: {error}.") from None
        except BaseException:
            ours.close()
            self._scratch.cleanup()
            raise
        finally:
            theirs.close()
        self._line: Line | None = Line(ours)

    def load(self, files: Mapping[str, bytes], cpu: float = 10.0) -> dict:
        """Import the package with these files: {} if it can be, else "raised", "timeout" or "crashed"."""
        assert self._line is not None
        try:
            self._line.greet()
        except (EOFError, BadFrame, Late, OSError):
            return {"crashed": "the sandbox did not start"}
        contents = [np.frombuffer(content, dtype=np.uint8) for content in files.values()]
        reply, _ = self._line.exchange({"files": list(files)}, contents, cpu)
        return reply

    def fork(self) -> Child:
        """A fresh process with the package imported."""
        assert self._line is not None
        ours, theirs = socket.socketpair()
        line = Line(ours)
        try:
            self._line.connection.setblocking(True)
            self._line.connection.settimeout(START_WALL)
            socket.send_fds(self._line.connection, [b"f"], [theirs.fileno()])
            theirs.close()
            line.greet()
        except (EOFError, BadFrame, Late, OSError):
            theirs.close()
            line.kill()
            return Child(None)
        return Child(line)

    def complaint(self) -> str:
        """What the sandbox itself said when it did not start."""
        self.close()
        return self._complaint

    def close(self) -> None:
        """End all its processes, and remove what they wrote."""
        if self._line is None:
            return
        self._line.kill()
        self._line = None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        assert self._process.stderr is not None
        os.set_blocking(self._process.stderr.fileno(), False)
        self._process.wait()
        self._complaint = (self._process.stderr.read(4096) or b"").decode("utf-8", "replace")
        self._process.stderr.close()
        self._scratch.cleanup()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
