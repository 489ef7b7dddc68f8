"""Wrong submissions as changes to the solution, and correct ones as files."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.intake.submissions import FILES, Submission

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
REAL = HERE / "real"  # what real people wrote: mistakes, pairs of them, and unusual right ways
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
    equations: tuple[str, ...] = ()  # what a teacher would point to
    missed: bool = False  # the grader takes nothing off for it, which is to be mended
    whole: bool = False  # it shows only in trainings

    @property
    def group(self) -> str:
        return self.name.split("/")[0]


@cache
def solution() -> dict[str, str]:
    return {name: (SOLUTION / name).read_text(encoding="utf-8") for name in FILES}


@cache
def wrong() -> dict[str, Wrong]:
    """All wrong submissions, by name."""
    return {entry.name: entry for path in sorted((HERE / "wrong").glob("*.toml")) for entry in written_in(path)}


@cache
def real() -> dict[str, Wrong]:
    """Wrong submissions whose mistakes real people made, by name."""
    paths = [path for path in sorted(REAL.glob("*.toml")) if path.stem not in ("correct", "pairs")]
    return {entry.name: entry for path in paths for entry in written_in(path)}


@cache
def real_pairs() -> dict[str, list[tuple[Wrong, Wrong]]]:
    """Two mistakes at once as real people made them: across methods, and within `backward`."""
    singles = {**wrong(), **real()}
    table = tomllib.loads((REAL / "pairs.toml").read_text(encoding="utf-8"))
    return {kind: [(singles[one], singles[other]) for one, other in names] for kind, names in table.items()}


def written_in(path: Path) -> Iterator[Wrong]:
    """The entries of one file; what stands above the first is common to all."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    common = {key: table.pop(key) for key in list(table) if not isinstance(table[key], dict)}
    for key, entry in table.items():
        row = {"file": "neural_network.py", "loses": [], "may_lose": [], "mistake": [], "equation": "", **common, **entry}
        yield Wrong(
            name=f"{path.stem}/{key}",
            file=row["file"],
            change=tuple((old, new) for old, new in row["change"]),
            loses=listed(row["loses"]),
            may_lose=listed(row["may_lose"]),
            mistakes=listed(row["mistake"]),
            equations=tuple(filter(None, row["equation"].split(", "))),
            missed=row.get("missed", False),
            whole=row.get("whole", False),
        )


def listed(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


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
    """The correct submissions by name: a folder with files, a lone neural_network.py, or a change to the solution."""
    found = {}
    for path in sorted((HERE / "correct").iterdir()):
        if path.suffix == ".py":
            found[path.stem] = {"neural_network.py": path.read_bytes()}
        elif path.is_dir() and path.name != "__pycache__":
            found[path.name] = {name: (path / name).read_bytes() for name in FILES if (path / name).exists()}
    return found | {style.name: files_of(style) for style in written_in(REAL / "correct.toml")}


def submission(name: str, files: Mapping[str, bytes]) -> Submission:
    return Submission(name, dict(files), "files", tuple(files), (), (), {}, None, name)
