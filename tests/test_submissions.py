"""What students may hand in, and what is read of it."""

from __future__ import annotations

import ast
import io
import json
import os
import socket
import stat
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.submissions import (
    FILES,
    MAX_FILE,
    NOTEBOOK,
    BadInput,
    Submission,
    find_class,
    read_submission,
)

STUBS = {name: f'"""{name}"""\n\nraise NotImplementedError("{name}")\n'.encode() for name in FILES}
NETWORK = "neural_network.py"
WORK = b"class NeuralNetwork:\n    pass\n"
OTHER = b"class NeuralNetwork:\n    answer = 42\n"


def read(path: Path) -> Submission:
    submission = read_submission(path, "s01", STUBS)
    assert_well_formed(submission)
    return submission


def assert_well_formed(submission: Submission) -> None:
    """Every submission keeps these promises, whatever lay there."""
    assert set(submission.files) | set(submission.broken) <= {*FILES, NOTEBOOK}
    assert not set(submission.files) & set(submission.broken)
    for source in submission.files.values():
        assert len(source) <= MAX_FILE
        assert b"\r" not in source and b"\0" not in source and source.decode("utf-8").strip()
    said = [*submission.taken, *submission.ignored, *submission.notes, *submission.broken.values()]
    for text in [*said, submission.reason or ""]:
        assert text.isprintable() and len(text) < 2000
        text.encode("utf-8")
    assert submission.reason is None or submission.reason.endswith(".")
    assert len(submission.ignored) <= 21
    assert bool(submission.taken) == bool(submission.files and submission.reason is None)
    assert len(bytes.fromhex(submission.sha256)) == 32


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def make_zip(path: Path, files: dict[str, bytes], mode: int = 0, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = archive.compression
            member.external_attr = mode << 16
            archive.writestr(member, data)
    return path


def says(text: str | None, *words: str) -> bool:
    """Whether a sentence names all of these."""
    return text is not None and all(word in text for word in words)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Make permissions count, also where the tests run as root."""
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        yield
    finally:
        os.seteuid(user)


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


# Where files are found


def test_files_at_the_top_are_taken(tmp_path):
    submission = read(put(tmp_path / "ps18", dict.fromkeys(FILES, WORK)))
    assert submission.files == dict.fromkeys(FILES, WORK)
    assert (submission.student, submission.source, submission.reason) == ("s01", "files", None)
    assert submission.taken == FILES
    assert submission.ignored == submission.notes == ()


@pytest.mark.parametrize("folder", ["backprop", "ps18/backprop", "Übung 18/my work"])
def test_files_up_to_two_folders_down_are_taken(tmp_path, folder):
    submission = read(put(tmp_path, {f"{folder}/{NETWORK}": WORK}))
    assert submission.files == {NETWORK: WORK}
    assert submission.taken == (f"{folder}/{NETWORK}",)


def test_a_file_three_folders_down_is_not_taken_and_the_reason_says_where_files_belong(tmp_path):
    submission = read(put(tmp_path, {f"a/b/c/{NETWORK}": WORK}))
    assert says(submission.reason, "No file to grade", *FILES, NOTEBOOK, "2 folders down", "a/b/c/")


def test_the_shallowest_file_of_a_name_wins(tmp_path):
    submission = read(put(tmp_path, {f"a/b/{NETWORK}": OTHER, f"c/{NETWORK}": WORK}))
    assert submission.files == {NETWORK: WORK}
    assert submission.ignored == (f"a/b/{NETWORK}",)


def test_each_file_is_found_by_itself(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "x/activations.py": OTHER}))
    assert submission.files == {NETWORK: WORK, "activations.py": OTHER}


def test_equal_files_at_one_depth_are_one_file(tmp_path):
    submission = read(put(tmp_path, {f"a/{NETWORK}": WORK, f"b/{NETWORK}": WORK.replace(b"\n", b"\r\n")}))
    assert submission.files == {NETWORK: WORK}
    assert submission.taken == (f"a/{NETWORK}",)


def test_of_different_files_at_one_depth_the_one_in_backprop_wins(tmp_path):
    submission = read(put(tmp_path, {f"a/{NETWORK}": OTHER, f"backprop/{NETWORK}": WORK}))
    assert submission.files == {NETWORK: WORK}


def test_different_files_at_one_depth_are_refused_by_name(tmp_path):
    submission = read(put(tmp_path, {f"a/{NETWORK}": OTHER, f"b/{NETWORK}": WORK}))
    assert says(submission.reason, "more than once", f"a/{NETWORK}", f"b/{NETWORK}")


def test_an_ambiguous_exercise_file_costs_only_that_file(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "a/exercises.py": OTHER, "b/exercises.py": WORK}))
    assert submission.files == {NETWORK: WORK}
    assert says(submission.broken["exercises.py"], "a/exercises.py", "b/exercises.py")


def test_very_many_copies_of_a_file_are_refused(tmp_path):
    submission = read(put(tmp_path, {f"{n}/{NETWORK}": WORK for n in range(50)}))
    assert says(submission.reason, NETWORK, "50 times")


def test_a_worked_on_copy_wins_over_the_released_one_at_the_same_depth(tmp_path):
    files = {f"ps18/backprop/{NETWORK}": WORK, f"ps18_original/backprop/{NETWORK}": STUBS[NETWORK]}
    assert read(put(tmp_path, files)).files == {NETWORK: WORK}


def test_other_files_are_listed_as_ignored(tmp_path):
    submission = read(
        put(tmp_path, {NETWORK: WORK, "conftest.py": b"", "tests/numpy.py": b"", "a/b/c/d": b""})
    )
    assert submission.ignored == ("a/b/c/", "conftest.py", "tests/numpy.py")


def test_the_list_of_ignored_files_is_bounded(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK} | {f"{n:03}.txt": b"" for n in range(100)}))
    assert submission.ignored == (*(f"{n:03}.txt" for n in range(20)), "... and 80 more")


@pytest.mark.parametrize(
    "litter",
    [
        "__MACOSX/._x",
        ".ipynb_checkpoints/x",
        "__pycache__/x.pyc",
        ".DS_Store",
        ".git/HEAD",
        ".pytest_cache/x",
    ],
)
def test_what_systems_leave_behind_is_passed_over_silently(tmp_path, litter):
    submission = read(put(tmp_path, {NETWORK: WORK, litter: b"", f"a/{litter}": b""}))
    assert (submission.files, submission.ignored) == ({NETWORK: WORK}, ())


@pytest.mark.parametrize("litter", ["__MACOSX", ".ipynb_checkpoints", "__pycache__"])
def test_no_file_is_taken_from_what_systems_leave_behind(tmp_path, litter):
    assert says(read(put(tmp_path, {f"{litter}/{NETWORK}": WORK})).reason, "No file to grade")


# What counts as handed in


def test_a_folder_without_files_has_a_reason(tmp_path):
    assert says(read(tmp_path).reason, "No file to grade", *FILES, NOTEBOOK, "found nothing")


def test_a_file_of_another_name_is_named_in_the_reason(tmp_path):
    submission = read(put(tmp_path, {"Neural_Network (1).py": WORK}))
    assert says(submission.reason, "No file to grade", "Neural_Network (1).py")


def test_the_untouched_release_can_be_graded_and_holds_no_work(tmp_path):
    submission = read(put(tmp_path / "backprop", STUBS))
    assert (submission.files, submission.reason) == ({}, None)
    assert says(submission.notes[0], "Still as released", *FILES)


@pytest.mark.parametrize(
    "edit",
    [
        lambda stub: b"\xef\xbb\xbf" + stub,
        lambda stub: stub.replace(b"\n", b"\r\n"),
        lambda stub: stub.replace(b"\n", b"\r"),
        lambda stub: stub.replace(b"\n", b"  \t\n"),
        lambda stub: stub + b"\n\n\n",
        lambda stub: stub.rstrip(b"\n"),
    ],
    ids=["byte order mark", "CRLF", "CR", "line ends", "end of file", "no last newline"],
)
def test_a_stub_that_an_editor_saved_again_is_still_the_stub(tmp_path, edit):
    assert read(put(tmp_path, {NETWORK: edit(STUBS[NETWORK])})).files == {}


def test_a_changed_stub_is_work(tmp_path):
    changed = STUBS[NETWORK].replace(b"raise", b"    raise")
    assert read(put(tmp_path, {NETWORK: changed})).files == {NETWORK: changed}


@pytest.mark.parametrize("name", ["activations.py", "exercises.py"])
def test_an_exercise_alone_can_be_graded(tmp_path, name):
    for folder in (put(tmp_path / "a", {name: WORK}), put(tmp_path / "b", STUBS | {name: WORK})):
        submission = read(folder)
        assert (submission.files, submission.reason) == ({name: WORK}, None)


def test_a_notebook_alone_has_a_reason_for_now(tmp_path):
    assert says(read(put(tmp_path, STUBS | {NOTEBOOK: b"{}"})).reason, NOTEBOOK, "not graded yet")


def test_files_win_over_a_notebook_and_a_note_says_so(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, NOTEBOOK: b"{}"}))
    assert (submission.files, submission.source, submission.reason) == ({NETWORK: WORK}, "files", None)
    assert submission.notes == ("Both files and a notebook were worked on: the files are graded.",)
    assert submission.ignored == (NOTEBOOK,)


def test_the_released_notebook_counts_as_absent(tmp_path):
    stubs = STUBS | {NOTEBOOK: b'{"cells": []}\n'}
    submission = read_submission(put(tmp_path, stubs), "s01", stubs)
    assert (submission.files, submission.reason) == ({}, None)


# One file, or a zip, instead of a folder


@pytest.mark.parametrize("name", ["my_net.py", "-rf.py", "übung.PY", NETWORK])
def test_a_lone_python_file_counts_as_the_network(tmp_path, name):
    submission = read(put(tmp_path, {name: WORK}) / name)
    assert (submission.files, submission.taken) == ({NETWORK: WORK}, (name,))


def test_a_lone_file_keeps_a_name_that_is_expected(tmp_path):
    assert read(put(tmp_path, {"exercises.py": WORK}) / "exercises.py").files == {"exercises.py": WORK}


def test_a_lone_notebook_counts_as_the_notebook(tmp_path):
    assert says(
        read(put(tmp_path, {"mine.ipynb": b"{}"}) / "mine.ipynb").reason, "mine.ipynb", "not graded yet"
    )


def test_a_file_of_another_kind_is_refused(tmp_path):
    assert says(
        read(put(tmp_path, {"essay.pdf": b"%PDF"}) / "essay.pdf").reason, "essay.pdf", "expected a folder"
    )


def test_a_path_that_does_not_exist_has_a_reason(tmp_path):
    assert says(read(tmp_path / "nowhere").reason, "nowhere", "No such file")


def test_a_path_that_no_system_can_open_has_a_reason():
    assert says(read(Path("a\0b")).reason, "a\\x00b")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_read_like_a_folder(tmp_path, compression):
    files = {f"ps18/backprop/{NETWORK}": WORK, "ps18/notes.txt": b"", "__MACOSX/x": b"", "ps18/a/b/c/d": b""}
    submission = read(make_zip(tmp_path / "upload.ZIP", files, compression=compression))
    assert submission.files == {NETWORK: WORK}
    assert submission.taken == (f"ps18/backprop/{NETWORK}",)
    assert submission.ignored == ("ps18/a/b/", "ps18/notes.txt")


def test_a_folder_with_one_zip_and_no_file_is_read_as_the_zip(tmp_path):
    make_zip(tmp_path / "upload.zip", {f"ps18/{NETWORK}": WORK})
    submission = read(put(tmp_path, {"readme.txt": b""}))
    assert (submission.files, submission.taken) == ({NETWORK: WORK}, (f"upload.zip/ps18/{NETWORK}",))
    assert submission.ignored == ("readme.txt",)


def test_a_zip_beside_untouched_stubs_is_read(tmp_path):
    make_zip(tmp_path / "upload.zip", {NETWORK: WORK})
    assert read(put(tmp_path, STUBS)).files == {NETWORK: WORK}


def test_a_zip_of_other_things_beside_untouched_stubs_changes_nothing(tmp_path):
    make_zip(tmp_path / "figures.zip", {"figure.png": WORK})
    submission = read(put(tmp_path, STUBS))
    assert (submission.files, submission.reason) == ({}, None)
    assert "figures.zip" in submission.ignored


def test_a_zip_beside_a_worked_on_file_is_ignored(tmp_path):
    make_zip(tmp_path / "upload.zip", {NETWORK: OTHER})
    submission = read(put(tmp_path, {NETWORK: WORK}))
    assert (submission.files, submission.ignored) == ({NETWORK: WORK}, ("upload.zip",))


def test_of_two_zips_neither_is_guessed(tmp_path):
    make_zip(tmp_path / "a.zip", {NETWORK: WORK})
    make_zip(tmp_path / "b.zip", {NETWORK: WORK})
    assert says(read(tmp_path).reason, "No file to grade", "a.zip", "b.zip")


def test_a_zip_within_a_zip_is_not_opened(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", {NETWORK: WORK}).read_bytes()
    outer = make_zip(tmp_path / "upload" / "outer.zip", {"inner.zip": inner})
    assert says(read(outer).reason, "No file to grade", "inner.zip")
    assert says(read(outer.parent).reason, "No file to grade", "inner.zip")


# Text


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbf" + WORK,
        WORK.replace(b"\n", b"\r\n"),
        WORK.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + WORK.replace(b"\n", b"\r\n"),
    ],
    ids=["byte order mark", "CRLF", "CR", "both"],
)
def test_a_byte_order_mark_and_other_line_ends_change_nothing(tmp_path, source):
    submission = read(put(tmp_path, {NETWORK: source}))
    assert submission.files == {NETWORK: WORK}
    assert submission.sha256 == read(put(tmp_path, {NETWORK: WORK})).sha256


def test_tabs_and_white_space_inside_the_source_are_kept(tmp_path):
    source = b'if True:\n\tx = """a  \n\f"""  \n\n'
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@pytest.mark.parametrize("cookie", ["utf-8", "UTF-8", "utf8", "utf-8-unix"])
def test_a_comment_that_declares_utf8_is_accepted(tmp_path, cookie):
    source = f"# -*- coding: {cookie} -*-\nname = 'Zoë'\n".encode()
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@pytest.mark.parametrize("cookie", ["latin-1", "iso-8859-1", "cp1252", "windows-1252"])
def test_a_declared_western_encoding_becomes_utf8(tmp_path, cookie):
    text = f"#!/usr/bin/python\n# é vim: set fileencoding={cookie} :\nname = 'Zoë'\n"
    source = read(put(tmp_path, {NETWORK: text.encode("latin-1")})).files[NETWORK]
    assert source.decode() == text.replace(cookie, "utf-8")


def test_an_encoding_named_after_the_second_line_or_in_a_string_declares_nothing(tmp_path):
    source = b"x = 1\ny = '# coding: latin-1'\n# coding: latin-1\nz = '\xc3\xab'\n"
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "is empty"),
        (b"x = 1\n\ny = '\xe9'\n", "not valid UTF-8 in line 3"),
        (b"\xed\xa0\x80", "not valid UTF-8"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        ("x = 1\n".encode("utf-16-le"), "NUL byte"),
        (b"x = '\0'\n", "NUL byte"),
        (b"# coding: ascii\nx = '\xe9'\n", "not valid ASCII in line 2"),
        (b"# coding: utf-7\nx = 1\n", "declares an encoding"),
        (b"# coding: rot13\nx = 1\n", "declares an encoding"),
        (b"# coding: klingon\nx = 1\n", "declares an encoding"),
        (b"# coding: " + b"x" * 1_000_000, "declares an encoding"),
        (b"x = 1\n" * 200_000, "larger than 1 MiB"),
        (b"# coding: latin-1\n" + b"\xe9" * (MAX_FILE - 100), "larger than 1 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_text_that_is_no_source_is_refused(tmp_path, source, words):
    submission = read(put(tmp_path, {NETWORK: source}))
    assert says(submission.reason, NETWORK, words)
    assert submission.broken == {NETWORK: submission.reason}


def test_a_file_of_exactly_one_mebibyte_is_accepted(tmp_path):
    source = b"#" * (MAX_FILE - 1) + b"\n"
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


def test_a_huge_file_costs_no_memory(tmp_path):
    with open(tmp_path / NETWORK, "wb") as file:
        file.truncate(1 << 33)
    with little_memory():
        assert says(read(tmp_path).reason, NETWORK, "larger than 1 MiB")


def test_a_folder_of_very_many_names_is_refused(tmp_path):
    put(tmp_path, {NETWORK: WORK})
    for n in range(21_000):
        os.link(tmp_path / NETWORK, tmp_path / str(n))
    assert says(read(tmp_path).reason, "20000 files")


# A file that is none


def test_a_broken_exercise_file_costs_only_that_file(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "exercises.py": b""}))
    assert (submission.files, submission.reason) == ({NETWORK: WORK}, None)
    assert says(submission.broken["exercises.py"], "exercises.py is empty")
    assert submission.notes == (submission.broken["exercises.py"],)


def test_a_broken_network_cannot_be_graded_whatever_else_is_there(tmp_path):
    submission = read(put(tmp_path, {NETWORK: b"", "exercises.py": WORK, "activations.py": b""}))
    assert says(submission.reason, f"{NETWORK} is empty")
    assert submission.notes == ("activations.py is empty: hand in the file with your code in it.",)


def test_only_a_broken_exercise_file_cannot_be_graded(tmp_path):
    assert says(read(put(tmp_path, {"exercises.py": b""})).reason, "exercises.py is empty")


@pytest.mark.parametrize("target", ["secret.py", "nowhere.py", NETWORK, "/etc/passwd", "."])
def test_a_linked_file_is_not_followed(tmp_path, target):
    put(tmp_path, {"secret.py": OTHER})
    folder = put(tmp_path / "ps18", {})
    (folder / NETWORK).symlink_to(target if target != "secret.py" else "../secret.py")
    submission = read(folder)
    assert submission.files == {}
    assert says(submission.reason, f"{NETWORK} is a link")


def test_a_linked_folder_is_not_entered(tmp_path):
    put(tmp_path / "solutions", {NETWORK: OTHER})
    put(tmp_path / "ps18", {})
    (tmp_path / "ps18" / "backprop").symlink_to("../solutions")
    assert says(read(tmp_path / "ps18").reason, "No file to grade", "backprop (a link)")


def test_a_linked_zip_is_not_opened(tmp_path):
    make_zip(tmp_path / "upload.zip", {NETWORK: OTHER})
    put(tmp_path / "ps18", {})
    (tmp_path / "ps18" / "upload.zip").symlink_to("../upload.zip")
    assert says(read(tmp_path / "ps18").reason, "No file to grade", "upload.zip (a link)")


@pytest.mark.parametrize("name", ["ps18", "net.py", "upload.zip"])
def test_an_upload_that_is_a_link_is_refused(tmp_path, name):
    put(tmp_path / "real", {NETWORK: WORK})
    make_zip(tmp_path / "real.zip", {NETWORK: WORK})
    (tmp_path / name).symlink_to(
        {"ps18": "real", "net.py": f"real/{NETWORK}", "upload.zip": "real.zip"}[name]
    )
    submission = read(tmp_path / name)
    assert submission.files == {}
    assert says(submission.reason, f"{name} is a link")


def test_a_hard_link_is_a_file(tmp_path):
    os.link(put(tmp_path, {"original.py": WORK}) / "original.py", tmp_path / NETWORK)
    assert read(tmp_path).files == {NETWORK: WORK}


def test_a_fifo_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / NETWORK)
    assert says(read(tmp_path).reason, f"{NETWORK} is a FIFO")
    assert says(read(tmp_path / NETWORK).reason, f"{NETWORK} is a FIFO")


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(NETWORK)
        assert says(read(tmp_path).reason, f"{NETWORK} is a socket")


def test_a_device_is_refused():
    assert says(read(Path("/dev/zero")).reason, "zero is a device")


def test_a_folder_named_like_a_file_is_refused(tmp_path):
    put(tmp_path / NETWORK, {NETWORK: WORK})
    assert says(read(tmp_path).reason, f"{NETWORK} is a folder")


def test_an_unreadable_file_is_refused(tmp_path, monkeypatch):
    put(tmp_path, {NETWORK: WORK})
    (tmp_path / NETWORK).chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    with unprivileged():
        assert says(read(Path(".")).reason, NETWORK, "Permission denied")


def test_an_unreadable_folder_is_refused(tmp_path, monkeypatch):
    put(tmp_path / "backprop", {NETWORK: WORK})
    (tmp_path / "backprop").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    with unprivileged():
        assert says(read(Path(".")).reason, "No file to grade", "backprop (a folder that cannot be read)")
        assert says(read(Path("backprop")).reason, "backprop", "Permission denied")
    (tmp_path / "backprop").chmod(0o755)


@pytest.mark.parametrize(
    "name", ["new\nline.txt", "nul\x7f.txt", "\u202eyp.x", os.fsdecode(b"\xff\xfe.txt"), "-x"]
)
def test_odd_file_names_are_shown_escaped(tmp_path, name):
    submission = read(put(tmp_path, {NETWORK: WORK, name: b""}))
    assert submission.files == {NETWORK: WORK}
    assert submission.ignored[0].encode("ascii", "strict")


def test_html_in_a_file_name_is_left_to_the_report(tmp_path):
    assert read(put(tmp_path, {NETWORK: WORK, "<b>.txt": b""})).ignored == ("<b>.txt",)


# Zips


@pytest.mark.parametrize(
    "name",
    [
        f"../{NETWORK}",
        f"a/../../{NETWORK}",
        f"/{NETWORK}",
        f"C:/{NETWORK}",
        f"C:{NETWORK}",
        f"..\\{NETWORK}",
        f"\\{NETWORK}",
        f"C:\\{NETWORK}",
        f"\\\\server\\share\\{NETWORK}",
        "__MACOSX/../../x",
    ],
)
def test_a_zip_with_a_path_that_leaves_it_is_refused(tmp_path, name):
    submission = read(make_zip(tmp_path / "upload.zip", {NETWORK: WORK, name: OTHER}))
    assert submission.files == {}
    assert says(submission.reason, "upload.zip holds an unsafe path")


def test_backslashes_in_a_zip_made_on_windows_are_folders(tmp_path):
    submission = read(make_zip(tmp_path / "upload.zip", {f"ps18\\{NETWORK}": WORK}))
    assert (submission.files, submission.taken) == ({NETWORK: WORK}, (f"ps18/{NETWORK}",))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        (stat.S_IFLNK, "a link"),
        (stat.S_IFIFO, "a FIFO"),
        (stat.S_IFCHR, "a device"),
        (stat.S_IFDIR, "a folder"),
    ],
)
def test_a_link_or_special_file_in_a_zip_is_refused(tmp_path, mode, kind):
    submission = read(make_zip(tmp_path / "upload.zip", {NETWORK: b"/etc/passwd"}, mode=mode | 0o777))
    assert says(submission.reason, f"{NETWORK} is {kind}")


@pytest.mark.parametrize("name", [f"{NETWORK}/", f"{NETWORK}/x.py"])
def test_a_folder_named_like_a_file_in_a_zip_is_refused(tmp_path, name):
    assert says(read(make_zip(tmp_path / "upload.zip", {name: b""})).reason, f"{NETWORK} is a folder")


def test_a_name_that_comes_twice_in_a_zip_is_ambiguous(tmp_path):
    make_zip(tmp_path / "upload.zip", {NETWORK: WORK, f"./{NETWORK}": OTHER})
    assert says(read(tmp_path).reason, f"{NETWORK} came more than once")


def test_a_name_cut_short_by_a_nul_byte_is_not_taken(tmp_path):
    upload = make_zip(tmp_path / "upload.zip", {f"{NETWORK}@evil": WORK})
    upload.write_bytes(upload.read_bytes().replace(b"@", b"\0"))
    assert says(read(upload).reason, "No file to grade", f"{NETWORK}\\x00evil")


def test_a_file_that_declares_too_much_is_not_unpacked(tmp_path):
    upload = tmp_path / "upload.zip"
    with (
        zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(NETWORK, "w") as member,
    ):
        for _ in range(64):
            member.write(bytes(1 << 20))
    with little_memory():
        assert says(read(upload).reason, NETWORK, "larger than 1 MiB")


@pytest.mark.parametrize("declared", [0, 10, MAX_FILE, MAX_FILE + 1, 0xFFFFFFFE])
def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path, declared):
    size = 32 << 20
    upload = make_zip(tmp_path / "upload.zip", {NETWORK: b"#" * size}, compression=zipfile.ZIP_DEFLATED)
    data = upload.read_bytes()
    assert data.count(size.to_bytes(4, "little")) == 2  # in the table, and before the data
    upload.write_bytes(data.replace(size.to_bytes(4, "little"), declared.to_bytes(4, "little")))
    with little_memory():
        submission = read(upload)
    assert submission.files == {}
    assert says(submission.reason, NETWORK)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_cannot_be_read_piecewise_is_refused(tmp_path, compression):
    upload = make_zip(tmp_path / "upload.zip", {NETWORK: b"#" * (1 << 20)}, compression=compression)
    with little_memory():
        assert says(read(upload).reason, NETWORK, "unusual")


def test_a_zip_of_very_many_files_is_refused(tmp_path):
    upload = make_zip(tmp_path / "upload.zip", {str(n): b"" for n in range(21_000)})
    assert says(read(upload).reason, "upload.zip", "20000 files")


def test_a_zip_whose_table_is_huge_is_not_read(tmp_path):
    upload = make_zip(tmp_path / "upload.zip", {f"{'x' * 60_000}{n}": b"" for n in range(100)})
    with little_memory():
        assert says(read(upload).reason, "upload.zip", "20000 files")


def test_a_bomb_that_is_not_graded_is_ignored_unread(tmp_path):
    files = {NETWORK: WORK, "x.bin": bytes(64 << 20)}
    upload = make_zip(tmp_path / "upload.zip", files, compression=zipfile.ZIP_DEFLATED)
    del files
    with little_memory():
        assert read(upload).files == {NETWORK: WORK}


def test_an_encrypted_zip_is_refused(tmp_path):
    upload = make_zip(tmp_path / "upload.zip", {NETWORK: WORK})
    data = bytearray(upload.read_bytes())
    data[6] |= 1  # the flags before the data, and in the table
    data[data.index(b"PK\x01\x02") + 8] |= 1
    upload.write_bytes(data)
    assert says(read(upload).reason, NETWORK, "encrypted", "without a password")


@pytest.mark.parametrize("keep", [0, 1, 30, -1, -30])
def test_a_truncated_zip_is_refused(tmp_path, keep):
    upload = make_zip(tmp_path / "upload.zip", {NETWORK: WORK})
    upload.write_bytes(upload.read_bytes()[:keep])
    assert says(read(upload).reason, "upload.zip is not a zip that can be read")


def test_a_zip_with_damaged_data_is_refused(tmp_path):
    upload = make_zip(tmp_path / "upload.zip", {NETWORK: WORK})
    upload.write_bytes(upload.read_bytes().replace(b"class", b"klass"))
    assert says(read(upload).reason, NETWORK, "cannot be read")


def test_an_archive_of_another_kind_is_refused(tmp_path):
    put(tmp_path, {"upload.zip": b"Rar!\x1a\x07\x00 and so on"})
    assert says(read(tmp_path / "upload.zip").reason, "upload.zip is not a zip")
    assert says(read(tmp_path).reason, "upload.zip is not a zip")


# A class


def test_a_class_is_each_students_folder_by_name(tmp_path):
    for student in ["s02", "s01", "-rf", "Zoë van Dijk", "s 03"]:
        put(tmp_path / student / "ps18", {NETWORK: WORK})
    found = find_class(tmp_path)
    assert list(found) == ["-rf", "Zoë van Dijk", "s 03", "s01", "s02"]
    assert all(path == tmp_path / student / "ps18" for student, path in found.items())
    for student, path in found.items():
        assert read_submission(path, student, STUBS).files == {NETWORK: WORK}


def test_stray_files_and_hidden_folders_are_no_students(tmp_path):
    put(tmp_path / "s01" / "ps18", {})
    put(tmp_path / ".git", {})
    put(tmp_path / "__MACOSX", {})
    put(tmp_path, {".DS_Store": b"", "roster.csv": b"", "timestamp.txt": b""})
    (tmp_path / "link.csv").symlink_to("roster.csv")
    os.mkfifo(tmp_path / "pipe")
    assert list(find_class(tmp_path)) == ["s01"]


@pytest.mark.parametrize("files", [{}, {NETWORK: WORK}, {"ps18.zip": b""}, {"PS18/x": b""}])
def test_a_student_without_the_assignments_folder_gets_a_reason(tmp_path, files):
    put(tmp_path / "s01", files)
    put(tmp_path / "s02" / "ps18", {NETWORK: WORK})
    submission = read(find_class(tmp_path)["s01"])
    assert says(
        submission.reason, "No folder ps18", "s01/ps18/", *FILES, *(f"s01/{x.split('/')[0]}" for x in files)
    )


def test_a_students_linked_folder_is_listed_and_refused(tmp_path):
    put(tmp_path / "elsewhere" / "ps18", {NETWORK: OTHER})
    put(tmp_path / "class", {})
    (tmp_path / "class" / "s01").symlink_to("../elsewhere")
    submission = read(find_class(tmp_path / "class")["s01"])
    assert submission.files == {}
    assert says(submission.reason, "s01 is a link")


def test_a_linked_assignment_folder_is_refused(tmp_path):
    put(tmp_path / "s02" / "ps18", {NETWORK: OTHER})
    put(tmp_path / "s01", {})
    (tmp_path / "s01" / "ps18").symlink_to("../s02/ps18")
    submission = read(find_class(tmp_path)["s01"])
    assert submission.files == {}
    assert says(submission.reason, "ps18 is a link")


def test_the_class_itself_may_lie_behind_a_link(tmp_path):
    put(tmp_path / "real" / "s01" / "ps18", {NETWORK: WORK})
    (tmp_path / "submitted").symlink_to("real")
    assert read(find_class(tmp_path / "submitted")["s01"]).files == {NETWORK: WORK}


@pytest.mark.parametrize("name", ["nowhere", "file.txt", "empty", "a\0b"])
def test_a_class_that_is_no_folder_of_students_is_bad_input(tmp_path, name):
    put(tmp_path / "empty", {".gitkeep": b"", "roster.csv": b""})
    put(tmp_path, {"file.txt": b""})
    with pytest.raises(BadInput) as error:
        find_class(tmp_path / name)
    assert says(str(error.value), "<student>/ps18/") and str(error.value).isprintable()


@pytest.mark.parametrize("folder", ["s01", "s01/ps18"])
def test_one_students_folder_instead_of_the_class_is_bad_input(tmp_path, folder):
    put(tmp_path / "s01" / "ps18", {NETWORK: WORK, "tests/x.py": b""})
    with pytest.raises(BadInput, match="one student's upload"):
        find_class(tmp_path / folder)


def test_a_student_may_be_called_like_the_assignment(tmp_path):
    put(tmp_path / "ps18" / "ps18", {NETWORK: WORK})
    assert list(find_class(tmp_path)) == ["ps18"]


# What decides the grade


def test_the_hash_follows_code_and_names_but_not_places(tmp_path):
    one = read(put(tmp_path / "a", {NETWORK: WORK}))
    assert one.sha256 == read(put(tmp_path / "b", {f"backprop/{NETWORK}": WORK, "x.txt": b""})).sha256
    assert one.sha256 != read(put(tmp_path / "c", {NETWORK: OTHER})).sha256
    assert one.sha256 != read(put(tmp_path / "d", {"exercises.py": WORK})).sha256
    assert one.sha256 != read(put(tmp_path / "e", {NETWORK: WORK, "exercises.py": b""})).sha256


def test_the_hash_tells_no_submission_from_the_untouched_release(tmp_path):
    assert read(put(tmp_path / "a", {})).sha256 != read(put(tmp_path / "b", STUBS)).sha256


# Whatever lies there

NAMES = st.sampled_from([*FILES, NOTEBOOK, "backprop", "upload.zip", "__MACOSX", "ps18"])
ODD_NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=40
)
CODE = st.sampled_from([WORK, OTHER, b"", *STUBS.values()]) | st.binary(max_size=60)
FILE_TREES = st.recursive(
    CODE | st.sampled_from(["link", "fifo"]),
    lambda inside: st.dictionaries(NAMES | ODD_NAMES, inside, max_size=4),
    max_leaves=12,
)


def plant(path: Path, tree: Any) -> None:
    if isinstance(tree, dict):
        path.mkdir()
        for name, below in tree.items():
            if name not in (".", "..") and len(os.fsencode(name)) < 200:
                plant(path / name, below)
    elif isinstance(tree, bytes):
        path.write_bytes(tree)
    else:
        path.symlink_to("..") if tree == "link" else os.mkfifo(path)


@given(tree=FILE_TREES)
@settings(deadline=None)
def test_any_folder_gives_a_well_formed_submission(tree):
    with tempfile.TemporaryDirectory() as folder:
        plant(Path(folder, "ps18"), tree)
        read(Path(folder, "ps18"))


@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-16")))
@settings(deadline=None)
def test_any_bytes_give_a_well_formed_submission(data):
    with tempfile.TemporaryDirectory() as folder:
        for name in [NETWORK, NOTEBOOK, "upload.zip"]:
            path = Path(folder, name)
            path.write_bytes(data)
            read(path)


MEMBERS = st.lists(
    st.tuples(
        st.lists(
            NAMES | st.sampled_from(["..", ".", "C:", ""]) | st.text(max_size=20), min_size=1, max_size=5
        ),
        CODE,
        st.sampled_from([0, 0, 0o100644, 0o120777, 0o040755, 0o010644]),
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]),
    ),
    max_size=6,
)


@given(members=MEMBERS, damage=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
@settings(max_examples=300, deadline=None)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_zip_whole_or_damaged_gives_a_well_formed_submission(members, damage):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for parts, data, mode, compression in members:
            member = zipfile.ZipInfo("/".join(parts).encode("utf-8", "replace").decode())
            member.external_attr = mode << 16
            archive.writestr(member, data, compression)
    upload = bytearray(buffer.getvalue())
    for where, what in damage:
        upload[-1 - where % len(upload)] = what
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "upload.zip").write_bytes(upload)
        read(Path(folder, "upload.zip"))
        read(Path(folder))


@given(
    text=st.text("aéñß€ 'Zλ#:=coding\\\t", max_size=40),
    first=st.sampled_from(["", "#!/usr/bin/python\n", "\n", "x = 1\n"]),
    codec=st.sampled_from(["", "utf-8", "latin-1", "cp1252", "ascii"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(deadline=None)
def test_source_means_to_python_what_it_meant_before(text, first, codec, line_end):
    cookie = f"# -*- coding: {codec} -*-\n" if codec else ""
    source = f"{first}{cookie}# {text}\nx = {text!r}\n".replace("\n", line_end).encode(
        codec or "utf-8", "replace"
    )
    try:
        meaning = ast.dump(ast.parse(source))
    except SyntaxError:
        meaning = None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, NETWORK).write_bytes(source)
        files = read(Path(folder)).files
    if meaning is not None:
        assert ast.dump(ast.parse(files[NETWORK])) == meaning
        assert ast.dump(ast.parse(files[NETWORK].decode())) == meaning


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\ufeff"), max_size=60))
@settings(deadline=None)
def test_the_hash_is_the_same_for_all_ways_to_save_a_text(text):
    text = f"# {text}\nx = 1\n"
    variants = [text, text.replace("\n", "\r\n"), text.replace("\n", "\r"), f"\ufeff{text}"]
    hashes = set()
    with tempfile.TemporaryDirectory() as folder:
        for variant in variants:
            Path(folder, NETWORK).write_bytes(variant.encode())
            hashes.add(read(Path(folder)).sha256)
    assert len(hashes) == 1


@given(one=st.binary(max_size=40), other=st.binary(max_size=40))
@settings(deadline=None)
def test_different_code_has_a_different_hash(one, other):
    with tempfile.TemporaryDirectory() as folder:
        first = read(put(Path(folder, "a"), {NETWORK: b"#" + one}))
        second = read(put(Path(folder, "b"), {NETWORK: b"#" + other}))
    assert (first.sha256 == second.sha256) == ((first.files, first.reason) == (second.files, second.reason))


def test_a_submission_is_plain_data(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK}))
    assert json.loads(json.dumps([submission.taken, submission.notes, submission.broken])) == [
        [NETWORK],
        [],
        {},
    ]
    with pytest.raises(AttributeError):
        submission.reason = "no"  # type: ignore[misc]
