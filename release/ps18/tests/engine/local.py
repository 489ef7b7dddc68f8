"""A student's own run: the code in this very process.  Nothing is isolated, endless loops are cut off."""

import _thread
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import monotonic, process_time

from .answering import Answerer, Arrays, Header
from .calls import CUT_OFF, METHOD_CPU, TRAINING_CPU, Ask, in_process
from .subject import Subject

AGAIN = 0.5  # seconds between two interrupts of the same call


class LocalRuntime:
    """The package in `folder`, imported here."""

    def __init__(self, folder: Path, subject: Subject):
        self._subject = subject
        self.answerer = Answerer(asdict(subject), str(folder))
        self.problem = self.answerer.load()
        self._ask = in_process(self.answerer)

    def fresh_process(self) -> None:
        """Nothing to do: there is one process only."""

    def ready(self) -> Ask:
        return self.ask

    def ask(self, header: Header, arrays: Arrays, method: str, limit: float | None = None) -> tuple[Header, Arrays]:
        """Answer here, for at most the time that the grader gives."""
        if self.problem:
            return self.problem, []
        seconds = TRAINING_CPU if method in self._subject.slow else METHOD_CPU
        return in_time(lambda: self._ask(header, arrays, method), seconds, limit)


class Interrupts:
    """Interrupts of this process by its own watches.  One that comes when its call has ended is nobody's."""

    def __init__(self) -> None:
        self.call: object = None  # the one under way
        self._of: object = None  # the one that was interrupted last
        self._sent = False

    def send(self, call: object) -> None:
        """Interrupt this call, from another thread."""
        self._of, self._sent = call, True
        _thread.interrupt_main()

    def handle(self, number: int, frame: object) -> None:
        sent, self._sent = self._sent, False
        if not sent or self._of is self.call:  # where none was sent, it is Ctrl-C
            raise KeyboardInterrupt


INTERRUPTS = Interrupts()


def in_time(
    answer: Callable[[], tuple[Header, Arrays]], seconds: float, limit: float | None = None
) -> tuple[Header, Arrays]:
    """The answer, or a timeout: after `seconds` on the wall, or where it takes more CPU time than its limit."""
    done, late, began, spent = threading.Event(), threading.Event(), monotonic(), process_time()

    def watch() -> None:
        while not done.wait(seconds if limit is None else CUT_OFF / 5):
            over = limit is not None and process_time() - spent > max(CUT_OFF, 2 * limit)
            if over or monotonic() - began >= seconds:
                late.set()
                INTERRUPTS.send(done)
                while not done.wait(
                    AGAIN
                ):  # what Python calls in between, as its collector's callbacks, may swallow it
                    INTERRUPTS.send(done)
                return

    # It stays: an interrupt may come after its call; and where SIGINT is ignored, as in jobs, it would do nothing.
    signal.signal(signal.SIGINT, INTERRUPTS.handle)
    reply: Header = {}
    returned: Arrays = []
    INTERRUPTS.call = done
    threading.Thread(target=watch, daemon=True).start()
    try:
        reply, returned = answer()
    except KeyboardInterrupt:
        if not late.is_set():
            raise
    finally:
        INTERRUPTS.call = None  # at once: no function is called before, so none is interrupted
        done.set()
    if late.is_set() or (limit is not None and process_time() - spent > limit):
        return {"timeout": limit or seconds}, []
    if reply.get("raised", {}).get("type") == "KeyboardInterrupt":
        raise KeyboardInterrupt
    return reply, returned
