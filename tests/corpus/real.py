"""How the grader takes real mistakes: what it names, and what that costs; `python -m tests.corpus.real` prints it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from statistics import mean

from autograder.assignment.mistakes import MISTAKES
from tests.grader.in_process import VALUE_TASKS, graded, lost, names, network_class
from tests.submissions.corpus import REAL, Wrong, files_of, real, real_pairs, written_in

WHOLE = (*VALUE_TASKS, "xor")


@dataclass(frozen=True)
class Graded:
    """What came of one network."""

    lost: dict[str, float]  # points, by task
    names: frozenset[str]

    def belongs(self, mistake: Wrong) -> bool:
        """Whether points are lost in a task that the mistake belongs to."""
        return bool(set(self.lost) & set(mistake.loses))

    def naming(self, mistake: Wrong) -> set[str]:
        """The names that fit the mistake: its own, or those of its equations."""
        return {name for name in self.names if fits(name, mistake)}


def fits(name: str, mistake: Wrong) -> bool:
    return name in mistake.mistakes or bool(set(MISTAKES[name].equation.split(", ")) & equations(mistake))


def equations(mistake: Wrong) -> set[str]:
    """What a teacher would point to; for a mistake with a name, what that says."""
    return {*mistake.equations, *(e for name in mistake.mistakes for e in MISTAKES[name].equation.split(", "))}


@cache
def of(*mistakes: Wrong) -> Graded:
    """What comes of the network with these mistakes, in all tasks that need no training."""
    tasks = WHOLE if any(mistake.whole for mistake in mistakes) else VALUE_TASKS
    engine = graded(network_class(files_of(*mistakes)), tasks)
    return Graded(lost(engine), frozenset(names(engine)))


@cache
def unusual() -> tuple[Wrong, ...]:
    """The right networks that are written in an unusual way."""
    return tuple(written_in(REAL / "correct.toml"))


def table() -> Iterable[str]:
    """How many are named, how many wrongly, and what a mistake in `backward` costs named and unnamed."""
    singles = {mistake: of(mistake) for mistake in real().values()}
    named = {mistake for mistake, result in singles.items() if result.naming(mistake)}
    wrongly = [m.name for m, result in singles.items() if result.names - result.naming(m)]
    yield f"single mistakes          {len(singles):4}"
    yield f"  named                  {len(named):4}"
    yield f"  named wrongly          {len(wrongly):4}   {' '.join(wrongly)}"
    yield f"  given every point      {sum(not result.lost for result in singles.values()):4}"
    own = [mistake for mistake in singles if "backward" in mistake.loses]
    costs = {}
    for kind in ("named", "unnamed"):
        costs[kind] = [singles[m].lost.get("backward", 0.0) for m in own if (m in named) == (kind == "named")]
        yield f"points of `backward` lost, {kind:8} {mean(costs[kind] or [0.0]):5.1f} of 35, mean of {len(costs[kind])}"
    if costs["named"]:
        yield f"  ratio                 {mean(costs['unnamed'] or [0.0]) / max(mean(costs['named']), 0.1):5.2f}"
    for kind, pairs in real_pairs().items():
        results = {pair: of(*pair) for pair in pairs}
        each = {pair: [bool(result.naming(mistake)) for mistake in pair] for pair, result in results.items()}
        astray = sum(any(not any(fits(n, m) for m in pair) for n in result.names) for pair, result in results.items())
        yield f"pairs {kind:8}           {len(pairs):4}"
        yield f"  one name at least      {sum(map(any, each.values())):4}"
        yield f"  both names             {sum(map(all, each.values())):4}"
        yield f"  a wrong name           {astray:4}"
        yield f"  `backward` lost        {mean(r.lost.get('backward', 0.0) for r in results.values()):6.1f} of 35"


if __name__ == "__main__":
    for line in table():
        print(line)
