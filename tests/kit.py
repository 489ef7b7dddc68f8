"""The kit's own assignment, as tests name it, and copies of the kit."""

import shutil
import subprocess
from pathlib import Path

from autograder import ROOT
from autograder.course.model import assignment

ASSIGNMENT, RELEASE = assignment().name, assignment().release
RUBRIC = (assignment().folder / "rubric.toml").relative_to(ROOT)
CHECKS = (ROOT / assignment().checks.replace(".", "/")).relative_to(ROOT)


def clone_to(folder: Path) -> Path:
    """What git knows of the kit, with the environment that is there already."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)  # with its time, so that make sees .venv as current
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder
