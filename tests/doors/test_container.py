"""A machine without Linux: it is told of the container, and what that holds grades, in a root folder of its own.

No engine runs here: the steps of the Containerfile are run in a fresh Debian, with the rights of a container.
"""

import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.errors import elsewhere
from autograder.intake.uploads import is_silent
from tests.kit import RELEASE, clone_to

FOLDER = ROOT / "autograder" / "platforms" / "container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
STEP = re.compile(r"(?m)^(FROM|RUN|COPY|ENV|WORKDIR|ENTRYPOINT|CMD) (.*)$")
# What Docker leaves to root in a container: no namespaces, no mounts.
LEFT = "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod"
CONFINED = f"setpriv --bounding-set -all,{',+'.join(['', *LEFT.split(',')])[1:]} --inh-caps -all"


def steps(name):
    return [rest for word, rest in STEP.findall(CONTAINERFILE) if word == name]


ENVIRONMENT = dict(shlex.split(" ".join(steps("ENV")))[n].split("=", 1) for n in range(4))
[WORKDIR], [ENTRYPOINT] = steps("WORKDIR"), map(json.loads, steps("ENTRYPOINT"))


def test_every_line_of_the_containerfile_is_a_step_that_is_tried_here():
    lines = [line for line in CONTAINERFILE.splitlines() if line and not line.startswith("#")]
    assert len(STEP.findall(CONTAINERFILE)) == len(lines)
    assert steps("FROM") == ["docker.io/library/debian:bookworm-slim"] and WORKDIR == "/kit"


class Container:
    """A fresh Debian, to which the Containerfile's steps were done; in memory, in a mount namespace of its own."""

    def __init__(self, folder):
        mount = f"mount -t tmpfs tmpfs {folder} && echo && read _"  # until this process ends, however that is
        self._holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", mount], stdin=-1, stdout=-1)
        assert self._holder.stdout.read(1) == b"\n"
        self._folder, self._view = folder, Path(f"/proc/{self._holder.pid}/root{folder}")
        self.root, self.kit = self._view / "root", clone_to(self._view / "kit")
        release = steps("FROM")[0].partition(":")[2].removesuffix("-slim")
        self._within("debootstrap", "--variant=minbase", release, f"{folder}/root")
        (self.root / "etc/dpkg/dpkg.cfg.d/speed").write_text("force-unsafe-io\n")  # as in the image that is meant
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        for name in ("kit", "host-certificates"):
            (self.root / name).mkdir()

    def _within(self, *command):
        """What a command prints that is run with this file system."""
        entered = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", *command]
        done = subprocess.run(entered, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def run(self, command, confined="", **environment):
        """What a command prints in the container, where the kit lies at /kit; its processes end with it."""
        root, inside = f"{self._folder}/root", {**ENVIRONMENT, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        given = shlex.join([f"{name}={value}" for name, value in {**inside, **environment}.items()])
        mounts = f"""set -e
mount --rbind /dev {root}/dev; mount -t proc proc {root}/proc; mount -t tmpfs tmpfs {root}/tmp
mount --bind {self._folder}/kit {root}/kit; mount --bind /etc/ssl/certs {root}/host-certificates
exec env -i {given} chroot {root} {confined} sh -c {shlex.quote(f"cd {WORKDIR}; {command}")}"""
        return self._within("unshare", "--mount", "--pid", "--fork", "sh", "-c", mounts)

    def close(self):
        self._holder.communicate()


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    container = Container(tmp_path_factory.mktemp("container"))
    for copy in steps("COPY"):
        source, target = copy.split()
        shutil.copy(ROOT / source, container.root / target.lstrip("/"))
    certificates = {"PIP_CERT": "/host-certificates/ca-certificates.crt"} if "PIP_CERT" in os.environ else {}
    for step in steps("RUN"):
        container.run(step, **certificates)
    (container.kit / ".venv").unlink()  # a Mac's own would be of no use there
    yield container
    container.close()


@pytest.mark.whole
def test_as_a_dev_container_it_is_ready_and_can_grade_by_the_second_sandbox(container):
    about = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert (ROOT / ".devcontainer" / about["build"]["dockerfile"]).resolve() == FOLDER / "Containerfile"
    said = container.run(about["postCreateCommand"], confined=CONFINED)
    assert "This machine can grade." in said and "landlock starts. The sandbox bubblewrap does not start" in said
    assert not (container.kit / ".venv").exists()
    interpreter = about["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == ENTRYPOINT[0] and (container.root / interpreter[1:]).exists()


@pytest.mark.whole
@pytest.mark.parametrize("user", ["", "--reuid 1000 --regid 1000 --clear-groups"])
def test_it_grades_as_root_and_as_who_asked(container, user):
    """And what is written belongs to that one."""
    uid = 1000 if user else 0
    for path in [container.kit, *container.kit.rglob("*")]:
        os.chown(path, uid, uid, follow_symlinks=False)
    grade = [*ENTRYPOINT, "grade", "tests/example_class", "--out", f"out{uid}", "--gradebook", f"{uid}.db"]
    students = ["--student", "halfway", "--student", "forgotten_mean"]
    container.run(shlex.join([*grade, *students]), confined=f"{CONFINED} {user}")
    results = sorted((container.kit / f"out{uid}").glob("*/ps18/results.json"))
    found = {path.parents[1].name: json.loads(path.read_text()) for path in results}
    assert {name: result["score"] for name, result in found.items()} == {"halfway": 30, "forgotten_mean": 77}
    assert {result["sandbox"] for result in found.values()} == {"landlock"}
    assert {path.stat().st_uid for path in (container.kit / f"out{uid}").rglob("*")} == {uid}


def test_students_have_a_small_one_whose_command_is_the_handouts():
    about = json.loads((RELEASE / ".devcontainer" / "devcontainer.json").read_text())
    steps = [re.sub(r" ipykernel$", "", step) for step in about["postCreateCommand"].split(" && ")]
    start = re.search(r"## Start\n\n```sh\n(.*?)\n```", (RELEASE / "README.md").read_text(), re.S)[1]
    assert steps == start.splitlines()
    assert is_silent(".devcontainer")  # where it is handed in with the rest


@pytest.fixture
def engines(tmp_path):
    """Makes programs of these names that write down what they are asked, and answer `info` with a status."""

    def make(**status):
        for name, number in status.items():
            (tmp_path / name).write_text(
                f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/asked\n[ "$1" != info ] || exit {number}\n'
            )
            (tmp_path / name).chmod(0o755)
        return tmp_path

    return make


def run_script(folder, *arguments, **environment):
    """The script's exit status, what it says, and what was asked of engines; with no others than the folder's."""
    for name in ("sh", "dirname", "id"):
        (folder / name).symlink_to(shutil.which(name))
    if not (folder / "uname").exists():
        (folder / "uname").symlink_to(shutil.which("uname"))
    done = subprocess.run(
        [FOLDER / "run", *arguments],
        env={"PATH": str(folder), **environment},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    asked = (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []
    return done.returncode, done.stderr, [line for line in asked if " info" not in line]


@pytest.mark.parametrize("status", [{}, {"docker": 1}, {"docker": 1, "podman": 125}])
def test_without_an_engine_that_answers_it_says_so_in_one_sentence(engines, status):
    code, said, asked = run_script(engines(**status), "doctor")
    assert code == 2 and asked == [] and said.count("\n") == 1 and "install Docker" in said and "Podman" in said


@pytest.mark.parametrize(
    "status, environment, engine, option",
    [
        ({"docker": 0, "podman": 0}, {}, "docker", f"--user {os.geteuid()}:"),
        ({"docker": 1, "podman": 0}, {}, "podman", "--network none"),
        ({"docker": 0, "podman": 0}, {"ENGINE": "podman"}, "podman", "--rm"),
        ({"docker": 0}, {"CONTAINER": "--privileged --cpus 2"}, "docker", "--privileged --cpus 2"),
    ],
)
def test_it_builds_and_runs_with_the_engine_that_is_there(engines, status, environment, engine, option):
    code, _, asked = run_script(engines(**status), "grade", "my class", "--out", "graded", **environment)
    build, run = asked
    assert (
        code == 0
        and build.startswith(f"{engine} build")
        and build.endswith(f"--file {FOLDER.relative_to(ROOT)}/Containerfile .")
    )
    assert run.startswith(f"{engine} run") and option in run and f"--volume {ROOT}:/kit" in run
    assert run.endswith("grade my class --out graded")
    assert ("--user" in run) == (engine == "docker" and platform.system() == "Linux")
    assert ("--ignorefile" in build) == (engine == "podman")


@pytest.mark.parametrize("system", ["Darwin", "MINGW64_NT-10.0", "Windows", "FreeBSD"])
def test_make_grade_says_what_to_do_on_another_system_before_it_builds_anything(tmp_path, system):
    (tmp_path / "uname").write_text(f"#!/bin/sh\necho {system}\n")
    (tmp_path / "uname").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KIT_VENV": str(tmp_path / "venv")}
    command = ["make", "grade", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and elsewhere(system) in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "venv").exists()
    assert ("make container" in done.stderr) == (system == "Darwin") and "dev container" in done.stderr


WITHOUT_UNIX = """
import platform, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
from autograder.__main__ import main
platform.system, sys.platform = (lambda: sys.argv[1]), {"Windows": "win32", "Darwin": "darwin"}[sys.argv[1]]
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    "system, command",
    [
        *(("Windows", [command]) for command in ("grade", "doctor", "release", "gradescope")),
        ("Windows", ["grade-one", "tests"]),
        ("Darwin", ["grade"]),
        ("Darwin", ["grade-one", "tests"]),
        ("Darwin", ["grade", "--no-sandbox"]),
    ],
)
def test_the_command_line_says_it_too_where_python_lacks_what_unix_has(system, command):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_UNIX, system, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (2, f"autograder: {elsewhere(system)}\n")


def test_what_is_not_needed_is_not_sent_to_the_engine():
    ignored = Path(f"{FOLDER / 'Containerfile'}.dockerignore").read_text().split()
    assert ignored == ["*", *(f"!{copy.split()[0]}" for copy in steps("COPY"))]
