"""Uploads as students make them, for the tests of how they are read."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.intake.entries import MAX_FILE
from autograder.intake.submissions import FILES, NOTEBOOK, Submission, read_submission
from tests.kit import RELEASE

STUBS = {name: f'"""{name}"""\n\nraise NotImplementedError("{name}")\n'.encode() for name in FILES}
STUBS[NOTEBOOK] = (RELEASE / NOTEBOOK).read_bytes()
NETWORK = "neural_network.py"
WORK = b"class NeuralNetwork:\n    pass\n"
OTHER = b"class NeuralNetwork:\n    answer = 42\n"


def read(path: Path) -> Submission:
    submission = read_submission(path, "s01", STUBS)
    assert_well_formed(submission)
    return submission


def assert_well_formed(submission: Submission) -> None:
    """Every submission keeps these promises, whatever lay there."""
    names = set(submission.files) if submission.source == "files" else set()
    assert names | set(submission.broken) <= {*FILES, NOTEBOOK}
    assert not set(submission.files) & set(submission.broken)
    for source in submission.files.values():
        assert len(source) <= MAX_FILE
        assert b"\r" not in source and b"\0" not in source and source.strip()
        source.decode("utf-8")
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
def little_memory(most: int = 16 << 20) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
