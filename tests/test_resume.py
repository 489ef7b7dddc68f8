"""Killed at any moment, a run is finished by the next: nothing graded twice, nothing lost, nothing left behind."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder.sandbox.lifetime import PREFIX

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parent.parent
CLASS = ROOT / "tests" / "example_class"
KINDS = ["no_file", "syntax_error", "stub_untouched", "missing_helper", "halfway"]
KILLS, SEED = 20, 3


def command(folder, out):
    return [sys.executable, "-m", "autograder", "grade", str(folder), "--out", str(folder.parent / out), "--jobs", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten submissions, and what a run that nobody disturbs makes of them."""
    folder = tmp_path_factory.mktemp("resume") / "in"
    for number in range(2):
        for kind in KINDS:
            shutil.copytree(CLASS / kind, folder / f"{kind}{number}")
    began = time.monotonic()
    subprocess.run(command(folder, "whole"), cwd=ROOT, check=True, capture_output=True)
    return folder, time.monotonic() - began


def timeless(path):
    """A file's text without what depends on the clock."""
    text = path.read_text()
    if path.name == "results.json":
        return [line for line in text.splitlines() if '"seconds"' not in line]
    return text if path.name == "grades.csv" else ""


def left_behind(mark):
    """Processes that carry this mark in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark.encode() in Path("/proc", pid, "environ").read_bytes():
                found.append(pid)
        except OSError:
            pass
    return found


def orphans():
    folders = Path(tempfile.gettempdir()).glob(f"{PREFIX}[0-9]*-*")
    return [folder for folder in folders if not Path("/proc", folder.name.split("-")[1]).exists()]


def test_a_run_killed_at_random_moments_is_finished_by_the_next(folder, tmp_path):
    submitted, seconds = folder
    out, moments, finished = submitted.parent / "out", random.Random(SEED), {}
    for number in range(KILLS):
        mark = f"KILLED_RUN={tmp_path}{number}"
        run = subprocess.Popen(
            command(submitted, "out"),
            cwd=ROOT,
            env={**os.environ, mark.split("=")[0]: mark.split("=")[1]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0, seconds))
        run.kill()
        run.wait()
        deadline = time.monotonic() + 10
        while left_behind(mark) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left_behind(mark), number
        for path in out.glob("*/ps18/results.json"):
            json.loads(path.read_text())  # whole, whenever the kill came
            assert finished.setdefault(path, path.stat().st_mtime_ns) == path.stat().st_mtime_ns, path
            assert path.with_name("feedback.html").exists()
    subprocess.run(command(submitted, "out"), cwd=ROOT, check=True, capture_output=True)
    assert finished and all(path.stat().st_mtime_ns == when for path, when in finished.items())
    whole = submitted.parent / "whole"
    names = {path.relative_to(whole) for path in whole.rglob("*")}
    assert names == {path.relative_to(out) for path in out.rglob("*")}
    for name in names:
        if (whole / name).is_file():
            assert timeless(whole / name) == timeless(out / name), name
    assert not orphans()


def test_only_what_has_changed_is_graded_again(folder):
    submitted, _ = folder
    out = submitted.parent / "whole"
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/ps18/results.json")}
    (submitted / "halfway0" / "ps18" / "neural_network.py").write_text("class NeuralNetwork: pass\n")
    subprocess.run(command(submitted, "whole"), cwd=ROOT, check=True, capture_output=True)
    assert [p.parent.parent.name for p, when in before.items() if p.stat().st_mtime_ns != when] == ["halfway0"]


def test_a_second_run_into_the_same_folder_at_the_same_time_is_refused(folder):
    submitted, _ = folder
    first = subprocess.Popen(
        [*command(submitted, "twice"), "--force"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not list(submitted.parent.glob("twice/*/ps18/results.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        second = subprocess.run(command(submitted, "twice"), cwd=ROOT, capture_output=True, text=True)
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 2 and "another run writes there now" in second.stderr
