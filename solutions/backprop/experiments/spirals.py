"""Exercise 18.5: how large a network has to be to separate the two spirals, from many starts.

One hidden layer and two are trained with the same row of learning rates and compared twice: at one eta, and each
at the eta that suits it best.  At a small eta a single hidden layer is slow, which looks like a limit of its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import make_spirals
from ..figures import BLUE, VERMILION, draw_regions, new_figure, regions_legend, styled
from ..recipe import Recipe
from .findings import epochs, layers, likely, median, reached, share, supported, table_of
from .many_starts import ManyStarts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Sizes = tuple[int, ...]
ONE_HIDDEN: tuple[Sizes, ...] = tuple((2, width, 1) for width in (5, 6, 7, 8, 10, 16, 32, 64))
TWO_HIDDEN: tuple[Sizes, ...] = tuple((2, width, width, 1) for width in (3, 4, 5, 6, 8, 12))
ETAS, MOMENTUM, EPOCHS = (0.1, 0.2, 0.4), 0.9, 6000
SAME_ETA = 0.1  # at which all are compared
STRETCH = 250  # epochs between two looks
GOAL = 0.6  # the share of the starts that the handout asks for, 3 of 5


@dataclass(frozen=True)
class SpiralsSize:
    """Epochs until all points are right, by the network's layers and eta: one number per start, inf for never."""

    needed: Mapping[Sizes, Mapping[float, np.ndarray]]
    shown: Mapping[Sizes, ManyStarts]  # trained networks, one start of each, for the figure

    @property
    def starts(self) -> int:
        return len(next(iter(self.needed.values()))[SAME_ETA])

    def best_eta(self, sizes: Sizes) -> float:
        """The eta from which most starts succeed; of equals, the fastest."""
        by_eta = self.needed[sizes]
        return min(by_eta, key=lambda eta: (-reached(by_eta[eta]), median(by_eta[eta])))

    def solved(self, sizes: Sizes, eta: float | None = None) -> float:
        """The share of the starts that succeed, at this eta or the best one."""
        return reached(self.needed[sizes][self.best_eta(sizes) if eta is None else eta])

    def likely(self, sizes: Sizes, eta: float | None = None) -> tuple[float, float]:
        """Between which shares that would probably be, had there been far more starts."""
        return likely(self.solved(sizes, eta), self.starts)

    def with_layers(self, hidden: int) -> list[Sizes]:
        """The networks with so many hidden layers, the smallest first."""
        return sorted((sizes for sizes in self.needed if len(sizes) == hidden + 2), key=parameters)

    def smallest(self, *hidden: int) -> Sizes | None:
        """The smallest network with so many hidden layers that succeeds from more than GOAL, beyond chance."""
        able = [s for number in hidden for s in self.with_layers(number) if self.likely(s)[0] > GOAL]
        return min(able, key=parameters, default=None)

    def table(self) -> str:
        rows = [
            (
                layers(sizes),
                parameters(sizes),
                *(share(reached(needed)) for needed in self.needed[sizes].values()),
                "{:.0%} to {:.0%}".format(*self.likely(sizes)),
                epochs(median(self.needed[sizes][self.best_eta(sizes)])),
            )
            for sizes in (*self.with_layers(1), *self.with_layers(2))
        ]
        header = ("network", "parameters", *(f"eta {eta:g}" for eta in ETAS), "best: 95 % interval", "median epochs")
        return (
            f"Two spirals, tanh, targets -1 and 1, momentum {MOMENTUM:g}, at most {EPOCHS} epochs: share of\n"
            f"{self.starts} starts that get every point right, and at the best eta the epochs they need\n\n"
            f"{table_of(header, rows)}"
        )

    def finding(self) -> str:
        best, deep = self.smallest(1, 2), self.smallest(2)
        flat_at_once = max(self.with_layers(1), key=lambda s: self.solved(s, SAME_ETA))
        widest = self.with_layers(1)[-1]
        fading = [s for s in (*self.with_layers(1), *self.with_layers(2)) if best and parameters(s) < parameters(best)]
        return supported(
            [
                (
                    deep is not None and self.likely(deep, SAME_ETA)[0] > self.likely(flat_at_once, SAME_ETA)[1],
                    f"At eta = {SAME_ETA:g} it looks as if depth decided: {described(deep)}, succeeds from "
                    f"{share(self.solved(deep, SAME_ETA) if deep else 0)} of {self.starts} starts, and no network with "
                    f"one hidden layer from more than {share(self.solved(flat_at_once, SAME_ETA))}.",
                ),
                (
                    best is not None,
                    f"Each at the best of {len(ETAS)} etas, the smallest network that succeeds from more than "
                    f"{share(GOAL)}, beyond chance, is {described(best)}: {share(self.solved(best) if best else 0)} "
                    f"at eta = {self.best_eta(best) if best else 0:g}.",
                ),
                (
                    deep is not None and best is not None and len(best) == 3,
                    f"The smallest with two hidden layers is {described(deep)}.",
                ),
                (
                    bool(fading),
                    f"With fewer parameters: {', '.join(f'{layers(s)} {share(self.solved(s))}' for s in fading)}.",
                ),
                (
                    best is not None and len(best) == 3 and self.likely(widest)[1] < self.likely(best)[0],
                    f"Nor is larger always easier: {described(widest)}, succeeds from {share(self.solved(widest))}.",
                ),
            ]
        )


def described(sizes: Sizes | None) -> str:
    return f"{layers(sizes)}, with {parameters(sizes)} parameters" if sizes else "none"


def parameters(sizes: Sizes) -> int:
    return Recipe(sizes).parameters


def spirals_size(seeds: int = 40) -> SpiralsSize:
    """Two spirals with 14 networks and 3 etas; every 250 epochs it looks whether they are separated, as the grader."""
    X, Y = make_spirals()
    targets = 2 * Y - 1
    needed: dict[Sizes, dict[float, np.ndarray]] = {}
    for sizes in (*ONE_HIDDEN, *TWO_HIDDEN):
        networks = ManyStarts(sizes, "tanh", seeds=list(range(seeds)) * len(ETAS), momentum=MOMENTUM)
        reaching = networks.epochs_until(
            lambda _, output: np.all((output > 0) == (targets > 0), axis=(1, 2)),
            X,
            targets,
            EPOCHS,
            np.repeat(ETAS, seeds),
            STRETCH,
        )
        needed[sizes] = dict(zip(ETAS, reaching.reshape(len(ETAS), seeds), strict=True))
    data = SpiralsSize(needed, {})
    shown = (data.smallest(1) or ONE_HIDDEN[-1], data.smallest(2) or TWO_HIDDEN[-1])
    return SpiralsSize(needed, {sizes: typical(data, sizes) for sizes in shown})


def typical(data: SpiralsSize, sizes: Sizes) -> ManyStarts:
    """The network of the median start at its best eta, trained until it is done."""
    eta = data.best_eta(sizes)
    seed = int(np.argsort(data.needed[sizes][eta], kind="stable")[data.starts // 2])
    network = ManyStarts(sizes, "tanh", seeds=[seed], momentum=MOMENTUM)
    X, Y = make_spirals()
    network.train(X, 2 * Y - 1, int(min(data.needed[sizes][eta][seed], EPOCHS)), eta)
    return network


@styled
def draw_spirals_size(data: SpiralsSize) -> Figure:
    """Left: the share that succeeds against the number of parameters.  Right: what small networks do."""
    figure, (left, *panels) = new_figure(1, 3, width=13, height=5.2, width_ratios=(1.3, 1, 1))
    best = data.smallest(1, 2)
    figure.suptitle(
        f"Two spirals: no network here succeeds from more than {share(GOAL)} of the starts, beyond chance"
        if best is None
        else f"Two spirals: {layers(best)}, with {parameters(best)} parameters, is the smallest to succeed from "
        f"clearly more than {share(GOAL)} of the starts: {share(data.solved(best))}"
    )
    draw_shares(left, data)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2, columnspacing=1)
    X, Y = make_spirals()
    for (sizes, network), panel in zip(data.shown.items(), panels, strict=True):
        draw_regions(panel, network.forward, X, Y, extent=1.0, between=(-1, 1))
        right = float(np.mean((network.forward(X) > 0) == (Y == 1)))
        panel.set_title(f"Median start of {layers(sizes)}: {right:.0%} right")
    regions_legend(figure, learnt="learnt boundary: output 0", true=None, loc="outside lower right", ncols=3)
    return figure


def draw_shares(axes: Axes, data: SpiralsSize) -> None:
    """The shares with their intervals at the best eta (solid), and at the same eta (dashed)."""
    for hidden, colour, marker, label, beside in (
        (1, BLUE, "o", "one hidden layer", ((-7, 3), "right")),
        (2, VERMILION, "^", "two", ((3, 9), "left")),
    ):
        group = data.with_layers(hidden)
        places, solved = [parameters(sizes) for sizes in group], np.array([data.solved(sizes) for sizes in group])
        low, high = np.array([data.likely(sizes) for sizes in group]).T
        bars = np.clip([solved - low, high - solved], 0, None)
        axes.errorbar(places, solved, bars, color=colour, marker=marker, capsize=3, label=f"{label}, best eta")
        for sizes, aside, side in ((data.smallest(hidden), *beside), (group[-1], (8, -4), "left")):
            if sizes is not None:
                at = (parameters(sizes), data.solved(sizes))
                axes.annotate(layers(sizes), at, aside, textcoords="offset points", ha=side, fontsize=11)
        at_once = [data.solved(sizes, SAME_ETA) for sizes in group]
        dashed = f"{marker}--"
        axes.plot(places, at_once, dashed, color=colour, mfc="white", lw=1.2, label=f"{label}, eta {SAME_ETA:g}")
    axes.set(xscale="log", xlim=(18, 460), ylim=(-0.04, 1.1), xlabel="parameters", ylabel="share of starts")
    axes.set_xticks([25, 50, 100, 200, 400], ["25", "50", "100", "200", "400"])
    axes.minorticks_off()
    axes.set_title(f"All points right within {EPOCHS} epochs, {data.starts} starts")
