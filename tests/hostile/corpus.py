"""The hostile submissions of `tests/submissions/hostile`, and the honest twins that they are compared with.

A row there is one submission.  Its fields:

tries          what it attempts, in a line
code           stands at the end of the file.  If it defines `attack`, that is called at the start of the methods `when`
on             the network that it stands on: "idle" (answers zeros), "solved" (without the exercises' recipes)
file           where the code goes, if not neural_network.py
breaks         methods that cannot answer any more: in the honest twin they raise an exception
ends           methods whose call ends the process, or never ends: in the honest twin they are not written
may_break      methods that may answer or not, as the sandbox has it: there are two honest twins then
at_most        it may earn less than its twin, for it answers now and then
earns_at_most  points by task that it may earn, where nothing comes close to a twin
reason         words of the reason why it cannot be graded at all
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from autograder import ROOT

from . import notebooks  # noqa: F401 - adds to UPLOADS
from .hidden import conversations
from .uploads import UPLOADS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = ROOT / "tests" / "submissions" / "hostile"
SOLUTIONS = ROOT / "solutions" / "backprop"
NETWORK = "neural_network.py"
METHODS = ("__init__", "forward", "backward", "update", "compute_loss", "train")
CALLS_ATTACK = """

def _attacked(method):
    def call(*args, **options):
        attack(*args)
        return method(*args, **options)
    return call

for _name in {when!r}:
    setattr(NeuralNetwork, _name, _attacked(getattr(NeuralNetwork, _name)))
"""
BROKEN = """

def _broken(*args, **options):
    raise {error}("broken")

NeuralNetwork.{name} = _broken
"""

Twin = tuple[str, tuple[str, ...]]  # what it stands on, and the methods that it lacks


@dataclass(frozen=True)
class Hostile:
    """One submission that is code; see above."""

    name: str
    tries: str
    code: str
    on: str = "idle"
    file: str = NETWORK
    when: tuple[str, ...] = METHODS
    breaks: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    may_break: tuple[str, ...] = ()
    at_most: bool = False
    earns_at_most: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    category: str = ""  # the file in which it stands

    @property
    def twins(self) -> tuple[str, ...]:
        """Names of the honest submissions of which one earns what this one may."""
        return tuple(twin_name(*twin) for twin in self._twins)

    @property
    def _twins(self) -> list[Twin]:
        missing = (*self.breaks, *(f"{method} unwritten" for method in self.ends))
        return [(self.on, missing), *([(self.on, self.may_break)] if self.may_break else [])]

    def put(self, folder: Path, planted: Mapping[str, str]) -> None:
        """Write its files, with `@NAME@` in the code replaced by what is planted under that name."""
        code = self.code
        for name, value in planted.items():
            code = code.replace(f"@{name}@", value)
        if "@TABLE@" in code:
            code = code.replace("@TABLE@", table_of_visible_answers())
        if "def attack(" in code:
            code += CALLS_ATTACK.format(when=tuple(self.when))
        files = base(self.on)
        files[self.file] = files.get(self.file, "") + "\n\n" + code
        write(folder, files)


@cache
def hostile() -> dict[str, Hostile]:
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
            assert name not in found, f"{name} stands twice in {FOLDER}"
            lists = {k: tuple(v) for k, v in row.items() if isinstance(v, list)}
            found[name] = Hostile(name, **{**row, **lists}, category=path.stem)
    assert not set(found) & set(UPLOADS)
    return found


def twin_name(on: str, missing: tuple[str, ...] = ()) -> str:
    return "-without-".join([f"honest-{on}", *(method.replace(" ", "-") for method in missing)])


@cache
def twins() -> dict[str, Twin]:
    """By name, base and broken methods of each honest submission that the corpus needs."""
    pairs = {twin for row in hostile().values() for twin in row._twins}
    pairs |= {("idle", ()), ("solved", ()), ("stub", ())}
    return {twin_name(*pair): pair for pair in sorted(pairs)}


def put_twin(folder: Path, on: str, missing: tuple[str, ...] = ()) -> None:
    files = base(on)
    for method in missing:
        name, _, unwritten = method.partition(" ")
        files[NETWORK] += BROKEN.format(name=name, error="NotImplementedError" if unwritten else "RuntimeError")
    write(folder, files)


def base(on: str) -> dict[str, str]:
    if on == "stub":
        return {NETWORK: (ROOT / "release" / "ps18" / "backprop" / NETWORK).read_text(encoding="utf-8")}
    if on == "idle":
        return {NETWORK: (FOLDER / "idle.py").read_text(encoding="utf-8")}
    return {name: (SOLUTIONS / name).read_text(encoding="utf-8") for name in (NETWORK, "activations.py")}


def write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def table_of_visible_answers() -> str:
    """Code that fills `table` with the right caches for each input of the visible checks, which every student has."""
    lines: list[str] = []
    for asked in conversations("visible", "forward"):
        if asked.method == "forward":
            caches = [[array.tolist() for array in cache] for cache in asked.caches]
            lines.append(f"table[{asked.arrays[0].tobytes()!r}] = [[np.array(a) for a in c] for c in {caches!r}]")
    assert lines
    return "\n".join(lines)
