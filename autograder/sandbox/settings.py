"""What all sandboxes have in common: the files that run inside, limits, environment, and what the worker is told."""

import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from ..errors import KitError

GIB = 1 << 30
INSIDE_FILES = (Path(__file__).parent / "worker.py", Path(__file__).parent.parent / "engine" / "answering.py")

# No honest network comes near any of them.  All are per process, but for the number of processes and threads:
# it times the address space bounds the memory of a submission.
LIMITS = {
    "RLIMIT_AS": 2 * GIB,
    "RLIMIT_DATA": 2 * GIB,  # else the grader's own would hold
    "RLIMIT_NPROC": 8,
    "RLIMIT_FSIZE": GIB // 16,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_CPU": 300,  # a back-up: the grader's own clock is stricter
    "RLIMIT_CORE": 1,  # not 0: where dumps go to a program, only 1 keeps it from being started
    **{f"RLIMIT_{name}": 0 for name in ("MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO")},
    "RLIMIT_SIGPENDING": 64,
}
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")},
}


class SandboxError(KitError):
    """There is no sandbox here; one sentence that says why and how to mend it."""


@dataclass(frozen=True)
class Settings:
    """What the worker is told at its start."""

    scratch: str  # the folder it may write to
    uid: int = 0  # the user to become; 0 where it is an ordinary one already
    fonts: str = ""  # matplotlib's list of fonts, to be copied
    alone: bool = False  # whether it has a process namespace of its own
    limits: dict[str, int] = field(default_factory=lambda: dict(LIMITS))
    filter: str = ""  # the seccomp filter, in hexadecimal
    readable: list[str] = field(default_factory=list)  # for Landlock; empty: there is none
    python: str = sys.version  # of the grader: a library path may lead to another one

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Sandbox(Protocol):
    """One way of isolating; `name` stands in every result."""

    name: str
    apart: bool  # whether each task's process confines itself, and imports the submission anew

    def command(self, control: int, scratch: str) -> tuple[list[str], dict[str, str]]:
        """Command line and environment that start worker.py with the control socket at this descriptor."""
        ...
