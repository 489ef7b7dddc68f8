"""Exercise 18.3: x^2 on [-2, 2] with three networks, from many starts; which works best?

1-32-1 is added to the exercise's three: it has as many parameters as 1-8-8-1, and so tells depth from size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import square
from ..figures import BLACK, COLOURS, GREY, new_figure, styled
from ..recipe import SQUARE_LOSS, Recipe
from .findings import clearly, layers, plain_numbers, share, supported, table_of
from .many_starts import ManyStarts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ASKED = ((1, 8, 1), (1, 16, 1), (1, 8, 8, 1))
WIDE = (1, 32, 1)
ETA, MOMENTUM, EPOCHS = 0.02, 0.9, 3000
LINE = np.linspace(-2, 2, 201).reshape(1, -1)


@dataclass(frozen=True)
class Fits:
    """One kind of network; arrays have an entry for each start."""

    sizes: tuple[int, ...]
    loss: np.ndarray  # on the 100 points that it has learnt from
    unseen: np.ndarray  # on 200 others
    error: np.ndarray  # (201,): the median start's output minus x^2, along LINE

    @property
    def parameters(self) -> int:
        return Recipe(self.sizes).parameters

    @property
    def median(self) -> float:
        """The median loss on unseen points."""
        return float(np.median(self.unseen))


@dataclass(frozen=True)
class SquareFits:
    """What each network makes of x^2, by its layers."""

    fits: Mapping[tuple[int, ...], Fits]

    def table(self) -> str:
        rows = [
            (
                layers(sizes),
                fit.parameters,
                f"{np.median(fit.loss):.1e}",
                *(f"{value:.1e}" for value in np.quantile(fit.unseen, (0.25, 0.5, 0.75, 1))),
                share(float(np.mean(fit.unseen < SQUARE_LOSS))),
            )
            for sizes, fit in self.fits.items()
        ]
        goal = f"below {SQUARE_LOSS:g}"
        header = (
            "network",
            "parameters",
            "learnt from",
            "unseen: first quarter",
            "median",
            "third quarter",
            "worst",
            goal,
        )
        starts = len(self.fits[WIDE].unseen)
        return (
            f"x^2 on [-2, 2], tanh with a linear output, eta {ETA:g}, momentum {MOMENTUM:g}, {EPOCHS} epochs: loss\n"
            f"from {starts} starts, on the points learnt from (median) and on unseen ones\n\n{table_of(header, rows)}"
        )

    def finding(self) -> str:
        asked = [self.fits[sizes] for sizes in ASKED]
        deep, wide = self.fits[ASKED[-1]], self.fits[WIDE]
        best = min(asked, key=lambda fit: fit.median)
        others = [fit for fit in asked if fit is not best]
        good = min(float(np.mean(fit.unseen < SQUARE_LOSS)) for fit in asked)
        won = deep.unseen < wide.unseen
        return supported(
            [
                (
                    all(clearly(best.unseen < fit.unseen) for fit in others),
                    f"{layers(best.sizes)} works best: a median loss of {best.median:.1e} on unseen points, against "
                    + " and ".join(f"{fit.median:.1e} ({layers(fit.sizes)})" for fit in others)
                    + ".",
                ),
                (
                    best is deep and clearly(won),
                    f"That is not its size alone: {layers(WIDE)}, with as many parameters ({wide.parameters}), reaches "
                    f"{wide.median:.1e}, and {layers(deep.sizes)} beats it from {share(float(np.mean(won)))} of the "
                    "starts.",
                ),
                (
                    best is deep and not clearly(won),
                    f"Whether that is depth or size these starts do not tell: against {layers(WIDE)}, with as many "
                    f"parameters ({wide.parameters}) and a median of {wide.median:.1e}, it wins from "
                    f"{share(float(np.mean(won)))} of them.",
                ),
                (
                    good > 0.9,
                    f"All three reach the exercise's {SQUARE_LOSS:g} from at least {share(good)} of the starts.",
                ),
            ]
        )


def square_fits(seeds: int = 50) -> SquareFits:
    """x^2 with the exercise's three networks and a fourth, every start with points of its own."""
    points = [np.random.RandomState([seed, 1]) for seed in range(seeds)]
    X, Y = map(np.stack, zip(*(square(100, rng) for rng in points), strict=True))
    X_new, Y_new = map(np.stack, zip(*(square(200, rng) for rng in points), strict=True))
    fits: dict[tuple[int, ...], Fits] = {}
    for sizes in (*ASKED, WIDE):
        networks = ManyStarts(sizes, "tanh", output_activation="linear", seeds=range(seeds), momentum=MOMENTUM)
        history = networks.train(X, Y, EPOCHS, ETA)
        unseen = networks.losses(networks.forward(X_new), Y_new)
        typical = np.argsort(unseen)[seeds // 2]
        error = networks.only(np.array([typical])).forward(LINE)[0, 0] - LINE[0] ** 2
        fits[sizes] = Fits(sizes, history[-1], unseen, error)
    return SquareFits(fits)


@styled
def draw_square_fits(data: SquareFits) -> Figure:
    """Left: the loss of every start.  Right: where the median network of each kind is off, and by how much."""
    best = min(data.fits.values(), key=lambda fit: fit.median)
    figure, (left, right) = new_figure(1, 2, width=12, height=4.8)
    figure.suptitle(
        f"x² on [-2, 2]: {layers(best.sizes)} has the lowest median loss on unseen points, {best.median:.5f}"
    )
    for at, ((sizes, fit), colour) in enumerate(zip(data.fits.items(), COLOURS, strict=False)):
        aside = np.linspace(-0.3, 0.3, len(fit.unseen))
        left.scatter(at + aside, np.sort(fit.unseen), s=14, color=colour)
        left.hlines(fit.median, at - 0.35, at + 0.35, color=BLACK, linewidth=2.5)
        right.plot(LINE[0], fit.error, color=colour, label=layers(sizes), linestyle="--" if sizes == WIDE else "-")
    left.axhline(SQUARE_LOSS, color=GREY, linewidth=1.2, linestyle="--", label=f"goal of the exercise, {SQUARE_LOSS:g}")
    left.legend(loc="lower left")
    ticks = [f"{layers(sizes)}\n{fit.parameters} parameters" for sizes, fit in data.fits.items()]
    left.set_xticks(range(len(data.fits)), ticks)
    left.set(
        yscale="log", xlabel="network", ylabel="loss on unseen points", title="Every start, and the median (black)"
    )
    plain_numbers(left.yaxis)
    right.axhline(0, color=BLACK, linewidth=0.8)
    right.set(xlabel="x", ylabel="network's output minus x²", title="Error of the median network of each kind")
    right.legend(ncols=2)
    return figure
