"""How much a submission has written, seen from outside: bytes on a disk, names in a /tmp of its own."""

import os

SCRATCH_BYTES, BLOCK = 1 << 26, 1 << 15  # in all, and what a name counts for: to remove it from a disk takes long
NAMES = SCRATCH_BYTES // BLOCK  # each takes a kilobyte of the kernel's memory, which no other limit counts


class Full(Exception):
    """More has been written than may be."""


def look_for_names(pid: int) -> None:
    """Full where the /tmp that this process sees, a file system of its own, has too many files, folders and links."""
    try:
        found = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return
    if found.f_files - found.f_ffree > NAMES:
        raise Full(f"it made more than {NAMES} files and folders")


def look_for_bytes(folder: str) -> None:
    """Full where a folder on a disk has too much in it."""
    if bytes_in(folder) > SCRATCH_BYTES:
        raise Full(f"it wrote more than {SCRATCH_BYTES >> 20} MiB to files")


def bytes_in(folder: str) -> float:
    """The bytes of all below a folder, or of enough to be too many; without end where it hides or nests too much."""
    total = 0.0

    def hidden(error: OSError) -> None:
        nonlocal total
        if not isinstance(error, FileNotFoundError):
            total = float("inf")

    try:
        for path, folders, names in os.walk(folder, onerror=hidden):
            total += (len(folders) + len(names)) * BLOCK
            for name in names:
                try:
                    total += os.lstat(os.path.join(path, name)).st_size
                except OSError:
                    pass
            if total > SCRATCH_BYTES:
                break
    except RecursionError:
        return float("inf")
    return total
