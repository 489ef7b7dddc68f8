"""What the second sandbox promises; test_landlock.py runs this as root and as an ordinary user."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.course import seed as secret
from autograder.grading import kept
from autograder.sandbox import Worker
from autograder.sandbox.landlock import Landlock
from tests.kit import CHECKS, RUBRIC

from . import channels
from .hostile import ABOUT, Raised, ask, comes_true, forked, named, package, well


def worker_of(*methods, at_import=None):
    worker = Worker(Landlock())
    assert worker.load(package(*methods, at_import=at_import), ABOUT, cpu=2) == {}
    return worker


@pytest.fixture(scope="module")
def answering():
    with worker_of(call) as worker:
        yield worker


def call(source):
    """Run a text that puts its answer into `answer`."""
    import os

    space = {"os": os}
    exec(source.tobytes().decode(), space)
    return space.get("answer")


def result(worker, text, cpu=5.0):
    import numpy

    source = numpy.frombuffer(textwrap.dedent(text).encode(), dtype="u1")
    child = forked(worker)
    try:
        return ask(child, "call", source, cpu=cpu)
    finally:
        child.close()


REFUSED = {
    "make a process": "os.fork()",
    "start a program": "os.execv('/bin/true', ['true'])",
    "start a shell": "import subprocess; subprocess.run(['/bin/true'])",
    "make a thread": "import threading; t = threading.Thread(target=print); t.start()",
    "signal its parent": "os.kill(os.getppid(), 9)",
    "signal all": "os.kill(-1, 9)",
    "signal the group": "os.killpg(0, 9)",
    "stop itself": "import signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "open a TCP socket": "import socket; socket.socket()",
    "open a UDP socket": "import socket; socket.socket(type=socket.SOCK_DGRAM)",
    "open a Unix socket": "import socket; socket.socket(socket.AF_UNIX)",
    "make a pair of sockets": "import socket; socket.socketpair()",
    "read users": "open('/etc/passwd').read()",
    "list processes": "os.listdir('/proc')",
    "read its own environment": "open('/proc/self/environ').read()",
    "read its parent's memory": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "list the root": "os.listdir('/')",
    "list the home": "os.listdir('/home')",
    "read the solution": f"open({str(ROOT / 'solutions' / 'backprop' / 'exercises.py')!r}).read()",
    "read the checks": f"open({str(ROOT / CHECKS / 'test_xor.py')!r}).read()",
    "read the rubric": f"open({str(ROOT / RUBRIC)!r}).read()",
    "read the hidden seed": f"open({str(secret.FILE)!r}).read()",
    "read the kept values": f"open({str(kept.file())!r}, 'rb').read()",
    "list the kept values": f"import os; os.listdir({str(kept.FOLDER)!r})",
    "list the checkout": f"os.listdir({str(ROOT)!r})",
    "write to its own code": "import backprop; open(backprop.__path__[0] + '/x', 'w')",
    "write beside its folder": "open('../x', 'w')",
    "write to the system's /tmp": "open('/tmp/planted', 'w')",
    "write to shared memory": "open('/dev/shm/planted', 'w')",
    "change rights": "open('x', 'w').close(); os.chmod('x', 0o777)",
    "change times": "open('x', 'w').close(); os.utime('x', (0, 0))",
    "change an owner": "open('x', 'w').close(); os.chown('x', 0, 0)",
    "truncate from afar": f"os.truncate({str(ROOT / 'README.md')!r}, 0)",
    "remove from afar": f"os.unlink({str(ROOT / 'README.md')!r})",
    "link from afar": f"os.link({str(ROOT / 'README.md')!r}, 'linked')",
    "make a device": "import stat; os.mknod('device', stat.S_IFCHR | 0o600, 0x103)",
    "become root": "os.setuid(0)",
    "limit its parent": "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "renice its parent": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "move its parent to a core": "os.sched_setaffinity(os.getppid(), [0])",
    "have its parent signalled": "import fcntl; fcntl.fcntl(0, 8, os.getppid())",
    "have its parent signalled by fields": "import fcntl, struct; fcntl.fcntl(0, 15, struct.pack('ii', 1, 1))",
    "have its parent signalled by ioctl": "import fcntl, struct; fcntl.ioctl(0, 0x8901, struct.pack('i', 1))",
    "choose the signal": "import fcntl; fcntl.fcntl(0, 10, 9)",
    "undo a limit": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "write a large file": "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    " open('x', 'wb').write(bytes(2 << 20))",
    "take too much memory": "bytearray(4 << 30)",
    "open too many files": "[open(os.devnull) for _ in range(300)]",
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_can_not(answering, what):
    with pytest.raises(Raised, match=r"PermissionError|RuntimeError|OSError|MemoryError|ValueError"):
        result(answering, REFUSED[what])
    assert well(answering)


@pytest.mark.parametrize("what", [*channels.REFUSED, *channels.REFUSED_WITHOUT_NAMESPACES])
def test_it_can_tell_another_sandbox_nothing_by(answering, what):
    refused = {**channels.REFUSED, **channels.REFUSED_WITHOUT_NAMESPACES}[what]
    assert result(answering, channels.START + "answer = 'ready'") == "ready"
    with pytest.raises(Raised, match="PermissionError"):
        result(answering, channels.START + refused)


def test_what_honest_code_needs_of_the_same_calls_is_allowed(answering):
    assert result(answering, channels.START + channels.ALLOWED) == "all of it"


def test_it_can_import_compute_write_a_little_and_draw(answering):
    text = """
        import colorsys, json, tempfile
        import numpy as np
        import matplotlib.pyplot as plt
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 1000)
        plt.plot(np.linalg.svd(np.eye(50))[1])
        plt.savefig("x.png")
        answer = os.path.getsize("x.png") > 1000
    """
    assert result(answering, text, cpu=20) is True


def test_it_holds_no_descriptor_but_the_channel(answering):
    text = """
        answer = 0
        for number in range(3, 256):
            try:
                os.fstat(number)
                answer += 1
            except OSError:
                pass
    """
    assert result(answering, text) == 1


def test_the_environment_is_the_kits_own():
    os.environ["PLANTED"] = "of the grader"
    with worker_of(call) as worker:
        names = result(worker, "answer = ' '.join(sorted(os.environ))").split()
    assert "PLANTED" not in names and {"HOME", "TMPDIR", "OPENBLAS_NUM_THREADS"} <= set(names)


def test_it_is_an_ordinary_user_without_capabilities(answering):
    with worker_of(call) as worker:
        status = Path(f"/proc/{forked(worker)._line.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split() + fields["Gid"].split() + fields["Groups"].split()
    assert {int(fields[kind], 16) for kind in ("CapPrm", "CapEff", "CapAmb")} == {0}
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")


def test_many_files_are_ended_and_the_next_task_goes_on():
    with worker_of(call) as worker:
        reply = result(worker, "for n in range(10_000): open(f'f{n}', 'wb').write(bytes(1_000_000))", cpu=30)
        assert "MiB to files" in reply["crashed"]


@pytest.mark.parametrize(
    "hiding",
    ["os.mkdir('hidden', 0o300); os.chdir('hidden')", "for _ in range(3000): os.mkdir('d'); os.chdir('d')"],
    ids=["unreadable", "deep"],
)
def test_hidden_files_are_found_and_removed(hiding):
    loop = "\nfor n in range(100_000): open(f'f{n}', 'wb').write(bytes(100_000))"
    with worker_of(call) as worker:
        assert "MiB to files" in result(worker, hiding + loop, cpu=20)["crashed"]
        assert list(Path(worker._scratch.name, "tmp").iterdir())
    assert not Path(worker._scratch.name).exists()


def test_memory_shared_by_number_can_not_be_attached(answering):
    text = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        calls = {}
        for name in ("shmat", "shmctl", "semctl", "semop", "msgctl", "msgrcv", "msgsnd"):
            ctypes.set_errno(0)
            getattr(libc, name)(0, 0, 0, 0, 0)
            calls[name] = ctypes.get_errno()
        answer = " ".join(name for name, error in calls.items() if error != 1)
    """
    assert result(answering, text) == ""


def test_endless_loops_end_by_cpu_time_in_a_call_and_at_import(answering):
    assert result(answering, "while True: pass", cpu=0.3) == {"timeout": 0.3}
    files = package(call)
    files["neural_network.py"] += b"\nwhile True: pass\n"
    with Worker(Landlock()) as worker:
        assert worker.load(files, ABOUT, cpu=0.3) == {"timeout": 0.3}


@pytest.mark.parametrize("ending", ["os._exit(0)", "sys.exit(1)", "raise KeyboardInterrupt", "os.abort()", "1/0"])
def test_an_import_that_ends_is_told(ending):
    files = package(call)
    files["neural_network.py"] += f"\nimport os, sys\n{ending}\n".encode()
    with Worker(Landlock()) as worker:
        assert set(worker.load(files, ABOUT, cpu=2)) in ({"raised"}, {"crashed"})


def test_each_task_begins_anew(answering):
    assert result(answering, "import builtins; builtins.planted = 1; answer = 1") == 1
    assert result(answering, "import builtins; answer = hasattr(builtins, 'planted')") is False


def test_a_grader_that_is_killed_takes_it_along():
    program = """
        import sys
        from tests.sandbox.promises_of_landlock import call, result, worker_of
        with worker_of(call) as worker:
            print("up", flush=True)
            name = "import ctypes; ctypes.CDLL(None).prctl(15, b'planted-loop', 0, 0, 0)"
            result(worker, name + chr(10) + "while True: pass", cpu=60)
    """
    grader = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, stdout=subprocess.PIPE)
    assert grader.stdout.readline() == b"up\n"
    assert comes_true(lambda: named("planted-loop"), 10)
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    assert comes_true(lambda: not named("planted-loop"))


def test_nothing_is_left():
    with worker_of(call) as worker:
        result(worker, "open('x', 'w').write('y')")
        pid, folder = worker._process.pid, worker._scratch.name
        assert (Path(folder) / "tmp" / "x").exists()
    assert not Path(f"/proc/{pid}").exists() and not Path(folder).exists()
