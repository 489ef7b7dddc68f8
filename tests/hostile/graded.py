"""The whole corpus as one class, graded once for each sandbox and user; and what the machine looked like around it."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import ROOT
from autograder.report.overview import remark
from tests.sandbox.test_ordinary_user import NOBODY, command_as

from .corpus import Twin, hostile, put_twin, twin_name, twins
from .uploads import UPLOADS

KIT = ("autograder", "solutions", "release")  # what grading needs
LAST = "zz-honest-last"  # students are graded in the order of their names
MARK = f"eve-was-here-{os.getpid()}"
SECRET_NAME, SECRET_VALUE = "PLANTED_BY_THE_TESTS", "of-the-grader-alone-7d1f"


@dataclass
class Graded:
    """One run over the corpus."""

    results: dict[str, dict[str, Any]]
    status: int
    said: str  # on the terminal
    left_running: list[str]
    before: dict[str, str]  # every file and what it holds, of the kit's copy and the folders around it
    after: dict[str, str]
    contacted: list[str]  # listeners that something has reached
    seconds: float
    texts: dict[str, str] = field(default_factory=dict)  # all that the run has written, by file


def names(which: str = "all") -> list[str]:
    """The hostile submissions: "all", the "even" or the "odd" ones, or "one of each" file in which they stand."""
    rows = {**hostile(), **UPLOADS}
    if which == "one of each":
        return sorted({row.category: name for name, row in sorted(rows.items(), reverse=True)}.values())
    halves = {"even": slice(0, None, 2), "odd": slice(1, None, 2)}
    return sorted(rows)[halves.get(which, slice(None))]


def twins_of(which: str) -> dict[str, Twin]:
    """The honest submissions with which these are compared."""
    if which == "all":
        return twins()
    needed = {twin for name in names(which) if name in hostile() for twin in hostile()[name].twins}
    needed |= {twin_name(on) for on in ("idle", "solved", "stub")}
    return {name: twin for name, twin in twins().items() if name in needed}


def grade_corpus(sandbox: str, user: str, which: str = "all") -> Graded:
    """Grade the corpus and its honest twins by the command line, as this user, in this sandbox."""
    with tempfile.TemporaryDirectory(prefix="hostile-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        top = Path(name)
        top.chmod(0o755)
        folders = {word: top / word for word in ("root", "home", "tmp", "submitted", "out")}
        for folder in folders.values():
            folder.mkdir()
        for part in KIT:
            shutil.copytree(
                ROOT / part, folders["root"] / part, ignore=shutil.ignore_patterns("__pycache__", "figures")
            )
        shutil.copy(Path(__file__).parent / "grade_class.py", folders["root"])
        listeners = {kind: stack.enter_context(listener) for kind, listener in listening(top)}
        planted = {word.upper(): str(folder) for word, folder in folders.items()}
        planted |= {"MARK": MARK, "SECRET_NAME": SECRET_NAME, "SECRET_VALUE": SECRET_VALUE, "SOCKET": f"{top}/socket"}
        planted |= {"GRADEBOOK": f"{top}/gradebook.db", "SECRET_FILE": f"{top}/secret"}
        planted |= {kind: str(listeners[kind].getsockname()[1]) for kind in ("TCP", "UDP")}
        (top / "secret").write_text(SECRET_VALUE)
        submit(folders["submitted"], planted, which)
        if os.geteuid() == 0 and user == "nobody":
            for path in [top, *top.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        # What the grader keeps of its own is there before, so that no submission can be taken for its maker.
        kept = [*command_as(user), "-m", "autograder.grading.kept"]
        subprocess.run(kept, cwd=folders["root"], env=environment_of(top, folders), check=True)
        unchanging = [folders[word] for word in ("root", "home", "submitted", "tmp")] + [top / "secret"]
        before, began = snapshot(unchanging), time.monotonic()
        ended = run(top, folders, sandbox, user)
        seconds = time.monotonic() - began
        after = snapshot(unchanging)
        contacted = [kind for kind, listener in listeners.items() if reached(listener)]
        written = [path for path in [*folders["out"].rglob("*"), *top.glob("gradebook.db*")] if path.is_file()]
        texts = {str(path.relative_to(top)): text_of(path) for path in written}
        results = {
            path.parents[1].name: json.loads(path.read_text()) for path in folders["out"].glob("*/ps18/results.json")
        }
        left = json.loads((top / "left.json").read_text()) if (top / "left.json").exists() else ["no list was written"]
        return Graded(results, ended.returncode, ended.stdout, left, before, after, contacted, seconds, texts)


def submit(submitted: Path, planted: Mapping[str, str], which: str) -> None:
    for name, pair in twins_of(which).items():
        put_twin(submitted / name / "ps18", *pair)
    put_twin(submitted / LAST / "ps18", "solved")
    for name in names(which):
        there = hostile().get(name) or UPLOADS[name]
        there.put(submitted / name / "ps18", planted)


def environment_of(top: Path, folders: Mapping[str, Path]) -> dict[str, str]:
    planted = {"HOME": str(folders["home"]), "TMPDIR": str(folders["tmp"]), SECRET_NAME: SECRET_VALUE}
    caches = {"XDG_CACHE_HOME": str(top / "cache"), "MPLCONFIGDIR": str(top / "cache")}
    return {**os.environ, **planted, **caches, "PYTHONDONTWRITEBYTECODE": "1"}


def run(top: Path, folders: Mapping[str, Path], sandbox: str, user: str) -> subprocess.CompletedProcess:
    environment = environment_of(top, folders)
    arguments = [folders["submitted"], "--out", folders["out"], "--jobs", "2", "--sandbox", sandbox]
    command = [*command_as(user), "grade_class.py", top / "left.json", *arguments, "--gradebook", top / "gradebook.db"]
    ended = subprocess.run(
        list(map(str, command)), cwd=folders["root"], env=environment, capture_output=True, text=True, timeout=1200
    )
    ended.stdout += ended.stderr
    return ended


def listening(top: Path) -> Iterator[tuple[str, socket.socket]]:
    """Servers of this machine that nobody should reach."""
    for kind, family, type_, address in (
        ("TCP", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ("UDP", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        ("path", socket.AF_UNIX, socket.SOCK_STREAM, f"{top}/socket"),
        ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{MARK}"),
    ):
        listener = socket.socket(family, type_)
        listener.bind(address)
        if type_ == socket.SOCK_STREAM:
            listener.listen()
        if kind == "path":
            os.chmod(f"{top}/socket", 0o777)
        yield kind, listener


def reached(listener: socket.socket) -> bool:
    """Whether someone has connected, or sent something."""
    listener.setblocking(False)
    try:
        listener.accept() if listener.type == socket.SOCK_STREAM else listener.recv(1)
    except BlockingIOError:
        return False
    return True


def snapshot(places: list[Path]) -> dict[str, str]:
    """Kind, rights and content of everything below these places."""
    found = {}
    for path in (path for place in places for path in [place, *place.rglob("*")]):
        about = os.lstat(path)
        content = path.read_bytes() if path.is_file() and not path.is_symlink() and about.st_size < 1 << 24 else b""
        found[str(path)] = f"{about.st_mode:o} {about.st_uid} {about.st_size} {hashlib.sha256(content).hexdigest()}"
    return found


def text_of(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".json":
        return json.dumps(json.loads(data), ensure_ascii=False)
    return data.decode("utf-8", "replace")


def lines(sandbox: str) -> Iterator[str]:
    """What became of each submission, a line each."""
    graded = grade_corpus(sandbox, "root" if os.geteuid() == 0 else "nobody")
    for name, result in sorted(graded.results.items()):
        yield f"{name:36} {result['score']:5g} {result['bonus']:4g}  {remark(result)}"[:160]
    yield f"Left running: {graded.left_running or 'nothing'}.  Reached outside: {graded.contacted or 'nothing'}."


if __name__ == "__main__":
    for line in lines(sys.argv[1] if len(sys.argv) > 1 else "bubblewrap"):
        print(line)
