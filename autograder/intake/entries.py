"""What lies in an upload, by name: what it is, and how much of it is read at most.  Nothing is listed here."""

from __future__ import annotations

import io
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
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
                data = b"".join(pieces(file, most_bytes + 1))
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


def pieces(file: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    """What is in the file, up to so many bytes, in pieces that a bounded file gives."""
    while most_bytes and (piece := file.read(min(most_bytes, MAX_FILE + 1))):
        most_bytes -= len(piece)
        yield piece


class BoundedFile(io.BufferedReader):
    """A file that gives at most MAX_READ bytes at once: zipfile asks for as much as the zip declares."""

    most_bytes = MAX_READ

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most_bytes:
            raise Refused(TOO_MANY)
        return super().read(MAX_READ if size is None or size < 0 else size)


_KINDS = {
    stat.S_ISREG: "a file",
    stat.S_ISDIR: "a folder",
    stat.S_ISLNK: "a link",
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
}


def entry_of(
    path: tuple[str, ...], parts: tuple[str, ...], kind: str, opener: Callable[[], IO[bytes]], prefix: str = ""
) -> Entry:
    kind = TOO_DEEP if kind == "a folder" and len(path) > MAX_NESTED else kind
    return Entry(parts, kind, prefix + printable_name("/".join(path)), opener)


def by_depth(entry: Entry) -> tuple[int, tuple[str, ...]]:
    return len(entry.parts), entry.parts


def kind_of(mode: int) -> str:
    return next((kind for is_kind, kind in _KINDS.items() if is_kind(mode)), "a device")
