"""Lets nbgrader find and run alembic, with which it makes a gradebook, from any checkout, and write to it quietly."""

import os
import sys
from functools import wraps
from typing import Any


def prepare_alembic() -> None:
    """Call this before nbgrader opens a gradebook."""
    from nbgrader import dbutil

    quieten()

    folder = os.path.dirname(sys.executable)  # alembic is called by name: the environment may not be activated
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([folder, *(p for p in path if p != folder)])
    # Its folder is written to a file in which % begins a variable.
    dbutil.ALEMBIC_DIR = dbutil.ALEMBIC_DIR.replace("%%", "%").replace("%", "%%")


def quieten() -> None:
    """Have nbgrader add a submission whole: SQLAlchemy warns where it is written while it is being put together."""
    from nbgrader.api import Gradebook

    add = Gradebook.add_submission
    if hasattr(add, "__wrapped__"):
        return

    @wraps(add)
    def add_whole(self: Any, *about: Any, **more: Any) -> Any:
        with self.db.no_autoflush:
            return add(self, *about, **more)

    Gradebook.add_submission = add_whole
