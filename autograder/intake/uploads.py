"""List and read what lies in an upload - a folder, a zip or one file - in bounded time and memory.

No link is followed, no zip is unpacked, nothing is waited for.
"""

from __future__ import annotations

import io
import os
import stat
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO

from ..text import printable_name, reason_of

MAX_FILE = 1 << 20  # bytes of one file
MAX_NOTEBOOK = (8 << 20) - 1  # bytes of a notebook without what is not graded, see slim.py
MAX_RAW = 64 << 20  # bytes of a notebook as it lies in the upload
MAX_ENTRIES = 20_000  # names looked at in one upload
MAX_CLASS = 400_000  # names looked at in the zip of a whole class
MAX_DEPTH = 2  # folders down, where a folder that holds just one folder does not count
MAX_NESTED = 10  # folders down, whatever they hold
TOO_DEEP = "a folder nested too deep"
MAX_READ = 4 << 20  # bytes at once: more than MAX_FILE, and than the table of a zip of MAX_ENTRIES files
MAX_TABLE = 64 << 20  # bytes of the table of a class's zip
SILENT = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini", "timestamp.txt"}
TOO_LARGE = (
    "is larger than 1 MiB (a notebook: 64 MiB, and 8 MiB without its outputs): hand in only the code (a notebook"
    " without its outputs)"
)
LARGE_ZIP = "is larger than 64 MiB: hand in only the code"
TOO_MANY = f"holds more than {MAX_ENTRIES} files: hand in only what the assignment asks for"


class Refused(Exception):
    """Why something is not read: a sentence without its full stop, often without its subject too."""


@dataclass(frozen=True)
class Entry:
    """A name in an upload: its path from the top, what it is, and how to open it if that is a file."""

    parts: tuple[str, ...]  # without those folders that do not count
    kind: str  # "a file", "a folder", "a link", ...
    label: str  # its whole path, safe to show
    open: Callable[[], IO[bytes]]

    def read(self, most_bytes: int = 0) -> bytes:
        """Return the bytes of an ordinary file that is not too large; `Refused` for all else."""
        most_bytes = most_bytes or max_bytes(self.parts[-1])
        if self.kind != "a file":
            raise Refused(f"is {self.kind}, where a file was expected: hand in the file itself")
        try:
            with self.open() as file:
                data = b"".join(_pieces(file, most_bytes + 1))
        except Refused:
            raise
        except Exception as error:  # zipfile and zlib have many ways to say that a zip is damaged
            raise Refused(f"cannot be read ({reason_of(error)}): hand it in anew") from None
        if len(data) > most_bytes:
            raise Refused(TOO_LARGE)
        return data

    def described(self) -> str:
        return self.label + {"a file": "", "a folder": "/"}.get(self.kind, f" ({self.kind})")


@dataclass(frozen=True)
class Upload:
    """What one student handed in, within what a platform hands out for the class."""

    listed: Callable[[ExitStack], list[Entry]]  # as list_upload gives them
    submitted: str | None = None  # when, as ISO text in UTC, if the platform says so
    notes: tuple[str, ...] = ()  # sentences for the feedback


@dataclass
class Listing:
    """What a zip holds, by path: files with what they are and how to open them, and folders."""

    files: list[tuple[tuple[str, ...], str, Callable[[], IO[bytes]]]]
    folders: set[tuple[str, ...]]

    def tops(self) -> dict[str, Listing | None]:
        """By name at the top, what a folder holds; None for a file."""
        found: dict[str, Listing | None] = {parts[0]: None for parts, _, _ in self.files if len(parts) == 1}
        inside = {parts[0]: Listing([], set()) for parts in self.folders}
        for parts, kind, opener in self.files:
            if len(parts) > 1:
                inside[parts[0]].files.append((parts[1:], kind, opener))
        for parts in self.folders:
            if len(parts) > 1:
                inside[parts[0]].folders.add(parts[1:])
        return {**found, **inside}

    def entries(self, prefix: str = "") -> list[Entry]:
        """Everything not too deep, shallowest first, as list_upload gives it."""
        held = Counter(path[:-1] for path in self.folders | {path for path, _, _ in self.files})
        alone = {folder for folder in self.folders if held[folder[:-1]] == 1}
        found = [*self.files, *((folder, "a folder", _unopened) for folder in self.folders)]
        entries = [_entry(path, _counted(path, alone), kind, opener, prefix) for path, kind, opener in found]
        return sorted((entry for entry in entries if len(entry.parts) <= MAX_DEPTH + 1), key=_by_depth)


def list_upload(path: Path, lone_name: str | None, stack: ExitStack) -> list[Entry]:
    """Return the names in a folder or zip, shallowest first, or the one file there as `lone_name`."""
    file = file_entry(path, lone_name)
    if file.kind == "a folder":
        folder = os.open(path, _FOLDER)
        stack.callback(os.close, folder)
        return _list_folder(folder)
    if file.kind != "a file" or not (lone_name or is_zip(file)):
        raise Refused(f"{file.label} is {file.kind}: expected a folder, a .py, an .ipynb or a .zip")
    return list_zip(file, "", stack) if is_zip(file) else [file]


def file_entry(path: Path, name: str | None = None) -> Entry:
    """What lies at a path, to be read as a file, if it is one."""
    shown = printable_name(path.name or str(path))
    return Entry((name or path.name,), _kind(os.lstat(path).st_mode), shown, partial(_open_file, None, (str(path),)))


def list_zip(zipped: Entry, prefix: str, stack: ExitStack) -> list[Entry]:
    """Return the names in a zip, shallowest first; a path that leaves the zip's folder refuses it all."""
    return zip_listing(zipped, stack).entries(prefix)


def zip_listing(zipped: Entry, stack: ExitStack, whole_class: bool = False) -> Listing:
    """What a zip holds, that of a whole class or one student's: only in the former may zips lie, to be opened too."""
    most, deepest = (MAX_CLASS, MAX_NESTED + 2) if whole_class else (MAX_ENTRIES, MAX_NESTED)
    try:
        file = stack.enter_context(zipped.open())
        if whole_class and isinstance(file, _BoundedFile):
            file.most_bytes = MAX_TABLE
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        if len(members) > most:
            raise Refused(TOO_MANY.replace(str(MAX_ENTRIES), str(most)))
        files: list[tuple[tuple[str, ...], str, Callable[[], IO[bytes]]]] = []
        folders: set[tuple[str, ...]] = set()
        for member in members:
            path = PureWindowsPath(member.orig_filename)  # knows both separators, and drives
            parts, mode = path.parts, member.external_attr >> 16
            if path.drive or path.root or ".." in parts:
                raise Refused(f"holds an unsafe path ({printable_name(member.orig_filename)}): make it anew")
            if not parts or any(map(is_silent, parts)):
                continue
            kind, zip_inside = _kind(mode) if stat.S_IFMT(mode) else "a file", parts[-1].lower().endswith(".zip")
            if kind == "a folder" or member.orig_filename.endswith(("/", "\\")):
                folders.add(parts[: deepest + 1])
            elif len(parts) <= deepest + 1:
                kind = "a zip within a zip" if zip_inside and not whole_class else kind
                files.append((parts, kind, partial(_open_zip if zip_inside else _open_member, archive, member)))
            folders.update(parts[:length] for length in range(1, min(len(parts), deepest + 2)))
            if len(folders) > most:
                raise Refused(TOO_MANY.replace(str(MAX_ENTRIES), str(most)))
    except Refused as refusal:
        raise Refused(f"{zipped.label} {refusal}") from None
    except Exception as error:  # as in Entry.read
        raise Refused(f"{zipped.label} is not a zip that can be read ({reason_of(error)}): make it anew") from None
    return Listing(files, folders)


def max_bytes(name: str) -> int:
    """How many bytes a file of this name may have."""
    return MAX_RAW if is_notebook(name) else MAX_FILE


def is_notebook(name: str) -> bool:
    return ".ipynb" in name.lower()


def is_zip(entry: Entry) -> bool:
    return entry.kind == "a file" and entry.parts[-1].lower().endswith(".zip")


def is_leaf(entry: Entry) -> bool:
    """Whether nothing below this name is listed."""
    return entry.kind != "a folder" or len(entry.parts) > MAX_DEPTH


def is_silent(name: str) -> bool:
    """Whether this is what systems and tools leave behind, not what a student made."""
    return name.startswith(".") or name in SILENT


def _pieces(file: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    """What is in the file, up to so many bytes, in pieces that a bounded file gives."""
    while most_bytes and (piece := file.read(min(most_bytes, MAX_FILE + 1))):
        most_bytes -= len(piece)
        yield piece


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_KINDS = {
    stat.S_ISREG: "a file",
    stat.S_ISDIR: "a folder",
    stat.S_ISLNK: "a link",
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
}


class _BoundedFile(io.BufferedReader):
    """A file that gives at most MAX_READ bytes at once: zipfile asks for as much as the zip declares."""

    most_bytes = MAX_READ

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most_bytes:
            raise Refused(TOO_MANY)
        return super().read(MAX_READ if size is None or size < 0 else size)


def _list_folder(top: int) -> list[Entry]:
    """Return the names in an open folder, shallowest first."""
    entries: list[Entry] = []
    level: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), ())]  # paths, and what of them counts
    looked_at = 0
    while level:
        below = []
        for folder, counted in level:
            found = []
            try:
                with _opened(top, folder) as here, os.scandir(here) as names:
                    for entry in names:
                        looked_at += 1
                        if looked_at > MAX_ENTRIES:
                            raise Refused(f"The folder {TOO_MANY}")
                        if not is_silent(entry.name):
                            found.append((entry.name, _kind(entry.stat(follow_symlinks=False).st_mode)))
            except OSError:
                if not folder:
                    raise
                kind = "a folder that cannot be read"
                entries.append(_entry(folder, counted, kind, partial(_open_file, top, folder)))
            if [kind for _, kind in found] == ["a folder"]:
                counted = counted[:-1]
            for name, kind in found:
                path, parts = (*folder, name), (*counted, name)
                entries.append(_entry(path, parts, kind, partial(_open_file, top, path)))
                if entries[-1].kind == "a folder" and len(parts) <= MAX_DEPTH:
                    below.append((path, parts))
        level = below
    return sorted(entries, key=_by_depth)


def _open_file(top: int | None, parts: tuple[str, ...]) -> IO[bytes]:
    """Open an ordinary file below the open folder `top`."""
    with _opened(top, parts[:-1]) as folder:
        file = _BoundedFile(io.FileIO(os.open(parts[-1], _FILE, dir_fd=folder)))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # replaced since it was listed
        file.close()
        raise Refused("is not an ordinary file: hand in the file itself")
    return file


@contextmanager
def _opened(top: int | None, folders: tuple[str, ...]) -> Iterator[int | None]:
    """Open a folder below `top`, one step at a time, so that no link on the way is followed."""
    with ExitStack() as stack:
        for folder in folders:
            top = os.open(folder, _FOLDER, dir_fd=top)
            stack.callback(os.close, top)
        yield top


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int = 0) -> IO[bytes]:
    """Open a file in a zip, if its method can be read piece by piece: others inflate all they hold."""
    if member.flag_bits & 1:
        raise Refused("is encrypted: make the zip without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("is compressed in an unusual way: make an ordinary zip")
    if member.file_size > (most_bytes or max_bytes(member.filename)):
        raise Refused(LARGE_ZIP if most_bytes else TOO_LARGE)
    return archive.open(member)


def _open_zip(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a student's zip in that of the class: a copy on the disk, as it is read from its end."""
    raw, held = tempfile.TemporaryFile(buffering=0), 0  # noqa: SIM115 - who opens it closes it
    with _open_member(archive, member, MAX_RAW) as source:
        for piece in _pieces(source, MAX_RAW + 1):
            held += raw.write(piece)
    if held > MAX_RAW:
        raw.close()
        raise Refused(LARGE_ZIP)
    raw.seek(0)
    return _BoundedFile(raw)


def _unopened() -> IO[bytes]:
    raise Refused("is a folder")


def _counted(path: tuple[str, ...], alone: set[tuple[str, ...]]) -> tuple[str, ...]:
    """A path without the folders whose one content is a folder that is `alone` in it."""
    return (*(name for length, name in enumerate(path[:-1], 2) if path[:length] not in alone), path[-1])


def _entry(
    path: tuple[str, ...], parts: tuple[str, ...], kind: str, opener: Callable[[], IO[bytes]], prefix: str = ""
) -> Entry:
    kind = TOO_DEEP if kind == "a folder" and len(path) > MAX_NESTED else kind
    return Entry(parts, kind, prefix + printable_name("/".join(path)), opener)


def _by_depth(entry: Entry) -> tuple[int, tuple[str, ...]]:
    return len(entry.parts), entry.parts


def _kind(mode: int) -> str:
    return next((kind for is_kind, kind in _KINDS.items() if is_kind(mode)), "a device")
