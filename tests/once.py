"""What several workers of pytest need is made once: the first that asks makes it, the others wait and read it."""

import fcntl
import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

SHARED = "KIT_TESTS_SHARED"  # the environment's name for the folder of this run of pytest: see conftest.py
Made = TypeVar("Made")


def once(make: Callable[..., Made], *arguments: Any) -> Made:
    """What `make` returns for these arguments; its arguments are written alike by `repr`, its value can be pickled."""
    name = f"{make.__module__}.{make.__qualname__}{arguments!r}"
    path = shared() / hashlib.sha256(name.encode()).hexdigest()[:16]
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_bytes(pickle.dumps(make(*arguments)))
    return pickle.loads(path.read_bytes())


def shared() -> Path:
    """A folder that all workers of this run see, and that is gone after it."""
    return Path(os.environ[SHARED])
