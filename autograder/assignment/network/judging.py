"""What a check of `backward` keeps of each gradient, so that afterwards the equations can be told apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.engine.calls import CallFailed, WrongForm
from autograder.engine.case import Case, Fault
from autograder.engine.likeness import near

from .faults import OWNERS, faults
from .naming import Gradient, best, changes_of
from .proxy import Network
from .relations import Alone, Maps, accounts, mended, usable

Pair = tuple[Sequence[Any], Sequence[Any]]


ADDED_UP = Fault(
    "backward/other_batches",
    "Each answer of `backward` is that of its own batch plus the answer before",
    ("gradients_accumulated",),
)


REPEATED = Fault(
    "backward/other_batches",
    "What `backward` returns is equal to the previous call's: each call is about the last forward pass",
)


@dataclass(frozen=True)
class Asked:
    """One answer of `backward`; `prefix` is what stands before the names of its equations."""

    dW: Sequence[Any]
    db: Sequence[Any]
    prefix: str
    alone: Alone
    network: Network

    def other_weights(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """The student's own arrays through which an error may have gone back, by the name of the mistake."""
        yield "error_sent_through_gradient", self.dW
        try:
            yield "weights_moved_in_backward", self.network.parameters()[0]
        except (CallFailed, WrongForm):
            return

    def less(self, other: "Asked | None") -> "Asked":
        """The same without what the other adds to it."""
        if other is None:
            return self
        return replace(self, dW=list(map(minus, self.dW, other.dW)), db=list(map(minus, self.db, other.db)))


def minus(one: Any, other: Any) -> Any:
    both = isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.shape == other.shape
    return one - other if both and one.dtype == other.dtype == np.float64 else one


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
            equations = network.told("equations", Y)
            self.case.seen.recalled.update({prefix + name: array for name, array in equations.items()})
        else:
            self.asked.append(Asked(*gradients, prefix, alone, network))

    def faults(self, recalled: Mapping[str, Mapping[str, Any]]) -> Sequence[Fault]:
        """The equations that are broken; `recalled` holds by mistake what was kept of it."""
        before = [None, *self.asked]
        if any(two and self.repeats(one, two) for one, two in zip(self.asked, before, strict=False)):
            return [REPEATED]
        gradients, names = self.told_apart(self.asked, recalled)
        added = []
        if any(two and one.network is two.network for one, two in zip(self.asked, before, strict=False)):
            rest = [
                one.less(two if two and one.network is two.network else None)
                for one, two in zip(self.asked, before, strict=False)
            ]
            others, other_names = self.told_apart(rest, recalled)
            if kinds_of(others) < kinds_of(gradients):
                gradients, names, added = others, other_names, [ADDED_UP]
        strange = any(unseen(g, names) or astray(g, names) or not measured([*g.dW, *g.db]) for g in gradients)
        found = faults(gradients, names) + added
        nameless = {fault.check for fault in found if not fault.mistakes}
        if (strange and self.case.check not in OWNERS.values()) or (
            self.about and {OWNERS[equation] for equation in self.about} <= nameless
        ):
            return ()
        return found

    def repeats(self, one: Asked, before: Asked) -> bool:
        """Whether a network's answer is that of the call before, or what would have been right there."""
        assert self.case.expected is not None
        if one.network is not before.network:
            return False
        right = mended(maps_of(self.case.expected.right.recalled, before.prefix))
        return any(
            all(isinstance(o, np.ndarray) and o.any() and near(o, own) for o, own in zip(other, answer, strict=True))
            for answer in [[*one.dW, *one.db]]
            for other in ([*right[0], *right[1]], [*before.dW, *before.db])
        )

    def told_apart(
        self, answers: Sequence[Asked], recalled: Mapping[str, Mapping[str, Any]]
    ) -> tuple[list[Gradient], dict[str, list[str]]]:
        """What is broken in these answers, and by which mistakes."""
        assert self.case.expected is not None
        possible, raising = [], None
        if self.case.seen.raised and answers and answers[-1] is self.asked[-1]:
            after = f"gradient {len(answers) + 1}: "
            raising = frozenset(name for name, own in recalled.items() if not any(key.startswith(after) for key in own))
        for one in answers:
            maps = maps_of(self.case.expected.right.recalled, one.prefix)
            variants = {mistake: maps_of(own, one.prefix) for mistake, own in recalled.items()}
            found = accounts(maps, one.dW, one.db, answers_of(one))
            if "BP2" in found[0].kinds:
                variants |= {name: maps.with_weights(W) for name, W in one.other_weights() if name in variants}
            changes = changes_of(maps, variants)
            about = Gradient(one.dW, one.db, maps, variants, changes, found[0], raising=raising, known=self.case.known)
            possible.append([replace(about, account=account) for account in found])
        return best(possible) if possible else ([], {})

    def mended(self) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        """The last gradient with the right equation in the place of each wrong one; None where it is not to be had.

        It is had where at most two of the four are wrong, none of which has been found right on these data.  What is
        not finite, or beyond all measure, is no slip.
        """
        assert self.case.expected is not None
        last = self.asked[-1]
        maps = maps_of(self.case.expected.right.recalled, last.prefix)
        if not accounts(maps, last.dW, last.db, lambda: ())[0].broken:
            return None
        (gradient,), names = self.told_apart([last], {name: s.recalled for name, s in self.case.expected.wrong.items()})
        charged = {OWNERS[equation] for equation in gradient.account.kinds}
        if not all(delta.any() for delta in gradient.account.deltas):
            return None  # the error has not come through all layers
        if len(charged) > 2 or gradient.account.unseen or charged & self.case.passed or astray(gradient, names):
            return None
        return mended(maps) if measured([*last.dW, *last.db]) else None


def unseen(gradient: Gradient, names: Mapping[str, Sequence[str]]) -> bool:
    """Whether there is an equation without a name of which nothing shows."""
    return any(not names.get(equation) for equation, _ in gradient.account.unseen)


def astray(gradient: Gradient, names: Mapping[str, Sequence[str]]) -> bool:
    """Whether no error is behind it: BP1 and BP2 are both broken without a name, and not even their signs are right.

    A wrong slope, whichever, is one slip in both equations and leaves the signs of a layer, or turns all of them.
    """
    if not gradient.account.kinds >= {"BP1", "BP2"} or (names.get("BP1") and names.get("BP2")):
        return False
    for layer in range(gradient.maps.layers):
        equation = "BP1" if layer == gradient.maps.layers - 1 else "BP2"
        made, own = gradient.made(equation, layer, gradient.maps), gradient.account.delta(layer)
        if made is None or own is None:
            return True
        there = made != 0
        if not any(np.array_equal(np.sign(own)[there], way * np.sign(made)[there]) for way in (1, -1)):
            return True
    return False


def kinds_of(gradients: Sequence[Gradient]) -> frozenset[str]:
    return frozenset[str]().union(*(gradient.account.kinds for gradient in gradients))


def measured(arrays: Sequence[Any]) -> bool:
    return all(usable(array, array.shape) for array in arrays if isinstance(array, np.ndarray))


def maps_of(recalled: Mapping[str, Any], prefix: str) -> Maps:
    return Maps({name.removeprefix(prefix): array for name, array in recalled.items() if name.startswith(prefix)})


def answers_of(one: Asked) -> Alone:
    """What the samples alone give, or nothing where a call fails."""

    def ask() -> Sequence[Pair]:
        try:
            return one.alone()
        except (CallFailed, WrongForm):
            return ()

    return ask
