"""A class as a platform hands it out: "download all submissions" of Canvas and Moodle, Gradescope's export, the
folder into which GitHub Classroom clones; as zip or unpacked.  Not for the layout `<student>/ASSIGNMENT/`, which is
`submissions.find_class`.

Names of files, as the platforms' own code makes them (Canvas `lib/content_zipper.rb`, Moodle
`mod/assign/classes/downloader.php`):

    Canvas      lindqvistase_LATE_7_901_neural_network-1.py, flat; anon_aB3xY_... where grading is anonymous
    Moodle      Åse Lindqvist_7_assignsubmission_file[_]/..., or flat, with the file's name after the last underscore
    Gradescope  submission_901/..., and submission_metadata.yml beside them, which says whose they are
    GitHub      hw3-submissions/hw3-ase/...
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..course.adjust import FILE as ADJUST
from ..course.model import assignment
from ..text import encodable, printable_name
from . import uploads
from .entries import MAX_RAW, Entry, Refused, Upload, is_silent
from .late import DATED, parse_time
from .submissions import BadInput, find_class
from .zips import Listing, zip_listing

METADATA = "submission_metadata.yml"
CANVAS = re.compile(
    r"(?:(?P<who>.+?)(?P<late>_LATE)?_(?P<id>\d+)|(?P<anonymous_late>LATE_)?(?P<anonymous>anon_[^\W_]+))"
    r"_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<page>text\.html|link\.html))",
    re.S,
)
MOODLE = re.compile(r"(?P<who>.*)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.+)|_?)", re.S)
CLONES = "-submissions"  # how the folder ends that `gh classroom clone student-repos` makes
LATE = "Canvas marks this as handed in late."


Listed = Callable[[ExitStack], list[Entry]]


@dataclass(frozen=True)
class Claim:
    """That a name at the top of a download is one student's."""

    student: str
    top: str
    file: str | None = None  # its name without the platform's prefix; None for a folder
    code: bool = True  # whether there may be code in it
    back: str = ""  # what begins the names of files that the platform takes back as feedback
    submitted: str | None = None
    notes: tuple[str, ...] = ()


@dataclass
class Handed:
    """What a class handed in, by student, and sentences about what could not be given to anyone."""

    uploads: Mapping[str, Path | Upload]
    form: str = "folders"  # canvas, moodle, gradescope, github
    said: list[str] = field(default_factory=list)
    back: dict[str, str] = field(default_factory=dict)  # as in Claim, by student


def find_uploads(submitted: Path, stack: ExitStack) -> Handed:
    """Each student's upload in a folder or zip; zips stay open until the stack is closed."""
    try:
        if submitted.is_file():
            return _in_zip(submitted, stack)
        if submitted.is_dir() and (found := _in_folder(submitted)):
            return found
    except Refused as refusal:
        raise BadInput(f"{refusal}.") from None
    except (OSError, ValueError):
        pass  # said below
    return Handed(find_class(submitted))


def _in_zip(path: Path, stack: ExitStack) -> Handed:
    name = printable_name(str(path))
    if path.suffix.lower() != ".zip":
        raise BadInput(f"{name} is a file: expected a folder, or the zip of all submissions as a platform gives it.")
    listing, outer = zip_listing(uploads.file_entry(path.resolve()), stack, whole_class=True), path.stem
    for _ in range(2):  # the second time within the one folder that there is
        tops, files = listing.tops(), {parts[0]: (kind, opener) for parts, kind, opener in listing.files}

        def file_at(top: str, files: Mapping[str, Any] = files) -> Entry:
            return Entry((top,), files[top][0], printable_name(top), files[top][1])

        claims, form = _claims({top: inside is not None for top, inside in tops.items()}, outer, file_at)
        if not claims:  # the kit's own layout
            form, name_of_work = "folders", assignment().name
            tops = {top: inside.tops().get(name_of_work) for top, inside in tops.items() if inside}
            claims = [Claim(top, top) for top, inside in tops.items() if inside]
        if claims:
            listed = {top: partial(_entries, inside) for top, inside in tops.items() if inside}
            return _handed(form, list(tops), claims, file_at, listed.__getitem__)
        [outer, *others] = tops or [""]
        if others or not (inside := listing.tops().get(outer)):
            break
        listing = inside
    raise BadInput(f"{name} names no students as Canvas, Moodle or Gradescope do: give it as it was downloaded there.")


def _entries(inside: Listing, stack: ExitStack) -> list[Entry]:
    return inside.entries()


def _in_folder(folder: Path) -> Handed | None:
    """None where it is laid out in another way than a platform's."""
    with os.scandir(folder) as found:
        tops = {entry.name: entry.is_dir(follow_symlinks=False) for entry in found if not is_silent(entry.name)}
    tops.pop(ADJUST, None)

    def holding(name: str) -> set[str]:
        return {top for top, is_folder in tops.items() if is_folder and os.path.lexists(folder / top / name)}

    outer = folder.resolve().name
    outer = CLONES if holding(".git") and not outer.endswith(CLONES) else outer
    claims, form = _claims(tops, outer, lambda top: uploads.file_entry(folder / top))
    ours = holding(assignment().name)  # laid out as the kit wants it, under a platform's name or not
    if not claims or (ours and form in ("canvas", "github")) or ours - {claim.top for claim in claims}:
        return None
    return _handed(
        form,
        list(tops),
        claims,
        lambda top: uploads.file_entry(folder / top),
        lambda top: partial(uploads.list_upload, folder / top, None),
    )


def _claims(tops: Mapping[str, bool], outer: str, file_at: Callable[[str], Entry]) -> tuple[list[Claim], str]:
    """Whose the names at the top are, and in which form; `tops` says which are folders, `outer` what they lie in."""
    if METADATA in tops:
        return _gradescope(tops, file_at(METADATA)), "gradescope"
    moodle = [_moodle(found, is_folder) for top, is_folder in tops.items() if (found := MOODLE.fullmatch(top))]
    flat = [found for top, is_folder in tops.items() if not is_folder and (found := CANVAS.fullmatch(top))]
    if moodle and len(moodle) >= len(flat):  # a platform makes all names, but students their ends, like another's
        return moodle, "moodle"
    if flat:
        return [_canvas(found) for found in flat], "canvas"
    folders = [top for top, is_folder in tops.items() if is_folder]
    return (_github(folders, outer.removesuffix(CLONES)), "github") if outer.endswith(CLONES) else ([], "")


def _canvas(found: re.Match[str]) -> Claim:
    student = found["anonymous"] or f"{found['who']}_{found['id']}"
    late = (LATE,) if found["late"] or found["anonymous_late"] else ()
    if found["page"]:
        return Claim(student, found[0], found["page"], code=False, notes=late)
    name = re.sub(r"-\d{1,2}(?=\.\w+$)", "", found["file"])  # Canvas's mark on what was handed in anew
    return Claim(student, found[0], name, back=f"{student}_{found['attachment']}_", notes=late)


def _moodle(found: re.Match[str], is_folder: bool) -> Claim:
    student, code = f"{found['who']}_{found['id']}", found["plugin"] != "onlinetext"
    name = None if is_folder else found["file"] or f"{found['plugin']}.html"
    return Claim(student, found[0], name, code, back=f"{student}_assignsubmission_file_/")


def _github(folders: list[str], assigned: str) -> list[Claim]:
    """By user name: what follows the assignment's name, or what all have in common."""
    prefixes = [f"{name}-" for name in (assigned, assignment().name) if name]
    prefixes += [folders[0][: dash.end()] for dash in re.finditer("-", folders[0])][::-1] if len(folders) > 1 else []
    prefix = next((prefix for prefix in prefixes if all(top.startswith(prefix) for top in folders)), "")
    return [Claim(top.removeprefix(prefix) or top, top) for top in folders]


def _gradescope(tops: Mapping[str, bool], metadata: Entry) -> list[Claim]:
    """Those whom the metadata name, all of a group: by student number, else by address, else by name."""
    claims = []
    for top, about in _read_metadata(metadata).items():
        people = about.get(":submitters") if isinstance(about, dict) else None
        when = parse_time(str(about[":created_at"])) if people and ":created_at" in about else None
        for person in people if isinstance(people, list) and tops.get(top) else []:
            names = [person.get(key) for key in (":sid", ":email", ":name")] if isinstance(person, dict) else []
            student = next((text for name in names if name and (text := str(name).strip())), top)
            claims.append(
                Claim(encodable(student).replace("/", "_"), top, submitted=when, notes=(DATED,) if when else ())
            )
    return claims


def _read_metadata(entry: Entry) -> dict[str, Any]:
    import yaml  # not for who has no export of Gradescope's

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads what is plain, and makes nothing of Ruby's objects."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    try:
        found = yaml.load(entry.read(MAX_RAW), Loader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(f"{entry.label} is not as Gradescope writes it: give the export as it was downloaded")
    return {str(top): about for top, about in found.items()}


def _handed(
    form: str,
    tops: list[str],
    claims: list[Claim],
    file_at: Callable[[str], Entry],
    folder_at: Callable[[str], Listed],
) -> Handed:
    """Give each student what is theirs, and say what is nobody's."""
    by: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda claim: claim.top):
        by.setdefault(claim.student, []).append(claim)
    found: dict[str, Path | Upload] = {}
    said, back = [], {}
    for student, mine in by.items():
        mine = [claim for claim in mine if claim.code] or mine
        folders = sorted((c for c in mine if c.file is None), key=lambda c: (c.submitted or "", len(c.top), c.top))
        if len(folders) > 1:
            last = printable_name(folders[-1].top)
            said.append(f"{printable_name(student)} has {len(folders)} submissions: the last, {last}, is graded.")
        files = [claim for claim in mine if claim.file is not None]
        listed = folder_at(folders[-1].top) if folders else _flat(files, file_at)
        notes = tuple(dict.fromkeys(note for claim in (folders[-1:] or files) for note in claim.notes))
        found[student] = Upload(listed, (folders or files)[-1].submitted, notes)
        back[student] = next((claim.back for claim in mine if claim.back), "")
    taken = {METADATA, *(claim.top for claim in claims)}
    if strange := sorted(printable_name(top) for top in tops if top not in taken):
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        said.append(f"Given to nobody, as their names say no student: {', '.join(strange[:5])}{more}.")
    return Handed(found, form, said, back)


def _flat(files: list[Claim], file_at: Callable[[str], Entry]) -> Listed:
    """Files under the names that students gave them."""

    def listed(stack: ExitStack) -> list[Entry]:
        found = [(file_at(claim.top), str(claim.file)) for claim in files]
        return [replace(entry, parts=(name,), label=printable_name(name)) for entry, name in found]

    return listed
