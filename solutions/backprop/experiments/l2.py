"""Exercise 18.2: the circle with more and more L2 regularisation, from many starts.

Two trainings for each lambda: from fresh starts, and on from networks that have learnt the circle without a penalty.
Where only the first fails, the penalty does not forbid the circle; it keeps a fresh network from finding it.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import circle
from ..figures import BLUE, GREY, VERMILION, circle_line, draw_regions, new_figure, regions_legend, styled
from ..gradient_check import check_gradients, verdict_of
from ..neural_network import NeuralNetwork
from .findings import power, share, supported, table_of
from .many_starts import ManyStarts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES, ETA, EPOCHS = [2, 8, 1], 5.0, 3000
LAMBDAS = (0.0, 1e-5, 3e-5, 1e-4, 3e-4)
LEARNT = 0.95  # the accuracy from which a network has learnt the circle, as in the grader
STRETCH = 10  # epochs between two looks at the weights


@dataclass(frozen=True)
class Trained:
    """Networks trained with one lambda; arrays have an entry for each start."""

    accuracy: np.ndarray
    unseen: np.ndarray  # accuracy on 2000 other points
    loss: np.ndarray  # the penalty included
    squared_weights: np.ndarray
    spread: np.ndarray  # the largest output minus the smallest: near 0 where all points get one answer
    first: ManyStarts  # the first start's network alone


@dataclass(frozen=True)
class L2Circle:
    """By lambda, from fresh starts and on from networks trained without a penalty."""

    X: np.ndarray
    Y: np.ndarray
    fresh: Mapping[float, Trained]
    continued: Mapping[float, Trained]
    squared_weights_at_start: float  # the median
    plateau: np.ndarray  # for each start, without a penalty: epochs until the loss is 10 % below a constant's
    growth: np.ndarray  # and the lambda that would make the squared weights shrink as fast as they grow until then
    gradient_error: float  # of the gradient check of a network with l2

    @property
    def majority(self) -> float:
        """The accuracy of one answer for all points, the more frequent one."""
        return float(max(np.mean(self.Y), 1 - np.mean(self.Y)))

    @property
    def constant_loss(self) -> float:
        """The loss of the best constant output, without any weights."""
        return float(np.var(self.Y) / 2)

    def collapsed(self, trained: Trained) -> float:
        """The share of the starts that end at the majority class, give or take 1 % of the points."""
        return float(np.mean(np.abs(trained.accuracy - self.majority) < 0.01))

    def table(self) -> str:
        rows = []
        for strength, fresh in self.fresh.items():
            kept = self.continued[strength]
            rows.append(
                (
                    power(strength),
                    *(f"{value:.1%}" for value in np.quantile(fresh.accuracy, (0, 0.5, 1))),
                    f"{np.median(fresh.unseen):.1%}",
                    share(self.collapsed(fresh)),
                    f"{np.median(fresh.loss):.4f}",
                    f"{np.median(fresh.squared_weights):.1f}",
                    f"{np.median(kept.accuracy):.1%}",
                    f"{np.median(kept.loss):.4f}",
                )
            )
        header = (
            "lambda",
            "worst",
            "median",
            "best",
            "unseen",
            "collapsed",
            "loss",
            "||W||^2",
            "learnt first",
            "its loss",
        )
        starts = len(self.fresh[0.0].accuracy)
        return (
            f"Circle, 2-8-1, sigmoid, eta {ETA:g}, {EPOCHS} epochs, {starts} starts: accuracy, and its\n"
            "median on unseen points; medians of the loss (penalty included) and of the squared weights\n"
            "`learnt first` goes on from networks trained with lambda 0\n\n"
            f"{table_of(header, rows)}\n\nThe majority class alone: accuracy {self.majority:.1%}, loss "
            f"{self.constant_loss:.4f}.\n"
            f"Without a penalty the loss is 10 % below that after {np.median(self.plateau):.0f} epochs (median); until "
            "then the squared\nweights grow as fast as they would shrink with a lambda of "
            f"{power(np.median(self.growth), 1)} ({power(self.growth.min(), 1)} to {power(self.growth.max(), 1)}).\n"
            f"Gradient check with lambda 0.1: {self.gradient_error:.0e}, {verdict_of(self.gradient_error)}."
        )

    def finding(self) -> str:
        strongest = max(self.fresh)
        worst, kept = self.fresh[strongest], self.continued[strongest]
        collapsed = {strength: self.collapsed(trained) for strength, trained in self.fresh.items()}
        held = [strength for strength, trained in self.fresh.items() if trained.accuracy.min() >= LEARNT]
        weak = max(held, default=0.0)
        medians = [float(np.median(self.fresh[strength].accuracy)) for strength in held] or [0.0]
        weights = float(np.median(worst.squared_weights))
        some = [f"{share(part)} of the starts at {power(s)}" for s, part in collapsed.items() if 0 < part < 1]
        return supported(
            [
                (
                    len(held) > 1 and held == list(self.fresh)[: len(held)],
                    f"Up to lambda = {power(weak)} every start learns the circle, with median accuracies of "
                    f"{min(medians):.1%} to {max(medians):.1%}.",
                ),
                (bool(some), f"The majority class is the end of {' and '.join(some)}."),
                (
                    bool(np.allclose(worst.accuracy, self.majority)),
                    f"At {power(strongest)} all collapse to the majority class, {self.majority:.1%}: their output "
                    f"hardly varies any more (by {np.median(worst.spread):.2f}) and is below 0.5 at every point.",
                ),
                (
                    collapsed[strongest] == 1
                    and kept.accuracy.min() >= LEARNT
                    and float(np.median(kept.loss)) < self.constant_loss,
                    f"The circle would still be worth its penalty: networks that had learnt it first keep "
                    f"{np.median(kept.accuracy):.1%}, at a loss of {np.median(kept.loss):.3f} against "
                    f"{self.constant_loss:.3f} for a constant.",
                ),
                (
                    collapsed[strongest] == 1
                    and weak < self.growth.min()
                    and self.growth.max() < strongest
                    and weights < 0.5 * self.squared_weights_at_start,
                    f"But fresh networks rest on a plateau first, where without a penalty the weights grow slowly: as "
                    f"fast as a lambda of {power(np.median(self.growth), 1)} would shrink them "
                    f"({power(self.growth.min(), 1)} to {power(self.growth.max(), 1)}). {power(weak)} is less than "
                    f"that from every start, {power(strongest)} is more: the squared weights sink from "
                    f"{self.squared_weights_at_start:.1f} to {weights:.1f}, and the circle is never found.",
                ),
            ]
        )


def l2_circle(seeds: int = 20) -> L2Circle:
    """The circle with five strengths of L2, from fresh starts and on from networks that have learnt it."""
    X, Y = circle(rng=np.random.RandomState(42))
    learnt = ManyStarts(SIZES, seeds=range(seeds))
    at_start = float(np.median(learnt.squared_weights))
    plateau, growth = train_watched(learnt, X, Y)
    fresh, continued = {}, {}
    for strength in LAMBDAS:
        networks, onward = (ManyStarts(SIZES, seeds=range(seeds), l2=strength) for _ in range(2))
        onward.weights, onward.biases = deepcopy((learnt.weights, learnt.biases))
        onward.train(X, Y, EPOCHS, ETA)
        continued[strength] = measured(onward, X, Y)
        if strength:
            networks.train(X, Y, EPOCHS, ETA)
        fresh[strength] = measured(networks if strength else learnt, X, Y)
    network = NeuralNetwork(SIZES, l2=0.1, rng=np.random.RandomState(0))
    error = check_gradients(network, X[:, :20], Y[:, :20]).maximum
    return L2Circle(X, Y, fresh, continued, at_start, plateau, growth, error)


def train_watched(networks: ManyStarts, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Train without a penalty; the `plateau` and the `growth` of L2Circle.

    A penalty alone takes the share 2 eta lambda of the squared weights in every epoch.
    """
    weights, losses = [networks.squared_weights], []
    for _ in range(EPOCHS // STRETCH):
        losses.append(networks.train(X, Y, STRETCH, ETA)[-1])
        weights.append(networks.squared_weights)
    off = np.array(losses) < 0.9 * np.var(Y) / 2
    looks = np.where(off.any(axis=0), off.argmax(axis=0) + 1, len(off))
    plateau = STRETCH * looks
    ratio = np.array(weights)[looks, np.arange(len(looks))] / weights[0]
    return plateau, np.log(ratio) / (2 * ETA * plateau)


def measured(networks: ManyStarts, X: np.ndarray, Y: np.ndarray) -> Trained:
    """What trained networks make of the circle."""
    output = networks.forward(X)
    X_new, Y_new = circle(2000, np.random.RandomState(1))
    return Trained(
        accuracy=right(output, Y),
        unseen=right(networks.forward(X_new), Y_new),
        loss=networks.losses(output, Y),
        squared_weights=networks.squared_weights,
        spread=np.ptp(output, axis=(1, 2)),
        first=networks.only(np.array([0])),
    )


def right(output: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """The share of the points on the right side, for each start."""
    return np.mean((output > 0.5) == (Y > 0.5), axis=(1, 2))


@styled
def draw_l2_circle(data: L2Circle) -> Figure:
    """The first start's boundary for each lambda, and the accuracies of all starts."""
    strongest = max(data.fresh)
    figure, axes = new_figure(
        2,
        3,
        width=12,
        height=8.6,
        title=f"L2 on the circle, lambda {power(strongest)}: {share(data.collapsed(data.fresh[strongest]))} of fresh "
        f"starts collapse, {share(data.collapsed(data.continued[strongest]))} of networks that knew it",
    )
    for (strength, result), panel in zip(data.fresh.items(), axes.flat, strict=False):
        draw_regions(panel, result.first.forward, data.X, data.Y, true_boundary=circle_line(), point_size=9)
        note = ", no boundary" if result.accuracy[0] == data.majority else ""
        panel.set_title(f"lambda = {power(strength)}: {result.accuracy[0]:.1%} right{note}")
    last = axes.flat[-1]
    aside = np.linspace(-0.12, 0.12, len(data.fresh[0.0].accuracy))
    for at, strength in enumerate(data.fresh):
        for shift, results, colour, marker, label in (
            (-0.18, data.fresh, BLUE, "o", "fresh starts"),
            (0.18, data.continued, VERMILION, "^", "circle learnt first"),
        ):
            accuracy = np.sort(results[strength].accuracy)
            last.scatter(at + shift + aside, accuracy, s=14, c=colour, marker=marker, label=label if at == 0 else None)
    last.axhline(data.majority, color=GREY, linewidth=1.2, linestyle="--", label="majority class")
    last.set_xticks(range(len(data.fresh)), [power(s) for s in data.fresh])
    last.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    last.set(xlabel="lambda", ylabel="accuracy", ylim=(0.78, 1.005), title="Accuracy of all starts")
    last.set_yticks(np.arange(0.8, 1.01, 0.05))
    last.legend(loc="center left")
    regions_legend(figure, classes=("outside", "inside"))
    return figure
