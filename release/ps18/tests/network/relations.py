"""Error carried forward: each equation of `backward` is judged by what it makes of the student's own values.

delta, the error of a layer, is never returned; but `dW` is delta times something known, and `db` its sum over the
samples.  So delta is recovered from a batch's `dW`, or, where that has another form, from the answers to each of the
samples alone.  Of all deltas that may have been, those are taken by which the fewest equations are broken: who forgets
the slope only in `dW[-1]`, say, has carried the right delta on.

What the equations make of a delta is given as arrays (`Maps`): no code of the solution is needed here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..engine.likeness import FAINT, factor, near

Deltas = list[np.ndarray]  # shape (n, m)
Place = tuple[str, int]  # equation and layer
EQUATIONS = ("BP1", "BP2", "BP3", "BP4")
KEPT = 3  # accounts that are followed from layer to layer, for each set of equations
HUGE = 1e9  # no entry of a gradient is beyond this, however wrong an honest network is


class Maps:
    """What each equation makes of what it is given, for one batch; the arrays are those of `equations`."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self.arrays = arrays
        self.m = arrays["BP1"].shape[1] if "BP1" in arrays else 0

    @cached_property
    def layers(self) -> int:
        return sum(name.startswith("BP3[") and name.endswith("]") for name in self.arrays)

    def source(self, layer: int) -> int:
        """The layer whose delta is sent back to this one."""
        return int(self.arrays.get(f"BP2[{layer}] from", layer + 1))

    def with_weights(self, weights: Sequence[Any]) -> "Maps":
        """The same if the error goes back through these weights."""
        own = {}
        for layer, W in enumerate(weights[1:]):
            right, slope = self.arrays[f"BP2[{layer}]"], self.arrays[f"BP2[{layer}] slope"]
            if usable(W, right.shape[:2]):
                own[f"BP2[{layer}]"] = W[:, :, None] * slope
        return Maps({**self.arrays, **own})

    def made(self, equation: str, layer: int, delta: np.ndarray | None) -> np.ndarray | None:
        """Its value in this layer: delta by BP1, or by BP2 from that of the next layer; `dW`, `db` by BP3, BP4."""
        made: np.ndarray
        if equation == "BP1":
            return self.arrays.get("BP1")
        array = self.arrays.get(f"{equation}[{layer}]")
        if array is None or delta is None or array.shape[0] != len(delta):
            return None
        if equation == "BP2":
            made = np.einsum("kns,ks->ns", array, delta)
        else:
            made = np.tensordot(delta, array, axes=2) + self.arrays[f"{equation}[{layer}] at 0"]
        return made

    def recovered(self, equation: str, layer: int, value: Any, sample: int | None = None) -> np.ndarray | None:
        """The only delta, of a batch or one sample, of which the equation makes this value; None if there is none."""
        array, zero = self.arrays[f"{equation}[{layer}]"], self.arrays[f"{equation}[{layer}] at 0"]
        if not usable(value, zero.shape):
            return None
        array = array if sample is None else array[:, sample : sample + 1]
        rows = array.reshape(array.shape[0] * array.shape[1], -1)
        delta, _, rank, _ = np.linalg.lstsq(rows.T, (value - zero).ravel(), rcond=None)
        delta = delta.reshape(array.shape[:2])
        each = np.linalg.norm(delta, axis=0)
        if rank < len(rows) or not (each > FAINT * each.max()).all():  # zero has every form
            return None
        fits = near(np.tensordot(delta, array, axes=2), (value - zero).astype(value.dtype))
        return delta.astype(value.dtype) if fits else None


def usable(value: Any, shape: tuple[int, ...]) -> bool:
    """Whether it is an array of such numbers as gradients are."""
    if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype.kind != "f":
        return False
    return bool(np.isfinite(value).all() and (np.abs(value) < HUGE).all())


@dataclass(frozen=True)
class Account:
    """Deltas that may have been, and where equations are broken if so; `unseen` ones for want of a trace of delta."""

    broken: frozenset[Place] = frozenset()
    deltas: tuple[np.ndarray, ...] = ()  # from the last layer to the first
    cost: float = 0.0
    unseen: frozenset[Place] = frozenset()
    arranged: Mapping[str, str] = field(default_factory=dict)  # by equation, how its list has to be turned first

    @property
    def kinds(self) -> frozenset[str]:
        """The equations that are broken somewhere."""
        return frozenset(equation for equation, _ in self.broken)

    def delta(self, layer: int) -> np.ndarray | None:
        """That of a layer; None behind the last one."""
        place = len(self.deltas) - 1 - layer
        return self.deltas[place] if place >= 0 else None


Alone = Callable[[], Sequence[tuple[Sequence[Any], Sequence[Any]]]]  # (dW, db) of each sample


def accounts(maps: Maps, dW: Sequence[Any], db: Sequence[Any], alone: Alone) -> list[Account]:
    """How a batch's gradients may have come about, the cheapest first.

    `alone` is asked where the batch does not show it.
    """
    observed = [from_batch(maps, layer, dW[layer], db[layer]) for layer in range(maps.layers)]
    empty = [layer for layer in range(maps.layers) if without_delta(maps, layer, dW[layer], db[layer])]
    if maps.layers - 1 not in empty:  # the error has not come further; where there is none at all, nothing is known
        for layer in empty:
            observed[layer] = [np.zeros(maps.arrays[f"BP3[{layer}]"].shape[:2])]
    found = ranked(maps, dW, db, observed)
    if found[0].unseen and (answers := alone()):
        for layer, deltas in enumerate(observed):
            deltas += from_samples(maps, layer, dW[layer], db[layer], answers)
        found = ranked(maps, dW, db, observed)
    turned = in_other_order(maps, dW, db) if found[0].kinds & {"BP3", "BP4"} else None
    return [turned] if turned and turned.kinds <= found[0].kinds else found


REVERSE, EXCHANGED = "with its layers in reverse", "in the place of the other list"


def in_other_order(maps: Maps, dW: Sequence[Any], db: Sequence[Any]) -> Account | None:
    """The account of lists that are right but for their order, or for having changed places."""
    best: Account | None = None
    for reverse in (["BP3", "BP4"], ["BP3"], ["BP4"], []):
        lists = [one[::-1] if name in reverse else one for name, one in (("BP3", dW), ("BP4", db))]
        first, second = lists if reverse else lists[::-1]
        observed = [from_batch(maps, layer, first[layer], second[layer]) for layer in range(maps.layers)]
        found = ranked(maps, first, second, observed)[0]
        wrong = reverse or ["BP3", "BP4"]
        if not found.unseen and not found.kinds & set(wrong) and (best is None or found.cost < best.cost):
            said = dict.fromkeys(wrong, REVERSE if reverse else EXCHANGED)
            best = replace(found, arranged=said)
    if best is None:
        return None
    return replace(best, broken=best.broken | {(kind, layer) for kind in best.arranged for layer in range(maps.layers)})


def without_delta(maps: Maps, layer: int, dW: Any, db: Any) -> bool:
    """Whether both gradients are what a delta of 0 gives."""
    return all(near(maps.arrays[f"{equation}[{layer}] at 0"], own) for equation, own in (("BP3", dW), ("BP4", db)))


def from_batch(maps: Maps, layer: int, dW: Any, db: Any) -> Deltas:
    """delta as it stands in `dW`, and times the factor by which `db` would be right."""
    delta = maps.recovered("BP3", layer, dW)
    if delta is None:
        return []
    made, zero = maps.made("BP4", layer, delta), maps.arrays[f"BP4[{layer}] at 0"]
    assert made is not None
    scale = factor(made - zero, db - zero) if usable(db, zero.shape) else None
    return [delta] if scale is None else [delta, scale * delta]


def from_samples(
    maps: Maps, layer: int, dW: Any, db: Any, answers: Sequence[tuple[Sequence[Any], Sequence[Any]]]
) -> Deltas:
    """delta of the batch, by `db` and by `dW` of its samples alone, times each factor that there is to a batch."""
    witnesses, scales = [], [1 / maps.m]
    zero = maps.arrays[f"BP3[{layer}] at 0"], maps.arrays[f"BP4[{layer}] at 0"]
    n = maps.arrays[f"BP3[{layer}]"].shape[0]
    for part, (whole, origin) in enumerate(zip((dW, db), zero, strict=True)):
        values = [answer[part][layer] for answer in answers]
        if part == 0:
            columns = [maps.recovered("BP3", layer, value, sample) for sample, value in enumerate(values)]
        else:
            columns = [v.reshape(n, 1) - origin.reshape(n, 1) if sized(v, n) else None for v in values]
        if any(column is None for column in columns):
            continue
        witnesses.append(np.hstack([column for column in columns if column is not None]))
        if usable(whole, origin.shape) and all(usable(value, origin.shape) for value in values):
            scale = factor(sum(value - origin for value in values), whole - origin)
            scales += [scale] if scale is not None else []
    return [scale * delta for delta in witnesses for scale in scales if delta.any()]


def sized(value: Any, n: int) -> bool:
    return isinstance(value, np.ndarray) and value.size == n and usable(value, value.shape)


def ranked(maps: Maps, dW: Sequence[Any], db: Sequence[Any], observed: Sequence[Deltas]) -> list[Account]:
    """The accounts by deltas that are observed, or that follow from one another."""
    found = [Account()]
    for layer in reversed(range(maps.layers)):
        longer: dict[frozenset[str], list[Account]] = {}
        for before in found:
            for after in continued(maps, before, layer, dW[layer], db[layer], observed[layer]):
                longer.setdefault(after.kinds, []).append(after)
        found = [one for same in longer.values() for one in sorted(same, key=lambda one: one.cost)[:KEPT]]
    found = sorted((with_unseen(maps, one, observed) for one in found), key=lambda one: one.cost)
    return list({(one.kinds, one.unseen): one for one in reversed(found)}.values())[::-1]


def continued(maps: Maps, before: Account, layer: int, dW: Any, db: Any, observed: Deltas) -> Iterator[Account]:
    """The account with one more layer, for each delta that this may have."""
    source = ("BP1" if layer == maps.layers - 1 else "BP2", layer)
    image = maps.made(*source, before.deltas[-1] if before.deltas else None)
    assert image is not None
    for delta in [image, *(seen for seen in observed if not near(image, seen))]:
        # Where it is even, delta is right; and what has the form of BP3 with another delta is likely to be BP3 of it.
        costs = {} if delta is image else {source: 1.01}
        for place, value in ((("BP3", layer), dW), (("BP4", layer), db)):
            made = maps.made(*place, delta)
            assert made is not None
            if not (usable(value, made.shape) and near(made, value)):
                formed = place[0] == "BP3" and maps.recovered("BP3", layer, value) is not None
                costs[place] = 1.4 if formed and factor(made, value) is None else 1
        yield Account(before.broken | costs.keys(), (*before.deltas, delta), before.cost + sum(costs.values()))


def with_unseen(maps: Maps, found: Account, observed: Sequence[Deltas]) -> Account:
    """An equation whose delta shows nowhere holds for nobody: it is broken, too."""
    unseen, seen_below = set[Place](), False
    for layer in range(maps.layers):
        delta = found.delta(layer)
        assert delta is not None
        shows = {("BP3", layer), ("BP4", layer)} - found.broken or any(near(delta, seen) for seen in observed[layer])
        seen_below = bool(shows and delta.any()) or (seen_below and ("BP2", layer - 1) not in found.broken)
        if not seen_below:
            unseen.add(("BP1" if layer == maps.layers - 1 else "BP2", layer))
    # What is read from `db` alone, sample by sample, adds up by itself.
    sources = {("BP2" if layer < maps.layers - 1 else "BP1", layer) for layer in range(maps.layers)}
    if found.broken >= {*sources, *(("BP3", layer) for layer in range(maps.layers))}:
        unseen |= {("BP4", layer) for layer in range(maps.layers)}
    unseen -= found.broken
    return replace(found, broken=found.broken | unseen, cost=found.cost + len(unseen), unseen=frozenset(unseen))


def mended(maps: Maps) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(dW, db) by the equations alone: what a gradient is once each that is broken is replaced by the right one."""
    delta: np.ndarray | None = None
    found: dict[str, list[np.ndarray]] = {"BP3": [], "BP4": []}
    for layer in range(maps.layers - 1, -1, -1):
        delta = maps.made("BP1" if layer == maps.layers - 1 else "BP2", layer, delta)
        for equation, values in found.items():
            made = maps.made(equation, layer, delta)
            assert made is not None
            values.insert(0, made)
    return found["BP3"], found["BP4"]
