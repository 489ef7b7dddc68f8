"""The line to one process in the sandbox: questions go out and answers come back, in bounded time.

Time is what clock.py counts, by the process number that the kernel vouches for (SCM_CREDENTIALS); ten times as
much on the wall is the last resort.  An answer must carry the number drawn for its
question, so nothing that the student's code sends of its own accord is taken for one; and it must have
the agreed form, for the student's code may have taken the worker's place.
"""

import os
import secrets
import select
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import numpy as np

from ..engine.answering import MAX_NUMBERS, MAX_TEXT, Arrays, BadFrame, Header, frame, receive
from ..text import replace_unprintable
from .clock import Clock, stat_of
from .scratch import Full

WALL = 10.0  # times the limit
LOOK = 0.2  # seconds between two looks at what it has cost
BUFFER = 1 << 16
MAX_DEPTH = 12  # of an answer's JSON
RAISED: dict[str, Any] = {"type": str, "builtin": bool, "message": str, "abstract": bool}  # of an exception
WHERE: dict[str, Any] = {"file": str, "line": (int, type(None)), "function": str, "code": str}  # and where it is known
REFERENCES = ("array", "scalar", "numbers")  # to the arrays of an answer
# What every honest answer is made of: these names need no look.
NAMES = {"value", "args", "then", *REFERENCES, "as", "list", "tuple", "text", "other", *RAISED, *WHERE}
LIKELY: dict[int, str] = {
    signal.SIGSEGV: " (a crash in compiled code, or endless recursion)",
    signal.SIGABRT: " (a crash in compiled code)",
    signal.SIGKILL: " (perhaps for too much memory)",
}


class DeadlineExceeded(Exception):
    """The time is up."""


class Line:
    """A socket to one process, with deadlines for every byte."""

    def __init__(self, connection: socket.socket, worker: "Line | None" = None):
        self.connection, self.pidfd, self.pid = connection, -1, 0
        self._received = bytearray()  # and not read yet
        self._worker = worker  # the line to the process that this one was forked from
        self.look_at_files: Callable[[int], None] = lambda pid: None  # raises Full
        self.killed = False  # whether it was, or may have been, and not by us
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        connection.setblocking(False)
        self.limit, self.before = float("inf"), 0.0  # of the cost, and what it was before this question
        self.deadline = self.next_look = 0.0

    def greet(self, wall: float) -> None:
        """Learn from the first message who is there; an exception of NOBODY if it is nobody."""
        self.deadline = self.next_look = monotonic() + wall
        self.wait(select.POLLIN)
        size = socket.CMSG_SPACE(struct.calcsize("3i"))
        data, ancillary, _, _ = self.connection.recvmsg(4096, size)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                self.pid = struct.unpack("3i", content)[0]
        if not data or not self.pid:
            raise EOFError
        self.pidfd = os.pidfd_open(self.pid)
        self.clock = Clock(self.pid, self._worker.pid if self._worker else self.pid)
        self._received += data
        if receive(self.read)[0] != {"hello": True} or self._received:
            raise BadFrame("the process did not greet")

    def wait(self, what: int) -> None:
        """Until the socket is ready for `what`; DeadlineExceeded when the time is up, EOFError if the process ended."""
        poll = select.poll()
        poll.register(self.connection, what)
        if self.pidfd >= 0:  # a process that it left behind may hold the socket open
            poll.register(self.pidfd, select.POLLIN)
        ready: list[Any] = []
        while self.connection.fileno() not in ready:
            if ready:
                raise EOFError
            ready = [number for number, _ in poll.poll(LOOK * 1000)]
            now = monotonic()
            if now > self.deadline:
                raise DeadlineExceeded
            if now > self.next_look:
                self.next_look = now + LOOK
                if self.clock.look(answered=self.connection.fileno() in ready) - self.before > self.limit:
                    raise DeadlineExceeded
                self.look_at_files(self.pid)

    def read(self, count: int) -> bytes:
        while len(self._received) < count:
            self.wait(select.POLLIN)
            received = self.connection.recv(max(count - len(self._received), BUFFER))
            if not received:
                raise EOFError
            self._received += received
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.connection.send(rest) :]
            except BlockingIOError:
                self.wait(select.POLLOUT)

    def pending(self) -> bool:
        """Whether something has come that was not asked for, or the other side is closed."""
        if self._received:
            return True
        try:
            self.connection.recv(1, socket.MSG_PEEK)
            return True
        except BlockingIOError:
            return False

    def exchange(self, header: Header, arrays: Sequence[np.ndarray], cpu: float) -> tuple[Header, Arrays]:
        """One question and its answer; or "timeout" or "crashed" in the answer's place."""
        now, self.before, self.limit = monotonic(), self.clock.cost, cpu
        self.deadline, self.next_look = now + WALL * cpu, now + LOOK
        self.clock.start()
        nonce = secrets.token_hex(8)
        try:
            if self.pending():
                return {"crashed": self.ending() or "it wrote on the answer channel without being asked"}, []
            self.write(frame({**header, "nonce": nonce}, arrays))
            reply, returned = receive(self.read)
            if reply.pop("nonce", None) != nonce:
                return {"crashed": "its answer belongs to another question"}, []
            reply = agreed(reply, returned)
            if self.clock.stop():
                self.clock.look()
                self.look_at_files(self.pid)
            if self.gone(0):  # then another one may have answered, whose time nobody counts
                return {"crashed": self.ending()}, []
            return reply, returned
        except DeadlineExceeded:
            return {"timeout": cpu}, []
        except Full as error:
            return {"crashed": str(error)}, []
        except (EOFError, OSError):
            return {"crashed": self.ending() or "it closed the answer channel"}, []
        except BadFrame as error:
            return {"crashed": f"its answer was garbled: {error}"}, []
        finally:
            self.clock.stop()

    def gone(self, wall: float) -> bool:
        """Whether the process has ended, waiting that many seconds for it."""
        return self.pidfd < 0 or ended(self.pidfd, wall)

    def ending(self) -> str:
        """What to say of a process that is gone; empty if it is still there."""
        if not self.gone(0.1):
            return ""
        state, *_, code = stat_of(self.pid) or [b"", b"0"]
        status = int(code) if state == b"Z" else 0  # 0 also where the kernel tells only root
        told = state == b"Z" and (status or os.geteuid() == 0)
        self.killed = not told or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            return f"{name_of(number)} ended it{LIKELY.get(number, '')}"
        if status:
            return f"it left with exit status {os.WEXITSTATUS(status)}"
        return "it ended without an answer (an exit, a crash such as endless recursion, or too much memory)"

    def kill(self) -> None:
        """End the process, wait until it is gone, and close everything."""
        if self.pidfd >= 0:
            end(self.pidfd)
            self.pidfd = -1
        self.connection.close()


def agreed(reply: Header, arrays: Sequence[np.ndarray]) -> Header:
    """The answer, made printable, if it is one that the worker gives; else BadFrame.

    One array that stood in it many times would be as many arrays here.
    """
    reply, used, numbers = cleaned(reply), set[int](), 0
    for name, number in references(reply, []):
        if number in used or not 0 <= number < len(arrays):
            raise BadFrame("it names an array twice, or one that is not there")
        used.add(number)
        numbers += arrays[number].size if name == "numbers" else 0
    if numbers > MAX_NUMBERS:
        raise BadFrame(f"it holds lists of {numbers} numbers")
    if not reply or (set(reply) - {"then"} == {"value", "args"} and type(reply["args"]) is list):
        return reply
    if set(reply) == {"crashed"} and type(reply["crashed"]) is str:
        return reply
    if set(reply) == {"raised"} and type(raised := reply["raised"]) is dict:
        form = {**RAISED, **WHERE} if set(raised) - set(RAISED) else RAISED
        if set(raised) == set(form) and all(isinstance(raised[name], form[name]) for name in form):
            return reply
    raise BadFrame("it is not of the agreed form")


def cleaned(value: Any, depth: int = 0) -> Any:
    """The JSON value with its texts cut to length and free of control characters and lone surrogates."""
    kind = type(value)
    if depth > MAX_DEPTH or (kind is int and abs(value) > 1 << 53):
        raise BadFrame("it is nested too deep, or has too long a number")
    if kind is dict:
        return {n if n in NAMES else cleaned(n): cleaned(v, depth + 1) for n, v in value.items()}
    if kind is list:
        return [cleaned(item, depth + 1) for item in value]
    if kind is str:
        return replace_unprintable(value[:MAX_TEXT], keep="\t\n")
    return value


def references(value: Any, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """`found` with all places in an answer that stand for an array: the name there, and which array."""
    if type(value) is dict:
        for name, item in value.items():
            if type(item) is int and name in REFERENCES:
                found.append((name, item))
            elif item is not None:
                references(item, found)
    elif type(value) is list:
        for item in value:
            references(item, found)
    return found


def name_of(number: int) -> str:
    """The name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def ended(pidfd: int, wall: float) -> bool:
    """Whether a process has ended, waiting that many seconds for it."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(wall * 1000))


def end(pidfd: int) -> None:
    """Kill a process, wait until it is gone, and close the descriptor."""
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        ended(pidfd, 5)
    except OSError:
        pass
    os.close(pidfd)


def name_of_process(pid: int) -> str:
    """What the process calls itself, which it may change; empty if it is gone."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as stream:
            return stream.read(64).strip()
    except OSError:
        return ""
