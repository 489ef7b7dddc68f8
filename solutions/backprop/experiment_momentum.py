"""Exercise 18.4: how many epochs momentum saves on XOR, the circle and the sine, from many starts.

With beta = 0.9 the steps add up to ten times their length, 1/(1 - beta), wherever the gradient stays the same.  So there are three
comparisons: with the same eta; with a tenth of eta, which makes the steps equally long; and each
with the eta that suits it best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .datasets import Data, circle, sine, xor
from .figures import BLUE, VERMILION, new_figure, styled
from .findings import epochs, layers, median, quantile, reached, share, supported, table_of
from .many_starts import ManyStarts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BETA = 0.9


@dataclass(frozen=True)
class Problem:
    """What is learnt, and when it counts as learnt."""

    data: Callable[[], Data]
    sizes: Sequence[int]
    activation: str
    output_activation: str
    goal: float
    most: int  # epochs
    eta: float  # at which both are compared: the chapter's, or for the sine that of its network that fits
    etas: Sequence[float]


PROBLEMS = {
    "XOR": Problem(xor, [2, 4, 1], "sigmoid", "sigmoid", 0.01, 10_000, 2.0, (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)),
    "circle": Problem(
        lambda: circle(rng=np.random.RandomState(42)),
        [2, 8, 1],
        "sigmoid",
        "sigmoid",
        0.02,
        6000,
        5.0,
        (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100),
    ),
    "sine": Problem(
        lambda: sine(rng=np.random.RandomState(42)),
        [1, 16, 1],
        "tanh",
        "linear",
        0.01,
        20_000,
        0.1,
        (0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    ),
}


@dataclass(frozen=True)
class Speeds:
    """Epochs to the goal, by eta, without momentum and with it: one number per start, inf for never."""

    eta: float
    plain: Mapping[float, np.ndarray]
    momentum: Mapping[float, np.ndarray]

    @property
    def same_eta(self) -> tuple[float, float]:
        """Medians without and with momentum, at the problem's eta."""
        return median(self.plain[self.eta]), median(self.momentum[self.eta])

    @property
    def same_step(self) -> tuple[float, float]:
        """Medians at the problem's eta without momentum, and with momentum at a tenth of it."""
        return median(self.plain[self.eta]), median(self.momentum[tenth(self.eta)])

    @property
    def best(self) -> tuple[float, float]:
        """Medians, each at its best eta."""
        return tuple(median(needed[best_eta(needed)]) for needed in (self.plain, self.momentum))  # type: ignore[return-value]


@dataclass(frozen=True)
class MomentumSpeed:
    """The speeds on each problem, by its name."""

    speeds: Mapping[str, Speeds]

    def table(self) -> str:
        summary = [
            (name, *(cell for pair in (s.same_eta, s.same_step, s.best) for cell in (*map(epochs, pair), ratio(pair))))
            for name, s in self.speeds.items()
        ]
        header = ("problem", "eta: without", "with", "", "eta/10: without", "with", "", "best: without", "with", "")
        rows = [
            (name, f"{beta:g}", f"{eta:g}", share(reached(n)), *(epochs(quantile(n, q)) for q in (0.25, 0.5, 0.75)))
            for name, speeds in self.speeds.items()
            for beta, by_eta in ((0.0, speeds.plain), (BETA, speeds.momentum))
            for eta, n in by_eta.items()
        ]
        what = "; ".join(
            f"{name} {layers(p.sizes)}, {p.activation}"
            + (f" and {p.output_activation}" if p.output_activation != p.activation else "")
            + f", to a loss of {p.goal:g} within {p.most:,} epochs, eta {p.eta:g}"
            for name, p in PROBLEMS.items()
        )
        starts = len(next(iter(self.speeds["XOR"].plain.values())))
        every = ("problem", "beta", "eta", "there", "first quarter", "median", "third quarter")
        return (
            f"Epochs to the goal without momentum and with beta = {BETA:g}: medians of {starts} starts\n{what}\n\n"
            f"{table_of(header, summary)}\n\nEvery eta\n\n{table_of(every, rows)}"
        )

    def finding(self) -> str:
        def said(pairs: Mapping[str, tuple[float, float]]) -> str:
            return ", ".join(
                f"{ratio(pair)} on {name if name == 'XOR' else f'the {name}'}" for name, pair in pairs.items()
            )

        same_eta, same_step, best = (
            {name: getattr(s, kind) for name, s in self.speeds.items()} for kind in ("same_eta", "same_step", "best")
        )
        return supported(
            [
                (
                    all(np.isfinite(pair).all() and pair[0] > 2 * pair[1] for pair in same_eta.values()),
                    f"With the same eta, momentum reaches the goal sooner by a factor of {said(same_eta)}.",
                ),
                (
                    all(0.8 < pair[0] / pair[1] < 1.25 for pair in same_step.values()),
                    f"That is the longer step: with a tenth of eta, where both step equally far, hardly anything is "
                    f"left of it ({said(same_step)}).",
                ),
                (
                    all(np.isfinite(pair).all() and pair[0] > pair[1] for pair in best.values()),
                    f"Each at its best eta, momentum still wins, by {said(best)}: what it gains is that its long steps stay "
                    f"stable where equally long plain ones do not.",
                ),
            ]
        )


def momentum_speed(seeds: int = 20) -> MomentumSpeed:
    """Train each problem with every eta, without momentum and with it, from the starts 0, 1, ..., seeds - 1."""
    return MomentumSpeed({name: speeds_on(problem, seeds) for name, problem in PROBLEMS.items()})


def speeds_on(problem: Problem, seeds: int) -> Speeds:
    """Epochs that one problem takes."""
    X, Y = problem.data()
    etas, by_beta = problem.etas, []
    for beta in (0.0, BETA):
        networks = ManyStarts(
            problem.sizes,
            problem.activation,
            output_activation=problem.output_activation,
            seeds=list(range(seeds)) * len(etas),
            momentum=beta,
        )
        with np.errstate(over="ignore", invalid="ignore"):  # the largest etas may diverge
            needed = networks.epochs_until(
                lambda loss, _: loss < problem.goal, X, Y, problem.most, np.repeat(etas, seeds)
            )
        by_beta.append(dict(zip(etas, needed.reshape(len(etas), seeds), strict=True)))
    return Speeds(problem.eta, *by_beta)


def best_eta(needed: Mapping[float, np.ndarray]) -> float:
    """The eta with the smallest median; where none gets there, the one with most starts that do."""
    return min(needed, key=lambda eta: (median(needed[eta]), -reached(needed[eta]), eta))


def tenth(eta: float) -> float:
    """The eta whose steps add up to those of `eta` without momentum."""
    return round(eta * (1 - BETA), 12)


def ratio(pair: tuple[float, float]) -> str:
    """How many times sooner the second is, in text."""
    return f"{pair[0] / pair[1]:.1f}" if np.isfinite(pair).all() else "-"


@styled
def draw_momentum_speed(data: MomentumSpeed) -> Figure:
    """Median epochs against eta, for each problem."""
    figure, axes = new_figure(1, 3, width=14, height=4.9)
    figure.suptitle(
        "Momentum 0.9 allows smaller learning rates and, each at its best, is faster by "
        + ", ".join(f"{ratio(s.best)} ({name})" for name, s in data.speeds.items())
    )
    for (name, speeds), panel in zip(data.speeds.items(), axes, strict=True):
        problem = PROBLEMS[name]
        for label, needed, colour, marker in (
            ("without momentum", speeds.plain, BLUE, "o"),
            (f"momentum {BETA:g}", speeds.momentum, VERMILION, "^"),
        ):
            etas = np.array(list(needed))
            low, middle, high = (np.array([quantile(n, q) for n in needed.values()]) for q in (0.25, 0.5, 0.75))
            panel.loglog(etas, middle, color=colour, marker=marker, label=label)
            shown = np.isfinite(high)
            panel.fill_between(etas[shown], low[shown], high[shown], color=colour, alpha=0.2, linewidth=0)
            if np.isfinite(middle).any():
                at = best_eta(needed)
                panel.plot(at, median(needed[at]), "o", markersize=15, markerfacecolor="none", color=colour)
        panel.set(
            xlabel="learning rate eta",
            ylabel=f"epochs until loss < {problem.goal:g}",
            title=f"{name}: at the same eta ({speeds.eta:g}) {ratio(speeds.same_eta)} times sooner",
        )
    axes[0].legend()
    return figure
