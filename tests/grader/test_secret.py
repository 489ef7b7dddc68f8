"""The hidden seed: drawn once, guessable by nobody, decides what students do not have, and stays with the grader."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from autograder import ROOT
from autograder.course import seed as secret
from autograder.course.reference import (
    HOME,
    checks,
    course,
    course_at_home,
    expected,
    seed_of,
    setting,
)
from autograder.course.rubric import rubric, settings
from autograder.engine.case import Case
from autograder.platforms.gradescope.package import SEED, pack
from autograder.release.build import assemble
from autograder.release.leaks import files_of
from autograder.results.record import kit_sha256
from autograder.sandbox import INSIDE_FILES
from autograder.sandbox.bubblewrap import bound
from tests.grader.in_process import arrays_of
from tests.kit import RUBRIC
from tests.sandbox.hostile import Raised, inside
from tests.sandbox.test_ordinary_user import command_as

CLASS = ROOT / "tests" / "example_class"
GOOD = "d9a1f3405b6c7e8890214abcde37f65a"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where the hidden seed is looked for, which decides as it does for a class."""
    monkeypatch.setattr(secret, "FILE", tmp_path / "hidden-seed")
    monkeypatch.delenv(secret.SWITCH)
    return secret.FILE


def test_it_is_drawn_when_it_is_needed_for_its_owner_only_and_never_again(file):
    before = os.umask(0)
    try:
        found = secret.seed()
    finally:
        os.umask(before)
    text = file.read_text()
    assert re.fullmatch(r"[0-9a-f]{32}\n", text) and found == bytes.fromhex(text)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret.draw()
    assert secret.seed() == found and file.read_text() == text and os.listdir(file.parent) == [file.name]


def test_no_two_are_alike(file):
    def another():
        file.unlink(missing_ok=True)
        return secret.seed()

    assert len({another() for _ in range(50)}) == 50


def test_many_who_draw_at_once_agree(file):
    draw = f"from autograder.course import seed as secret; secret.FILE = __import__('pathlib').Path({str(file)!r})"
    draw += "; print(secret.seed().hex())"
    started = [subprocess.Popen([sys.executable, "-c", draw], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(6)]
    assert {process.communicate()[0] for process in started} == {file.read_bytes()}


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "hidden-1", GOOD[:31], GOOD[:16], GOOD + "0", GOOD + "\n" + GOOD, GOOD.upper(), "g" + GOOD[1:]),
        *("0" * 32, "deadbeef" * 4, "0123456789abcdef" * 2, "a" * 10**6, "\x00" * 32, "seed = " + GOOD, "'" + GOOD),
        *(secret.EXAMPLE.hex(), secret.EXAMPLE.hex() + "\n", "²" * 32, "-" + GOOD[1:], GOOD[:16] + " " + GOOD[16:]),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_short_written_by_hand_or_public_is_refused_and_not_told(file, text):
    file.write_text(text, encoding="utf-8")
    refused(file, "take the file away")
    assert file.read_text(encoding="utf-8") == text  # never overwritten


def refused(file, what):
    with pytest.raises(secret.BadSeed) as caught:
        secret.seed()
    said = str(caught.value)
    assert what in said and str(file) in said and said.endswith(".") and "\n" not in said and GOOD[:8] not in said


def test_what_is_no_file_is_refused(file):
    file.mkdir()
    refused(file, "should be a file")
    file.rmdir()
    os.mkfifo(file)
    refused(file, "should be a file")
    file.unlink()
    file.symlink_to(file.parent / "nothing")
    refused(file, "should be a file")
    file.unlink()
    file.symlink_to(file)
    refused(file, "should be a file")


def test_where_it_cannot_be_written_the_folder_is_named(file, monkeypatch):
    monkeypatch.setattr(secret, "FILE", file.parent / "missing" / "hidden-seed")
    refused(secret.FILE, "cannot be written")
    (file.parent / "closed").write_text("a file where a folder should be")
    monkeypatch.setattr(secret, "FILE", file.parent / "closed" / "hidden-seed")
    refused(secret.FILE, "cannot be written")


def test_another_users_is_named_and_not_replaced(tmp_path):
    """As an ordinary user, whom rights bind."""
    file = tmp_path / "hidden-seed"
    file.write_text(GOOD + "\n")
    if os.geteuid() == 0:
        for folder in (tmp_path, *tmp_path.parents):
            if folder.owner() == "root" and folder.name.startswith(("pytest", "popen", "test")):
                folder.chmod(0o755)
    file.chmod(0)
    text = "from pathlib import Path; from autograder.course import seed as secret; "
    text += f"secret.FILE = Path({str(file)!r}); secret.seed()"
    environment = {name: value for name, value in os.environ.items() if name != secret.SWITCH}
    done = subprocess.run(
        [*command_as("nobody"), "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert f"BadSeed: {file} cannot be read (Permission denied): see to its rights." in done.stderr


def test_the_seed_line_of_older_rubrics_is_refused(tmp_path):
    kit = copy_of_the_kit(tmp_path)
    path = kit / RUBRIC
    path.write_text('seed = "hidden-1"\n' + path.read_text())
    for command in (["grade", CLASS / "..", "--out", tmp_path / "out"], ["grade-one", CLASS / "halfway" / "ps18"]):
        done = command_line(kit, *command)
        assert (done.returncode, done.stdout) == (2, "") and "take out the line `seed = ...`" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def copy_of_the_kit(folder):
    for part in ("autograder", "solutions", "release"):
        shutil.copytree(ROOT / part, folder / "kit" / part, ignore=shutil.ignore_patterns("hidden-seed", "__pycache__"))
    return folder / "kit"


def command_line(kit, *arguments):
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != secret.SWITCH}
    return subprocess.run(command, cwd=kit, env=environment, capture_output=True, text=True, timeout=300)


def test_a_class_is_graded_with_a_seed_of_its_own_and_never_with_a_public_one(tmp_path):
    kit = copy_of_the_kit(tmp_path)
    file = kit / "autograder" / "hidden-seed"
    for student in ("halfway", "no_file"):
        shutil.copytree(CLASS / student, kit / "submitted" / student)
    grade = ["grade", "submitted", "--out", tmp_path / "out", "--jobs", "2"]
    done = command_line(kit, *grade)
    assert done.returncode == 0, done.stderr
    first = file.read_text()
    assert "public" not in done.stdout and stat.S_IMODE(file.stat().st_mode) == 0o600
    before = fingerprints(tmp_path / "out")
    assert command_line(kit, *grade).returncode == 0 and fingerprints(tmp_path / "out") == before
    file.write_text("hidden-1\n")
    for arguments in (grade, ["grade-one", kit / "submitted" / "halfway"], ["gradescope", "--to", tmp_path / "x.zip"]):
        done = command_line(kit, *arguments)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
        assert "autograder/hidden-seed should hold 32 random hexadecimal digits" in done.stderr
    assert not (tmp_path / "x.zip").exists()
    file.unlink()
    assert command_line(kit, *grade).returncode == 0
    assert file.read_text() != first and fingerprints(tmp_path / "out") != before  # graded anew
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert written and not any(text.strip().encode() in path.read_bytes() for path in written for text in (first, GOOD))


def fingerprints(out):
    return {path.parents[1].name: json.loads(path.read_text())["sha256"] for path in out.glob("*/ps18/results.json")}


def test_the_public_seed_grades_the_example_class_and_says_so_elsewhere(tmp_path):
    kit = copy_of_the_kit(tmp_path)
    (kit / "tests").mkdir()
    (kit / "tests" / "example_class").symlink_to(CLASS)
    shutil.copytree(CLASS / "halfway", kit / "tests" / "mine" / "halfway")
    done = command_line(ROOT, "grade-one", CLASS / "no_file" / "ps18", "--json")
    assert done.returncode == 0, done.stderr
    said = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", "tests/mine", "--out", tmp_path / "out"],
        cwd=kit,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0 and "The public seed of the example class decided" in said.stdout
    assert not (kit / "autograder" / "hidden-seed").exists()


def drawn_with(monkeypatch, file, text):
    """What the grader works with under this seed: numbers, settings, expected values, and the kit's digest."""
    file.write_text(text + "\n")
    numbers = {v: Case("backward/bp1_output_error", v, seed_of(v)).array(3, 6) for v in course().variants}
    chosen = {(c, v): setting(checks()[c], v) for c in settings() for v in course().variants}
    right = expected("update/one_step", "visible") if "update/one_step" in checks() else None
    return numbers, chosen, right, kit_sha256()


def test_another_seed_gives_other_numbers_and_settings_and_the_same_seed_the_same(file, monkeypatch):
    one, again, other = (drawn_with(monkeypatch, file, text) for text in (GOOD, GOOD, GOOD[::-1]))
    for variant in course().variants:
        assert np.array_equal(one[0][variant], again[0][variant])
        assert not np.isclose(one[0][variant], other[0][variant]).any()
    assert not np.isclose(one[0]["visible"], one[0]["hidden"]).any()
    assert one[1] == again[1] and one[1] != other[1]
    assert one[3] == again[3] != other[3] and not {GOOD, GOOD[::-1]} & {one[3], other[3]}


@pytest.mark.parametrize("bit", [0, 1, 63, 64, 127])
def test_every_bit_of_it_counts(file, bit):
    file.write_text(GOOD + "\n")
    one = seed_of("hidden")
    file.write_text(f"{int(GOOD, 16) ^ 1 << bit:032x}\n")
    assert seed_of("hidden") != one
    assert len(one) == 64  # 256 bits, each of which reaches RandomState: an array of bytes, not one small number


@pytest.mark.parametrize("check_id", settings())
def test_the_seed_chooses_among_all_rows_and_starts_but_those_of_home(file, check_id, monkeypatch):
    check = checks()[check_id]
    home, *_ = settings()[check_id]["visible"]
    kind = "start" if "start" in home else "starts"
    chosen = {"visible": [], "hidden": []}
    for number in range(300):
        monkeypatch.setattr(secret, "stored", lambda number=number: number.to_bytes(16, "big"))
        file.touch()
        for variant, found in chosen.items():
            found.append(setting(check, variant))
    for variant, found in chosen.items():
        rows = settings()[check_id][variant][variant == "visible" :]
        starts = {seed for one in found for seed in ([one[kind]] if kind == "start" else one[kind])}
        assert starts == {seed for row in rows for seed in row[kind]}
        different = {json.dumps(one) for one in found}
        assert len(different) >= 16
        assert json.dumps(setting(check, HOME)) not in different
        if kind == "starts":
            assert all(len(set(one[kind])) == 5 for one in found)


def test_nothing_at_home_depends_on_the_seed(file, tmp_path):
    builds = []
    for number, text in enumerate((GOOD, GOOD[::-1])):
        file.write_text(text + "\n")
        assemble(tmp_path / str(number), ROOT / "solutions" / "backprop", ROOT / "source" / "ps18")
        builds.append({p.relative_to(tmp_path / str(number)): p.read_bytes() for p in files_of(tmp_path / str(number))})
    assert builds[0] == builds[1] and len(builds[0]) > 20


def test_a_release_needs_no_seed_and_draws_none(file, tmp_path):
    assemble(tmp_path / "release", ROOT / "solutions" / "backprop", ROOT / "source" / "ps18")
    assert not file.exists()


def test_visible_checks_draw_other_numbers_in_grading_than_at_home():
    home, compared = course_at_home(), 0
    for check in checks().values():
        if not check.compared or check.task.id not in {task["id"] for task in rubric()["task"]}:
            continue
        here, there = (arrays_of(one.expected(check, "visible").right) for one in (course(), home))
        arrays = [name for name in here if here[name].dtype == float]
        same = [n for n in arrays if n in there and np.array_equal(here[n], there[n]) and np.any(here[n])]
        compared += len(arrays)
        assert not same or len(same) < len(arrays), (check.id, same)
    assert compared > 50


def test_gradescopes_zip_carries_the_hidden_seed_and_never_the_public_one(file, tmp_path, monkeypatch):
    monkeypatch.setenv(secret.SWITCH, "1")
    pack(tmp_path / "kit.zip")
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        member = archive.getinfo(SEED)
        assert archive.read(SEED) == file.read_bytes() and secret.stored() != secret.EXAMPLE
    assert stat.S_IMODE(member.external_attr >> 16) == 0o600
    pack(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "kit.zip").read_bytes()


def read(path):
    import os

    with open(path, "rb") as stream:
        return os.fstat(stream.fileno()).st_size


def test_a_student_cannot_read_it_in_bubblewrap():
    """The real file, where the kit keeps it, in the sandbox of this machine."""
    assert secret.hidden_seed() and secret.FILE.is_file()
    with pytest.raises(Raised, match=r"FileNotFoundError|PermissionError"):
        inside(read, str(secret.FILE))


@pytest.mark.parametrize("user", ["nobody", "root"])
def test_a_student_cannot_read_it_under_landlock(user):
    """Where Python can be reached by everyone; see tests/sandbox/test_landlock.py."""
    assert secret.hidden_seed() and secret.FILE.is_file()
    tests = "tests/sandbox/promises_of_landlock.py"
    command = [*command_as(user), "-B", "-m", "pytest", "-q", "--tb=short", tests, "-k", "seed or rubric"]
    environment = {**os.environ, "HOME": "/home/nobody"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_it_lies_in_no_folder_that_a_sandbox_shows():
    for outside, _ in bound():
        assert not secret.FILE.is_relative_to(outside) or outside in map(str, INSIDE_FILES)
    assert secret.FILE.name not in {path.name for path in INSIDE_FILES}


def test_git_ignores_it_and_make_clean_keeps_it():
    done = subprocess.run(["git", "check-ignore", SEED], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == SEED
    assert secret.FILE == ROOT / SEED
    commands = subprocess.run(["make", "-n", "clean"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "rm -rf" in commands and "hidden-seed" not in commands and "autograder" not in commands
