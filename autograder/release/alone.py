"""The notebook that works without its folder, as a learning platform hands it out or Colab opens it."""

import base64
import io
import json
import lzma
import textwrap
import zipfile
from pathlib import Path
from typing import Any

from ..course.model import BRINGING
from .leaks import files_of

NEEDS = "The notebook needs the rest of its folder"  # begins a sentence that would be wrong
NEEDS_NOTHING = "The notebook works without any other file: its first code cell brings what it needs."
LEFT_OUT = {".ipynb", ".md", ".png"}  # what no cell needs
CELL = """{bringing}
def bring(packed):
    import base64, io, lzma, os, sys, tempfile, zipfile

    if not os.path.exists("check.py"):  # else the folder is here
        folder = tempfile.mkdtemp()
        zipfile.ZipFile(io.BytesIO(lzma.decompress(base64.b85decode(packed.replace("\\n", ""))))).extractall(folder)
        sys.path.insert(0, folder)


bring(\"\"\"
{packed}
\"\"\")
del bring"""


def alone(notebook: str, folder: Path) -> str:
    """The students' notebook with the folder's files packed into a cell before its first code; the same each time."""
    made: dict[str, Any] = json.loads(notebook)
    packed = "\n".join(textwrap.wrap(base64.b85encode(lzma.compress(archive(folder), preset=9)).decode(), 120))
    source = CELL.format(bringing=BRINGING, packed=packed).splitlines(keepends=True)
    about = {"collapsed": True, "jupyter": {"source_hidden": True}, "editable": False, "deletable": False}
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "alone",
        "execution_count": None,
        "metadata": about,
        "outputs": [],
    }
    kinds = [cell["cell_type"] for cell in made["cells"]]
    made["cells"].insert(kinds.index("code"), {**cell, "source": source})
    for text in (cell for cell in made["cells"] if cell["cell_type"] == "markdown"):
        for number, line in enumerate(text["source"]):
            if line.startswith(NEEDS):
                text["source"][number] = f"{NEEDS_NOTHING} {line.partition('beside it. ')[2]}"
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def unpack(notebook: Path, folder: Path) -> str:
    """Put what the notebook brings into the folder; the notebook without it."""
    made: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    cell = next(cell for cell in made["cells"] if cell["id"] == "alone")
    before, packed, after = "".join(cell["source"]).split('"""')
    cell["source"] = [before, after]
    with zipfile.ZipFile(io.BytesIO(lzma.decompress(base64.b85decode(packed.replace("\n", ""))))) as files:
        files.extractall(folder)
    return json.dumps(made)


def archive(folder: Path) -> bytes:
    """The files of the folder that a notebook needs, as a zip that is packed as a whole afterwards."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        for path in files_of(folder):
            if path.suffix not in LEFT_OUT:
                content = path.read_bytes()
                if path.suffix == ".npz":
                    content = unpacked(content)
                files.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), content)
    return packed.getvalue()


def unpacked(arrays: bytes) -> bytes:
    """An .npz whose arrays stand as they are: what is packed already cannot be packed better."""
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(arrays)) as packed, zipfile.ZipFile(stored, "w") as files:
        for entry in packed.infolist():
            files.writestr(zipfile.ZipInfo(entry.filename), packed.read(entry))
    return stored.getvalue()
