"""Cuts off what takes too long in this process, whatever was handed in."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLong(Exception):
    """It was cut off; one sentence."""


@contextmanager
def cut_off(seconds: float) -> Iterator[None]:
    """Raise TooLong in what takes more than these seconds of this process's CPU time; in the main thread only.

    It is raised each second anew until it comes through: libraries catch what they do not know.
    """

    def ring(_: int, __: FrameType | None) -> None:
        raise TooLong(f"it took more than {seconds:g} s, and was cut off.")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
