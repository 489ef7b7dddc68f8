"""List and read what lies in a zip, that of a student or that of a whole class.  No zip is unpacked."""

from __future__ import annotations

import stat
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import PureWindowsPath
from typing import IO

from ..text import printable_name, reason_of
from .entries import (
    LARGE_ZIP,
    MAX_CLASS,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_NESTED,
    MAX_RAW,
    MAX_TABLE,
    TOO_LARGE,
    TOO_MANY,
    BoundedFile,
    Entry,
    Refused,
    by_depth,
    entry_of,
    is_silent,
    kind_of,
    max_bytes,
    pieces,
)


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
        entries = [entry_of(path, _counted(path, alone), kind, opener, prefix) for path, kind, opener in found]
        return sorted((entry for entry in entries if len(entry.parts) <= MAX_DEPTH + 1), key=by_depth)


def list_zip(zipped: Entry, prefix: str, stack: ExitStack) -> list[Entry]:
    """Return the names in a zip, shallowest first; a path that leaves the zip's folder refuses it all."""
    return zip_listing(zipped, stack).entries(prefix)


def zip_listing(zipped: Entry, stack: ExitStack, whole_class: bool = False) -> Listing:
    """What a zip holds, that of a whole class or one student's: only in the former may zips lie, to be opened too."""
    most, deepest = (MAX_CLASS, MAX_NESTED + 2) if whole_class else (MAX_ENTRIES, MAX_NESTED)
    try:
        file = stack.enter_context(zipped.open())
        if whole_class and isinstance(file, BoundedFile):
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
                if not whole_class or path.drive or path.root or parts[0] == "..":
                    raise Refused(f"holds an unsafe path ({printable_name(member.orig_filename)}): make it anew")
                parts = parts[0], next((part for part in reversed(parts) if part != ".."), "")
                files.append((parts, "a file with an unsafe path", _unopened))  # one student's, and no one else's
                folders.add(parts[:1])
                continue
            if not parts or any(map(is_silent, parts)):
                continue
            kind, zip_inside = kind_of(mode) if stat.S_IFMT(mode) else "a file", parts[-1].lower().endswith(".zip")
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
        for piece in pieces(source, MAX_RAW + 1):
            held += raw.write(piece)
    if held > MAX_RAW:
        raw.close()
        raise Refused(LARGE_ZIP)
    raw.seek(0)
    return BoundedFile(raw)


def _unopened() -> IO[bytes]:
    raise Refused("is a folder")


def _counted(path: tuple[str, ...], alone: set[tuple[str, ...]]) -> tuple[str, ...]:
    """A path without the folders whose one content is a folder that is `alone` in it."""
    return (*(name for length, name in enumerate(path[:-1], 2) if path[:length] not in alone), path[-1])
