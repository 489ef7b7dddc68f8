"""What a check of `backward` keeps of each gradient, so that afterwards the equations can be told apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.engine.calls import CallFailed, WrongForm
from autograder.engine.case import Case, Fault

from .faults import Gradient, faults
from .proxy import Network
from .relations import Alone, Maps, account

Pair = tuple[Sequence[Any], Sequence[Any]]


@dataclass(frozen=True)
class Asked:
    """One answer of `backward`; `prefix` is what stands before the names of its equations."""

    dW: Sequence[Any]
    db: Sequence[Any]
    prefix: str
    alone: Alone


class Gradients:
    """All answers of `backward` in one run of a check."""

    def __init__(self, case: Case):
        self.case, self.asked = case, list[Asked]()

    @classmethod
    def of(cls, case: Case) -> "Gradients":
        """Those of this run."""
        found = getattr(case.find_faults, "__self__", None)
        if not isinstance(found, cls):
            found = cls(case)
            case.find_faults = found.faults
        return found

    def add(self, network: Network, gradients: Pair, Y: Any, number: int, alone: Callable[[], Sequence[Pair]]) -> None:
        """Keep the gradients; of the solution, or of a known mistake, what its equations are, for later runs."""
        prefix = f"gradient {number}: "
        if self.case.expected is None:
            equations = network.call("equations", Y)
            self.case.seen.recalled.update({prefix + name: array for name, array in equations})
        else:
            self.asked.append(Asked(*gradients, prefix, alone))

    def faults(self, recalled: Mapping[str, Mapping[str, Any]]) -> Sequence[Fault]:
        """The equations that are broken; `recalled` holds by mistake what was kept of it."""
        assert self.case.expected is not None
        found = []
        for one in self.asked:
            maps = maps_of(self.case.expected.right.recalled, one.prefix)
            variants = {mistake: maps_of(own, one.prefix) for mistake, own in recalled.items()}
            found.append(Gradient(one.dW, one.db, maps, variants, account(maps, one.dW, one.db, answers(one))))
        return faults(found, {}) if found else ()


def maps_of(recalled: Mapping[str, Any], prefix: str) -> Maps:
    return Maps({name.removeprefix(prefix): array for name, array in recalled.items() if name.startswith(prefix)})


def answers(one: Asked) -> Alone:
    """What the samples alone give, or nothing where a call fails."""

    def ask() -> Sequence[Pair]:
        try:
            return one.alone()
        except (CallFailed, WrongForm):
            return ()

    return ask
