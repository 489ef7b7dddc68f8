"""The second sandbox keeps its promises, for root and for others, and is chosen where the first cannot start."""

import json
import os
import subprocess
import textwrap

import pytest

from autograder import ROOT
from autograder.course import seed
from autograder.sandbox import SandboxError, choose
from tests.layers import sampled

from .test_ordinary_user import command_as


@pytest.mark.parametrize("user", sampled(["nobody", "root"], ["root"]))
def test_it_keeps_its_promises_for(user):
    """Where Python can be reached by everyone, which a home folder that is closed to others prevents."""
    assert seed.hidden_seed()  # drawn where there was none: one of the promises is that it cannot be read
    command = [*command_as(user), "-B", "-m", "pytest", "-q", "--tb=short", "tests/sandbox/promises_of_landlock.py"]
    environment = {**os.environ, "HOME": "/home/nobody"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0 and "skipped" not in ended.stdout, ended.stdout + ended.stderr


# Which sandbox is chosen

DENY = """
import ctypes, struct, sys
from autograder.sandbox.seccomp import ALLOW, ANY_BIT, EPERM, EQUAL, ERROR, FIRST_ARGUMENT, LOAD, NUMBER, RETURN

def install(refused, clone):
    steps = [(LOAD, 0, 0, NUMBER)]
    for number in refused:
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERROR | EPERM)]
    steps += [(EQUAL, 0, 3, clone), (LOAD, 0, 0, FIRST_ARGUMENT), (ANY_BIT, 0, 1, 0x7E020000)]
    steps += [(RETURN, 0, 0, ERROR | EPERM), (RETURN, 0, 0, ALLOW)]
    program = b"".join(struct.pack("<HBBI", *step) for step in steps)
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)
    held = Program(len(program) // 8, program)
    assert libc.prctl(22, 2, ctypes.byref(held), 0, 0) == 0

import platform
column = 0 if platform.machine() == "x86_64" else 1
namespaces, landlock = [(272, 97)[column]], [444]
install(namespaces + (landlock if "landlock" in sys.argv else []), (56, 220)[column])
"""


def denied(program, *arguments):
    """Run a program where namespaces are refused, as an ordinary user; its standard output and status."""
    command = [*command_as("nobody"), "-B", "-c", DENY + textwrap.dedent(program), *arguments]
    environment = {**os.environ, "HOME": "/home/nobody", "PYTHONPATH": f"{ROOT}:{ROOT / 'solutions'}"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stdout, ended.returncode


def test_bubblewrap_comes_first():
    assert choose().name == "bubblewrap"


@pytest.mark.whole
def test_where_namespaces_are_refused_the_kit_picks_landlock_and_grades():
    program = """
        import json
        from autograder.__main__ import main
        main(["grade-one", "tests/example_class/complete/ps18", "--json"])
    """
    graded = json.loads(denied(program)[0])
    assert (graded["sandbox"], graded["score"], graded["bonus"]) == ("landlock", 100, 50)


@pytest.mark.whole
def test_the_doctor_says_which_and_why():
    said, status = denied("from autograder.doctor import examine; sys.exit(examine())")
    assert status == 0, said
    assert "landlock starts" in said and "bubblewrap does not start" in said and "namespace" in said


def test_where_neither_starts_one_sentence_says_why():
    program = """
        from autograder.sandbox import SandboxError, choose
        try:
            choose()
        except SandboxError as error:
            print(error)
    """
    said, _ = denied(program, "landlock")
    assert "bubblewrap does not start" in said and "landlock does not start" in said
    assert "this kernel has no Landlock" in said and "--no-sandbox" in said


def test_an_unknown_one_is_refused():
    with pytest.raises(SandboxError, match="no sandbox called 'chroot'"):
        choose(only="chroot")
