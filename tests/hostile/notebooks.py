"""Hostile notebooks, in the manner of `uploads`: importing this adds them to UPLOADS."""

import json
from pathlib import Path

from autograder.intake.submissions import NOTEBOOK
from tests.notebooks.converted import code_cell, notebook_of

from .uploads import HONEST, NETWORK, SOLVED, STUB, TANH, upload


def notebook(folder: Path, content: dict | str) -> None:
    folder.mkdir(parents=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / NOTEBOOK).write_text(text, encoding="utf-8")


def solved() -> dict:
    return notebook_of({NETWORK: SOLVED, "activations.py": TANH})


def cell(content: dict, gid: str) -> dict:
    return next(c for c in content["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == gid)


@upload(reason="not JSON")
def notebook_of_no_kind(folder, planted):
    """A notebook that is not JSON."""
    notebook(folder, "{" + "'cells': [" * 3)


@upload(reason="not JSON")
def notebook_without_bottom(folder, planted):
    """JSON nested a hundred thousand deep."""
    notebook(folder, "[" * 100_000)


@upload(reason="another format")
def notebook_of_format_3(folder, planted):
    """A notebook of the format of 2013."""
    notebook(folder, {"nbformat": 3, "worksheets": [{"cells": solved()["cells"]}], "metadata": {}})


@upload(twin="honest-solved-without-backward")
def notebook_with_a_cell_deleted(folder, planted):
    """The cell of backward is gone, and its task's too."""
    content = solved()
    content["cells"].remove(cell(content, "backward-code"))
    content["cells"].remove(cell(content, "backward"))
    notebook(folder, content)


@upload(twin=HONEST)
def notebook_with_every_cell_twice(folder, planted):
    """Every cell is there twice, under the same id."""
    content = solved()
    content["cells"] = [c for c in content["cells"] for _ in range(2)]
    notebook(folder, content)


@upload(twin=HONEST)
def notebook_with_cells_renamed(folder, planted):
    """Every grade id is another task's."""
    content = solved()
    marked = [c["metadata"]["nbgrader"] for c in content["cells"] if "nbgrader" in c["metadata"]]
    ids = [about["grade_id"] for about in marked]
    for about, gid in zip(marked, ids[1:] + ids[:1], strict=True):
        about["grade_id"] = f"renamed-{gid}"
    notebook(folder, content)


@upload(twin=HONEST)
def notebook_without_metadata(folder, planted):
    """All metadata is stripped, as some tools do."""
    content = solved()
    for c in content["cells"]:
        c["metadata"] = {}
    notebook(folder, content)


@upload(twin=HONEST)
def notebook_that_promises_points(folder, planted):
    """Grades, comments and outputs that a notebook-based grader would read as full marks, all points raised."""
    content = solved()
    for c in content["cells"]:
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"]["points"] = 10**6
        if c["cell_type"] == "code":
            data = {"text/plain": "1000000.0"}
            c["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}]
    notebook(folder, content)


@upload(twin=HONEST)
def notebook_with_shell_lines(folder, planted):
    """Magics and shell lines before and between the definitions, which would run where notebooks are run."""
    content = solved()
    shell = f"!touch {planted['ROOT']}/{planted['MARK']}\n%%bash\nrm -rf ~\n"
    content["cells"].insert(1, code_cell(shell))
    content["cells"].insert(2, code_cell("%run other.py\n!!ls\n%matplotlib inline"))
    cell(content, "forward-code")["source"] += f"\n!touch {planted['ROOT']}/{planted['MARK']}"
    notebook(folder, content)


@upload(twin=HONEST)
def notebook_with_an_endless_cell(folder, planted):
    """Cells that never end where they are run, and one that leaves."""
    content = solved()
    for source in (
        "while True:\n    pass",
        "import os\nos._exit(0)",
        "[exit(0) for _ in range(9)]",
        "raise SystemExit",
    ):
        content["cells"].insert(1, code_cell(source))
    notebook(folder, content)


@upload(twin="honest-solved-without-forward-unwritten")
def notebook_that_is_nested_deep(folder, planted):
    """A solution cell whose expression the parser cannot hold."""
    content = solved()
    cell(content, "forward-code")["source"] += "\nx = " + "-" * 300_000 + "1"
    notebook(folder, content)


@upload(twin=STUB)
def notebook_called_like_the_worker(folder, planted):
    """Cells that replace the module they are put into, and the class's own methods by the stubs'."""
    content = solved()
    content["cells"].append(
        code_cell("import sys\nclass NeuralNetwork:\n    pass\nsys.modules['backprop.notebook'] = NeuralNetwork")
    )
    notebook(folder, content)
