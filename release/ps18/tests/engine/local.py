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
                _thread.interrupt_main()
                return

    # Where SIGINT is ignored, as in a script's background jobs, an interrupt would do nothing.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=watch, daemon=True).start()
    try:
        reply, returned = answer()
    finally:
        done.set()
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: not set from Python
    if late.is_set() or (limit is not None and process_time() - spent > limit):
        return {"timeout": limit or seconds}, []
    if reply.get("raised", {}).get("type") == "KeyboardInterrupt":
        raise KeyboardInterrupt
    return reply, returned
