"""An ordinary user's sandbox, which has another command line than root's, keeps the same promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import ROOT
from autograder.sandbox.bubblewrap import bound, program, read_only
from autograder.sandbox.fonts import font_list

NOBODY = 65534
BECOME = (
    f"import os, sys; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY});"
    " os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
PROMISES = ["ending", "identity", "layers", "leaving", "reaching", "reading", "taking", "writing"]


def command_as(user: str) -> list[str]:
    """The start of a command line for this Python, run by "nobody" or "root", or by whoever is not root.

    Python and the checkout may lie in root's home, which is closed to others: there it is replaced by an empty
    folder that holds these two and no more.
    """
    if os.geteuid() != 0:
        return [sys.executable]
    needed = [str(ROOT), sys.prefix, *(source for source, _ in bound())]
    view = ["--dev-bind", "/", "/"]
    above = {folder for path in needed for folder in Path(path).parents if not folder.stat().st_mode & 1}
    for folder in sorted(above):
        if not above & set(folder.parents):
            view += ["--perms", "0755", "--tmpfs", str(folder)]
    closed = [path for path in needed if above & set(Path(path).parents)]
    view += read_only([(path, path) for path in sorted(closed)])
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    if user == "root":
        return [program(), *view, "--die-with-parent", "--", sys.executable]
    return [program(), *view, *rights, "--die-with-parent", "--", sys.executable, "-c", BECOME]


@pytest.mark.whole
def test_it_keeps_the_promises():
    assert font_list() is not None
    tests = [f"tests/sandbox/test_{promise}.py" for promise in PROMISES]
    command = [*command_as("nobody"), "-B", "-m", "pytest", "-q", "--tb=short", *tests, "-k", "not many_submissions"]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "HOME": "/home/nobody"}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_it_is_an_ordinary_user():
    command = [*command_as("nobody"), "-c", "import os; print(os.geteuid())"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert int(ended.stdout) == (os.geteuid() or NOBODY), ended.stderr
