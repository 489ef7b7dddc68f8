"""What a check of `backward` keeps of each gradient, so that afterwards the equations can be told apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.engine.calls import CallFailed, WrongForm
from autograder.engine.case import Case, Fault

from .faults import OWNERS, Gradient, best, faults
from .proxy import Network
from .relations import Account, Alone, Maps, accounts, mended, usable

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
        self.about: set[str] = set()  # equations that the check is about: if all are broken, it has found that itself

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
        possible = []
        for one, maps, found in self.accounts():
            variants = {mistake: maps_of(own, one.prefix) for mistake, own in recalled.items()}
            possible.append([Gradient(one.dW, one.db, maps, variants, account) for account in found])
        if not possible:
            return ()
        gradients, names = best(possible)
        if any(gradient.account.unseen for gradient in gradients) and self.case.check not in OWNERS.values():
            return ()
        all_faults = faults(gradients, names)
        nameless = {fault.check for fault in all_faults if not fault.mistakes}
        if self.about and {OWNERS[equation] for equation in self.about} <= nameless:
            return ()
        return all_faults

    def accounts(self) -> Iterator[tuple[Asked, Maps, list[Account]]]:
        """Each gradient, what is right there, and how it may have come about."""
        assert self.case.expected is not None
        for one in self.asked:
            maps = maps_of(self.case.expected.right.recalled, one.prefix)
            yield one, maps, accounts(maps, one.dW, one.db, answers(one))

    def mended(self) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        """The last gradient with the right equation in the place of each wrong one; None where it is not to be had.

        It is had where at most two of the four are wrong, none of which has been found right on these data.  What is
        not finite, or beyond all measure, is no slip.
        """
        one, maps, possible = list(self.accounts())[-1]
        found = possible[0]
        charged = {OWNERS[equation] for equation in found.kinds}
        if not 1 <= len(charged) <= 2 or found.unseen or charged & self.case.passed or not measured([*one.dW, *one.db]):
            return None
        return mended(maps)


def measured(arrays: Sequence[Any]) -> bool:
    return all(usable(array, array.shape) for array in arrays if isinstance(array, np.ndarray))


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
