"""The notebook: the instructor's from its text and the solutions, the students' by nbgrader from it."""

import ast
import json
import os
import re
import shutil
import tempfile
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..course.model import assignment
from ..course.reference import checks
from ..course.rubric import rubric
from ..errors import KitError
from ..platforms.nbgrader.alembic import prepare_alembic
from .own_name import named, titled

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
    solved: dict[str, tuple[str, ...]] = {}
    points = {task.id: task.points for task in rubric().tasks}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    left_out = not_graded()
    notebook.cells = without_tasks(notebook.cells, left_out)
    for number, cell in enumerate(notebook.cells, 1):
        about = cell.metadata.get("nbgrader", {})
        cell.id = about.get("grade_id", f"cell-{number}")  # jupytext would draw one
        if about.get("grade") and cell.id in points:
            about["points"] = points[cell.id]
        if cell.cell_type == "markdown":
            cell.source = titled(cell.source) if number == 1 else named(cell.source)
        if place := PLACE.fullmatch(cell.source):
            solved[cell.id] = tuple(name.rpartition(".")[2] for name in place[2].split())
            cell.source = "\n\n\n".join(function_text(solutions / place[1], name) for name in place[2].split())
    refuse_unknown(solved, left_out)
    return notebook


def not_graded() -> dict[str, bool]:
    """The tasks that the rubric leaves out, and whether others need what students write for them."""
    graded = {task.id for task in rubric().tasks}
    needed = {name for check in checks().values() if check.task.id in graded for name in check.needs + check.task.owns}
    tasks = {check.task.id: check.task for check in checks().values() if check.task.id not in graded}
    return {name: bool(needed & set(task.owns)) for name, task in tasks.items()}


def without_tasks(cells: Iterable[Any], left_out: Mapping[str, bool]) -> list[Any]:
    """The cells without those of tasks that are left out; where a task is needed, only its points are.

    A cell belongs to the task whose name, or whose name and a hyphen, its grade id begins with; others to all those
    that their metadata names as `tasks`, which is for us and not released.
    """
    cells = list(cells)
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells}
    gone = {task for task, needed in left_out.items() if not (needed and f"{task}-code" in ids)}

    def stays(cell: Any) -> bool:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        own = [task for task in left_out if name.startswith(f"{task}-")]
        tasks = set(cell.metadata.pop("tasks", own))
        return name not in left_out and not (tasks and tasks <= gone)

    return [cell for cell in cells if stays(cell)]


def refuse_unknown(solved: Mapping[str, tuple[str, ...]], left_out: Collection[str]) -> None:
    """Raise NotebookError where the assignment lifts other functions out of a solution cell than stand in it."""
    defined = assignment().subject.defined.items()
    known = {cell: own for cell, own in defined if cell in solved or cell.removesuffix("-code") not in left_out}
    for cell in sorted(solved.keys() | known.keys()):
        here, there = (", ".join(cells.get(cell, ())) or "nothing" for cells in (solved, known))
        if here != there:
            raise NotebookError(
                f"{assignment().text}, cell {cell}: it solves {here}, but the assignment's Subject.solutions"
                f" say {there}."
            )


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
    assert sum(best.values()) == sum(task.points for task in rubric().tasks)


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
