"""Dask's own scheduler and workers, as processes on this machine."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from autograder import ROOT

PATIENCE = 60.0  # seconds for a process to be up


def until(condition, seconds=PATIENCE):
    """Wait for something to become true; whether it did."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


class Processes:
    """A scheduler and workers; all of them end with the `with`."""

    def __init__(self, folder: Path, tls: list[str]):
        self.folder, self.tls, self.started = folder, tls, []
        kind = "tls" if tls else "tcp"
        self.scheduler = self.start("scheduler", "--host", f"{kind}://127.0.0.1", "--port", "0", "--no-show")
        self.address = self.said(0, "Scheduler at: ").split("Scheduler at:")[1].split()[0]

    def start(self, kind, *options, cwd=ROOT, environment=None):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options, "--no-dashboard", *self.tls]
        with open(self.log(len(self.started)), "w") as log:
            process = subprocess.Popen(
                command, cwd=cwd, env={**os.environ, **(environment or {})}, stdout=log, stderr=log
            )
        self.started.append(process)
        return process

    def worker(self, **kwargs):
        """A worker of one thread, without Dask's own watch over it, so that killing it kills it."""
        number = len(self.started)
        place = ["--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder / f"place{number}")]
        process = self.start("worker", self.address, *place, **kwargs)
        self.said(number, "Registered to")
        return process

    def log(self, number):
        return self.folder / f"log{number}"

    def said(self, number, words):
        """The line of its log that holds these words, once it is there."""

        def line():
            return next((line for line in self.log(number).read_text().splitlines() if words in line), "")

        assert until(line), self.log(number).read_text()
        return line()


@contextmanager
def cluster(folder, workers=1, tls=()):
    processes = Processes(folder, list(tls))
    try:
        for _ in range(workers):
            processes.worker()
        yield processes
    finally:
        for process in processes.started:
            process.send_signal(signal.SIGTERM)
        for process in processes.started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def command(submitted, out, address, *options):
    return [
        *(sys.executable, "-m", "autograder", "grade", str(submitted), "--out", str(out)),
        *("--scheduler", address, *map(str, options)),
    ]


def grade(*arguments, env=None):
    return subprocess.run(command(*arguments), cwd=ROOT, env=env, capture_output=True, text=True, timeout=500)
