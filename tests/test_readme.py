"""Every command in the README works as written, on a clone."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.kit import clone_to

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}  # these tests may run under make
ENVIRONMENT["SEEDS"] = "2"  # of `make figures`, whose many starts have tests of their own
ENVIRONMENT["ROUNDS"] = "0"  # of `make bench`: the other graders' environments take minutes to build
SCRIPTS = [block for block in BLOCKS if "make test" not in block]
RUN = set[tuple[Path, str]]()  # every command once: what a second script repeats has been done


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of what git knows, with the environment that is there already, and a class."""
    folder = clone_to(tmp_path_factory.mktemp("clone") / "kit")
    shutil.copytree(folder / "tests" / "example_class", folder / "submitted")
    return folder


@pytest.mark.whole
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.split("\n")[0])
def test_the_commands_work_as_written(clone, script):
    folder = clone
    for line in script.strip().split("\n"):
        if line.startswith("cd "):
            folder = folder / line[3:]
            continue
        if (folder, line) in RUN:
            continue
        RUN.add((folder, line))
        environment = {**ENVIRONMENT, "PATH": f"{clone / '.venv' / 'bin'}:{os.environ['PATH']}"}
        run = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        # An untouched student folder is not done: check.py says so by its exit status.
        assert run.returncode == (1 if line == "python check.py" else 0), run.stdout + run.stderr
        assert "Traceback" not in run.stdout + run.stderr


def test_every_target_of_the_makefile_explains_itself():
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())[1].split()
    assert [line.split()[1] for line in listed.splitlines()] and {f"{name}" for name in phony} == {
        line.split()[1] for line in listed.splitlines()
    }


def test_the_two_commands_are_in_the_readme():
    assert "make grade\nmake test\n" in BLOCKS
