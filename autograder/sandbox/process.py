"""A submission's processes, seen from outside: starting them, asking them, ending them."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from time import monotonic

import numpy as np

from ..checks.answering import BadFrame
from ..leash import scratch_folder
from . import Sandbox, SandboxError
from .line import WALL, Full, Late, Line, end, name_of_process, parent_of

START_WALL = 60.0  # seconds for a sandbox to start on a very busy machine
FORK_WALL = 20.0  # seconds for a process to be forked there
PATIENCE = 60.0  # seconds for all that goes wrong with forks of one submission
SHORT = 0.05  # seconds: what takes no longer is charged by the clock on the wall
NOBODY = (EOFError, OSError, BadFrame, Late, Full)  # what a line raises where nobody greets
NOT_STARTED = "the sandbox did not start"  # the machine's fault, not the student's


class Child:
    """One task's process: answers requests until it crashes, is late or is closed.

    `cpu` is what it has used up: CPU seconds, or a tenth of the wall time, if that is more.
    """

    def __init__(self, line: Line | None, cpu: float = 0.0):
        self._line, self.cpu = line, cpu

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
        if not reply:
            reply = {"crashed": "its answer was garbled: it is empty"}
        if elapsed <= SHORT or "crashed" in reply:  # of a process that is gone, only the wall time is known
            self.cpu += elapsed
        else:
            self.cpu += max(self._line.used(), elapsed / WALL)
        if "timeout" in reply or "crashed" in reply:
            self.close()
        return reply, returned

    def close(self) -> None:
        if self._line is not None:
            self._line.kill()
            self._line = None


class Worker:
    """The sandbox of one submission, started at once; `load` waits for it.  Close it, or use `with`.

    It ends with the thread that started it.
    """

    def __init__(self, sandbox: Sandbox):
        self._sandbox, self._files, self._cpu = sandbox, dict[str, bytes](), 0.0
        self._patience, self._children = PATIENCE, list[Child]()
        self.under_way = ""  # what an import that did not end called its process
        self._start()

    def _start(self) -> None:
        self._scratch = scratch_folder()
        ours, theirs = socket.socketpair()
        command = [""]
        try:
            command, environment = self._sandbox.command(theirs.fileno(), self._scratch.name)
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
        except BaseException as error:
            ours.close()
            self._scratch.cleanup()
            if isinstance(error, OSError):
                raise SandboxError(
                    f"The sandbox cannot be started ({error}): see that `{command[0]} --version` works for this user."
                ) from None
            raise
        finally:
            theirs.close()
        self._line: Line | None = Line(ours)
        self._first = -1  # a descriptor of the first process in the sandbox: with it, all others end

    def load(self, files: Mapping[str, bytes], cpu: float = 10.0) -> dict:
        """Import the package with these files: {} if it can be, else "raised", or "timeout" or "crashed" for good."""
        self._files, self._cpu = dict(files), cpu
        reply = self._loaded()
        if "timeout" in reply or "crashed" in reply:
            assert self._line is not None
            self.under_way = self.under_way or name_of_process(self._line.pid)
            self._line.kill()
            self._patience = 0.0
        return reply

    def _loaded(self) -> dict:
        assert self._line is not None
        try:
            self._line.greet(START_WALL)
            parent = parent_of(self._line.pid)
            inside = parent not in (os.getpid(), self._process.pid)
            self._first = os.pidfd_open(parent if inside else self._line.pid)
        except NOBODY:
            return {"crashed": NOT_STARTED}
        contents = [np.frombuffer(content, dtype=np.uint8) for content in self._files.values()]
        reply, _ = self._line.exchange({"files": list(self._files)}, contents, self._cpu)
        if not reply and self._sandbox.apart:
            line = self._forked()
            if line is None:
                return {"crashed": NOT_STARTED}
            reply, _ = line.exchange({"do": "load"}, [], self._cpu)
            self.under_way = name_of_process(line.pid) if reply else ""
            line.kill()
        return reply if set(reply) <= {"raised", "timeout", "crashed"} else {"crashed": "its answer was garbled"}

    def fork(self) -> Child:
        """A fresh process with the package imported.

        Where a task has killed or stopped the process that it is forked from, the sandbox starts anew.  Where
        that does not help, or has been needed for too long, there are no more processes, and all asking is in vain.
        """
        began = monotonic()
        line = self._forked()
        if line is None and self._patience > 0:
            self.close()
            self._start()
            line = None if self.load(self._files, self._cpu) else self._forked()
            self._patience = self._patience - (monotonic() - began) if line else 0.0
        if line is not None and self._sandbox.apart and line.exchange({"do": "load"}, [], self._cpu)[0]:
            line.kill()
            line = None
        child = Child(line, (monotonic() - began) / WALL)
        self._children = [*(earlier for earlier in self._children if earlier.alive), child]
        return child

    def _forked(self) -> Line | None:
        assert self._line is not None
        if self._patience <= 0 or self._line.gone(0):
            return None
        ours, theirs = socket.socketpair()
        line = Line(ours, self._scratch.name if self._sandbox.apart else None)
        try:
            signal.pidfd_send_signal(self._line.pidfd, signal.SIGCONT)
            socket.send_fds(self._line.connection, [b"f"], [theirs.fileno()])
            theirs.close()
            line.greet(FORK_WALL)
        except NOBODY:
            theirs.close()
            line.kill()
            return None
        return line

    def complaint(self) -> str:
        """What the sandbox itself said when it did not start."""
        self.close()
        return self._complaint

    def close(self) -> None:
        """End all its processes, and remove what they wrote."""
        if self._line is None:
            return
        for child in self._children:
            child.close()
        self._line.kill()
        self._line = None
        if self._first >= 0:
            end(self._first)
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        assert self._process.stderr is not None
        os.set_blocking(self._process.stderr.fileno(), False)
        self._process.wait()
        self._complaint = (self._process.stderr.read(4096) or b"").decode("utf-8", "replace")
        self._process.stderr.close()
        try:
            self._scratch.cleanup()
        except RecursionError:  # folders nested too deep for Python
            for remove in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
                subprocess.run([*remove, self._scratch.name], stderr=subprocess.DEVNULL)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
