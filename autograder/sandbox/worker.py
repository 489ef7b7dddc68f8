"""Runs in the sandbox, beside the student's code: imports it once and forks a process for each task.

It knows nothing worth stealing: requests come in, answers go out.  The first message holds the files
of the package; each later one brings a socket, whose requests a forked child answers until it closes.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import answering  # noqa: E402

sys.path.pop(0)
CONTROL = int(sys.argv[1])  # the descriptor of the control socket
SETTINGS = json.loads(sys.argv[2])  # see Settings in __init__.py
SET_DUMPABLE, SET_SECCOMP, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 4, 22, 36, 38  # prctl's numbers


def exactly(connection, count):
    """`count` bytes from the socket, or EOFError."""
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def prctl(option, value, pointer=0):
    call = ctypes.CDLL(None, use_errno=True).prctl
    call.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    if call(option, value, pointer, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) is refused")


def confine():
    """Give up the rights and the resources that a student's code does not need; before any of it is read."""
    try:
        with open("/proc/self/oom_score_adj", "w") as stream:
            stream.write("1000")  # where memory runs out, this goes first
    except OSError:
        pass
    for name, most in SETTINGS["limits"].items():
        kind = getattr(resource, name)
        allowed = resource.getrlimit(kind)[1]
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(kind, (most, most))
    if SETTINGS["uid"]:
        os.setgroups([])
        os.setresgid(*[SETTINGS["uid"]] * 3)
        os.setresuid(*[SETTINGS["uid"]] * 3)
    prctl(SET_DUMPABLE, 0)  # no process of a student's may trace this one, or write to its memory
    prctl(SET_CHILD_SUBREAPER, 1)  # what a task's process leaves behind becomes ours, to be ended
    prctl(SET_NO_NEW_PRIVS, 1)
    if SETTINGS["filter"]:
        install(bytes.fromhex(SETTINGS["filter"]))
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    os.close(silence)


def install(steps):
    """Put the seccomp filter in force, for good."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))

    program = Program(len(steps) // 8, steps)
    prctl(SET_SECCOMP, 2, ctypes.addressof(program))


def write_files(names, contents):
    """Put the package where it is imported from; the folder."""
    folder = os.path.join(SETTINGS["scratch"], "ps18")
    os.makedirs(os.path.join(folder, "backprop"))
    for name, content in zip(names, contents, strict=True):
        with open(os.path.join(folder, "backprop", name), "wb") as stream:
            stream.write(content.tobytes())
    if SETTINGS["fonts"]:  # so that importing pyplot does not make the list anew
        os.makedirs(os.environ["MPLCONFIGDIR"], exist_ok=True)
        shutil.copy(SETTINGS["fonts"], os.environ["MPLCONFIGDIR"])
    return folder


def clear_away():
    """End whatever earlier tasks have left running, and wait until it is gone."""
    if SETTINGS["alone"]:
        try:
            os.kill(-1, signal.SIGKILL)  # all in this process namespace, but for its first process and this one
        except OSError:
            pass
    try:
        while os.waitpid(-1, 0 if SETTINGS["alone"] else os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def main():
    if sys.version != SETTINGS["python"]:
        raise RuntimeError(f"the Python inside is another one, {sys.version}")
    control = socket.socket(fileno=CONTROL)
    answering.send(CONTROL, {"hello": True})
    header, contents = answering.receive(lambda n: exactly(control, n))
    confine()
    answerer = answering.Answerer(write_files(header["files"], contents))
    answering.send(CONTROL, {"nonce": header["nonce"], **answerer.load()})
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        clear_away()
        if os.fork() == 0:
            control.close()
            serve(answerer, socket.socket(fileno=descriptors[0]))
        os.close(descriptors[0])


def serve(answerer, connection):
    """Answer requests until the other side closes; never returns."""
    try:
        answering.send(connection.fileno(), {"hello": True})
        while True:
            header, arrays = answering.receive(lambda n: exactly(connection, n))
            reply, returned = answerer.answer(header, arrays)
            try:
                data = answering.frame({**reply, "nonce": header["nonce"]}, returned)
            except answering.BadFrame as error:
                data = answering.frame({"crashed": str(error), "nonce": header["nonce"]})
            connection.sendall(data)
    except EOFError:
        pass
    finally:
        os._exit(0)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)  # at once: threads of the student's are not waited for
