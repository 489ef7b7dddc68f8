"""Exercise 18.5: how large a network has to be to separate the two spirals, from many starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .datasets import make_spirals
from .figures import BLUE, VERMILION, draw_regions, new_figure, regions_legend, styled
from .findings import epochs, layers, median, reached, share, supported, table_of
from .many_starts import ManyStarts
from .recipe import Recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_HIDDEN = tuple((2, width, 1) for width in (8, 16, 32, 64))
TWO_HIDDEN = tuple((2, width, width, 1) for width in (3, 4, 5, 6, 8, 12))
ETA, MOMENTUM, EPOCHS = 0.1, 0.9, 6000
FLAT = (2, 32, 1)  # shown beside the smallest that works
STRETCH = 250  # epochs between two looks
CROWDED = ((2, 4, 4, 1), (2, 5, 5, 1))  # their names stand on the left of their points
MOSTLY = 0.9  # of the starts: then a network counts as one that works


@dataclass(frozen=True)
class SpiralsSize:
    """Epochs until all points are right, by the layers of the network: one number per start, inf for never."""

    needed: Mapping[tuple[int, ...], np.ndarray]
    shown: Mapping[tuple[int, ...], ManyStarts]  # trained networks, one start of each, for the figure

    def solved(self, sizes: tuple[int, ...]) -> float:
        return reached(self.needed[sizes])

    @property
    def starts(self) -> int:
        return len(next(iter(self.needed.values())))

    @property
    def smallest(self) -> tuple[int, ...] | None:
        """The smallest network that works from most starts."""
        return min((s for s in self.needed if self.solved(s) >= MOSTLY), key=parameters, default=None)

    def table(self) -> str:
        rows = []
        for sizes, needed in sorted(self.needed.items(), key=lambda item: (len(item[0]), parameters(item[0]))):
            low, high = likely(reached(needed), len(needed))
            rows.append(
                (
                    layers(sizes),
                    parameters(sizes),
                    share(reached(needed)),
                    f"{low:.0%} to {high:.0%}",
                    epochs(median(needed)),
                )
            )
        header = ("network", "parameters", "solved", "95 % interval", "median epochs")
        columns = table_of(header, rows)
        return (
            f"Two spirals, tanh, targets -1 and 1, eta {ETA:g}, momentum {MOMENTUM:g}, at most {EPOCHS} epochs:\n"
            f"share of {self.starts} starts that get every point right, and the epochs they need\n\n{columns}"
        )

    def finding(self) -> str:
        best = self.smallest
        flat = max((s for s in self.needed if len(s) == 3), key=self.solved)
        low, high = likely(self.solved(best), self.starts) if best else (0.0, 0.0)
        fading = [
            f"{layers(s)} succeeds from {share(self.solved(s))}"
            for s in self.needed
            if best and len(s) == len(best) and parameters(s) < parameters(best)
        ]
        return supported(
            [
                (
                    best is not None,
                    f"The smallest network that separates the spirals from at least {share(MOSTLY)} of {self.starts} "
                    f"starts is {described(best)}: {share(self.solved(best) if best else 0)}, and in the long run "
                    f"probably between {share(low)} and {share(high)}.",
                ),
                (bool(fading), f"With fewer units it ends quickly: {', '.join(reversed(fading))}."),
                (
                    best is not None
                    and len(best) == 4
                    and likely(self.solved(flat), self.starts)[1] < low
                    and parameters(flat) > parameters(best),
                    f"Depth matters more than size: with one hidden layer the most successful is {described(flat)}, "
                    f"and succeeds from {share(self.solved(flat))}.",
                ),
            ]
        )


def described(sizes: tuple[int, ...] | None) -> str:
    return f"{layers(sizes)} with {parameters(sizes)} parameters" if sizes else "none"


def parameters(sizes: tuple[int, ...]) -> int:
    return Recipe(sizes).parameters


def likely(part: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share that was `part` in n trials."""
    z = 1.96
    middle = (part + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(part * (1 - part) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def spirals_size(seeds: int = 60) -> SpiralsSize:
    """Two spirals with ten networks; it looks whether they are separated every 250 epochs, as the grader does."""
    X, Y = make_spirals()
    targets = 2 * Y - 1
    needed = {}
    tried: tuple[tuple[int, ...], ...] = (*ONE_HIDDEN, *TWO_HIDDEN)
    for sizes in tried:
        networks = ManyStarts(sizes, "tanh", seeds=range(seeds), momentum=MOMENTUM)
        needed[sizes] = networks.epochs_until(
            lambda _, output: np.all((output > 0) == (targets > 0), axis=(1, 2)), X, targets, EPOCHS, ETA, STRETCH
        )
    best = SpiralsSize(needed, {}).smallest
    return SpiralsSize(needed, {sizes: typical(sizes, needed[sizes]) for sizes in (FLAT, best or TWO_HIDDEN[-1])})


def typical(sizes: tuple[int, ...], needed: np.ndarray) -> ManyStarts:
    """The network of the median start, trained until it is done."""
    seed = int(np.argsort(needed, kind="stable")[len(needed) // 2])
    network = ManyStarts(sizes, "tanh", seeds=[seed], momentum=MOMENTUM)
    X, Y = make_spirals()
    network.train(X, 2 * Y - 1, int(min(needed[seed], EPOCHS)), ETA)
    return network


@styled
def draw_spirals_size(data: SpiralsSize) -> Figure:
    """Left: the share that succeeds against the number of parameters.  Right: a flat and a deep network's regions."""
    figure, (left, *panels) = new_figure(1, 3, width=14.5, height=5.2, width_ratios=(1.25, 1, 1))
    best = data.smallest
    figure.suptitle(
        f"Two spirals: no network here succeeds from {share(MOSTLY)} of the starts"
        if best is None
        else f"Two spirals: {layers(best)}, {parameters(best)} parameters, is the smallest to succeed from "
        f"{share(MOSTLY)} of the starts"
    )
    for group, colour, marker, label in (
        (ONE_HIDDEN, BLUE, "o", "one hidden layer"),
        (TWO_HIDDEN, VERMILION, "^", "two hidden layers"),
    ):
        sizes_of, solved = [parameters(sizes) for sizes in group], np.array([data.solved(sizes) for sizes in group])
        low, high = np.array([likely(part, data.starts) for part in solved]).T
        bars = np.clip([solved - low, high - solved], 0, None)
        left.errorbar(sizes_of, solved, bars, color=colour, marker=marker, markersize=8, capsize=3, label=label)
        for sizes, x, y in zip(group, sizes_of, solved, strict=True):
            beside = (
                {"xytext": (-8, 2), "ha": "right"} if sizes in CROWDED else {"xytext": (7, 7 if 0 < y < 0.5 else -13)}
            )
            left.annotate(layers(sizes), (x, y), textcoords="offset points", fontsize=10, **beside)
    left.set(
        xscale="log", xlim=(20, 420), ylim=(-0.06, 1.06), xlabel="parameters", ylabel="share of starts that succeed"
    )
    left.set_xticks([25, 50, 100, 200, 400], ["25", "50", "100", "200", "400"])
    left.minorticks_off()
    left.set_title(f"All points right within {EPOCHS} epochs, {data.starts} starts")
    left.legend(loc="center right")
    X, Y = make_spirals()
    for (sizes, network), panel in zip(data.shown.items(), panels, strict=True):
        draw_regions(panel, network.forward, X, Y, extent=1.15, between=(-1, 1))
        right = float(np.mean((network.forward(X) > 0) == (Y == 1)))
        panel.set_title(f"Median start of {layers(sizes)}: {right:.0%} right")
    regions_legend(figure, learnt="learnt boundary: output 0", true=None)
    return figure
