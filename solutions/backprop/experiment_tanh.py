"""Exercise 18.1: XOR with sigmoid and with tanh, from many starts and with many learning rates.

At one and the same eta a tanh network takes much larger steps, because the slope of tanh is up to four times
that of sigmoid, at each layer.  So every network is trained with the same row of learning rates, and compared twice: at
one eta, and at the eta that suits it best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .datasets import xor
from .figures import BLACK, COLOURS, new_figure, styled
from .findings import epochs, median, quantile, reached, share, supported, table_of
from .gradient_check import check_gradients, verdict_of
from .many_starts import ManyStarts
from .neural_network import NeuralNetwork

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES, GOAL, MOST = [2, 4, 1], 0.01, 5000
ETAS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SAME_ETA = 1.0  # at which all are compared: half the chapter's, so that tanh is not at its limit yet
NETWORKS: dict[str, tuple[str, str]] = {  # activation of the hidden layer, and of the output
    "sigmoid": ("sigmoid", "sigmoid"),
    "tanh": ("tanh", "tanh"),
    "tanh, output sigmoid": ("tanh", "sigmoid"),
}


@dataclass(frozen=True)
class TanhVsSigmoid:
    """Epochs until the loss is below GOAL, for each network and eta: one number per start, inf for never."""

    needed: Mapping[str, Mapping[float, np.ndarray]]
    gradient_error: float  # of the gradient check of the tanh network

    @property
    def seeds(self) -> int:
        return len(self.needed["tanh"][SAME_ETA])

    def best_eta(self, network: str) -> float:
        """The eta with the smallest median; the one at which more starts learn, where two are equal."""
        needed = self.needed[network]
        return min(needed, key=lambda eta: (median(needed[eta]), -reached(needed[eta]), eta))

    def best(self, network: str) -> float:
        """The median at the best eta."""
        return median(self.needed[network][self.best_eta(network)])

    def table(self) -> str:
        rows = []
        for network, by_eta in self.needed.items():
            for eta, needed in by_eta.items():
                quarters = (epochs(quantile(needed, q)) for q in (0.25, 0.5, 0.75))
                note = "best" if eta == self.best_eta(network) else ""
                rows.append((network, f"{eta:g}", share(reached(needed)), *quarters, note))
        header = ("network", "eta", "learnt", "first quarter", "median", "third quarter", "")
        check = f"Gradient check of the tanh network: {self.gradient_error:.0e}, {verdict_of(self.gradient_error)}."
        return (
            f"XOR, 2-4-1, targets 0 and 1: epochs until the loss is below {GOAL}, of {MOST} at most, from {self.seeds} "
            f"starts\n\n{table_of(header, rows)}\n\n{check}"
        )

    def finding(self) -> str:
        sigmoid, tanh = (median(self.needed[name][SAME_ETA]) for name in ("sigmoid", "tanh"))
        best = {name: self.best(name) for name in NETWORKS}
        mixed = "tanh, output sigmoid"
        eta = {name: f"{self.best_eta(name):g}" for name in NETWORKS}
        top_share = {name: reached(self.needed[name][max(ETAS)]) for name in NETWORKS}
        return supported(
            [
                (
                    tanh < sigmoid < np.inf,
                    f"At eta = {SAME_ETA:g} the tanh network learns XOR in {epochs(tanh)} epochs and the sigmoid network "
                    f"in {epochs(sigmoid)} (medians of {self.seeds} starts), {sigmoid / tanh:.0f} times as many.",
                ),
                (
                    1 < best["sigmoid"] / best["tanh"] < 0.5 * sigmoid / tanh,
                    f"Most of that is the size of the step: each at its own best eta, they need {epochs(best['tanh'])} "
                    f"(eta = {eta['tanh']}) and {epochs(best['sigmoid'])} (eta = {eta['sigmoid']}).",
                ),
                (
                    best[mixed] < min(best["tanh"], best["sigmoid"]),
                    f"Best is tanh in the hidden layer with a sigmoid output, {epochs(best[mixed])} epochs at eta = "
                    f"{eta[mixed]}: the targets 0 and 1 are the ends of the sigmoid's range, while 0 is the middle of "
                    f"tanh's, where large steps overshoot.",
                ),
                (
                    top_share["tanh"] < 0.05,
                    f"All-tanh networks are also the first to fail: with eta = 5 {share(reached(self.needed['tanh'][5.0]))} "
                    f"of the starts learn, of the sigmoid networks {share(reached(self.needed['sigmoid'][5.0]))}.",
                ),
            ]
        )


def tanh_vs_sigmoid(seeds: int = 100) -> TanhVsSigmoid:
    """Train every network with every eta from the starts 0, 1, ..., seeds - 1."""
    X, Y = xor()
    needed: dict[str, dict[float, np.ndarray]] = {}
    for name, (hidden, output) in NETWORKS.items():
        # One stack of all learning rates, since four samples alone keep NumPy from getting up to speed.
        starts = list(range(seeds)) * len(ETAS)
        networks = ManyStarts(SIZES, hidden, output_activation=output, seeds=starts)
        reaching = networks.epochs_until(lambda loss, _: loss < GOAL, X, Y, MOST, np.repeat(ETAS, seeds))
        needed[name] = dict(zip(ETAS, reaching.reshape(len(ETAS), seeds), strict=True))
    tanh = NeuralNetwork(SIZES, "tanh", rng=np.random.RandomState(0))
    return TanhVsSigmoid(needed, check_gradients(tanh, X, Y).maximum)


@styled
def draw_tanh_vs_sigmoid(data: TanhVsSigmoid) -> Figure:
    """Left: median epochs against eta.  Right: the share of the starts that have learnt, by epoch."""
    best = ", ".join(f"{name} {epochs(data.best(name))}" for name in ("sigmoid", "tanh"))
    figure, (left, right) = new_figure(1, 2, width=12, height=4.8)
    figure.suptitle(
        f"XOR: tanh learns in {epochs(median(data.needed['tanh'][SAME_ETA]))} epochs at eta = {SAME_ETA:g}, sigmoid in "
        f"{epochs(median(data.needed['sigmoid'][SAME_ETA]))}; each at its best eta: {best}"
    )
    for (name, by_eta), colour, marker in zip(data.needed.items(), COLOURS, "o^s", strict=False):
        low, middle, high = (np.array([quantile(n, q) for n in by_eta.values()]) for q in (0.25, 0.5, 0.75))
        left.loglog(ETAS, middle, marker=marker, color=colour, label=name)
        shown = np.isfinite(high)
        left.fill_between(np.array(ETAS)[shown], low[shown], high[shown], color=colour, alpha=0.2, linewidth=0)
        for eta, dashes in ((data.best_eta(name), "-"), (SAME_ETA, "--")):
            needed = np.sort(by_eta[eta])
            counted = np.arange(1, data.seeds + 1) / data.seeds
            right.step(needed, counted, where="post", color=colour, linestyle=dashes)
    left.axvline(SAME_ETA, color=BLACK, linewidth=1, linestyle=":")
    left.set(
        xlabel="learning rate eta",
        ylabel=f"epochs until loss < {GOAL}",
        title="Median and middle half, where half of the starts learn",
    )
    left.legend()
    right.set(
        xscale="log",
        xlim=(10, MOST),
        ylim=(0, 1.02),
        xlabel="epoch",
        ylabel="share of starts that have learnt",
        title=f"At each network's best eta (solid) and at eta = {SAME_ETA:g} (dashed)",
    )
    return figure
