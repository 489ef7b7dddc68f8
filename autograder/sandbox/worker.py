"""Runs in the sandbox, beside the student's code: imports it once and forks a process for each task.

It knows nothing worth stealing: requests come in, answers go out.  The first message holds the files
of the package; each later one brings a socket, whose requests a forked child answers until it closes.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import answering  # noqa: E402

sys.path.pop(0)
CONTROL = int(sys.argv[1])  # the descriptor of the control socket
SETTINGS = json.loads(sys.argv[2])  # see Settings in __init__.py
HANDED_IN = "handed-in"  # the folder in the scratch folder
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # Landlock's system calls
EXECUTE, READ, OF_A_FILE = 1 << 0, 1 << 2 | 1 << 3, 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # and rights
SET_PDEATHSIG, SET_DUMPABLE, SET_SECCOMP, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 1, 4, 22, 36, 38  # prctl's numbers


def exactly(read: Callable[[int], bytes], count: int) -> bytes:
    """`count` bytes, or EOFError; `read(n)` gives at most n, and none at the end."""
    parts = []
    while count:
        part = read(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def prctl(option: int, value: int, pointer: int = 0) -> None:
    call = ctypes.CDLL(None, use_errno=True).prctl
    call.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    if call(option, value, pointer, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) is refused")


def confine() -> None:
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
    if SETTINGS["readable"]:
        prctl(SET_PDEATHSIG, signal.SIGKILL)  # a grader that is killed takes all of this with it
        scratch = SETTINGS["scratch"]
        os.chdir(f"{scratch}/tmp")
        landlock([*SETTINGS["readable"], f"{scratch}/{HANDED_IN}"], [f"{scratch}/tmp", os.devnull])
    if SETTINGS["filter"]:
        install(bytes.fromhex(SETTINGS["filter"]))
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    os.close(silence)


def landlock(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Open nothing any more but what lies below these paths.  By numbers: no package is as small as this."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        raise OSError(ctypes.get_errno(), "this kernel has no Landlock, or it is switched off")
    files = (1 << (13 + (version > 1) + (version > 2))) - 1 | (1 << 15 if version > 4 else 0)
    # What is handled and not allowed below is refused: files; from version 4 TCP; from 6 signals and abstract sockets.
    handled = struct.pack("<QQQ", files, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = call(CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    for path, rights in [*((path, READ) for path in readable), *((path, files & ~EXECUTE) for path in writable)]:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = rights if os.path.isdir(path) else rights & OF_A_FILE
        if call(ADD_RULE, rules, 1, struct.pack("<Qi", allowed, place), 0):
            raise OSError(ctypes.get_errno(), f"no Landlock rule for {path}")
        os.close(place)
    prctl(SET_NO_NEW_PRIVS, 1)
    if rules < 0 or call(RESTRICT_SELF, rules, 0):
        raise OSError(ctypes.get_errno(), "Landlock is refused")
    os.close(rules)


def install(steps: bytes) -> None:
    """Put the seccomp filter in force, for good."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))

    program = Program(len(steps) // 8, steps)
    prctl(SET_SECCOMP, 2, ctypes.addressof(program))


def write_files(package: str, names: Sequence[str], contents: Sequence[Any]) -> str:
    """Put the package where it is imported from; the folder."""
    folder = os.path.join(SETTINGS["scratch"], HANDED_IN)
    os.makedirs(os.path.join(folder, package))
    for name, content in zip(names, contents, strict=True):
        with open(os.path.join(folder, package, name), "wb") as stream:
            stream.write(content.tobytes())
    if SETTINGS["fonts"]:  # so that importing pyplot does not make the list anew
        os.makedirs(os.environ["MPLCONFIGDIR"], exist_ok=True)
        name = os.path.basename(SETTINGS["fonts"])
        with open(SETTINGS["fonts"], "rb") as given, open(os.path.join(os.environ["MPLCONFIGDIR"], name), "wb") as own:
            own.write(given.read())  # not by shutil, whose import takes longer
    if SETTINGS["readable"]:
        os.makedirs(os.environ["TMPDIR"], exist_ok=True)
        for path, _, names in os.walk(os.environ["TMPDIR"]) if SETTINGS["uid"] else ():
            for place in (path, *(os.path.join(path, name) for name in names)):
                os.chown(place, SETTINGS["uid"], SETTINGS["uid"])
        os.chmod(SETTINGS["scratch"], 0o711)
    return folder


def clear_away() -> None:
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


def main() -> None:
    if sys.version != SETTINGS["python"]:
        raise RuntimeError(f"the Python inside is another one, {sys.version}")
    os.umask(0o022)  # the grader's may hide what is written here from the user that this becomes
    control = socket.socket(fileno=CONTROL)
    answering.send(CONTROL, {"hello": True})
    header, contents = answering.receive(lambda n: exactly(control.recv, n))
    subject = header["subject"]
    apart = bool(SETTINGS["readable"])  # each task's process confines itself, and imports the submission itself
    if apart:
        prctl(SET_PDEATHSIG, signal.SIGKILL)
    else:
        confine()
    answerer = answering.Answerer(subject, write_files(subject["package"], header["files"], contents))
    answering.send(CONTROL, {"nonce": header["nonce"], **({} if apart else answerer.load())})
    gc.freeze()  # else each fork's first collection would copy every page of it
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        clear_away()
        if os.fork() == 0:
            control.close()
            if apart:
                confine()
            serve(answerer, socket.socket(fileno=descriptors[0]))
        os.close(descriptors[0])


def serve(answerer: "answering.Answerer", connection: socket.socket) -> NoReturn:
    """Answer requests until the other side closes; never returns."""
    stream = connection.makefile("rb")
    try:
        answering.send(connection.fileno(), {"hello": True})
        while True:
            header, arrays = answering.receive(lambda n: exactly(stream.read, n))
            reply, returned = (answerer.load(), []) if header["do"] == "load" else answerer.answer(header, arrays)
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
