"""What a submission's processes cost, in seconds: computing and idling, but not waiting for a processor.

So who sleeps pays as who computes does, and who is kept waiting by a busy machine pays nothing for it.  The kernel's
records in /proc take as long to read as a short answer to come, so short answers are looked into many at a time.
"""

import os
from collections.abc import Iterator
from time import clock_gettime, monotonic

SHORT = 0.05  # seconds: what takes no longer is not looked into by itself
TOGETHER = 0.2  # seconds of such answers that are
UNRECORDED = 0.1  # of the time on the wall: what is paid where the kernel keeps no records and nobody is seen idling
MAX_TASKS = 64  # processes and threads that are looked into
TICKS = os.sysconf("SC_CLK_TCK")


class Clock:
    """The cost of one process, while it is being asked; and of all that it has started, whenever that runs.

    `worker` is the process that it was forked from, which inherits whatever it leaves behind.
    """

    def __init__(self, pid: int, worker: int):
        self._pid, self._worker = pid, worker
        self._charged = self._open = 0.0  # for good; on the wall since the last look
        self._since: float | None = None  # while it is being asked
        self._cpu, self.waited = cpu_of(family(worker) | {pid}), waited_by(pid)
        self._own = waited_by()

    @property
    def cost(self) -> float:
        """Seconds so far; those since the last look by the clock on the wall."""
        return self._charged + self._open

    @property
    def cpu(self) -> float:
        """CPU seconds alone, up to now."""
        return cpu_of(family(self._worker) | {self._pid}) - self._cpu

    def start(self) -> None:
        self._since = monotonic()

    def stop(self) -> bool:
        """Whether it is time to look."""
        elapsed, self._since = self._lap(), None
        return elapsed > SHORT or self._open > TOGETHER

    def look(self, answered: bool = True) -> float:
        """The cost, by the kernel's records: the time on the wall without waiting, or CPU time if that is more.

        Where it keeps none, who is found asleep before the answer is there has slept since the last look.
        """
        self._lap()
        waited, own = waited_by(self._pid), waited_by()
        waiting = max(waited - self.waited, 0.0) + own - self._own
        if not RECORDED:
            waiting = self._open * (1 - UNRECORDED) if answered or runnable(family(self._pid)) else 0.0
        wall = max(self._open - waiting, 0.0)
        self._charged += max(wall, self.cpu - self._charged)
        self._open, self.waited, self._own = 0.0, waited, own
        return self._charged

    def _lap(self) -> float:
        if self._since is None:
            return 0.0
        now = monotonic()
        elapsed, self._since = now - self._since, now
        self._open += elapsed
        return elapsed


def stat_of(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the state on; empty if the process is gone."""
    return read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def parent_of(pid: int) -> int:
    """The number of the process that `pid` is a child of; 0 if it is gone."""
    return int((stat_of(pid) or [b"", b"0"])[1])


def family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    found, new = {pid}, [pid]
    while new and len(found) < MAX_TASKS:
        parent = new.pop()
        children = {int(n) for tid in threads(parent) for n in read(f"/proc/{parent}/task/{tid}/children").split()}
        new += children - found
        found |= children
    return found


def cpu_of(processes: set[int]) -> float:
    """CPU seconds of these processes, their threads, and the children that they have waited for."""
    return sum(clock_of(pid) + sum(map(int, stat_of(pid)[13:15])) / TICKS for pid in processes)


def waited_by(pid: int | None = None) -> float:
    """Seconds that a process has waited for a processor, by the thread that waited longest; or this thread has."""
    paths: Iterator[str] = iter(["/proc/thread-self/schedstat"])
    if pid is not None:
        paths = (f"/proc/{pid}/task/{tid}/schedstat" for tid in threads(pid))
    return max((int(fields[1]) / 1e9 for path in paths if (fields := read(path).split())), default=0.0)


def runnable(processes: set[int]) -> bool:
    """Whether one of their threads runs, or waits for a processor."""
    paths = (f"/proc/{pid}/task/{tid}/stat" for pid in processes for tid in threads(pid))
    return any(read(path).rpartition(b")")[2].split()[:1] == [b"R"] for path in paths)


def threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")[:MAX_TASKS]
    except OSError:
        return []


def read(path: str) -> bytes:
    """What a small file of the kernel's holds; nothing if it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def clock_of(pid: int) -> float:
    """CPU seconds of a process and its threads; 0 if it is gone.  Reading /proc takes twenty times as long."""
    try:
        return clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


RECORDED = read("/proc/thread-self/schedstat").split()[2:] not in ([], [b"0"])  # how often this thread has run
