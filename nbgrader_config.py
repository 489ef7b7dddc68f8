"""nbgrader on this course: `nbgrader autograde`, `export`, `generate_feedback` and the formgrader.

Students' code runs in the kit's sandbox, never in nbgrader's kernel.
"""

import sys
from pathlib import Path

from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here / "solutions")]
from autograder.platforms.nbgrader.alembic import prepare_alembic  # noqa: E402
from autograder.platforms.nbgrader.steps import Comment, CsvExport, Grade, Mend  # noqa: E402

prepare_alembic()
c = get_config()  # noqa: F821
c.CourseDirectory.root = str(here)
# The student folder, release/ps18, is made by `make release`, not by nbgrader alone: its button writes elsewhere.
c.CourseDirectory.release_directory = "dist/release"
c.Autograde.sanitize_preprocessors = [Mend, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [Grade, SaveAutoGrades, AssignLatePenalties, Comment, CheckCellMetadata]
c.ExportApp.plugin_class = CsvExport
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("this is not written yet")'}
