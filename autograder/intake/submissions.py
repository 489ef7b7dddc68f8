"""Find what students handed in, and bring it to one form: UTF-8, LF line ends, released stubs left out."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from ..course.model import assignment
from ..engine.decoding import NotText, as_utf8
from ..errors import KitError
from ..text import printable_name, reason_of
from . import uploads
from .cells import lift
from .entries import (
    MAX_DEPTH,
    MAX_FILE,
    MAX_NOTEBOOK,
    TOO_LARGE,
    Entry,
    Refused,
    Upload,
    is_leaf,
    is_notebook,
    is_silent,
    is_zip,
)
from .late import DATED, TIMESTAMP, UNREAD, parse_time
from .naming import FILES, NOTEBOOK, meant
from .slim import slim
from .stubs import is_stub
from .zips import list_zip

LONE = {".py": FILES[0], ".ipynb": NOTEBOOK}  # what a single file of another name counts as
_KIND = assignment().subject.kind
_DEFINED = [*(f"def {name}" for name in assignment().subject.base), *([f"class {_KIND}"] if _KIND else [])]
SOLUTION = re.compile(rf"\b(?:{'|'.join(_DEFINED)})\b".encode())  # what it looks like
MAX_COPIES = 20  # files of one name, at one depth; and files of changed names for it


class BadInput(KitError):
    """One sentence for the person at the command line."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in, as far as it is graded; paths and sentences are safe to show."""

    student: str
    files: dict[str, bytes]  # name -> source; files equal to the released stub are left out
    source: Literal["files", "notebook"]
    taken: tuple[str, ...]  # paths inside the upload that are graded
    ignored: tuple[str, ...]  # the other paths, or the first of them and how many more
    notes: tuple[str, ...]  # sentences for the feedback, those of `broken` among them
    broken: dict[str, str]  # name -> why this file is left out
    reason: str | None  # why it cannot be graded
    sha256: str  # of all that decides the grade
    notebook: bytes | None = None  # as handed in, for the answers in it
    submitted: str | None = None  # when, as ISO text in UTC, if nbgrader's timestamp.txt says so
    spent: float = 0.0  # seconds that a first grading has cost, of which a process was killed from outside

    def handed_in(self, time: str | None) -> Submission:
        """The same, handed in at this time, if there is one, whatever its files say."""
        notes = tuple(note for note in self.notes if note not in (UNREAD, DATED))
        return replace(self, submitted=time, notes=notes) if time else self


def released_stubs() -> dict[str, bytes]:
    """The files that students start from, by name."""
    try:
        stubs = {name: (assignment().release / assignment().subject.package / name).read_bytes() for name in FILES}
        return {**stubs, NOTEBOOK: (assignment().release / NOTEBOOK).read_bytes()}
    except OSError as error:
        raise BadInput(
            f"{assignment().student_folder} is not complete ({error.filename}): run `make release` first."
        ) from None


def find_class(submitted: Path) -> dict[str, Path]:
    """Return each student's upload, `submitted/<student>/ps18`, by student; it need not exist."""
    name, folder = printable_name(str(submitted)), folder_in(submitted)
    layout = f"expected a folder that holds <student>/{folder}/ for each student"
    try:
        with os.scandir(submitted) as entries:
            students = sorted(entry.name for entry in entries if _is_student(entry))
    except (OSError, ValueError) as error:
        raise BadInput(f"{name} cannot be graded ({reason_of(error)}): {layout}.") from None
    paths = {student: submitted / student / folder for student in students}
    if not any(map(os.path.lexists, paths.values())):
        alone = any(os.path.lexists(submitted / file) for file in (assignment().name, NOTEBOOK, *FILES))
        if alone or not students:
            what = "looks like one student's upload (grade-one takes those)" if alone else "holds no students"
            raise BadInput(f"{name} {what}: {layout}.")
    return paths


def folder_in(submitted: Path) -> str:
    """What a submission's folder is called in that of the class: the example class keeps the first name."""
    try:
        example = submitted.resolve() == assignment().example_class
    except (OSError, ValueError, RuntimeError):  # the last: a circle of links
        example = False
    return assignment().written_as if example else assignment().name


def read_submission(path: Path | Upload, student: str, stubs: Mapping[str, bytes]) -> Submission:
    """Read a folder, `.py`, `.ipynb` or `.zip`, or a part of a class's zip; what cannot be graded has its reason."""
    with ExitStack() as stack:
        try:
            if isinstance(path, Upload):
                entries = path.listed(stack)
                if len(entries) == 1 and entries[0].kind == "a file":
                    name = entries[0].parts[-1]
                    entries = [replace(entries[0], parts=(lone_name(name) or name,))]
            else:
                _check_layout(path, student)
                entries = uploads.list_upload(path, lone_name(path.name), stack)
            found = _choose_files(entries, stubs)
            zips = list(filter(is_zip, entries))
            if not found.worked_on and len(zips) == 1:
                inside = _choose_files(list_zip(zips[0], f"{zips[0].label}/", stack), stubs)
                inside.paths += [path for path in found.paths if path != zips[0].label]
                found = inside if inside.worked_on or not found.unchanged else found
            return _dated(_decide(student, found), path)
        except Refused as refusal:
            reason = f"{refusal}."
        except (OSError, ValueError) as error:
            name = "What was handed in" if isinstance(path, Upload) else printable_name(path.name)
            reason = f"{name} cannot be read ({reason_of(error)}): hand it in anew."
    return Submission(student, {}, "files", (), (), (), {}, reason, _digest({}, reason, {}))


def lone_name(name: str) -> str | None:
    """What a file counts as that is all that was handed in; None where it is no code."""
    return meant(name) or LONE.get(Path(name).suffix.lower())


@dataclass
class _Found:
    """What an upload holds: files that were worked on and can be read, and what its notebook makes."""

    paths: list[str]
    files: dict[str, bytes] = field(default_factory=dict)
    lifted: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # name -> path
    unchanged: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)  # solutions, by the look of them, of other names
    notes: list[str] = field(default_factory=list)
    notebook: bytes | None = None

    @property
    def worked_on(self) -> bool:
        return bool(self.files or self.lifted or self.broken)


def _choose_files(entries: Sequence[Entry], stubs: Mapping[str, bytes]) -> _Found:
    """Take, of each name, the shallowest file that was worked on; else the only one whose name was changed."""
    found = _Found(sorted(entry.described() for entry in entries if is_leaf(entry)))
    released = {name: as_utf8(stub)[0] for name, stub in stubs.items()}
    for name in (*FILES, NOTEBOOK):
        exact = [entry for entry in entries if entry.parts[-1] == name]
        for depth in range(1, MAX_DEPTH + 2):
            if _choose_copy(name, [entry for entry in exact if len(entry.parts) == depth], released, found):
                break
    _lift(found, stubs)
    for name in (*FILES, NOTEBOOK):
        if name in found.labels or name in found.broken or (found.lifted and not found.files):
            continue  # a worked-on notebook of the right name, too, comes before a file of another
        renamed = [entry for entry in entries if entry.kind == "a file" and meant(entry.parts[-1]) == name]
        _choose_copy(name, [entry for entry in renamed if entry.parts[-1] != name], released, found)
    _lift(found, stubs)
    if not found.worked_on:
        found.strange = _strange(entries, released)
    return found


def _strange(entries: Sequence[Entry], stubs: Mapping[str, bytes]) -> list[str]:
    """Files that hold a solution under names that do not say so."""
    code = [e for e in entries if e.kind == "a file" and Path(e.parts[-1]).suffix.lower() in LONE]
    code = [e for e in code if not meant(e.parts[-1]) and e.parts[-1] not in _names_in_release()]
    strange = []
    for entry in code[:MAX_COPIES]:
        source, name = _read_source(entry)[0], LONE[Path(entry.parts[-1]).suffix.lower()]
        if isinstance(source, bytes) and SOLUTION.search(source) and not is_stub(name, source, stubs.get(name, b"")):
            strange.append(entry.label)
    return strange


def _lift(found: _Found, stubs: Mapping[str, bytes]) -> None:
    """Put what a chosen notebook comes to in its place."""
    if NOTEBOOK in found.files:
        try:
            found.notebook = found.files.pop(NOTEBOOK)
            found.lifted = lift(found.notebook, stubs[NOTEBOOK])
            found.unchanged += [] if found.lifted else [found.labels[NOTEBOOK]]
        except Refused as refusal:
            found.broken[NOTEBOOK] = f"{found.labels[NOTEBOOK]} {refusal}."


def _choose_copy(name: str, copies: Sequence[Entry], stubs: Mapping[str, bytes], found: _Found) -> bool:
    """Put into `found` what candidates for one name come to; false if all are the released stub."""
    if len(copies) > MAX_COPIES:
        found.broken[name] = f"{name} came {len(copies)} times: hand in one of them."
        return True
    stub = stubs.get(name, b"")
    read = {copy: _read_source(copy) for copy in copies}
    sources = {copy: source for copy, (source, _) in read.items()}
    same = [copy for copy, source in sources.items() if isinstance(source, bytes) and is_stub(name, source, stub)]
    found.unchanged += [copy.label for copy in same]
    if name == NOTEBOOK and not found.notebook:  # there may be answers in it
        found.notebook = next((source for copy in same if (source := sources[copy]) != stub), None)  # type: ignore[assignment]
    left = [copy for copy in copies if copy not in same]
    if len({sources[copy] for copy in left}) > 1:  # then the kit's own folder decides, if it can
        left = [copy for copy in left if copy.parts[-2:-1] == (assignment().subject.package,)] or left
    if len({sources[copy] for copy in left}) > 1:
        paths = _listed([copy.label for copy in left])
        found.broken[name] = f"{name} came more than once, not all the same ({paths}): keep one of them, as {name}."
    elif left:
        source, note = read[left[0]]
        found.labels[name] = left[0].label
        if isinstance(source, bytes):
            found.files[name] = source
            found.notes += [f"{left[0].label} {note}."] if note else []
            if left[0].parts[-1] != name:
                found.notes.append(f"{left[0].label} counts as {name}: hand it in under that name.")
        else:
            found.broken[name] = f"{left[0].label} {source}."
    return bool(left)


def _decide(student: str, found: _Found) -> Submission:
    """Choose between files and notebook, and between a grade and a reason."""
    source: Literal["files", "notebook"] = "files"
    files, notes, broken, reason = found.files, list(found.notes), dict(found.broken), None
    if files and (found.lifted or NOTEBOOK in broken):
        broken.pop(NOTEBOOK, None)
        notes.append("Both files and a notebook were worked on: the files are graded.")
    if found.lifted and not files:
        files, source = found.lifted, "notebook"
    elif broken:
        fatal = [FILES[0], NOTEBOOK, *([] if files else broken)]
        reason = next((broken[name] for name in fatal if name in broken), None)
    elif not files and not found.unchanged:
        reason = (
            f"No file to grade: expected {', '.join(FILES)} or {NOTEBOOK}, at most {MAX_DEPTH} folders down; "
            f"found {_listed(found.paths)}. Put the files there, under these names."
        )
    elif not files and found.strange and not found.notebook:
        reason = (
            f"Still as released: {_listed(found.unchanged)}. What stands in {_listed(found.strange)} is not graded "
            f"under such a name: expected {', '.join(FILES)} or {NOTEBOOK}. Hand the work in under these names."
        )
    notes += [sentence for sentence in broken.values() if sentence != reason]
    if found.unchanged:
        notes.append(f"Still as released, so counted as absent: {_listed(found.unchanged)}.")
    broken = broken if source == "files" else {}
    taken = () if reason else tuple(found.labels[n] for n in (files if source == "files" else [NOTEBOOK]))
    ignored = tuple(_first([path for path in found.paths if path not in taken], 20))
    sha = _digest(files, reason, broken)
    return Submission(student, files, source, taken, ignored, tuple(notes), broken, reason, sha, found.notebook)


def _dated(submission: Submission, folder: Path | Upload) -> Submission:
    """Add the time that the platform says, or nbgrader's timestamp.txt, which is the student's to change."""
    if isinstance(folder, Upload):
        return replace(submission, submitted=folder.submitted, notes=(*submission.notes, *folder.notes))
    if not stat.S_ISDIR(os.lstat(folder).st_mode) or not os.path.lexists(folder / TIMESTAMP):
        return submission
    with ExitStack() as stack:
        try:
            [entry] = uploads.list_upload(folder / TIMESTAMP, TIMESTAMP, stack)
            text = entry.read().decode("utf-8-sig")
        except (Refused, OSError, ValueError):
            text = "?"
    submitted = parse_time(text)
    if submitted or not text:
        return replace(submission, submitted=submitted)
    return replace(submission, notes=(*submission.notes, UNREAD))


def _digest(files: Mapping[str, bytes], reason: str | None, broken: Mapping[str, str]) -> str:
    return hashlib.sha256(repr((sorted(files.items()), reason, sorted(broken.items()))).encode()).hexdigest()


def _read_source(entry: Entry) -> tuple[bytes | str, str]:
    """A file's normalised source, or what is wrong with it, and what to tell of it: ends of sentences."""
    try:
        notebook = is_notebook(entry.parts[-1])
        source, note = as_utf8(slim(entry.read()) if notebook else entry.read())
    except (Refused, NotText) as refusal:
        return str(refusal), ""
    return (source, note) if len(source) <= (MAX_NOTEBOOK if notebook else MAX_FILE) else (TOO_LARGE, "")


def _check_layout(path: Path, student: str) -> None:
    """Refuse `<student>/ps18` where the first is a link, or the second does not exist."""
    if (path.parent.name, path.name) != (student, folder_in(path.parent.parent)):
        return
    if path.parent.is_symlink():
        raise Refused(f"{printable_name(student)} is a link: hand in the folder itself")
    if not os.path.lexists(path):
        there = sorted(printable_name(f"{student}/{name}") for name in os.listdir(path.parent) if not is_silent(name))
        wanted = f"{printable_name(student)}/{assignment().name}/ with {', '.join(FILES)} or {NOTEBOOK} in it"
        raise Refused(f"No folder {assignment().name}: expected {wanted}; found {_listed(there)}")


def _is_student(entry: os.DirEntry[str]) -> bool:
    """Whether this is a folder, or a link that may be one: it is listed too, and refused when read."""
    linked = entry.is_symlink() and not os.path.isfile(entry.path)
    named = not is_silent(entry.name) or os.path.lexists(os.path.join(entry.path, assignment().name))
    return named and (linked or entry.is_dir(follow_symlinks=False))


def _first(names: list[str], limit: int) -> list[str]:
    return names if len(names) <= limit else [*names[:limit], f"... and {len(names) - limit} more"]


@cache
def _names_in_release() -> frozenset[str]:
    """Of all Python files that students are given."""
    return frozenset(path.name for path in assignment().release.rglob("*.py"))


def _listed(names: list[str]) -> str:
    return ", ".join(_first(names, 5)) or "nothing"
