"""Hostile uploads: not code that misbehaves, but files that are not what they should be.

Each function writes one student's `ps18` folder, given the path of that folder and what is planted (`ROOT` and
the like, see test_hostile.py); its docstring says what it tries.  The decorator says what must come of it: words
of the reason why it cannot be graded, or else the honest twin whose points it gets.
"""

import codecs
import io
import os
import socket
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder import ROOT
from tests.kit import RELEASE

SOLVED = (ROOT / "solutions" / "backprop" / "neural_network.py").read_bytes()
TANH = (ROOT / "solutions" / "backprop" / "activations.py").read_bytes()
NETWORK = "neural_network.py"
HONEST, STUB = "honest-solved", "honest-stub"


@dataclass(frozen=True)
class Upload:
    name: str
    tries: str
    put: Callable[[Path, Mapping[str, str]], None]
    reason: str
    twin: str
    category: str  # the module in which it stands


UPLOADS: dict[str, Upload] = {}


def upload(reason: str = "", twin: str = "") -> Callable:
    def add(function: Callable[[Path, Mapping[str, str]], None]) -> Callable:
        name, module = function.__name__, function.__module__.rpartition(".")[2]
        UPLOADS[name] = Upload(name, " ".join((function.__doc__ or "").split()), function, reason, twin, module)
        return function

    return add


def network(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / NETWORK).write_bytes(content)


def zipped(folder: Path, members: Mapping[str, bytes], **options: int) -> Path:
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "work.zip", "w", **options) as archive:  # type: ignore[arg-type]
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, **options)  # type: ignore[arg-type]
    return folder / "work.zip"


# Files


@upload(reason="found nothing")
def nothing(folder, planted):
    """An empty folder."""
    folder.mkdir(parents=True)


@upload(reason="ps18")
def no_folder(folder, planted):
    """A student's folder without ps18 in it."""
    folder.parent.mkdir(parents=True)


@upload(reason="is empty")
def empty_file(folder, planted):
    """A file of no bytes."""
    network(folder, b"")


@upload(reason="SyntaxError")
def syntax_error(folder, planted):
    """A bracket that is never closed."""
    network(folder, SOLVED + b"\nprint(\n")


@upload(reason="is not valid GBK")
def invalid_encoding(folder, planted):
    """A byte that the declared encoding does not have."""
    network(folder, b"# coding: gbk\n" + SOLVED + b"# \xff\n")


@upload(reason="UTF-16")
def utf16(folder, planted):
    """The right solution in UTF-16."""
    network(folder, codecs.BOM_UTF16_LE + SOLVED.decode().encode("utf-16-le"))


@upload(reason="encoding")
def utf7(folder, planted):
    """An encoding declared in which comments hide code."""
    network(folder, b"# coding: utf-7\n" + SOLVED)


@upload(reason="NUL byte")
def nul_byte(folder, planted):
    """A NUL byte, at which some readers stop."""
    network(folder, SOLVED + b"\0")


@upload(reason="larger than 1 MiB")
def hundred_megabytes(folder, planted):
    """A file of 100 MB, none of them on the disk."""
    network(folder, SOLVED)
    os.truncate(folder / NETWORK, 100_000_000)


@upload(reason="cannot be imported")
def deep_expression(folder, planted):
    """An expression nested so deep that the parser's stack may overflow."""
    network(folder, SOLVED + b"\nx = " + b"-" * 500_000 + b"1\n")


@upload(reason="neural_network.py")
def constant_of_gigabytes(folder, planted):
    """Constants that the compiler, and then the import, might compute for ever."""
    network(folder, SOLVED + b"\nx = 9 ** 9 ** 9 ** 9\n")


@upload(reason="where a file was expected")
def folder_like_a_file(folder, planted):
    """A folder called neural_network.py."""
    (folder / NETWORK).mkdir(parents=True)


@upload(reason="is a link")
def link_to_the_solution(folder, planted):
    """A link to the hidden solution."""
    folder.mkdir(parents=True)
    (folder / NETWORK).symlink_to(f"{planted['ROOT']}/solutions/backprop/{NETWORK}")


@upload(reason="is a link")
def link_to_another_student(folder, planted):
    """ps18 itself is a link, to the folder of a student who solved it."""
    folder.parent.mkdir(parents=True)
    folder.symlink_to(f"{planted['SUBMITTED']}/{HONEST}/ps18")


@upload(reason="is a link")
def student_that_is_a_link(folder, planted):
    """The student's folder is a link to that of a student who solved it."""
    folder.parent.symlink_to(f"{planted['SUBMITTED']}/{HONEST}")


@upload(reason="No file to grade")
def link_in_between(folder, planted):
    """A linked folder, in which the hidden solution lies."""
    folder.mkdir(parents=True)
    (folder / "backprop").symlink_to(f"{planted['ROOT']}/solutions/backprop")


@upload(reason="is a FIFO")
def fifo(folder, planted):
    """A FIFO that nobody writes to: whoever opens it waits."""
    folder.mkdir(parents=True)
    os.mkfifo(folder / NETWORK)


@upload(reason="is a socket")
def listening_socket(folder, planted):
    """A socket called like a file."""
    folder.mkdir(parents=True)
    here = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(f"/proc/self/fd/{here}/{NETWORK}")  # its full path may be too long
    os.close(here)


@upload(reason="more than 20000 files")
def thirty_thousand_files(folder, planted):
    """More names than anyone hands in."""
    network(folder, SOLVED)
    for number in range(30_000):
        os.mknod(folder / f"{number}.txt")


@upload(twin=STUB)
def configuration_of_tests(folder, planted):
    """Files that Python and pytest read by themselves, beside an untouched stub."""
    code = b"import os\nos.mkdir('" + f"{planted['ROOT']}/{planted['MARK']}".encode() + b"')\n"
    network(folder, (RELEASE / "backprop" / NETWORK).read_bytes())
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "numpy.py", "__init__.py", "backprop.py"):
        (folder / name).write_bytes(code)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (folder / "results.json").write_text('{"score": 100, "status": "graded", "sha256": "", "tasks": []}')


@upload(twin=HONEST)
def names_for_terminals(folder, planted):
    """Beside a right solution, file names that terminals, shells and browsers act upon."""
    network(folder, SOLVED)
    (folder / "activations.py").write_bytes(TANH)
    for name in ("\x1b[2J", "$(reboot)", "<script>alert(1)<", "a\nscore 100", "=1+1", "\u202egpj.exe", "-rf", "\udcff"):
        (folder / name).write_bytes(b"")


# Zips


@upload(reason="larger than 1 MiB")
def zip_bomb(folder, planted):
    """200 MB of spaces in a zip of 200 KB."""
    member = io.BytesIO()
    with zipfile.ZipFile(member, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(NETWORK, "w") as file:
        for _ in range(200):
            file.write(b" " * 1_000_000)
    folder.mkdir(parents=True)
    (folder / "work.zip").write_bytes(member.getvalue())


@upload(reason="cannot be read")
def zip_bomb_that_lies(folder, planted):
    """The same, with a size of ten bytes declared."""
    zip_bomb(folder, planted)
    data = (folder / "work.zip").read_bytes()
    size = (200_000_000).to_bytes(4, "little")
    assert size in data
    (folder / "work.zip").write_bytes(data.replace(size, (10).to_bytes(4, "little")))


@upload(reason="No file to grade")
def zip_in_zip(folder, planted):
    """A zip in a zip in a zip: ten of them, and the solution in the innermost."""
    content, name = SOLVED, NETWORK
    for _ in range(10):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr(name, content)
        content, name = outer.getvalue(), "work.zip"
    folder.mkdir(parents=True)
    (folder / "work.zip").write_bytes(content)


@upload(reason="unsafe path")
def zip_that_climbs(folder, planted):
    """A path out of the zip's folder, to the kit's reference."""
    zipped(folder, {NETWORK: SOLVED, f"../../../../../..{planted['ROOT']}/{planted['MARK']}": b"x"})


@upload(reason="unsafe path")
def zip_from_the_root(folder, planted):
    """An absolute path."""
    zipped(folder, {f"{planted['ROOT']}/solutions/backprop/{NETWORK}": b"", NETWORK: SOLVED})


@upload(reason="is a link")
def zip_with_a_link(folder, planted):
    """A link to the hidden solution, in a zip."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "work.zip", "w") as archive:
        link = zipfile.ZipInfo(NETWORK)
        link.external_attr = 0o120777 << 16
        archive.writestr(link, f"{planted['ROOT']}/solutions/backprop/{NETWORK}")


@upload(reason="not a zip that can be read")
def zip_cut_off(folder, planted):
    """Half a zip."""
    path = zipped(folder, {NETWORK: SOLVED})
    os.truncate(path, path.stat().st_size // 2)
