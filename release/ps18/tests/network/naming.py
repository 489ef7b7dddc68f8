"""Which known mistakes explain the equations that are broken in a network's gradients."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations
from typing import Any

import numpy as np

from ..engine.likeness import near

from .relations import EXCHANGED, REVERSE, Account, Maps, Place

ARRANGED = {  # names of lists that are right but for their order
    frozenset({("BP3", REVERSE)}): "weight_gradients_reversed",
    frozenset({("BP4", REVERSE)}): "bias_gradients_reversed",
    frozenset({("BP3", REVERSE), ("BP4", REVERSE)}): "gradients_reversed",
    frozenset({("BP3", EXCHANGED), ("BP4", EXCHANGED)}): "gradients_exchanged",
}
PRODUCTS = {"BP1", "BP2"}  # where two mistakes may meet in one equation: their changes are factors


@dataclass(frozen=True)
class Gradient:
    """One answer of `backward`, what is right there, what each known mistake makes of it, and what is broken."""

    dW: Sequence[Any]
    db: Sequence[Any]
    maps: Maps
    variants: Mapping[str, Maps]
    changes: Mapping[str, set[Place]]  # by mistake, where it changes an equation
    account: Account
    needs_names: bool = False
    raising: frozenset[str] | None = None  # after it an exception came; these mistakes raise one there
    known: frozenset[str] = frozenset()  # names found before

    def own(self, equation: str, layer: int) -> Any:
        """The student's value of the equation in this layer."""
        if equation in ("BP3", "BP4"):
            return (self.dW if equation == "BP3" else self.db)[layer]
        return self.account.delta(layer)

    def made(self, equation: str, layer: int, maps: Maps) -> np.ndarray | None:
        """What the equation makes of the student's own delta."""
        return maps.made(equation, layer, self.account.delta(maps.source(layer) if equation == "BP2" else layer))

    def agrees(self, place: Place, maps: Maps) -> bool:
        """Whether that is the student's own value there."""
        made, own = self.made(*place, maps), self.own(*place)
        return made is not None and near(made, np.array(own) if isinstance(own, float) else own)

    @property
    def all_seen(self) -> "Gradient":
        """The same if names can be given to all that is seen to be broken: then nothing else need be."""
        seen = replace(self.account, broken=self.account.broken - self.account.unseen, unseen=frozenset())
        return replace(self, account=seen, needs_names=True)


def changes_of(maps: Maps, variants: Mapping[str, Maps]) -> dict[str, set[Place]]:
    """Where each mistake changes an equation; only those that do."""
    found = {
        mistake: {
            (name[:3], int(name[4:].split("]")[0]) if "[" in name else maps.layers - 1)
            for name, right in maps.arrays.items()
            if not name.endswith((" at 0", " slope")) and name in theirs.arrays and not same(right, theirs.arrays[name])
        }
        for mistake, theirs in variants.items()
    }
    return {mistake: places for mistake, places in found.items() if places}


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one is other or near(one, other)


def best(possible: Sequence[Sequence[Gradient]]) -> tuple[list[Gradient], dict[str, list[str]]]:
    """Of the accounts of each gradient the one that breaks the fewest equations, and leaves the fewest without a name.

    Names on which equally good accounts do not agree are left out, and those beside which more is left without one.
    """
    possible = [[*own, *(one.all_seen for one in own if one.account.unseen)] for own in possible]
    found = []
    for kinds in {gradient.account.kinds for own in possible for gradient in own}:
        chosen = [next((one for one in own if one.account.kinds <= kinds), None) for own in possible]
        gradients = [gradient for gradient in chosen if gradient is not None]
        if len(gradients) == len(possible):
            names = explained(gradients)
            broken = frozenset[str]().union(*(gradient.account.kinds for gradient in gradients))
            nameless, cost = len(broken - names.keys()), sum(gradient.account.cost for gradient in gradients)
            if not (nameless and any(gradient.needs_names for gradient in gradients)):
                given = {name for own in names.values() for name in own}
                rank = len(broken), nameless, len(given), len(given - gradients[0].known)
                found.append((rank, cost, gradients, names))
    rank, _, gradients, names = min(found, key=lambda one: one[:2])
    if rank[1] > len(names):
        return gradients, {}
    rivals = [one[3] for one in found if one[0] == rank]
    agreed = {equation: own for equation, own in names.items() if all(r.get(equation) == own for r in rivals)}
    return gradients, agreed


def explained(gradients: Sequence[Gradient]) -> dict[str, list[str]]:
    """By equation, the known mistakes that explain it: as many equations as can be by as few names as can be.

    A mistake explains an equation if it makes the student's own values of what they are made of, everywhere where the
    equation is broken; where it changes what is right it makes that, too.  Two may meet in one equation.  Where several
    sets of as few names do, those that were found before are taken; else only what they have in common is told.
    """
    broken = [gradient.account.broken - gradient.account.unseen for gradient in gradients]
    kinds = {equation for places in broken for equation, _ in places}
    if not kinds or not any(np.any(array) for gradient in gradients for array in (*gradient.dW, *gradient.db)):
        return {}
    mistakes = dict.fromkeys(mistake for gradient in gradients for mistake in gradient.changes)
    changes = {mistake: [gradient.changes.get(mistake, set()) for gradient in gradients] for mistake in mistakes}
    fitting: list[tuple[frozenset[str], tuple[str, ...]]] = []

    @cache  # for there are more pairs than mistakes
    def alone(g: int, mistake: str, place: Place) -> bool:
        return gradients[g].agrees(place, gradients[g].variants[mistake])

    for chosen in sets_of(changes, kinds, fitting):
        changed = [set[Place]().union(*(changes[mistake][g] for mistake in chosen)) for g in range(len(gradients))]
        covered = frozenset(equation for places in changed for equation, _ in places)
        if all(changed[g] >= {p for p in broken[g] if p[0] in covered} for g in range(len(gradients))) and all(
            fits(gradient, {m: changes[m][g] for m in chosen}, partial(alone, g))
            for g, gradient in enumerate(gradients)
        ):
            fitting.append((covered, chosen))
    scored = [(score(cover, gradients[0]), cover) for cover in covers_of(sorted(kinds), fitting)]
    fewest = min(points for points, _ in scored)
    told: list[dict[str, list[str]]] = []
    for cover in (cover for points, cover in scored if points == fewest):
        names = {
            equation: [m for m in chosen if touches(changes[m], equation)] for own, chosen in cover for equation in own
        }
        told.append({equation: own for equation, own in names.items() if own})
    found = {equation: own for equation, own in told[0].items() if all(other.get(equation) == own for other in told)}
    orders = {frozenset(gradient.account.arranged.items()) for gradient in gradients}
    if len(orders) == 1 and (name := ARRANGED.get(orders.pop())):
        found |= {equation: [name] for equation in gradients[0].account.arranged}
    return found


Cover = list[tuple[frozenset[str], tuple[str, ...]]]


def covers_of(kinds: Sequence[str], fitting: Cover) -> Iterator[Cover]:
    """Every way to share these equations out among sets of mistakes, or to leave some without."""
    if not kinds:
        yield []
        return
    for covered, chosen in [*fitting, (frozenset(kinds[:1]), ())]:
        if kinds[0] in covered and covered <= set(kinds):
            for rest in covers_of([equation for equation in kinds if equation not in covered], fitting):
                yield [(covered, chosen), *rest]


def score(cover: Cover, gradient: Gradient) -> tuple[int, int, bool, int]:
    """Equations without a name, names, whether an exception is left unexplained, and names that are new."""
    names = {name for _, chosen in cover for name in chosen}
    unexplained = gradient.raising is not None and not names & gradient.raising
    return sum(not chosen for _, chosen in cover), len(names), unexplained, len(names - gradient.known)


def touches(changes: Sequence[set[Place]], equation: str) -> bool:
    return any(equation == changed for places in changes for changed, _ in places)


def sets_of(changes: Mapping[str, Sequence[set[Place]]], kinds: set[str], fitting: Cover) -> Iterator[tuple[str, ...]]:
    """Single mistakes in these equations; then pairs that meet in one which none of those fits, as `fitting` tells."""
    equations = {m: {equation for places in gs for equation, _ in places} for m, gs in changes.items()}
    within = [mistake for mistake, own in equations.items() if own <= kinds]
    yield from ((mistake,) for mistake in within)
    products = PRODUCTS.difference(*(covered for covered, _ in fitting))
    for one, other in combinations(within, 2):
        if equations[one] & equations[other] & products:
            yield one, other


def fits(gradient: Gradient, changes: Mapping[str, set[Place]], alone: Callable[[str, Place], bool]) -> bool:
    """Whether these mistakes together make the student's values, in each place that they change.

    `alone` says it of one mistake in one place.
    """
    by_place: dict[Place, list[str]] = {}
    for mistake, places in changes.items():
        for place in places:
            by_place.setdefault(place, []).append(mistake)
    return all(alone(here[0], place) for place, here in by_place.items() if len(here) == 1) and all(
        meets(gradient, place, *here) for place, here in by_place.items() if len(here) == 2
    )


def meets(gradient: Gradient, place: Place, one: str, other: str) -> bool:
    """Whether both changes of this equation together, as factors, make the student's value."""
    equation, layer = place
    if equation not in PRODUCTS:
        return False
    name = "BP1" if equation == "BP1" else f"{equation}[{layer}]"
    first, second, right = (m.arrays[name] for m in (gradient.variants[one], gradient.variants[other], gradient.maps))
    with np.errstate(all="ignore"):
        maps = Maps({**gradient.maps.arrays, name: first * second / right})
    if not gradient.agrees(place, maps):
        return False
    # Not where both would stand in the place of W.
    return not (equation == "BP2" and other_weights(first, right) and other_weights(second, right))


def other_weights(own: np.ndarray, right: np.ndarray) -> bool:
    """Whether what BP2 makes of delta, shape (n_next, n, m), is made with other weights, not with another slope."""
    with np.errstate(all="ignore"):
        ratio = own / right
    return not all(near(ratio[0], each) for each in ratio)
