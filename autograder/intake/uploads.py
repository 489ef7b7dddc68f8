"""List and read what lies in an upload - a folder, a zip or one file - in bounded time and memory.

No link is followed, no zip is unpacked, nothing is waited for.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from ..text import printable_name
from .entries import (
    MAX_DEPTH,
    MAX_ENTRIES,
    TOO_MANY,
    BoundedFile,
    Entry,
    Refused,
    by_depth,
    entry_of,
    is_silent,
    is_zip,
    kind_of,
)
from .zips import list_zip

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


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
    return Entry((name or path.name,), kind_of(os.lstat(path).st_mode), shown, partial(_open_file, None, (str(path),)))


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
                            found.append((entry.name, kind_of(entry.stat(follow_symlinks=False).st_mode)))
            except OSError:
                if not folder:
                    raise
                kind = "a folder that cannot be read"
                entries.append(entry_of(folder, counted, kind, partial(_open_file, top, folder)))
            if [kind for _, kind in found] == ["a folder"]:
                counted = counted[:-1]
            for name, kind in found:
                path, parts = (*folder, name), (*counted, name)
                entries.append(entry_of(path, parts, kind, partial(_open_file, top, path)))
                if entries[-1].kind == "a folder" and len(parts) <= MAX_DEPTH:
                    below.append((path, parts))
        level = below
    return sorted(entries, key=by_depth)


def _open_file(top: int | None, parts: tuple[str, ...]) -> IO[bytes]:
    """Open an ordinary file below the open folder `top`."""
    with _opened(top, parts[:-1]) as folder:
        file = BoundedFile(io.FileIO(os.open(parts[-1], _FILE, dir_fd=folder)))
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
