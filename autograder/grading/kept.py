"""Expected values, worked out once for each version of the kit and each seed, and kept for later runs.

They are as secret as the hidden seed and lie in a folder that is its owner's alone.  Each file carries a keyed digest
of the kit, the seed and all that it holds: what is stale, broken or another's counts as absent.
"""

import hmac
import io
import json
import os
import platform
import stat
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import ROOT
from ..course.model import assignment
from ..course.reference import checks, course, expected, known, seed_of
from ..course.seed import is_example, keyed
from ..engine.answering import BadFrame, frame, receive
from ..engine.case import Expected
from ..engine.frozen import Store, restored
from ..results.record import kit_sha256

FOLDER = ROOT / "autograder" / ".kept"
DIGEST = "sha256"
SIZE = 32  # bytes of a digest


class NotKept(Exception):
    """There is a value that a file does not hold to the last bit."""


def at_hand() -> None:
    """Have all expected values at hand, read or worked out; without a file that can be trusted or written, too."""
    _at_hand(file(), key())


@cache
def _at_hand(path: Path, key: bytes) -> None:
    if found := read(path, key):
        known.update(found)
        return
    enabled = {task.id for task in course().tasks}
    compared = [check.id for check in checks().values() if check.compared and check.task.id in enabled]
    values = {(check, variant): expected(check, variant) for check in compared for variant in course().variants}
    write(path, key, values)


def file() -> Path:
    """One for the class and one for the example class: a newer one takes its place."""
    return FOLDER / f"{assignment().name}-{'example' if is_example() else 'class'}"


def key() -> bytes:
    """What a file of this kit, this seed and this Python is signed with."""
    return keyed(f"kept by {assignment().module} {kit_sha256()} {sys.version} {platform.machine()}")


def read(path: Path, key: bytes) -> dict[tuple[str, str, str], Callable[[], Expected]]:
    """What is kept, by seed, check and variant, each decoded once it is needed; nothing where it cannot be trusted."""
    try:
        own(os.lstat(path.parent), stat.S_ISDIR)
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
            own(os.fstat(stream.fileno()), stat.S_ISREG)
            digest, content = stream.read(SIZE), stream.read()
        if not hmac.compare_digest(digest, hmac.digest(key, content, DIGEST)):
            return {}
        text, numbers = receive(io.BytesIO(content).read)[1]
    except (OSError, NotKept):
        return {}
    index = json.loads(bytes(text))
    return {
        (seed_of(variant), check, variant): partial(decoded, right, wrong, numbers)
        for check, variant, right, wrong in index
    }


def decoded(right: str, wrong: str, numbers: np.ndarray) -> Expected:
    return restored(json.loads(right), lambda: json.loads(wrong), numbers)


def own(found: os.stat_result, kind: Callable[[int], bool]) -> None:
    """NotKept where it is not of this kind, or others than this process's user own it, may read it or write to it."""
    if not kind(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise NotKept


def write(path: Path, key: bytes, values: dict[tuple[str, str], Expected]) -> None:
    """Put a new file in the place of the old one, whole; nothing where it cannot be written."""
    store, index = Store(unlike, exact), []
    for (check, variant), seen in values.items():
        try:
            index.append((check, variant, *map(json.dumps, (store.right(seen.right), store.wrong(seen)))))
        except NotKept:
            pass  # that one is worked out each time
    try:
        content = frame({}, [np.frombuffer(json.dumps(index).encode(), dtype=np.uint8), store.numbers])
        path.parent.mkdir(mode=0o700, exist_ok=True)
        own(os.lstat(path.parent), stat.S_ISDIR)
        for left in path.parent.glob(".*"):  # by a run that was killed, or one that is as good as this
            left.unlink(missing_ok=True)
        fresh = path.with_name(f".{path.name}-{os.getpid()}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(hmac.digest(key, content, DIGEST) + content)
        fresh.replace(path)
    except (OSError, BadFrame, NotKept):
        pass


def unlike(_: str, right: Any, value: Any) -> bool:
    """Whether two values differ in anything at all."""
    if isinstance(value, np.ndarray) and isinstance(right, np.ndarray):
        return (right.dtype, right.shape, right.tobytes()) != (value.dtype, value.shape, value.tobytes())
    return type(right) is not type(value) or repr(right) != repr(value)


def exact(value: Any) -> Any:
    """The value, if JSON gives it back as it is."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise NotKept


if __name__ == "__main__":
    at_hand()
