"""One submission's processes in the sandbox, and what its calls, its trainings and its answers may cost."""

import resource
from time import thread_time

from ..course.model import assignment
from ..engine.answering import Arrays, Header
from ..engine.calls import CUT_OFF, METHOD_CPU, TRAINING_CPU, Ask
from ..sandbox import Child, Worker
from ..sandbox.clock import read

SUBMISSION_CPU = 240.0  # seconds for all calls and trainings of one submission, and for judging its answers
JUDGING_MEMORY = 1 << 28  # bytes by which answers may make the grading process grow; honest ones take 1 MB
PAGE = resource.getpagesize()
USED_UP = "the {:.0f} s for the whole submission are used up"


class SandboxRuntime:
    """One submission's processes in the sandbox: a fresh one for each task, and after each that dies.

    There is no more of them, and no more asking, once the submission has used up its time, or the grader's memory.
    """

    def __init__(self, worker: Worker, spent: float = 0.0):
        self._worker, self._spent = worker, worker.cost + spent
        self._judging, self._memory = thread_time(), data_bytes()
        self._child: Child | None = None
        self._trained: dict[int, float] = {}

    def fresh_process(self) -> None:
        if self._child is not None:
            self._child.close()
            self._spent += self._child.cost
        self._child, self._trained = None, {}

    def ready(self) -> Ask:
        if self._child is None or not self._child.alive:
            self.fresh_process()
            if not self.refusal():
                self._child = self._worker.fork(self.left())
        return self.ask

    @property
    def spent(self) -> float:
        """Seconds: of the submission's processes, and of this one, which judges their answers."""
        return self._spent + (self._child.cost if self._child else 0.0) + thread_time() - self._judging

    def left(self) -> float:
        return SUBMISSION_CPU - self.spent

    def refusal(self) -> str:
        """Why nothing more is asked; empty where there is no reason."""
        if self.left() <= 0:
            return USED_UP.format(SUBMISSION_CPU)
        if data_bytes() - self._memory > JUDGING_MEMORY / 2:
            return "its answers have taken all the memory that there is for them"
        return ""

    def ask(self, header: Header, arrays: Arrays, method: str, limit: float | None = None) -> tuple[Header, Arrays]:
        """One request, within what is left of the time for the call, the training and the submission.

        `limit` is in seconds of CPU time alone, whatever the usual clock counts besides.
        """
        child, refusal = self._child, self.refusal()
        if child is None or refusal:
            return {"crashed": refusal or "its process is gone"}, []
        if limit is not None:
            before = child.cpu
            reply, returned = child.ask(header, arrays, max(min(max(CUT_OFF, 2 * limit), self.left()), 0.01))
            late = "timeout" in reply or child.cpu - before > limit
            return ({"timeout": limit}, []) if late else (reply, returned)
        asked, slow = header.get("on", -1), method in assignment().subject.slow
        limit = TRAINING_CPU - self._trained.get(asked, 0.0) if slow else METHOD_CPU
        left, before = self.left(), child.cost
        reply, returned = child.ask(header, arrays, max(min(limit, left), 0.01))
        if slow:
            self._trained[asked] = self._trained.get(asked, 0.0) + child.cost - before
        if "timeout" in reply:
            reply = {"timeout": TRAINING_CPU if slow else METHOD_CPU}
            if left < limit:
                reply = {"crashed": USED_UP.format(SUBMISSION_CPU)}
        return reply, returned


def data_bytes() -> int:
    """What RLIMIT_DATA counts of this process now."""
    return int(read("/proc/self/statm").split()[5]) * PAGE
