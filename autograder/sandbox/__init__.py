"""Where students' code runs: a sandbox that it cannot leave, and processes that answer for it.

`choose()` finds the sandbox that works on this machine; `Worker` starts one for a submission.
"""

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

GIB = 1 << 30
KIT = (Path(__file__).parent / "worker.py", Path(__file__).parent.parent / "checks" / "answering.py")

# Per process, as RLIMIT_...: no honest network comes near any of them.
LIMITS = {
    "RLIMIT_AS": 2 * GIB,
    "RLIMIT_NPROC": 32,
    "RLIMIT_FSIZE": GIB // 16,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_CPU": 300,  # a back-up: the grader's own clock is stricter
    "RLIMIT_CORE": 0,
    "RLIMIT_MEMLOCK": 0,
}
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")},
}


class SandboxError(Exception):
    """There is no sandbox here; one sentence that says why and how to mend it."""


@dataclass(frozen=True)
class Settings:
    """What the worker is told at its start."""

    scratch: str  # the folder it may write to
    uid: int = 0  # the user to become; 0 where it is an ordinary one already
    fonts: str = ""  # matplotlib's font cache, to be copied
    alone: bool = False  # whether it has a process namespace of its own
    limits: dict[str, int] = field(default_factory=lambda: dict(LIMITS))

    def as_dict(self) -> dict:
        return asdict(self)


class Sandbox(Protocol):
    """One way of isolating; `name` stands in every result."""

    name: str

    def command(self, control: int, scratch: str) -> tuple[list[str], dict[str, str]]:
        """Command line and environment that start worker.py with the control socket at this descriptor."""
        ...


def choose(no_sandbox: bool = False) -> Sandbox:
    """The sandbox that works on this machine; SandboxError where none does."""
    from .bubblewrap import Bubblewrap
    from .plain import Plain
    from .process import Worker

    sandbox: Sandbox = Plain() if no_sandbox else Bubblewrap()
    with Worker(sandbox) as worker:
        reply = worker.load({"__init__.py": b"", "neural_network.py": b"class NeuralNetwork: pass\n"}, cpu=30)
        if reply and no_sandbox:
            raise SandboxError(f"The worker does not start, even without a sandbox: {reply} {worker.complaint()}")
        if reply:
            raise SandboxError(explained(worker.complaint() or str(reply)))
    return sandbox


def explained(complaint: str) -> str:
    """What to do about what bubblewrap said."""
    last = complaint.strip().splitlines()[-1] if complaint.strip() else "it gave no reason"
    advice = "run `make doctor` on a Linux machine that allows user namespaces"
    if "uid map" in complaint or "ermission" in complaint:
        advice = (
            "this system forbids user namespaces to ordinary users: as root, set kernel.apparmor_restrict_unprivileged_userns=0"
            " with sysctl (Ubuntu), or allow this bwrap in an AppArmor profile, or grade as root"
        )
    elif "namespace" in complaint or "nesting" in complaint:
        advice = "namespaces are refused here, as in most containers: start the container with --privileged, or grade outside it"
    return f"The sandbox bubblewrap does not start ({last}); {advice}. (--no-sandbox grades without one, at your own risk.)"


def scratch_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)


from .process import Child, Worker  # noqa: E402

__all__ = ["Child", "Sandbox", "SandboxError", "Settings", "Worker", "choose"]
