"""Reads the version of a new gradebook's tables, for which nbgrader would start a program, for over a second."""


def prepare_alembic() -> None:
    """Call this before nbgrader opens a gradebook."""
    from alembic.script import ScriptDirectory
    from nbgrader import api, dbutil

    api.get_alembic_version = lambda: ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()
