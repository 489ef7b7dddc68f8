"""A student's own run cuts calls off by interrupts, none of which outlives its call."""

import signal
from time import process_time

import pytest

from autograder.engine import local


def busy(seconds):
    began = process_time()
    while process_time() - began < seconds:
        pass


def test_an_interrupt_that_comes_as_the_call_ends_is_nobodys(monkeypatch):
    monkeypatch.setattr(local, "CUT_OFF", 0.002)
    ends = set()
    for number in range(600):  # about as long as what is cut off, so that some end just then
        reply, _ = local.in_time(lambda n=number: (busy(0.0018 + n % 10 * 1e-4), ({"value": 1}, []))[1], 10.0, 0.001)
        ends.add(frozenset(reply))
        busy(0.0002)
    assert ends == {frozenset({"timeout"})}


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_that_is_swallowed_comes_again(monkeypatch, times):
    monkeypatch.setattr(local, "AGAIN", 0.05)
    swallowed = []

    def deaf():
        while True:
            try:
                busy(60)
            except KeyboardInterrupt:
                if len(swallowed) == times:
                    raise
                swallowed.append(1)

    assert local.in_time(deaf, 0.1) == ({"timeout": 0.1}, []) and len(swallowed) == times


def test_ctrl_c_is_an_interrupt():
    def pressed():
        signal.raise_signal(signal.SIGINT)
        busy(1)
        return {}, []

    with pytest.raises(KeyboardInterrupt):
        local.in_time(pressed, 10.0)


def test_what_is_quick_has_its_answer():
    assert local.in_time(lambda: ({"value": 3}, []), 1.0) == ({"value": 3}, [])
    assert local.in_time(lambda: ({"value": 3}, []), 1.0, 0.5) == ({"value": 3}, [])
