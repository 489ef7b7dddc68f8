"""Whether a file is still the released stub: what a formatter, a comment or Jupyter's saving changes is no work.

Parsing happens in the grader's own process, so only short text of shallow nesting is parsed; the rest counts as work.
"""

import ast
import re
import warnings
from functools import lru_cache

from ..course.model import assignment
from .cells import bare, cells_of
from .entries import Refused
from .naming import NOTEBOOK

MAX_PARSED = 1 << 15  # bytes; the longest stub has 9 KiB
MAX_NESTED = 40  # brackets open at once, those in comments and strings among them
UNWRITTEN = b"NotImplementedError"  # what has fewer of these than the stub is work, and need not be parsed
MAGIC = re.compile(r"^[ \t]*[%!].*", re.MULTILINE)
_NAMES = "|".join(name for functions in assignment().subject.defined.values() for name in functions)
_KIND = rf"|{assignment().subject.kind}[.\w]*" if assignment().subject.kind else ""
# [ \t] where \s would do: over lines of white space that takes time that grows with the square of their number.
DEFINES = re.compile(rf"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+|class[ \t]+)?(?:{_NAMES}{_KIND})[ \t]*[(:=]", re.MULTILINE)


def is_stub(name: str, source: bytes, stub: bytes) -> bool:
    """Whether `source`, normalised, does what the released file of this name does, so that nobody worked on it."""
    if _lines(source) == _lines(stub):
        return True
    if name == NOTEBOOK:
        return _is_released_notebook(source, stub)
    if source.count(UNWRITTEN) < stub.count(UNWRITTEN):
        return False
    code = statements(source.decode())
    return code is not None and code == _released(stub.decode())


def _is_released_notebook(notebook: bytes, released: bytes) -> bool:
    """Whether no cell defines what a solution defines, unless as the released notebook does."""
    try:
        given = [source for _, source in cells_of(released)]
        known = set(map(bare, given))
        changed = [
            source
            for gid, source in cells_of(notebook)
            if bare(source) not in known and (gid in assignment().subject.solutions or DEFINES.search(source))
        ]
    except Refused:
        return False
    code = statements(MAGIC.sub("", "\n".join(changed)))
    allowed = _released(MAGIC.sub("", "\n".join(given))) or ()
    return code is not None and all(did.startswith("Expr(") for did in set(code) - set(allowed))


def statements(source: str) -> tuple[str, ...] | None:
    """The syntax trees of what a module's statements do; None where it does not parse, or may cost too much.

    Imports, docstrings and what runs only as a program do nothing that is graded.
    """
    if len(source) > MAX_PARSED or _nesting(source) > MAX_NESTED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the student's code: not for the instructor's terminal
            tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                node.kind = None  # u"" is ""
            if isinstance(body := getattr(node, "body", None), list):
                node.body = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]  # type: ignore[attr-defined]
        return tuple(ast.dump(statement) for statement in tree.body if not _is_idle(statement))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_released = lru_cache(maxsize=16)(statements)


def _is_idle(statement: ast.stmt) -> bool:
    program = isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"
    return program or isinstance(statement, ast.Import | ast.ImportFrom)


def _nesting(source: str) -> int:
    """How many brackets are open at once."""
    deepest = depth = 0
    for bracket in re.findall(r"[()\[\]{}]", source):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _lines(source: bytes) -> bytes:
    """Source without the white space that editors add and remove: at line ends, and at the end."""
    return b"\n".join(line.rstrip() for line in source.split(b"\n")).rstrip()
