"""Expected values that are kept from run to run: to the last bit, for the grader only, and never trusted blindly."""

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from autograder import ROOT
from autograder.course import reference
from autograder.course.reference import checks, course, expected, seed_of
from autograder.engine.case import Expected, Seen
from autograder.engine.frozen import PARTS
from autograder.grading import kept
from autograder.grading.submission import grade
from autograder.intake.submissions import read_submission, released_stubs
from autograder.platforms.gradescope.package import pack
from autograder.sandbox import choose
from tests.kit import work_out
from tests.layers import in_part, is_whole, sampled
from tests.once import once
from tests.sandbox.hostile import Raised, inside
from tests.sandbox.test_ordinary_user import command_as

CLASS = ROOT / "tests" / "example_class"
KEY = b"a key"
COMPARED = sorted(check.id for check in checks().values() if check.compared)
SAMPLE = COMPARED[::6]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """As at the start of a run; afterwards, too."""
    monkeypatch.setattr(reference, "known", {})
    monkeypatch.setattr(kept, "known", reference.known)
    monkeypatch.setattr(kept, "_at_hand", cache(kept._at_hand.__wrapped__))
    reference.expected_with.cache_clear()
    yield
    reference.expected_with.cache_clear()


@pytest.fixture(scope="module")
def values(request):
    """Worked out here, every one; in `make test` those of a few checks, as all take five seconds."""
    reference.expected_with.cache_clear()
    some = COMPARED if is_whole(request.config) else SAMPLE
    found = {(check, variant): expected(check, variant) for check in some for variant in course().variants}
    assert sum(len(one.wrong) for one in found.values()) > 20 * len(some)
    return found


@pytest.fixture
def quickly(values, monkeypatch):
    """What is worked out comes at once, as it was worked out before."""
    monkeypatch.setattr(kept, "expected", lambda check, variant: values[check, variant])
    monkeypatch.setattr(kept, "checks", lambda: {check: checks()[check] for check, _ in values})


@pytest.fixture(scope="module")
def written(values, tmp_path_factory):
    """For reading only."""
    path = tmp_path_factory.mktemp("written") / "kept" / "ps18"
    kept.write(path, KEY, values)
    return path


@pytest.fixture
def file(tmp_path, written):
    return shutil.copytree(written.parent, tmp_path / "kept") / "ps18"


def alike(one, other):
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    return type(one) is type(other) and repr(one) == repr(other)


def same(one: Seen, other: Seen) -> bool:
    parts = [(vars(one)[part], vars(other)[part]) for part in PARTS]
    return one.raised == other.raised and all(
        a.keys() == b.keys() and all(alike(value, b[name]) for name, value in a.items()) for a, b in parts
    )


@pytest.mark.parametrize("check", sampled(COMPARED, SAMPLE))
def test_what_is_read_is_what_was_worked_out_to_the_last_bit(written, values, check):
    found = kept.read(written, KEY)
    for variant in course().variants:
        one, other = values[check, variant], found[seed_of(variant), check, variant]()
        assert same(one.right, other.right) and list(one.right.judged) == list(other.right.judged)
        assert list(one.wrong) == list(other.wrong)
        assert all(same(seen, other.wrong[mistake]) for mistake, seen in one.wrong.items())


def test_nothing_is_worked_out_that_is_kept(file, values, monkeypatch):
    monkeypatch.setattr(reference, "seen_by", None)
    kept._at_hand.__wrapped__(file, KEY)
    for check, variant in values:
        assert len(expected(check, variant).wrong) == len(values[check, variant].wrong)


@pytest.mark.whole
@pytest.mark.parametrize("student", ["forgotten_mean", "transposed_weights", "halfway"])
def test_a_submission_has_the_same_result_with_it_and_without(file, student):
    submission, sandbox = read_submission(CLASS / student / "ps18", student, released_stubs()), choose()

    def told():
        result = grade(submission, sandbox).result
        tasks = [replace(task, checks=tuple(replace(c, seconds=0) for c in task.checks)) for task in result.tasks]
        return replace(result, seconds=0, tasks=tuple(tasks))

    without = told()
    reference.expected_with.cache_clear()
    kept._at_hand.__wrapped__(file, KEY)
    assert reference.known and told() == without


def replaced(path, content):
    path.write_bytes(content)


def behind_a_link(path):
    path.rename(path.with_name("other"))
    path.symlink_to("other")


def folder_behind_a_link(path):
    path.parent.rename(path.parent.with_name("other"))
    path.parent.symlink_to("other")


def in_place_of_it(path, make):
    path.unlink()
    make(path)


SPOILT = {
    "empty": lambda path: replaced(path, b""),
    "cut off": lambda path: replaced(path, path.read_bytes()[:-8]),
    "cut off in its digest": lambda path: replaced(path, path.read_bytes()[:20]),
    "longer": lambda path: replaced(path, path.read_bytes() + b"\0"),
    "one bit flipped": lambda path: replaced(path, path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
    "another digest": lambda path: replaced(path, bytes(32) + path.read_bytes()[32:]),
    "a pickle": lambda path: replaced(path, b"cos\nsystem\n(S'false'\ntR."),
    "to be read by the group": lambda path: path.chmod(0o640),
    "to be written by the group": lambda path: path.chmod(0o620),
    "to be written by all": lambda path: path.chmod(0o666),
    "in a folder that all may read": lambda path: path.parent.chmod(0o755),
    "in a folder that all may write to": lambda path: path.parent.chmod(0o777),
    "behind a link": behind_a_link,
    "in a folder behind a link": folder_behind_a_link,
    "a folder": lambda path: in_place_of_it(path, os.mkdir),
    "a pipe": lambda path: in_place_of_it(path, os.mkfifo),
    "gone": lambda path: path.unlink(),
    "gone with its folder": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("how", in_part(zip(SPOILT), 3))
def test_what_cannot_be_trusted_counts_as_absent_and_all_is_right_anyway(file, values, how, capfd, quickly):
    assert len(kept.read(file, KEY)) == len(values)
    SPOILT[how](file)
    assert kept.read(file, KEY) == {}
    kept._at_hand.__wrapped__(file, KEY)
    assert capfd.readouterr() == ("", "")
    assert same(expected(*next(iter(values))).right, next(iter(values.values())).right)


@pytest.mark.parametrize("how", ["empty", "one bit flipped", "to be written by all", "behind a link", "gone"])
def test_a_new_one_takes_its_place(file, values, how, quickly):
    SPOILT[how](file)
    kept._at_hand.__wrapped__(file, KEY)
    assert len(kept.read(file, KEY)) == len(values) and not file.is_symlink()


def test_that_of_another_user_is_not_trusted_nor_written_over(file, monkeypatch, quickly):
    before = file.read_bytes()
    monkeypatch.setattr(kept.os, "geteuid", lambda: os.getuid() + 1)
    assert kept.read(file, KEY) == {}
    kept._at_hand.__wrapped__(file, KEY)
    assert file.read_bytes() == before


def test_that_of_another_kit_seed_or_python_is_stale(file, monkeypatch):
    assert kept.read(file, KEY) and kept.read(file, b"another key") == {}
    keys = [kept.key()]
    monkeypatch.setattr(kept, "kit_sha256", lambda: "another kit")
    keys.append(kept.key())
    monkeypatch.setattr(kept.sys, "version", "another Python")
    keys.append(kept.key())
    monkeypatch.setattr(kept, "keyed", lambda what: b"another seed" + what.encode())
    keys.append(kept.key())
    assert len(set(keys)) == 4


@pytest.mark.parametrize("folder", ["/proc/kept", "/dev/null", "a file"])
def test_where_nothing_can_be_written_all_is_worked_out_each_time(tmp_path, values, folder, quickly):
    (tmp_path / "a file").write_text("")
    path = tmp_path / folder / "ps18"  # which is `folder`, where that begins with /
    kept._at_hand.__wrapped__(path, KEY)
    assert same(expected(SAMPLE[0], "hidden").right, values[SAMPLE[0], "hidden"].right)
    assert reference.known == {} and not os.path.lexists(path)


def test_its_owner_alone_may_read_it_whatever_the_umask_is(tmp_path, values):
    path, before = tmp_path / "kept" / "ps18", os.umask(0)
    try:
        kept.write(path, KEY, values)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path)] == [0o700, 0o600]


def test_many_at_once_leave_one_that_is_whole(tmp_path):
    path = tmp_path / "kept" / "ps18"
    code = "import sys; from pathlib import Path; from autograder.grading import kept; from"
    code += " autograder.course.reference import expected; v = {(c, 'visible'): expected(c, 'visible') for c in"
    code += " ('update/one_step', 'tanh/values')}; [kept.write(Path(sys.argv[1]), b'a key', v) for _ in range(40)]"
    writers = [subprocess.Popen([sys.executable, "-c", code, path], cwd=ROOT) for _ in range(4)]
    seen = []
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            seen.append(len(kept.read(path, KEY)))
    assert [writer.returncode for writer in writers] == [0] * 4
    assert seen and set(seen) == {2} and len(kept.read(path, KEY)) == 2
    (path.parent / ".ps18-1").touch()  # as a writer leaves that is killed
    kept.write(path, KEY, {("update/one_step", "visible"): expected("update/one_step", "visible")})
    assert os.listdir(path.parent) == ["ps18"] and len(kept.read(path, KEY)) == 1


ODD = {
    "single precision": np.ones(3, dtype=np.float32),
    "whole numbers": np.ones(3, dtype=int),
    "complex": np.ones(3) * 1j,
    "a tuple": (1, 2),
    "one of NumPy's numbers": np.float64(1),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_a_file_does_not_hold_to_the_last_bit_is_worked_out(tmp_path, odd):
    fine = Expected(Seen({"a": np.array([[-0.0, np.nan, np.inf, 5e-324]]), "b": None, "c": 0.1, "d": True, "e": "ä"}))
    path = tmp_path / "kept" / "ps18"
    wrong = {"m": Seen({"a": ODD[odd]}, raised="update: ValueError")}
    values = {("one", "visible"): fine, ("two", "visible"): Expected(fine.right, lambda: wrong)}
    kept.write(path, KEY, values)
    found = kept.read(path, KEY)
    assert list(found) == [(seed_of("visible"), "one", "visible")]
    assert same(next(iter(found.values()))().right, fine.right)


def test_none_and_what_is_not_there_are_told_apart(tmp_path):
    right, wrong = Seen({"a": 1.0, "b": 2.0, "c": None}), Seen({"a": None, "c": None, "d": None}, {"e": 3})
    path = tmp_path / "kept" / "ps18"
    kept.write(path, KEY, {("one", "visible"): Expected(right, lambda: {"m": wrong})})
    found = next(iter(kept.read(path, KEY).values()))().wrong["m"]
    assert (found.judged, found.evidence) == (wrong.judged, wrong.evidence)


def read(path):
    with open(path, "rb") as stream:
        return len(stream.read(1))


def listed(path):
    import os

    return len(os.listdir(path))


@pytest.mark.parametrize("how", [read, listed])
def test_a_student_cannot_read_it_in_bubblewrap(how):
    """The real file, where the kit keeps it, in the sandbox of this machine."""
    once(work_out)
    assert kept.file().is_file()
    with pytest.raises(Raised, match=r"FileNotFoundError|PermissionError"):
        inside(how, str(kept.file() if how is read else kept.FOLDER))


@pytest.mark.parametrize("user", sampled(["nobody", "root"], ["root"]))
def test_a_student_cannot_read_it_under_landlock(user):
    once(work_out)
    tests = "tests/sandbox/promises_of_landlock.py"
    command = [*command_as(user), "-B", "-m", "pytest", "-q", "--tb=short", tests, "-k", "kept and values"]
    environment = {**os.environ, "HOME": "/home/nobody"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_git_ignores_it_and_neither_students_nor_gradescope_are_given_it(tmp_path):
    once(work_out)
    done = subprocess.run(["git", "check-ignore", kept.file()], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == str(kept.file())
    names = pack(tmp_path / "kit.zip")
    assert len(names) > 50 and not [name for name in names if ".kept" in name]
    assert not kept.file().is_relative_to(ROOT / "release") and kept.FOLDER.parent == ROOT / "autograder"
