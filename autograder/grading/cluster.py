"""Grading on a Dask cluster: submissions go out, results come back as JSON.

Each thread of a Dask worker keeps one process of its own, for grading forks, and a fork needs a process without
other threads.  That process starts the sandbox on its machine, and nothing is graded where there is none.
"""

import json
import logging
import os
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

from .. import ROOT
from ..course.seed import FILE, BadSeed, is_example, stored, use_example
from ..intake.submissions import BadInput, Submission
from ..results.record import kit_sha256
from ..sandbox import Sandbox, SandboxError, choose
from ..sandbox.lifetime import remove_orphans
from .pool import Crew
from .submission import Graded, grade_apart

RETRIES = 5  # of a submission whose worker is lost
WINDOW = 4  # submissions under way for each thread of the cluster
CONNECT_TIMEOUT = 15.0  # seconds for a scheduler to answer
_threads = threading.local()


class ClusterError(BadInput):
    """The cluster cannot grade; one sentence that says why and what to do."""


@contextmanager
def connected(address: str, tls: dict[str, str], choice: dict[str, Any]) -> Iterator[Crew]:
    """The cluster at this address, once every worker has the same kit and a sandbox that starts.

    `tls` holds the paths tls_ca_file, tls_client_cert and tls_client_key, or nothing; `choice` is for sandbox.choose.
    """
    try:
        from distributed import Client, Security
    except ImportError:
        raise ClusterError("--scheduler needs Dask, which is not installed: run `make cluster` first.") from None
    if not re.fullmatch(r"(tcp|tls)://[^/]+:\d+", address):
        raise ClusterError(f"--scheduler should look like tcp://HOST:8786 or tls://HOST:8786, but is {address!r}.")
    if len(tls) != (3 if address.startswith("tls") else 0):
        raise ClusterError("tls:// goes with --tls-ca-file, --tls-client-cert and --tls-client-key, tcp:// without.")
    for path in tls.values():
        if not os.access(path, os.R_OK):
            raise ClusterError(f"{path}: there is no such file, or it cannot be read; give a PEM file.")
    logging.disable()  # what goes wrong is said below, in a sentence
    try:
        security = Security(**tls, require_encryption=True) if tls else None
        client = Client(address, security=security, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"No Dask scheduler answers at {address} ({error}): see that it runs there.") from None
    with client:
        threads = client.nthreads()
        if not threads:
            raise ClusterError(f"The scheduler at {address} has no workers: start some, as the README says.")
        found = client.run(here, choice, is_example(), on_error="return")
        names = set()
        for worker, said in sorted(found.items()):
            if isinstance(said, Exception):
                raise ClusterError(f"The worker {worker} cannot load the kit ({said}): start it in the kit's folder.")
            digest, name, refusal = said
            if digest is not None and digest != kit_sha256():
                raise ClusterError(
                    f"The worker {worker} has another version of the kit, or of NumPy, or another hidden seed: update"
                    f" it, and copy {FILE.relative_to(ROOT)} there."
                )
            if refusal:
                raise ClusterError(f"The worker {worker} cannot grade. {refusal}")
            names.add(name)
        executor = client.get_executor(pure=False, retries=RETRIES)
        at_once = sum(threads.values())
        try:
            grade = partial(grade_there, choice=choice, example=is_example())
            yield Crew(executor, grade, tuple(sorted(names)), WINDOW * at_once, at_once)
        except CancelledError:
            raise ClusterError(f"{address} is gone; what is graded is kept, and the same command goes on.") from None


def here(choice: dict[str, Any], example: bool) -> tuple[str | None, str, str]:
    """On a worker: the kit's digest, the sandbox that starts, or why none does."""
    use_example(example)
    digest = None
    try:
        if not example:
            stored()  # here no seed is drawn: it would be another one
        digest = kit_sha256()
        return digest, choose(**choice).name, ""
    except (SandboxError, BadSeed) as error:
        return digest, "", str(error)


def grade_there(submission: Submission, choice: dict[str, Any], example: bool) -> str:
    """On a worker: the result, as JSON."""
    command = [sys.executable, "-m", "autograder.grading.cluster", json.dumps([choice, example])]
    grader: Any = getattr(_threads, "grader", None)
    if grader is None or grader.poll() is not None or grader.args != command:
        if grader is not None:
            grader.stdin.close()  # it ends, if it has not
        grader = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        _threads.grader = grader
    pickle.dump(submission, grader.stdin)
    grader.stdin.flush()
    said = json.loads(grader.stdout.readline() or '{"refusal": "its grading process ended"}')
    if "refusal" in said:
        raise SandboxError(said["refusal"])
    return str(said["graded"])


def serve(choice: dict[str, Any], questions: IO[bytes], answers: IO[str]) -> None:
    """Grade the submissions that come in, each in a fork of this process, until there are no more."""
    from . import forkserver  # noqa: F401

    remove_orphans()
    sandbox: Sandbox | None = None
    while True:
        try:
            submission = pickle.load(questions)
        except EOFError:
            return
        try:
            sandbox = sandbox or choose(**choice)
            said = {"graded": Graded(grade_apart(submission, sandbox)).json}
        except SandboxError as error:
            said = {"refusal": str(error)}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    _choice, _example = json.loads(sys.argv[1])
    use_example(_example)
    serve(_choice, sys.stdin.buffer, sys.stdout)
