"""The assignment as nbgrader and as Otter-Grader have it: a cell, or a test, per task."""

import json
import shutil
import sqlite3
from pathlib import Path

import nbformat
from nbformat import v4

TASKS = ("forward", "backward", "update", "gradient_check", "xor", "circle", "sine")
POINTS = dict(zip(TASKS, (20, 35, 10, 10, 10, 10, 5), strict=True))
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CALL_SECONDS = 60  # for a cell: a task's checks may take several calls of ten seconds


def nbgrader_course(folder: Path, programs: Path, bench) -> Path:
    """A course with the assignment released and every package handed in beside its notebook."""
    cells = [v4.new_code_cell("import checks_here")]
    for task in TASKS:
        about = {"grade": True, "grade_id": task, "locked": True, "schema_version": 3, "solution": False}
        about.update(task=False, points=POINTS[task])
        cells.append(v4.new_code_cell(f"checks_here.points({task!r})", metadata={"nbgrader": about}))
    notebook = v4.new_notebook(cells=cells, metadata=KERNEL)
    source = folder / "source" / "ps18" / "ps18.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook, source)
    (folder / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\nc.Execute.timeout = {CALL_SECONDS}\n"
        "c.Execute.interrupt_on_timeout = True\nc.Execute.error_on_timeout = None\n"
    )
    done = bench.run(programs / "nbgrader", "generate_assignment", "ps18", cwd=folder, PATH=path_with(programs))
    assert done.returncode == 0, done.stderr[-2000:]
    for name, package in bench.packages.items():
        place = folder / "submitted" / name / "ps18"
        shutil.copytree(package, place)
        shutil.copy(folder / "release" / "ps18" / "ps18.ipynb", place)
    return folder


def nbgrader_scores(folder: Path, programs: Path, bench) -> dict[str, float]:
    done = bench.run(programs / "nbgrader", "autograde", "ps18", "--force", cwd=folder, PATH=path_with(programs))
    assert "graded" in done.stderr + done.stdout, done.stderr[-2000:]
    with sqlite3.connect(folder / "gradebook.db") as book:
        rows = book.execute(
            "SELECT a.student_id, SUM(COALESCE(g.auto_score, 0)) FROM grade g"
            " JOIN submitted_notebook n ON g.notebook_id = n.id"
            " JOIN submitted_assignment a ON n.assignment_id = a.id GROUP BY a.student_id"
        ).fetchall()
    return dict(rows)


def otter_assignment(folder: Path, programs: Path, bench) -> Path:
    """The zip that `otter generate` makes of a test file per task, with a test case per check."""
    tests = folder / "tests"
    tests.mkdir(parents=True)
    known = bench.checks_of()
    for task in TASKS:
        lines = ["from otter.test_files import test_case", "OK_FORMAT = False", f"name = {task!r}", "points = None", ""]
        for number, (check, points) in enumerate(known[task]):
            lines += [
                f"@test_case(points={points})",
                f"def test_{number}():",
                "    import checks_here",
                f"    found = {{check['id']: check for check in checks_here.results({task!r})}}",
                f"    assert found[{check!r}]['status'] == 'passed'",
                "",
            ]
        (tests / f"{task}.py").write_text("\n".join(lines))
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("import checks_here")], metadata=KERNEL), folder / "s.ipynb")
    done = bench.run(programs / "otter", "generate", "-t", tests, "-o", folder / "autograder.zip", cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def otter_scores(folder: Path, programs: Path, bench) -> dict[str, float]:
    scores = {}
    for name, package in bench.packages.items():
        out = folder / "out" / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        grading = (folder / "s.ipynb", "-a", folder / "autograder.zip", "-o", out)
        bench.run(programs / "otter", "run", *grading, cwd=folder, STUDENT=str(package), PATH=path_with(programs))
        found = out / "results.json"
        tests = json.loads(found.read_text())["tests"] if found.exists() else []
        scores[name] = round(sum(test.get("score") or 0 for test in tests), 2)
    return scores


def path_with(programs: Path) -> str:
    return f"{programs}:/usr/local/bin:/usr/bin:/bin"
