"""Our steps of `nbgrader autograde`, in the place of those that run students' code; see nbgrader_config.py."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import NbGraderPreprocessor

from ...course.adjust import find_adjustments
from ...grading.submission import grade_apart
from ...intake.submissions import find_class, read_submission, released_stubs
from ...results.settle import settled
from ...results.store import result_names
from ...sandbox import choose
from ...text import harmless_cell
from ..canvas_moodle.times import handed_in
from .marked import EXCUSED, comments, put_results
from .marked import handed_in as notebook_handed_in


class Mend(NbGraderPreprocessor):
    """Bring the notebook to the released form: cells that were deleted, copied or changed stop nothing."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        import nbformat

        mended = notebook_handed_in(nbformat.writes(nb).encode(), {})
        return nbformat.from_dict(mended), resources


class Grade(NbGraderPreprocessor):
    """Grade the submission as `make grade` does, and write each task's points and messages as its cell's outputs."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        import nbformat

        about = resources["nbgrader"]
        folder = Path(resources["metadata"]["path"])  # autograded/<student>/ps18, a copy of what was handed in
        submitted, student = folder.parents[2] / "submitted", about["student"]
        names = result_names(find_class(submitted))
        adjustments = find_adjustments(None, submitted, names)
        submission = read_submission(submitted / student / about["assignment"], student, released_stubs())
        submission = submission.handed_in(handed_in(adjustments, names.values()).get(names[student]))
        result = replace(grade_apart(submission, choose()), student=names[student])
        result = settled(result, adjustments)
        if result.kit_errors:
            raise RuntimeError(f"The kit itself failed: {result.kit_errors[0]}")
        put_results(nb, result)
        resources["kit_comments"] = comments(result)
        resources["kit_late"] = result.late
        return nbformat.from_dict(nb), resources


class Comment(NbGraderPreprocessor):
    """Put the messages beside the solution cells, and what being late costs, after nbgrader's own steps."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            for cell, text in resources["kit_comments"].items():
                found = book.find_comment(cell, about["notebook"], about["assignment"], about["student"])
                found.auto_comment = text or None
            if late := resources["kit_late"]:
                own = book.find_submission_notebook(about["notebook"], about["assignment"], about["student"])
                own.late_submission_penalty = late.penalty
            book.db.commit()
        return nb, resources


class CsvExport(CsvExportPlugin):
    """`nbgrader export` with names quoted, which nbgrader joins as they are, and computing nothing."""

    def export(self, gradebook: Gradebook) -> None:
        wanted = {str(name) for name in self.student}
        parts = {str(name) for name in self.assignment}
        with open(self.to or "grades.csv", "w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if (not wanted or student.id in wanted) and (not parts or assignment.name in parts):
                        table.writerow(map(harmless_cell, row(gradebook, assignment, student)))


COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


def row(gradebook: Gradebook, assignment: Any, student: Any) -> list[Any]:
    """As nbgrader writes it, in the order of COLUMNS; who has handed in nothing has 0, who is excused nothing."""
    try:
        handed = gradebook.find_submission(assignment.name, student.id)
        when, raw, penalty = handed.timestamp, handed.score, handed.late_submission_penalty
        said = [comment.auto_comment or "" for own in handed.notebooks for comment in own.comments]
        excused = any(text.startswith(EXCUSED) for text in said)
    except MissingEntry:
        when, raw, penalty, excused = "", 0.0, 0.0, False
    about = [student.id, student.last_name, student.first_name, student.email]
    points = [raw, penalty, max(0.0, raw - (penalty or 0.0)), assignment.max_score]
    if excused:
        points = ["", "", "", assignment.max_score]
    return [assignment.name, assignment.duedate, when, *about, *points]
