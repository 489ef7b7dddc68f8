"""A student's own run: the code in this very process.  Nothing is isolated, endless loops are cut off."""

import _thread
import signal
import threading
from dataclasses import asdict
from pathlib import Path

from .answering import Answerer, Arrays, Header
from .calls import METHOD_CPU, TRAINING_CPU, Ask, in_process
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

    def ask(self, header: Header, arrays: Arrays, method: str) -> tuple[Header, Arrays]:
        """Answer here, for at most the time that the grader gives."""
        if self.problem:
            return self.problem, []
        seconds = TRAINING_CPU if method in self._subject.slow else METHOD_CPU
        late = threading.Event()

        def interrupt() -> None:
            late.set()
            _thread.interrupt_main()

        timer = threading.Timer(seconds, interrupt)
        timer.daemon = True
        # Where SIGINT is ignored, as in a script's background jobs, an interrupt would do nothing.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        timer.start()
        try:
            reply, returned = self._ask(header, arrays, method)
        finally:
            timer.cancel()
            signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: not set from Python
        if late.is_set():
            return {"timeout": seconds}, []
        if reply.get("raised", {}).get("type") == "KeyboardInterrupt":
            raise KeyboardInterrupt
        return reply, returned
