"""Waits for a file to be saved, and says what is to be checked again."""

import ast
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .check import Task
from .outcome import CheckResult
from .runner import Engine

PAUSE = 0.2  # seconds between two looks

OUTSIDE = ""  # stands for the statements outside of any function


def saved(paths: Sequence[Path]) -> Iterator[tuple[list[str], set[str] | None]]:
    """Each time that one of these files is saved, from now on: the files, and the functions that have changed.

    None for the functions where other statements have changed as well, or the text is no Python: then all may depend
    on it.
    """
    return differing(paths, texts(paths))  # read now, not when it is first asked: by then there may have been a save


def differing(paths: Sequence[Path], before: dict[Path, bytes | None]) -> Iterator[tuple[list[str], set[str] | None]]:
    """Each time that the files do not hold what they held before."""
    while True:
        time.sleep(PAUSE)
        now = texts(paths)
        if now == before or any(now[path] is None and before[path] is not None for path in paths):
            continue  # nothing, or an editor is about to put the new file in place
        files = [path.name for path in paths if now[path] != before[path]]
        changed: set[str] = set()
        for path in paths:
            if now[path] != before[path]:
                old, new = bodies(before[path]), bodies(now[path])
                changed |= {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        before = now
        yield files, None if OUTSIDE in changed else changed


def texts(paths: Sequence[Path]) -> dict[Path, bytes | None]:
    """What the files hold; None for one that is not there, as for a moment while an editor saves it."""
    found: dict[Path, bytes | None] = {}
    for path in paths:
        try:
            found[path] = path.read_bytes()
        except OSError:
            found[path] = None
    return found


def bodies(source: bytes | None) -> dict[str, str]:
    """What each function says, whatever class it is of, and all the rest."""
    try:
        tree = ast.parse(source or b"")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {OUTSIDE: repr(source)}
    found: dict[str, str] = {}
    rest = []
    for node in tree.body:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef):
                found[part.name] = found.get(part.name, "") + ast.dump(part)
            else:
                rest.append(ast.dump(part))
        if isinstance(node, ast.ClassDef):
            rest.append(node.name + "".join(map(ast.dump, [*node.bases, *node.decorator_list])))
    return found | {OUTSIDE: "\n".join(rest)}


class Kept:
    """The results so far of these tasks, and which of them are to be looked at again."""

    def __init__(self, tasks: Iterable[Task]):
        self._tasks = {task.id: task for task in tasks}
        self.results: dict[str, list[CheckResult]] = {}

    def to_look_at(self, changed: set[str] | None) -> Iterator[set[str]]:
        """First what is checked call by call, which takes a moment; then what depends on the change of the rest.

        The rest is what trainings achieve: who finds a mistake in the first need not go on, and what may have changed
        then has no result.
        """
        stale = {name for name, task in self._tasks.items() if self._depends(task, changed)}
        first = {name for name in stale if not self._tasks[name].by_outcome}
        self.results = {name: found for name, found in self.results.items() if name not in stale}
        yield from filter(None, (first, stale - first))

    def _depends(self, task: Task, changed: set[str] | None) -> bool:
        if changed is None or task.id not in self.results or not task.by_outcome:
            return True
        named = {method for other in self._tasks.values() for method in (*other.owns, *other.needs)}
        return not changed <= named or bool(changed & {*task.owns, *task.needs})

    @property
    def missing(self) -> list[str]:
        """The tasks that have no result yet."""
        return [name for name in self._tasks if name not in self.results]

    def take(self, engine: Engine | None) -> None:
        """Keep what it found; nothing where the code cannot be imported."""
        self.results = {name: found for name, found in engine.results.items() if found} if engine else {}
