"""Exercise 18.1: XOR with sigmoid and with tanh, from many starts and with many learning rates.

At one and the same eta a tanh network takes much larger steps, because the slope of tanh is up to four times
that of sigmoid, in each layer.  So every network is trained with the same row of learning rates and compared
twice: at one eta, and at the eta that suits it best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import xor
from ..figures import BLACK, COLOURS, new_figure, styled
from ..gradient_check import check_gradients, verdict_of
from ..neural_network import NeuralNetwork
from .findings import (
    below,
    best_eta,
    draw_epochs,
    epochs,
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

SIZES, GOAL, MOST = [2, 4, 1], 0.01, 5000
ETAS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SAME_ETA = 1.0  # at which all are compared; at the chapter's 2 the tanh network is already past its best
SIGMOID, TANH, MIXED, ENDS = "sigmoid", "tanh", "tanh, output sigmoid", "tanh, targets -1 and 1"
NETWORKS: dict[str, tuple[str, str, float]] = {  # activation of the hidden layer, of the output; target for 0
    SIGMOID: ("sigmoid", "sigmoid", 0.0),
    TANH: ("tanh", "tanh", 0.0),
    MIXED: ("tanh", "sigmoid", 0.0),
    ENDS: ("tanh", "tanh", -1.0),
}


@dataclass(frozen=True)
class TanhVsSigmoid:
    """Epochs until the loss is below GOAL, for each network and eta: one number per start, inf for never."""

    needed: Mapping[str, Mapping[float, np.ndarray]]
    gradient_error: float  # of the gradient check of the tanh network

    @property
    def starts(self) -> int:
        return len(self.needed[TANH][SAME_ETA])

    def same(self, network: str) -> float:
        """The median at SAME_ETA."""
        return median(self.needed[network][SAME_ETA])

    def best(self, network: str) -> float:
        """The median at the network's best eta."""
        return median(self.needed[network][best_eta(self.needed[network])])

    def table(self) -> str:
        rows = []
        for network, by_eta in self.needed.items():
            for eta, needed in by_eta.items():
                quarters = (epochs(quantile(needed, q)) for q in (0.25, 0.5, 0.75))
                note = "best" if eta == best_eta(by_eta) else ""
                rows.append((network, f"{eta:g}", share(reached(needed)), *quarters, note))
        header = ("network", "eta", "learnt", "first quarter", "median", "third quarter", "")
        return (
            f"XOR, 2-4-1: epochs until the loss is below {GOAL}, of {MOST} at most, from {self.starts} starts\n"
            "Targets are 0 and 1, unless stated: with -1 and 1 errors are twice as large, and the loss is divided by 4"
            f"\n\n{table_of(header, rows)}\n\n"
            f"Gradient check of the tanh network: {self.gradient_error:.0e}, {verdict_of(self.gradient_error)}."
        )

    def finding(self) -> str:
        best = {name: self.best(name) for name in NETWORKS}
        learnt = {name: reached(self.needed[name][5.0]) for name in NETWORKS}
        eta = {name: f"{best_eta(self.needed[name]):g}" for name in NETWORKS}
        return supported(
            [
                (
                    self.same(TANH) < self.same(SIGMOID) < np.inf,
                    f"At eta = {SAME_ETA:g} the tanh network learns XOR in {epochs(self.same(TANH))} epochs and the "
                    f"sigmoid network in {epochs(self.same(SIGMOID))} (medians of {self.starts} starts), "
                    f"{self.same(SIGMOID) / self.same(TANH):.0f} times as many.",
                ),
                (
                    best[SIGMOID] / best[TANH] < 0.5 * self.same(SIGMOID) / self.same(TANH) < np.inf,
                    f"Most of that is the length of the step: each at its own best eta, they need {epochs(best[TANH])} "
                    f"(eta = {eta[TANH]}) and {epochs(best[SIGMOID])} (eta = {eta[SIGMOID]}).",
                ),
                (
                    max(best[MIXED], best[ENDS]) < 0.7 * min(best[TANH], best[SIGMOID]),
                    f"tanh pays where the targets lie at the ends of the output's range: {epochs(best[MIXED])} epochs "
                    f"with a sigmoid output, {epochs(best[ENDS])} with the targets -1 and 1.",
                ),
                (
                    learnt[TANH] < 0.5 and learnt[SIGMOID] > 0.95,
                    f"Large steps break tanh first: with eta = 5, {share(learnt[TANH])} of the tanh networks and "
                    f"{share(learnt[SIGMOID])} of the sigmoid networks learn.",
                ),
            ]
        )


def tanh_vs_sigmoid(seeds: int = 100) -> TanhVsSigmoid:
    """XOR with sigmoid and with tanh networks, each with ten learning rates."""
    X, Y = xor()
    needed: dict[str, dict[float, np.ndarray]] = {}
    for name, (hidden, output, low) in NETWORKS.items():
        # One stack of all learning rates, since four samples alone keep NumPy from getting up to speed.
        starts = list(range(seeds)) * len(ETAS)
        networks = ManyStarts(SIZES, hidden, output_activation=output, seeds=starts)
        goal = GOAL * (1 - low) ** 2
        reaching = networks.epochs_until(below(goal), X, low + (1 - low) * Y, MOST, np.repeat(ETAS, seeds))
        needed[name] = dict(zip(ETAS, reaching.reshape(len(ETAS), seeds), strict=True))
    tanh = NeuralNetwork(SIZES, "tanh", rng=np.random.RandomState(0))
    return TanhVsSigmoid(needed, check_gradients(tanh, X, Y).maximum)


@styled
def draw_tanh_vs_sigmoid(data: TanhVsSigmoid) -> Figure:
    """Left: median epochs against eta.  Right: the share of the starts that have learnt, by epoch."""
    figure, (left, right) = new_figure(1, 2, width=12, height=5.2)
    figure.suptitle(
        f"XOR, median epochs at eta {SAME_ETA:g}: tanh {epochs(data.same(TANH))}, sigmoid {epochs(data.same(SIGMOID))};"
        f" each at its best: tanh {epochs(data.best(TANH))}, sigmoid {epochs(data.best(SIGMOID))}"
    )
    for (name, by_eta), colour, marker in zip(data.needed.items(), COLOURS, "o^sD", strict=False):
        draw_epochs(left, by_eta, colour, marker, name)
        for eta, line in ((best_eta(by_eta), "-"), (SAME_ETA, "--")):
            counted = np.arange(1, data.starts + 1) / data.starts
            right.step(np.sort(by_eta[eta]), counted, where="post", color=colour, linestyle=line)
    left.axvline(SAME_ETA, color=BLACK, linewidth=1, linestyle=":")
    left.set(xlabel="learning rate eta", ylabel=f"epochs until loss < {GOAL}")
    left.set_title("Median and middle half; no point where most starts fail")
    plain_numbers(left.xaxis, left.yaxis)
    right.set(xscale="log", xlim=(10, MOST), ylim=(0, 1.02), xlabel="epoch", ylabel="share of starts that have learnt")
    right.set_title(f"At the best eta (solid) and at eta = {SAME_ETA:g} (dashed)")
    plain_numbers(right.xaxis)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure
