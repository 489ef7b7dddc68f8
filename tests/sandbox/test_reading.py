"""Nothing of the grader, of the class or of the machine can be read from inside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.sandbox.bubblewrap import bound

from .hostile import Raised, inside


def test_only_the_interpreter_its_packages_and_the_worker_can_be_seen():
    def files_beside(*allowed):
        import os

        found = []
        for folder, folders, files in os.walk("/"):
            paths = {name: os.path.join(folder, name) for name in (*folders, *files)}
            folders[:] = [name for name in folders if paths[name] not in allowed]
            found += [paths[name] for name in files if paths[name] not in allowed]
        return found[:20]

    targets = [target for _, target in bound()]
    own = ["/proc", "/dev", "/tmp", "/usr/share/fonts", "/etc/alternatives", "/etc/ld.so.cache"]
    own += [f"/{name}" for name in ("bin", "lib", "lib32", "lib64", "sbin")]
    left = [path for path in inside(files_beside, *targets, *own) if not path.startswith("/kit/fontlist-")]
    assert left == []


def test_of_the_checkout_only_the_packages_are_there():
    def listing(folder):
        import os

        return os.listdir(folder) if os.path.isdir(folder) else []

    packages = Path(sys.prefix)
    seen = {packages.relative_to(ROOT).parts[0]} if packages.is_relative_to(ROOT) else set()
    assert set(inside(listing, str(ROOT))) == seen
    assert set(inside(listing, sys.prefix)) <= {"bin", "lib", "lib32", "lib64", "pyvenv.cfg"}


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/shadow", "/etc/hostname", "/sys/kernel", "/dev/kmsg", "/proc/kcore"]
)
def test_files_of_the_machine_cannot_be_read(path):
    def read(path):
        import os

        return os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1).hex()

    with pytest.raises(Raised, match=r"FileNotFoundError|PermissionError"):
        inside(read, path)


def test_home_folders_hold_nothing_but_the_way_to_python():
    def listings():
        import os

        return [f"{home}/{name}" for home in ("/root", "/home") if os.path.isdir(home) for name in os.listdir(home)]

    targets = [target for _, target in bound()]
    for path in inside(listings):
        assert any(target.startswith(path + "/") for target in targets), path


def test_the_environment_of_the_grader_is_not_there(monkeypatch):
    def variables():
        import glob
        import os

        texts = [" ".join(f"{name}={value}" for name, value in os.environ.items())]
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path) as stream:
                    texts.append(stream.read())
            except PermissionError:
                pass
        return [str("of-the-grader" in text) for text in texts]

    monkeypatch.setenv("PLANTED", "of-the-grader")
    assert set(inside(variables)) == {"False"}


def test_the_environment_of_the_first_process_is_empty_or_closed():
    def environment():
        return open("/proc/1/environ").read()

    try:
        assert inside(environment) == ""
    except Raised as raised:
        assert "PermissionError" in str(raised)


def test_processes_outside_are_not_seen():
    def processes():
        import os

        return [f"{pid} {open(f'/proc/{pid}/cmdline').read()[:300]}" for pid in os.listdir("/proc") if pid.isdigit()]

    with subprocess.Popen(["sleep", "30"]) as outside:
        seen = inside(processes)
        outside.kill()
    assert len(seen) <= 3
    assert not any("sleep" in line or "pytest" in line for line in seen)


def test_no_descriptor_of_the_grader_is_open():
    def targets():
        import os

        return sorted(os.readlink(f"/proc/self/fd/{fd}").partition(":")[0] for fd in os.listdir("/proc/self/fd")[:-1])

    assert inside(targets) == ["/dev/null"] * 3 + ["socket"]


def test_neither_frames_nor_modules_nor_objects_know_the_grader():
    def known():
        import gc
        import sys

        names, frame = list(sys.modules), sys._getframe()
        while frame:
            names.append(frame.f_code.co_filename)
            frame = frame.f_back
        names += [key for thing in gc.get_objects() if type(thing) is dict for key in list(thing) if type(key) is str]
        return [name for name in names if name.startswith(("autograder", "solutions")) or "rubric" in name]

    assert inside(known) == []


def test_the_kernels_log_cannot_be_read():
    def log():
        import ctypes

        return ctypes.CDLL(None).klogctl(3, ctypes.create_string_buffer(4096), 4096)

    assert inside(log) == -1


def test_nothing_is_mounted_from_a_folder_beside_the_packages():
    def sources():
        return [line.split()[4] for line in open("/proc/self/mountinfo")]

    targets = {target for _, target in bound()}
    mounted = {path for path in inside(sources) if path.startswith((str(ROOT), os.path.expanduser("~")))}
    assert mounted <= targets
