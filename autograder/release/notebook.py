"""The notebook: the instructor's from its text and the solutions, the students' by nbgrader from it."""

import ast
import json
import os
import re
import shutil
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..errors import KitError
from ..course.model import assignment
from ..platforms.nbgrader.alembic import prepare_alembic
from ..course.rubric import rubric

NOTEBOOK = f"{assignment().name}.ipynb"
PLACE = re.compile(r"# solutions: (\S+) (.+)")  # file, then the names of functions in it
UNWRITTEN = 'raise NotImplementedError("this is not written yet")'
SECONDS = 600  # for one cell, when a notebook is tried out


class NotebookError(KitError):
    """The notebook cannot be released; one sentence."""


def instructor_notebook(text: Path, solutions: Path) -> Any:
    """The notebook with the solutions in it, their regions marked, and the rubric's points; the same at each build."""
    import jupytext

    notebook = jupytext.read(text, fmt="py:percent")
    points = {task["id"]: task["points"] for task in rubric()["task"]}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, 1):
        about = cell.metadata.get("nbgrader", {})
        cell.id = about.get("grade_id", f"cell-{number}")  # jupytext would draw one
        if about.get("grade") and cell.id in points:
            about["points"] = points[cell.id]
        if place := PLACE.fullmatch(cell.source):
            cell.source = "\n\n\n".join(function_text(solutions / place[1], name) for name in place[2].split())
    return notebook


def function_text(path: Path, name: str) -> str:
    """The source of a function, or of a method `Class.name`, from the margin on."""
    source = path.read_text(encoding="utf-8")
    found: Any = ast.parse(source)
    for part in name.split("."):
        found = next((node for node in found.body if getattr(node, "name", None) == part), None)
        if found is None:
            raise NotebookError(f"{path} has no {name}, which the notebook asks for.")
    head, *rest = source.split("\n")[found.lineno - 1 :]
    within = re.compile(rf"\s{{{found.col_offset + 1}}}|$")  # a comment at the end belongs to it, which ast leaves out
    lines = [head, *takewhile(within.match, rest)]
    return textwrap.dedent("\n".join(lines)).strip()


def student_notebook(instructor: Any) -> str:
    """The notebook as nbgrader's generate_assignment makes it, with the regions stripped."""
    import nbformat

    return generated(nbformat.writes(instructor))


@cache
def generated(instructor: str) -> str:
    import nbformat
    from nbgrader.apps import NbGraderAPI

    with course_folder() as (folder, config):
        source = folder / "source" / assignment().name / NOTEBOOK
        source.parent.mkdir(parents=True)
        source.write_text(instructor, encoding="utf-8")
        config.ClearSolutions.code_stub = {"python": UNWRITTEN}
        made = NbGraderAPI(config=config).generate_assignment(assignment().name)
        released = folder / "release" / assignment().name / NOTEBOOK
        if not (made["success"] and released.exists()):
            raise NotebookError(f"nbgrader refuses the notebook: {made.get('error') or made.get('log')}")
        notebook = nbformat.read(released, as_version=4)
    return f"{nbformat.writes(notebook)}\n"


@contextmanager
def course_folder() -> Iterator[tuple[Path, Any]]:
    """An empty nbgrader course that is gone afterwards, and its configuration."""
    from traitlets.config import Config

    prepare_alembic()
    folder = Path(tempfile.mkdtemp())
    try:
        config = Config()
        config.CourseDirectory.root = str(folder)
        config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
        config.Application.log_level = "ERROR"
        yield folder, config
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def try_out(student_folder: Path, instructor: Any) -> None:
    """Run the solved and the stripped notebook in copies of the student folder; NotebookError if one misbehaves."""
    import nbformat

    stripped = nbformat.read(student_folder / NOTEBOOK, as_version=4)
    best = {cell.id: cell.metadata.nbgrader.points for cell in instructor.cells if task_cell(cell)}
    for name, notebook in (("solved", instructor), ("stripped", stripped)):
        for cell in executed(notebook, student_folder):
            shown = "".join(output.get("text", "") for output in cell.get("outputs", []))
            wrong = [output for output in cell.get("outputs", []) if output.output_type == "error"]
            if wrong:
                raise NotebookError(f"The {name} notebook fails in cell {cell.id}: {wrong[0].ename}: {wrong[0].evalue}")
            if not task_cell(cell):
                continue
            wanted = "Everything here passes" if name == "solved" else "NotImplementedError"
            if wanted not in shown:
                raise NotebookError(
                    f"The {name} notebook's task cell {cell.id} should say {wanted!r}; it says: {shown}"
                )
    assert sum(best.values()) == sum(task["points"] for task in rubric()["task"])


def task_cell(cell: Any) -> bool:
    about = cell.metadata.get("nbgrader", {})
    return bool(cell.cell_type == "code" and about.get("grade"))


def executed(notebook: Any, folder: Path) -> list[Any]:
    """The cells after a run from top to bottom, in a copy of the folder."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch) / assignment().name
        shutil.copytree(folder, here)
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": scratch, "IPYTHONDIR": scratch, "MPLBACKEND": "agg"}
        copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
        config = Config()
        config.KernelManager.transport = "ipc"  # no port of the machine is opened
        config.KernelManager.ip = f"{scratch}/kernel"
        about = {"metadata": {"path": str(here)}}
        client = NotebookClient(copy, timeout=SECONDS, allow_errors=True, resources=about, config=config)
        return list(client.execute(env=environment).cells)
