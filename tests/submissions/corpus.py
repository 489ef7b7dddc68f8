"""Wrong submissions as changes to the solution, and correct ones as files."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.intake.submissions import FILES, Submission

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
SOLUTION = HERE.parent.parent / "solutions" / "backprop"


@dataclass(frozen=True)
class Wrong:
    """One mistake: what is changed, which tasks must lose points or may, and what the feedback has to name."""

    name: str
    file: str
    change: tuple[tuple[str, str], ...]
    loses: tuple[str, ...]  # at least one of them
    may_lose: tuple[str, ...]
    mistakes: tuple[str, ...]  # right names, the first of which has to be given; none where there is none

    @property
    def group(self) -> str:
        return self.name.split("/")[0]


@cache
def solution() -> dict[str, str]:
    return {name: (SOLUTION / name).read_text(encoding="utf-8") for name in FILES}


@cache
def wrong() -> dict[str, Wrong]:
    """All wrong submissions, by name."""
    found = {}
    for path in sorted((HERE / "wrong").glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        common = {key: table.pop(key) for key in list(table) if not isinstance(table[key], dict)}
        for key, entry in table.items():
            row = {"file": "neural_network.py", "mistake": [], **common, **entry}
            loses, mistakes = (tuple([v] if isinstance(v, str) else v) for v in (row["loses"], row["mistake"]))
            name = f"{path.stem}/{key}"
            change = tuple((old, new) for old, new in row["change"])
            found[name] = Wrong(name, row["file"], change, loses, tuple(row["may_lose"]), mistakes)
    return found


def files_of(*mistakes: Wrong) -> dict[str, bytes]:
    """The solution with these mistakes in it; ValueError where they do not fit together."""
    texts = dict(solution())
    for mistake in mistakes:
        for old, new in mistake.change:
            if texts[mistake.file].count(old) != 1:
                raise ValueError(f"{mistake.name}: {old!r} stands {texts[mistake.file].count(old)} times")
            texts[mistake.file] = texts[mistake.file].replace(old, new)
    return {name: text.encode() for name, text in texts.items()}


def correct() -> dict[str, dict[str, bytes]]:
    """The correct submissions by name: a folder with files, or a lone neural_network.py."""
    found = {}
    for path in sorted((HERE / "correct").iterdir()):
        if path.suffix == ".py":
            found[path.stem] = {"neural_network.py": path.read_bytes()}
        elif path.is_dir() and path.name != "__pycache__":
            found[path.name] = {name: (path / name).read_bytes() for name in FILES if (path / name).exists()}
    return found


def submission(name: str, files: Mapping[str, bytes]) -> Submission:
    return Submission(name, dict(files), "files", tuple(files), (), (), {}, None, name)
