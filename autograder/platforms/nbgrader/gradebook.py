"""nbgrader's gradebook: scores, comments and what waits for a person, and the notebooks under `autograded/`."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ...course.model import assignment
from ...course.rubric import rubric
from ...intake.cells import released_notebook
from ...intake.submissions import Submission
from ...results.model import Result
from ...results.store import Unwritable, remove_folder, write_whole
from .alembic import prepare_alembic
from .marked import answered, comments, handed_in, put_results

PENALTY = ""  # the name of no cell
EXAMPLE = "(example class)"  # the last name of students who are none


class Gradebook:
    """The gradebook of a course folder; use `with`.  Without a path it is none, and records nothing."""

    def __init__(self, path: Path | None, example: bool = False):
        self._example = example
        self._broken: type[Exception] = OSError
        self._book: Any = None
        if path is None:
            return
        from nbgrader.api import Gradebook as Book
        from sqlalchemy.exc import OperationalError, SQLAlchemyError

        self._broken = OperationalError  # locked, read-only, the disk is full: so for every student
        prepare_alembic()
        self.course = path.parent
        try:
            self._book = Book(f"sqlite:///{path}")
            save_cells(self._book, f"sqlite:///{path}")
            if not example:
                self._remove_examples()
            self._own = {student.id for student in self._book.students if student.last_name != EXAMPLE}
            self._held = self._scores()
            notebooks = self._book.find_assignment(assignment().name).notebooks
            self._cells = {cell.name: cell for own in notebooks for cell in own.grade_cells}
        except RuntimeError:  # nbgrader's: "Cannot add or remove cells"
            raise Unwritable(
                f"{path} was made for a notebook with other cells, which nbgrader cannot change once there are"
                " submissions: move it away (manual scores are in it), and grade again."
            ) from None
        except (SQLAlchemyError, OSError) as error:
            why = str(error).splitlines()[0]
            raise Unwritable(
                f"{path}: the gradebook cannot be written ({why}); give another with --gradebook."
            ) from None

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, *_: object) -> None:
        if self._book is not None:
            self._book.close()

    def _scores(self) -> dict[str, dict[str, float]]:
        """What it holds: by student, by cell, the points given automatically, and under PENALTY what is taken off."""
        from nbgrader.api import Grade, GradeCell, Student, SubmittedAssignment, SubmittedNotebook

        query = (
            self._book.db.query(Student.id, GradeCell.name, Grade.auto_score, SubmittedNotebook.late_submission_penalty)
            .select_from(Grade)
            .join(GradeCell, Grade.cell_id == GradeCell.id)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Student, SubmittedAssignment.student_id == Student.id)
        )
        held: dict[str, dict[str, float]] = {}
        for student, cell, points, penalty in query:
            held.setdefault(student, {PENALTY: penalty or 0.0})[cell] = points
        return held

    def record(self, result: Result, submission: Submission) -> None:
        """Write one result, in one transaction, if it is not there already; what people gave stays."""
        if self._book is None:
            return
        student = result.student
        marked = handed_in(submission.notebook, submission.files)
        put_results(marked, result)
        path = self.course / "autograded" / student / assignment().name / f"{assignment().name}.ipynb"
        text = json.dumps(marked, indent=1, sort_keys=True) + "\n"
        same = path.exists() and path.read_text(encoding="utf-8", errors="replace") == text
        points = {task.id: task.points for task in result.tasks}
        penalty = {PENALTY: result.late.penalty if result.late else 0.0} if rubric().late else {}
        known = [task for task in result.tasks if task.id in self._cells]
        other = [task for task in known if self._cells[task.id].max_score != task.max_points]
        if same and not other and {**points, **penalty}.items() <= self._held.get(student, {}).items():
            return
        try:
            for task in other:  # a check was taken out of the total
                self._cells[task.id].max_score = task.max_points
            self._put(result, points, answered(marked), same)
            self._book.db.commit()
        except self._broken as error:
            self._book.db.rollback()
            raise Unwritable(f"The gradebook cannot be written: {str(error).splitlines()[0]}.") from None
        except Exception:  # of this student's: the others go on
            self._book.db.rollback()
            raise
        write_whole(path, text)

    def _put(self, result: Result, points: Mapping[str, float], written: set[str], same: bool) -> None:
        student = result.student
        about = {"last_name": EXAMPLE} if self._example and student not in self._own else {}
        when = {"timestamp": datetime.fromisoformat(result.submitted)} if result.submitted else {}
        self._book.update_or_create_student(student, **about)
        submission = self._book.update_or_create_submission(assignment().name, student, **when)
        said = comments(result)
        for own in submission.notebooks:
            if rubric().late:  # else nbgrader's own penalties stand
                own.late_submission_penalty = result.late.penalty if result.late else None
            for grade in own.grades:
                if grade.cell.name in points:
                    grade.auto_score = points[grade.cell.name]
                    grade.needs_manual_grade = False
                else:  # a question: the answer waits for a person, and again if it has changed
                    grade.auto_score = None if grade.cell.name in written else 0
                    waits = grade.manual_score is None or not same
                    grade.needs_manual_grade = grade.cell.name in written and waits
            for comment in own.comments:
                comment.auto_comment = said.get(comment.cell.name) or None

    def _remove_examples(self) -> None:
        """Take out the students of the example class, once there is a class of one's own."""
        from nbgrader.api import Student

        for (name,) in self._book.db.query(Student.id).filter(Student.last_name == EXAMPLE).all():
            self._book.remove_student(name)
            for folder, file in (("autograded", "ipynb"), ("feedback", "html")):
                remove_folder(self.course / folder / name / assignment().name, [f"{assignment().name}.{file}"])


def save_cells(book: Any, url: str) -> None:
    """Tell the gradebook which cells the released notebook has."""
    import nbformat
    from nbgrader.preprocessors import SaveCells

    book.update_or_create_assignment(assignment().name)
    notebook = nbformat.from_dict(released_notebook())
    notebooks = book.find_assignment(assignment().name).notebooks
    held = {cell.name: cell.source for own in notebooks for cell in own.source_cells}
    points = {cell.name: cell.max_score for own in notebooks for cell in own.grade_cells}
    known = [(cell.source, cell.metadata.nbgrader) for cell in notebook.cells if "nbgrader" in cell.metadata]
    same_text = held == {cell.grade_id: source for source, cell in known}
    if same_text and points == {cell.grade_id: cell.points for _, cell in known if cell.grade}:
        return
    about = {"notebook": assignment().name, "assignment": assignment().name, "student": ".", "db_url": url}
    SaveCells().preprocess(notebook, {"nbgrader": about})
