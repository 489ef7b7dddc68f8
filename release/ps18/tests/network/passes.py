"""Error carried forward in `forward`: whether its caches hold what it has computed, right or wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.case import Case, Fault
from ..engine.likeness import likeness, near

from .proxy import Network
from .relations import usable

# What a wrong z or a is charged to; caches that hold the wrong values as they are have no fault of their own.
CHARGED = ("forward/output", "forward/caches", "forward/one_sample_and_square_layers")
SENTENCE = "z = W a + b: `z_cache[{layer}]` is not that of the `a_cache[{layer}]` before it{like}"
# What is asked for in the checks of `forward`.  A z that is the same everywhere is no evidence of them.
ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.clip(z, -700, 700))),
    "relu": lambda z: np.maximum(z, 0.0),
}
OTHERWISE = "a = sigma(z): each z is right for the a before it, but not each a for its z"


@dataclass(frozen=True)
class Pass:
    """One forward pass; `prefix` is what stands before the names of its layers."""

    network: Network
    X: np.ndarray
    output: Any
    z_cache: Any
    a_cache: Any
    prefix: str

    def in_form(self) -> bool:
        """Whether the caches hold a pass from X to the output."""
        sizes, m = self.network.layer_sizes, self.X.shape[1]
        lists = ((self.z_cache, sizes[1:]), (self.a_cache, sizes))
        if any(type(cache) not in (list, tuple) or len(cache) != len(rows) for cache, rows in lists):
            return False
        if not all(usable(array, (n, m)) for cache, rows in lists for array, n in zip(cache, rows, strict=True)):
            return False
        return near(self.a_cache[-1], self.output) and near(self.X, self.a_cache[0])


class Passes:
    """All passes in one run of a check."""

    def __init__(self, case: Case):
        self.case, self.passes = case, list[Pass]()

    @classmethod
    def of(cls, case: Case) -> "Passes":
        """Those of this run."""
        found = getattr(case.find_faults, "__self__", None)
        if not isinstance(found, cls):
            found = cls(case)
            case.find_faults = found.faults
        return found

    def add(self, network: Network, X: np.ndarray, output: Any, z_cache: Any, a_cache: Any, prefix: str) -> None:
        """Keep a pass; of the solution what its layers are, for later runs."""
        if self.case.expected is None:
            self.case.seen.recalled.update({prefix + name: array for name, array in network.told("layers").items()})
        self.passes.append(Pass(network, X, output, z_cache, a_cache, prefix))

    def faults(self, recalled: Mapping[str, Mapping[str, Any]]) -> Sequence[Fault]:
        """That z or a is wrong, if nothing else is: in all layers one of them has to hold, or nothing is known."""
        assert self.case.expected is not None
        if not all(one.network.activation in ACTIVATIONS and one.in_form() for one in self.passes):
            return ()
        maps, wrong = self.case.expected.right.recalled, ""
        z_holds = a_holds = True
        for one in self.passes:
            for layer, (z, a) in enumerate(zip(one.z_cache, one.a_cache, strict=False)):
                made = np.einsum("kn,km->nm", maps[f"{one.prefix}z[{layer}]"], a) + maps[f"{one.prefix}z[{layer}] at 0"]
                if not near(made, z):
                    z_holds, like = False, likeness(made, z, {"m": a.shape[1]})
                    wrong = wrong or SENTENCE.format(layer=layer, like=like and f"; {like}")
                a_holds = (
                    a_holds and bool(np.ptp(z)) and near(ACTIVATIONS[one.network.activation](z), one.a_cache[layer + 1])
                )
        if z_holds == a_holds:
            return ()
        return [Fault(self.case.check if self.case.check in CHARGED else CHARGED[0], wrong or OTHERWISE)]
