"""Each peer's own environment, and what a command costs: wall seconds, and CPU seconds of all its processes."""

import ctypes
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from autograder import ROOT

ENVIRONMENTS = ROOT / ".venv-peers"
PR_SET_CHILD_SUBREAPER = 36
GRACE = 5.0  # seconds for what a command leaves behind to end by itself


@dataclass(frozen=True)
class Cost:
    """Seconds; `ended` is false if the command was killed."""

    wall: float
    cpu: float
    ended: bool = True

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu, self.ended and other.ended)


NOTHING = Cost(0.0, 0.0)


def environment(name: str) -> Path:
    """The folder of the programs of the peer's virtual environment, built on first use from requirements-NAME.txt."""
    requirements = Path(__file__).with_name(f"requirements-{name}.txt")
    folder = ENVIRONMENTS / name
    stamp, wanted = folder / "ready", hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Building {folder.relative_to(ROOT)} (once) ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        done = subprocess.run([*pip, "-r", requirements], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{requirements.name} cannot be installed:\n{done.stderr[-2000:]}")
        stamp.write_text(wanted)
    return folder / "bin"


def adopt_orphans() -> None:
    """Make this process the parent of what its commands leave behind: so their CPU time is counted."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measured(command: list, folder: Path, limit: float, log: Path, cores: int = 1, **variables: str) -> Cost:
    """The cost of a command in `folder` on so many cores; it is killed after `limit` seconds, with all it started."""
    before, began = cpu_of_children(), time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores]),
        )
        ended = True
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            ended = False
            kill_descendants()
            process.wait()
    wall = time.monotonic() - began
    reap()
    return Cost(wall, cpu_of_children() - before, ended)


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kill_descendants() -> None:
    for process in psutil.Process().children(recursive=True):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:
            pass


def reap() -> None:
    """Wait for the orphans; what does not end by itself is killed."""
    deadline = time.monotonic() + GRACE
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        if time.monotonic() > deadline:
            kill_descendants()
        time.sleep(0.01)
