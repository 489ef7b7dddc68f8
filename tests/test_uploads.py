"""What is refused or passed over in an upload: links, special files, huge files, unsafe or damaged zips."""

from __future__ import annotations

import io
import os
import socket
import stat
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.intake.entries import MAX_FILE, Refused
from autograder.intake.submissions import FILES, NOTEBOOK
from autograder.intake.uploads import list_upload

from .handed_in import NETWORK, OTHER, STUBS, WORK, little_memory, make_zip, put, read, says, unprivileged

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
    (tmp_path / name).symlink_to({"ps18": "real", "net.py": f"real/{NETWORK}", "upload.zip": "real.zip"}[name])
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


@pytest.mark.parametrize("swapped", [f"ps18/backprop/{NETWORK}", "ps18/backprop"])
def test_a_link_put_in_place_after_the_listing_is_not_followed(tmp_path, swapped):
    put(tmp_path / "ps18", {f"backprop/{NETWORK}": WORK})
    put(tmp_path / "secret", {NETWORK: OTHER})
    with ExitStack() as stack:
        (entry,) = [e for e in list_upload(tmp_path / "ps18", None, stack) if e.kind == "a file"]
        (tmp_path / swapped).rename(tmp_path / "moved")
        (tmp_path / swapped).symlink_to(tmp_path / "secret" / Path(swapped).relative_to("ps18/backprop"))
        with pytest.raises(Refused):
            entry.read()


def test_a_fifo_put_in_place_after_the_listing_is_not_waited_for(tmp_path):
    put(tmp_path, {NETWORK: WORK})
    with ExitStack() as stack:
        (entry,) = list_upload(tmp_path, None, stack)
        (tmp_path / NETWORK).unlink()
        os.mkfifo(tmp_path / NETWORK)
        with pytest.raises(Refused, match="not an ordinary file"):
            entry.read()


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


@pytest.mark.parametrize("name", ["new\nline.txt", "nul\x7f.txt", "\u202eyp.x", os.fsdecode(b"\xff\xfe.txt"), "-x"])
def test_odd_file_names_are_shown_escaped(tmp_path, name):
    submission = read(put(tmp_path, {NETWORK: WORK, name: b""}))
    assert submission.files == {NETWORK: WORK}
    assert submission.ignored[0].encode("ascii", "strict")


def test_html_in_a_file_name_is_left_to_the_report(tmp_path):
    assert read(put(tmp_path, {NETWORK: WORK, "<b>.txt": b""})).ignored == ("<b>.txt",)


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


# Whatever lies there

NAMES = st.sampled_from([*FILES, NOTEBOOK, "backprop", "upload.zip", "__MACOSX", "ps18"])
ODD_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=40)
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
        st.lists(NAMES | st.sampled_from(["..", ".", "C:", ""]) | st.text(max_size=20), min_size=1, max_size=5),
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
