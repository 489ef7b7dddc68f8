"""Exercise 18.4: how many epochs momentum saves on XOR, the circle and the sine, from many starts.

Where the gradient stays the same, steps with beta = 0.9 grow to 1/(1 - beta) times their length: to ten times.
So there are three comparisons: with the same eta; with a tenth of eta, which makes the steps equally long; and
each with the eta that suits it best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import Data, circle, sine, xor
from ..figures import BLACK, BLUE, VERMILION, new_figure, styled
from .findings import (
    below,
    best_eta,
    draw_epochs,
    epochs,
    layers,
    median,
    plain_numbers,
    quantile,
    reached,
    share,
    supported,
    table_of,
)
from .many_starts import ManyStarts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Pairs = Mapping[str, tuple[float, float]]  # something without and with momentum, by the name of the problem

BETA = 0.9


ETAS = tuple(digit * 10.0**power for power in (-2, -1, 0, 1, 2) for digit in (1, 2, 5))


@dataclass(frozen=True)
class Problem:
    """What is learnt, and when it counts as learnt."""

    data: Callable[[], Data]
    sizes: Sequence[int]
    activation: str
    output_activation: str
    goal: float  # the loss to reach
    most: int  # epochs
    eta: float  # at which both are compared: the chapter's, or for the sine that of its network that fits
    between: tuple[float, float]  # the smallest and the largest eta that are tried

    @property
    def etas(self) -> list[float]:
        return [eta for eta in ETAS if self.between[0] <= eta <= self.between[1]]


def chapters(points: Callable[..., Data]) -> Callable[[], Data]:
    """The points that the chapter draws, with the seed 42."""
    return lambda: points(rng=np.random.RandomState(42))


PROBLEMS = {
    "XOR": Problem(xor, [2, 4, 1], "sigmoid", "sigmoid", 0.01, 10_000, 2.0, (0.1, 200)),
    "circle": Problem(chapters(circle), [2, 8, 1], "sigmoid", "sigmoid", 0.02, 6000, 5.0, (0.2, 100)),
    "sine": Problem(chapters(sine), [1, 16, 1], "tanh", "linear", 0.01, 20_000, 0.1, (0.01, 2)),
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

    @property
    def plain_breaks_first(self) -> bool:
        """Whether plain steps as long as those of momentum at its best lead less than half of the starts there."""
        as_long = round(best_eta(self.momentum) / (1 - BETA), 12)
        return as_long in self.plain and reached(self.plain[as_long]) < 0.5


@dataclass(frozen=True)
class MomentumSpeed:
    """The speeds on each problem, by its name."""

    speeds: Mapping[str, Speeds]

    @property
    def starts(self) -> int:
        return len(next(iter(self.speeds["XOR"].plain.values())))

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
        what = "\n".join(
            f"{name} {layers(p.sizes)}, {p.activation} with {p.output_activation} output, "
            f"to a loss of {p.goal:g} within {p.most:,} epochs, eta {p.eta:g}"
            for name, p in PROBLEMS.items()
        )
        every = ("problem", "beta", "eta", "there", "first quarter", "median", "third quarter")
        return (
            f"Epochs to the goal without momentum and with beta = {BETA:g}: medians of {self.starts} starts\n{what}\n\n"
            f"{table_of(header, summary)}\n\nEvery eta\n\n{table_of(every, rows)}"
        )

    def finding(self) -> str:
        same_eta, same_step, best = (
            {name: getattr(speeds, kind) for name, speeds in self.speeds.items()}
            for kind in ("same_eta", "same_step", "best")
        )
        faster, slower = grouped(same_eta)
        best_faster, best_slower = grouped(best)
        lost = [  # where momentum makes so long steps that many starts never get there
            f"{share(reached(speeds.momentum[speeds.eta]))} on {the(name)}"
            for name, speeds in self.speeds.items()
            if name in slower and reached(speeds.momentum[speeds.eta]) < 0.8 <= reached(speeds.plain[speeds.eta])
        ]
        return supported(
            [
                (bool(faster), f"At the same eta momentum reaches the goal sooner: {said(faster)}."),
                (
                    len(lost) == len(slower) > 0,
                    f"Not everywhere ({said(slower)}): an eta that is right without momentum may be too large with it, "
                    f"and fewer starts arrive ({', '.join(lost)}).",
                ),
                (
                    all(0.8 < pair[0] / pair[1] < 1.25 for pair in same_step.values()),
                    "What it changes first is the length of the step: with a tenth of eta, which makes the steps "
                    f"equally long, there is hardly a difference ({said(same_step)}).",
                ),
                (
                    bool(best_faster),
                    f"Each at its best eta, momentum is still faster here: {said(best_faster)}"
                    + (f"; not here: {said(best_slower)}." if best_slower else "."),
                ),
                (
                    bool(best_faster) and all(self.speeds[name].plain_breaks_first for name in best_faster),
                    "Equally long steps without it are too long there: most starts do not arrive.",
                ),
            ]
        )


def grouped(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """The problems on which momentum is faster by at least a quarter, and those on which it is not."""
    faster = {name: pair for name, pair in pairs.items() if np.isfinite(pair).all() and pair[0] > 1.25 * pair[1]}
    return faster, {name: pair for name, pair in pairs.items() if name not in faster}


def said(pairs: Pairs) -> str:
    return ", ".join(f"{ratio(pair)} times on {the(name)}" for name, pair in pairs.items())


def the(problem: str) -> str:
    return problem if problem == "XOR" else f"the {problem}"


def momentum_speed(seeds: int = 20) -> MomentumSpeed:
    """XOR, circle and sine without momentum and with it, each with many learning rates."""
    return MomentumSpeed({name: speeds_on(problem, seeds) for name, problem in PROBLEMS.items()})


def speeds_on(problem: Problem, seeds: int) -> Speeds:
    """Epochs that one problem takes."""
    (X, Y), etas, by_beta = problem.data(), problem.etas, []
    for beta in (0.0, BETA):
        stack = list(range(seeds)) * len(etas)
        networks = ManyStarts(
            problem.sizes, problem.activation, output_activation=problem.output_activation, seeds=stack, momentum=beta
        )
        with np.errstate(over="ignore", invalid="ignore"):  # the largest etas may diverge
            needed = networks.epochs_until(below(problem.goal), X, Y, problem.most, np.repeat(etas, seeds))
        by_beta.append(dict(zip(etas, needed.reshape(len(etas), seeds), strict=True)))
    return Speeds(problem.eta, *by_beta)


def tenth(eta: float) -> float:
    """The eta whose steps add up to those of `eta` without momentum."""
    return round(eta * (1 - BETA), 12)


def ratio(pair: tuple[float, float]) -> str:  # how many times sooner the second is
    return f"{pair[0] / pair[1]:.1f}" if np.isfinite(pair).all() else "-"


@styled
def draw_momentum_speed(data: MomentumSpeed) -> Figure:
    """Median epochs against eta, for each problem."""
    figure, axes = new_figure(1, 3, width=14, height=4.9)
    figure.suptitle(
        f"Speed-up by momentum {BETA:g}, each at its best eta (circled): "
        + ", ".join(f"{ratio(speeds.best)} on {the(name)}" for name, speeds in data.speeds.items())
    )
    for (name, speeds), panel in zip(data.speeds.items(), axes, strict=True):
        problem = PROBLEMS[name]
        for label, needed, colour, marker in (
            ("without momentum", speeds.plain, BLUE, "o"),
            (f"momentum {BETA:g}", speeds.momentum, VERMILION, "^"),
        ):
            draw_epochs(panel, needed, colour, marker, label)
            at = best_eta(needed)
            if np.isfinite(median(needed[at])):
                panel.plot(at, median(needed[at]), "o", markersize=15, markerfacecolor="none", color=colour)
        panel.set(
            xlabel="learning rate eta",
            ylabel=f"epochs until loss < {problem.goal:g}",
            title=f"{name}: speed-up {ratio(speeds.same_eta)} at eta = {speeds.eta:g}",
            xlim=(min(problem.etas) / 1.5, max(problem.etas) * 1.5),
        )
        panel.axvline(speeds.eta, color=BLACK, linewidth=1, linestyle=":")
        plain_numbers(panel.xaxis, panel.yaxis)
    axes[0].legend()
    below_all = (
        f"Median and middle half of {data.starts} starts; no point where most never arrive; dotted: the title's eta"
    )
    figure.supxlabel(below_all, fontsize=11)
    return figure
