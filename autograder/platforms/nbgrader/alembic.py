"""Has nbgrader write a gradebook quickly and quietly.

It would start a program for the version of a new gradebook's tables, for over a second; and SQLAlchemy would warn of
each submission that it adds.
"""

from functools import wraps
from typing import Any


def prepare_alembic() -> None:
    """Call this before nbgrader opens a gradebook."""
    from alembic.script import ScriptDirectory
    from nbgrader import api, dbutil

    api.get_alembic_version = lambda: ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()
    add = api.Gradebook.add_submission
    if hasattr(add, "__wrapped__"):
        return

    @wraps(add)
    def add_whole(self: Any, *about: Any, **more: Any) -> Any:
        with self.db.no_autoflush:  # else it is written while it is being put together
            return add(self, *about, **more)

    api.Gradebook.add_submission = add_whole
