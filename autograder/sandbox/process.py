"""A submission's processes, seen from outside: starting them, asking them, ending them."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import numpy as np

from ..engine.answering import Arrays, BadFrame, Header
from .clock import parent_of
from .lifetime import scratch_folder
from .line import DeadlineExceeded, Line, end, name_of_process
from .scratch import Full, look_for_bytes, look_for_names
from .settings import Sandbox, SandboxError

START_WALL = 60.0  # seconds for a sandbox to start on a very busy machine
FORK_WALL = 20.0  # seconds for a process to be forked there
PATIENCE = 60.0  # seconds for all that goes wrong with forks of one submission
NOBODY = (EOFError, OSError, BadFrame, DeadlineExceeded, Full)  # what a line raises where nobody greets
NOT_STARTED = "the sandbox did not start"  # the machine's fault, not the student's


class Child:
    """One task's process: answers requests until it crashes, is late or is closed."""

    def __init__(self, line: Line | None, before: float = 0.0):
        self._line, self._before = line, before

    @property
    def alive(self) -> bool:
        return self._line is not None

    @property
    def cost(self) -> float:
        """Seconds that it has used up, from its fork on: see clock.py."""
        return self._before + (self._line.clock.cost if self._line else 0.0)

    @property
    def cpu(self) -> float:
        """CPU seconds that it has used up; 0 once it is gone."""
        return self._line.clock.cpu if self._line else 0.0

    def ask(self, header: Header, arrays: Sequence[np.ndarray] = (), cpu: float = 10.0) -> tuple[Header, Arrays]:
        """The answer, or {"timeout": seconds}, or {"crashed": sentence}: the process is gone then."""
        if self._line is None:
            return {"crashed": "its process is gone"}, []
        reply, returned = self._line.exchange(header, arrays, cpu)
        if not reply:
            reply = {"crashed": "its answer was garbled: it is empty"}
        if "timeout" in reply or "crashed" in reply:
            self.close()
        return reply, returned

    def close(self) -> None:
        if self._line is not None:
            if not self._line.gone(0):
                self._line.clock.look()  # what has run between the questions counts, too
            self._before, line, self._line = self.cost, self._line, None
            line.kill()


class Worker:
    """The sandbox of one submission, started at once; `load` waits for it.  Close it, or use `with`.

    It ends with the thread that started it.
    """

    def __init__(self, sandbox: Sandbox):
        self._sandbox, self._files, self._cpu = sandbox, dict[str, bytes](), 0.0
        self._subject: Mapping[str, Any] = {}
        self._patience, self._children = PATIENCE, list[Child]()
        self.under_way = ""  # what an import that did not end called its process
        self.cost = 0.0  # seconds of the import
        self._lines = list[Line]()
        self._start()

    def _start(self) -> None:
        self._scratch, self._full = scratch_folder(), False
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
        self._line: Line | None = self._line_of(ours)
        self._first = -1  # a descriptor of the first process in the sandbox: with it, all others end

    def _line_of(self, ours: socket.socket, worker: Line | None = None) -> Line:
        line = Line(ours, worker)
        line.look_at_files = self._look_at_files
        self._lines.append(line)
        return line

    def _look_at_files(self, pid: int) -> None:
        """Full where too much is written; then the sandbox, and its folder with it, is not used any more."""
        self._full = True
        if self._sandbox.apart:
            look_for_bytes(self._scratch.name)
        elif self._sandbox.name == "bubblewrap":
            look_for_names(pid)
        self._full = False

    @property
    def killed(self) -> bool:
        """Whether one of its processes was ended by a signal that is not ours, such as where memory runs out."""
        return any(line.killed for line in self._lines)

    def load(self, files: Mapping[str, bytes], subject: Mapping[str, Any], cpu: float = 10.0) -> Header:
        """Import the package with these files: {} if it can be, else "raised", or "timeout" or "crashed" for good.

        `subject` has the fields of Subject.
        """
        self._files, self._subject, self._cpu = dict(files), subject, cpu
        reply = self._loaded()
        if "timeout" in reply or "crashed" in reply:
            assert self._line is not None
            self.under_way = self.under_way or name_of_process(self._line.pid)
            self._line.kill()
            self._patience = 0.0
        return reply

    def _loaded(self) -> Header:
        assert self._line is not None
        try:
            self._line.greet(START_WALL)
            parent = parent_of(self._line.pid)
            inside = parent not in (os.getpid(), self._process.pid)
            self._first = os.pidfd_open(parent if inside else self._line.pid)
        except NOBODY:
            return {"crashed": NOT_STARTED}
        contents = [np.frombuffer(content, dtype=np.uint8) for content in self._files.values()]
        reply, _ = self._line.exchange({"files": list(self._files), "subject": self._subject}, contents, self._cpu)
        self.cost += self._line.clock.cost
        if not reply and self._sandbox.apart:
            line = self._forked()
            if line is None:
                return {"crashed": NOT_STARTED}
            reply, _ = line.exchange({"do": "load"}, [], self._cpu)
            self.under_way = name_of_process(line.pid) if reply else ""
            self.cost += line.clock.cost
            line.kill()
        ours = set(reply) <= {"raised", "timeout", "crashed"} and reply.get("crashed") != NOT_STARTED
        return reply if ours else {"crashed": "its answer was garbled"}  # the sandbox is up: no answer says it is not

    def fork(self, left: float = float("inf")) -> Child:
        """A fresh process with the package imported, which may cost as many seconds as are left.

        Where a task has killed or stopped the process that it is forked from, the sandbox starts anew.  Where
        that does not help, or has been needed for too long, there are no more processes, and all asking is in vain.
        """
        began, cost = monotonic(), 0.0
        line = None
        if self._patience > 0:
            line, cost = self._timed_fork(left)
        if line is None and self._patience > 0:
            self.close()
            self._start()
            line = None if self.load(self._files, self._subject, min(self._cpu, left)) else self._forked(left)
            cost = monotonic() - began
            self._patience = self._patience - cost if line else 0.0
        if line is not None and self._sandbox.apart:
            cpu = min(self._cpu, max(left - cost, 0.01))
            if line.exchange({"do": "load"}, [], cpu)[0]:
                cost += line.clock.cost
                line.kill()
                line = None
        child = Child(line, cost)
        self._children = [*(earlier for earlier in self._children if earlier.alive), child]
        return child

    def _timed_fork(self, left: float) -> tuple[Line | None, float]:
        """A process, and what forking it has cost: mostly the time of what the student's code does at a fork."""
        assert self._line is not None
        clock = self._line.clock
        before = clock.cost
        clock.start()
        line = self._forked(left)
        if clock.stop():
            clock.look()
        waited = line.clock.waited if line else 0.0
        return line, max(clock.cost - before - waited, 0.0)

    def _forked(self, left: float = float("inf")) -> Line | None:
        assert self._line is not None
        if self._full or self._line.gone(0):
            return None
        ours, theirs = socket.socketpair()
        line = self._line_of(ours, self._line)
        try:
            signal.pidfd_send_signal(self._line.pidfd, signal.SIGCONT)
            socket.send_fds(self._line.connection, [b"f"], [theirs.fileno()])
            theirs.close()  # now: else nobody would be seen to have gone with the other copy of it
            line.greet(min(FORK_WALL, left))
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
