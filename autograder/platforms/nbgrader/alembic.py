"""Lets nbgrader find and run alembic, with which it makes a gradebook, from any checkout."""

import os
import sys


def prepare_alembic() -> None:
    """Call this before nbgrader opens a gradebook."""
    from nbgrader import dbutil

    folder = os.path.dirname(sys.executable)  # alembic is called by name: the environment may not be activated
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([folder, *(p for p in path if p != folder)])
    # Its folder is written to a file in which % begins a variable.
    dbutil.ALEMBIC_DIR = dbutil.ALEMBIC_DIR.replace("%%", "%").replace("%", "%%")
