"""No byte on the answer channel is believed without cause, and none makes the grader stumble."""

import os

import pytest

from autograder.sandbox import Worker, process

from .hostile import ABOUT, ask, choose_once, comes_true, forked, package, sandboxed, well


def connection():
    """The socket on which this process is asked, taken from the worker's frames."""
    import sys

    frame = sys._getframe()
    while "connection" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["connection"]


def lie(way):
    import json
    import os
    import socket
    import sys
    import time

    import answering

    line, frame = connection(), sys._getframe()
    while "header" not in frame.f_locals or "nonce" not in frame.f_locals["header"]:
        frame = frame.f_back
    nonce = frame.f_locals["header"]["nonce"]
    value = {"value": {"text": "forged"}, "args": []}

    def header(text, payload=b""):
        line.sendall(answering.LENGTHS.pack(answering.MAGIC, len(text), len(payload)) + text + payload)

    def described(reply, arrays):
        return json.dumps({"header": {**reply, "nonce": nonce}, "arrays": arrays}).encode()

    if way == "garbage on every descriptor":
        for number in range(256):
            try:
                os.write(number, b"x" * 4096)
            except OSError:
                pass
    elif way == "a number that was guessed":
        for guess in ("0" * 16, None, 0, "", [nonce]):
            line.sendall(answering.frame({**value, "nonce": guess}))
    elif way == "no number":
        line.sendall(answering.frame(value))
    elif way == "lengths without end":
        line.sendall(answering.LENGTHS.pack(answering.MAGIC, 0xFFFFFFFF, 0xFFFFFFFF))
    elif way == "arrays that do not come":
        header(described(value, [["<f8", [1 << 20]]]))
    elif way == "arrays that are too large":
        header(described(value, [["<f8", [1 << 62, 1 << 62, 1 << 62]]]))
    elif way == "objects as an array":
        header(described(value, [["|O", [1]]]), bytes(8))
    elif way == "bytes left over":
        header(described(value, []), b"more")
    elif way == "deep nesting":
        header(b"[" * 500_000)
    elif way == "a number of many digits":
        header(b'{"header": ' + b"9" * 100_000 + b"}")
    elif way == "not text":
        header(b"\xff\xfe\x00\xd8")
    elif way == "nothing":
        header(b"")
    elif way == "channel closed":
        line.shutdown(socket.SHUT_RDWR)
    elif way == "channel half closed":
        line.shutdown(socket.SHUT_WR)
        time.sleep(60)
    return "told the truth"


LIES = ["garbage on every descriptor", "a number that was guessed", "no number", "lengths without end"]
LIES += ["arrays that do not come", "arrays that are too large", "objects as an array", "bytes left over"]
LIES += ["deep nesting", "a number of many digits", "not text", "nothing", "channel closed", "channel half closed"]


@pytest.fixture(scope="module")
def liar():
    with sandboxed(connection, lie) as worker:
        yield worker


@pytest.mark.parametrize("way", LIES)
def test_a_lie_ends_the_process_and_no_other(liar, way):
    child = forked(liar)
    reply = ask(child, "lie", way, cpu=2)
    assert set(reply) == {"crashed"}, reply
    assert not child.alive
    assert well(liar)


def test_half_an_answer_is_late():
    def half():
        import time

        connection().sendall(b"bp18\0\1\0\0")
        time.sleep(60)

    with sandboxed(connection, half) as worker:
        assert ask(forked(worker), "half", cpu=0.05) == {"timeout": 0.05}


def test_an_answer_to_the_next_question_is_not_taken():
    def prepare():
        import threading
        import time

        import answering

        line = connection()

        def send_later():
            time.sleep(0.05)
            line.sendall(answering.frame({"value": {"text": "forged"}, "args": [], "nonce": "0" * 16}))

        threading.Thread(target=send_later).start()

    with sandboxed(connection, prepare) as worker:
        child = forked(worker)
        assert ask(child, "prepare") is None
        assert comes_true(child._line.pending)
        assert "crashed" in ask(child, "well")
        assert not child.alive


def test_descriptors_sent_along_are_dropped():
    def send_descriptors():
        import array
        import os
        import socket

        numbers = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
        connection().sendmsg([b"b"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", numbers))])

    with sandboxed(connection, send_descriptors) as worker:
        child = forked(worker)
        before = len(os.listdir("/proc/self/fd"))
        ask(child, "send_descriptors")
        assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize("way", ["close", "read", "write"])
def test_a_thread_that_is_left_on_the_control_channel_harms_only_itself(way, monkeypatch):
    def leave_thread():
        import os
        import threading
        import time

        def interfere():
            time.sleep(0.02)
            for number in range(3, 64):
                way = way_of_this_test  # noqa: F821
                try:
                    if way == "close":
                        os.close(number)
                    elif way == "read":
                        os.read(number, 100)
                    else:
                        os.write(number, b"x" * 100)
                except OSError:
                    pass

        threading.Thread(target=interfere).start()

    monkeypatch.setattr(process, "FORK_WALL", 0.3)
    monkeypatch.setattr(process, "PATIENCE", 0.5)
    files = package(at_import=leave_thread)
    files["neural_network.py"] = f"way_of_this_test = {way!r}\n".encode() + files["neural_network.py"]
    with Worker(choose_once()) as worker:
        assert set(worker.load(files, ABOUT)) <= {"crashed"}
        for _ in range(3):
            child = worker.fork()
            reply, _ = child.ask({"do": "new", "args": [], "kwargs": {}, "seed": None})
            assert set(reply) <= {"crashed", "value", "args"}


@pytest.mark.parametrize("number", ["the right number", "another number"])
def test_the_answer_to_the_import_can_be_forged_only_into_a_refusal(number):
    def forge():
        import os
        import sys

        import answering

        frame = sys._getframe()
        while "nonce" not in frame.f_locals.get("header", ()):
            frame = frame.f_back
        nonce = frame.f_locals["header"]["nonce"] if right else "0" * 16  # noqa: F821
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, answering.frame({"value": {"text": "loaded"}, "args": [], "nonce": nonce}))
            except OSError:
                pass

    files = package(at_import=forge)
    files["neural_network.py"] = f"right = {number == 'the right number'}\n".encode() + files["neural_network.py"]
    with Worker(choose_once()) as worker:
        assert set(worker.load(files, ABOUT)) == {"crashed"}
