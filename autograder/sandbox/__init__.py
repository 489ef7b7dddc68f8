"""Where students' code runs: a sandbox that it cannot leave, and processes that answer for it.

`choose()` finds the sandbox that works on this machine; `Worker` starts one for a submission.
"""

from .choice import UNSAFE, choose, explained, why_not_first
from .process import Child, Worker
from .settings import INSIDE_FILES, LIMITS, Sandbox, SandboxError, Settings

__all__ = [
    "INSIDE_FILES",
    "LIMITS",
    "UNSAFE",
    "Child",
    "Sandbox",
    "SandboxError",
    "Settings",
    "Worker",
    "choose",
    "explained",
    "why_not_first",
]
