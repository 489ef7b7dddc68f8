"""The cost of a notebook beside that of the same code as files, and beside nbgrader's own execution.

`python -m tests.benchmarks.notebooks [students=10]`: wall seconds for one class, on one core, gradebook included.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.kit import RELEASE
from tests.notebooks.course import CLASS, clone_to, hand_in, run

KIND = "complete"
STOCK = "c = get_config()\nc.CourseDirectory.root = {!r}\n"  # nbgrader out of the box: it runs what was handed in


def course(folder: Path, students: int, notebooks: bool) -> Path:
    clone_to(folder)
    for number in range(students):
        student = f"s{number:02}"
        if notebooks:
            # With all that the student's folder holds, for nbgrader runs the notebook there.
            shutil.copytree(RELEASE, folder / "submitted" / student / "ps18")
            hand_in(folder, student, CLASS / KIND)
        else:
            shutil.copytree(CLASS / KIND, folder / "submitted" / student)
    return folder


def seconds(folder: Path, *command: str) -> float:
    began = time.monotonic()
    run(folder, *command)
    return time.monotonic() - began


def main() -> int:
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    table = Table("", "seconds", "a submission", title=f"{students} complete submissions on one core")
    with tempfile.TemporaryDirectory() as scratch:
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
        files = course(Path(scratch, "files"), students, notebooks=False)
        books = course(Path(scratch, "notebooks"), students, notebooks=True)
        took = {
            "files, make grade": seconds(files, "make", "grade", "JOBS=1"),
            "notebooks, make grade": seconds(books, "make", "grade", "JOBS=1"),
        }
        # The gradebook knows the assignment now; with nbgrader's own configuration it executes.
        shutil.rmtree(books / "autograded")
        (books / "nbgrader_config.py").write_text(STOCK.format(str(books)))
        nbgrader = ".venv/bin/nbgrader"
        took["notebooks, nbgrader autograde out of the box"] = seconds(books, nbgrader, "autograde", "ps18", "--force")
    for name, value in took.items():
        table.add_row(name, f"{value:.1f}", f"{value / students:.2f}")
    console = Console()
    console.print(table)
    one, other = took["files, make grade"], took["notebooks, make grade"]
    console.print(f"A notebook costs {(other - one) / students:+.2f} s beside files (goal: at most 0.3 s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
