"""Finds a student's functions in what was handed in, for a page that shows them; nothing is run here."""

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from ..text import replace_unprintable
from .cells import PLAN
from .submissions import Submission

MOST_LINES, MOST_CHARACTERS = 80, 160
MOST_MARKED = 2  # statements: more are no answer
MOST_TALL = 10  # lines of a statement
MOST_STATEMENTS = 400  # of a function that are looked at
MOST_SOURCE = 1 << 18  # characters of a file or cell that is looked into
CUT = "…"
Function = tuple[str, int, tuple[str, ...]]  # where it stands, the number of its first line, its lines
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


class Excerpts:
    """The functions in a submission's files or cells."""

    def __init__(self, submission: Submission):
        self._sources = list(sources_of(submission))

    def of(self, name: str, patterns: Sequence[str] = ()) -> Iterator[tuple[Function, tuple[int, ...]]]:
        """The last function of this name, and the lines of the statements in it that fit a pattern.

        A statement is compared as `ast.unparse` writes it.  Where more than two fit, none is marked.
        """
        named = [(where, lines, node) for where, lines, node in self._functions if node.name == name]
        for where, lines, node in named[-1:]:
            simple = islice((s for s in ast.walk(node) if isinstance(s, SIMPLE)), MOST_STATEMENTS)
            found = [s for s in simple if fits(s, patterns)]
            marked = [number for s in found for number in range(s.lineno, (s.end_lineno or s.lineno) + 1)]
            yield shown(where, lines, node), tuple(sorted(set(marked))) if len(found) <= MOST_MARKED else ()

    def at(self, where: str, line: int) -> Function | None:
        """The innermost function around this line."""
        around = [
            (lines, node)
            for place, lines, node in self._functions
            if place == where and first_line(node) <= line <= (node.end_lineno or 0)
        ]
        if not around:
            return None
        lines, node = max(around, key=lambda one: one[1].lineno)
        return shown(where, lines, node, line)

    @cached_property
    def _functions(self) -> list[tuple[str, list[str], ast.FunctionDef]]:
        found = []
        for where, text in self._sources:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the student's, for the student
                try:
                    tree = ast.parse(text[:MOST_SOURCE])
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
            lines = text.split("\n")
            found += [(where, lines, node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        return found


def sources_of(submission: Submission) -> Iterator[tuple[str, str]]:
    """(where it is, source) of each file, or of each cell that was worked on."""
    if submission.source == "notebook":
        if PLAN in submission.files:
            yield from ((label, source) for label, source in json.loads(submission.files[PLAN])["cells"])
        return
    for name, source in submission.files.items():
        yield name, source.decode("utf-8", "replace")


def first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def shown(where: str, lines: list[str], node: ast.FunctionDef, needed: int = 0) -> Function:
    """The function without its docstring and its indentation; of a long one the part with the needed line."""
    first, last = first_line(node), node.end_lineno or node.lineno
    if ast.get_docstring(node, clean=False) is not None and node.body[1:]:
        first = min((node.body[0].end_lineno or 0) + 1, node.body[1].lineno)
    if last - first >= MOST_LINES:
        first = max(first, min(needed - MOST_LINES // 2, last - MOST_LINES + 1)) if needed else first
        last = first + MOST_LINES - 1
    text = [fit_to_show(line) for line in lines[first - 1 : last]]
    return where, first, tuple(textwrap.dedent("\n".join(text)).split("\n"))


def fit_to_show(line: str) -> str:
    text = replace_unprintable(line[: MOST_CHARACTERS + 1].expandtabs(4)).rstrip()
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}{CUT}"


def fits(statement: ast.stmt, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns is found in the statement; a long one is none of the chapter's."""
    wide = (statement.end_col_offset or 0) - statement.col_offset > 2 * MOST_CHARACTERS
    tall = (statement.end_lineno or 0) - statement.lineno > MOST_TALL
    if not patterns or wide or tall or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
        return False
    try:
        text = ast.unparse(statement)
    except (RecursionError, ValueError):
        return False
    return len(text) <= 2 * MOST_CHARACTERS and any(re.search(pattern, text) for pattern in patterns)
