"""Draws what the demonstrations of demos.py return: a function for each, data in, figure out.

What a title says is computed from the data, so it holds for whatever network was trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import figures
from .figures import BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure, styled
from .gradient_check import draw_epsilon_sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .demo_data import Evolution, GradientTest, Hyperparameters, Run, SineFits


@styled
def draw_gradient_check(test: GradientTest) -> Figure:
    """The error against epsilon, with the chapter's epsilon and the default marked."""
    figure = draw_epsilon_sweep(test.epsilons, test.errors)
    (axes,) = figure.axes
    best = test.epsilons[np.argmin(test.errors)]
    figure.suptitle(f"The gradient check errs least at epsilon = {best:.0e}")
    for check, name, colour in ((test.chapter, "the chapter's", VERMILION), (test.default, "the default", GREEN)):
        label = f"{name} epsilon: {check.maximum:.0e}, {check.verdict}"
        axes.plot(check.epsilon, check.maximum, "o", markersize=9, color=colour, zorder=4, label=label)
    axes.legend(loc="upper center")
    if test.default.verdict == "correct":  # else the error of the gradient itself covers both
        axes.text(1e-13, 1e-9, "rounding:\nlike 1/epsilon", ha="left", va="center")
        axes.text(1e-1, 1e-9, "truncation:\nlike epsilon$^2$", ha="right", va="center")
    return figure


@styled
def draw_xor(run: Run) -> Figure:
    """The loss, and the plane with the four points and what the network answers there."""
    right = round(run.accuracy * run.Y.size)
    figure, (left, plane) = new_figure(
        columns=2, width=10, title=f"XOR: {right} of {run.Y.size} points are on the right side of 0.5"
    )
    draw_learning(left, run)
    contours = figures.draw_regions(plane, run.network.forward, run.X, run.Y, extent=(-0.5, 1.5), point_size=110)
    for point, output in zip(run.X.T, run.outputs[0], strict=True):
        plane.annotate(f"{output:.4f}", point, (0, 11), textcoords="offset points", ha="center")
    plane.set(title="What the network answers", xticks=[0, 1], yticks=[0, 1])
    output_bar(figure, contours, plane)
    figures.regions_legend(figure, true=None, classes=("target 0", "target 1"))
    return figure


@styled
def draw_circle(run: Run) -> Figure:
    """The loss, and the plane with the points, the learnt boundary and the true circle."""
    figure, (left, plane) = new_figure(
        columns=2,
        width=10,
        title=f"The circle: {100 * run.accuracy:.1f} % of {run.Y.size} points are on the right side of 0.5",
    )
    draw_learning(left, run)
    contours = figures.draw_regions(plane, run.network.forward, run.X, run.Y, true_boundary=figures.circle_line())
    plane.set_title("What the network answers")
    output_bar(figure, contours, plane)
    figures.regions_legend(figure, true="true circle", classes=("outside", "inside"))
    return figure


def draw_learning(axes: Axes, run: Run) -> None:
    """The loss of every epoch, beside the loss of the best answer that ignores the input."""
    first, last, constant = run.losses[0], run.losses[-1], float(np.var(run.Y) / 2)
    figures.draw_losses(axes, {"the network": run.losses})
    label = f"best answer that ignores\nthe input: {constant:.4f}"
    axes.axhline(constant, color=GREY, linestyle=":", label=label)
    lowest = np.nanmin(run.losses)
    if lowest > 0:
        axes.set_ylim(bottom=10 ** np.floor(np.log10(lowest)))
    axes.legend(loc="lower left")
    axes.set_title(f"Loss from {first:.4f} to {last:.6f} in {len(run.losses)} epochs")


def output_bar(figure: Figure, contours: Any, plane: Axes) -> None:
    figure.colorbar(contours, ax=plane, label="output", ticks=[0, 0.25, 0.5, 0.75, 1], shrink=0.8)


@styled
def draw_sine(sine: SineFits) -> Figure:
    """The chapter's network, the best output that is never negative, and a network that fits."""
    figure, (curves, losses) = new_figure(
        columns=2, width=11, title="An output that is never negative misses the lower half of the sine"
    )
    X, Y = sine.chapter.X[0], sine.chapter.Y[0]
    x = np.linspace(-1, 1, 401)
    curves.scatter(2 * X, Y, s=40, color="#C4C4C4", label=f"the {Y.size} points")
    curves.plot(2 * x, np.maximum(np.sin(2 * np.pi * x), 0), color=ORANGE, linestyle="--", linewidth=3.5)
    networks = [(sine.chapter, BLUE), *([(sine.fit, GREEN)] if sine.fit else [])]
    for run, colour in networks:
        curves.plot(2 * x, run.network.forward(x[None])[0], color=colour)
    humps = sum(follows(sine.chapter, np.abs(X - middle) < 0.25) for middle in (-0.75, 0.25))
    curves.set(xlabel="angle / $\\pi$", ylabel="output", title=f"The sigmoid output follows {humps} of 2 humps")

    losses.axhline(sine.bound, color=ORANGE, linestyle="--", linewidth=3.5, label="best output that is never negative")
    name_level(losses, sine.bound, ORANGE)
    for (run, colour), label in zip(networks, ("sigmoid output", "linear output, tanh, momentum"), strict=False):
        figures.draw_losses(losses, {label: run.losses}, colours=[colour])
        name_level(losses, run.losses[-1], colour)
    losses.set_title(f"No output $\\geq 0$ has a loss below {sine.bound:.3f}")
    points, _ = curves.get_legend_handles_labels()
    lines, _ = losses.get_legend_handles_labels()
    figure.legend(handles=points + lines, loc="outside lower center", ncols=4, columnspacing=1.5)
    return figure


def follows(run: Run, among: np.ndarray) -> bool:
    """Whether the outputs for some of the points (a mask) err less than half as much as an output of 0."""
    Y = run.Y[0, among]
    return bool(np.mean(np.abs(run.outputs[0, among] - Y)) < np.mean(np.abs(Y)) / 2)


def name_level(axes: Axes, level: float, colour: str) -> None:
    """Write a loss at its height, right of the axes."""
    axes.annotate(
        f"{level:.3g}",
        (1, level),
        (4, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        color=colour,
    )


@styled
def draw_hyperparameters(explored: Hyperparameters) -> Figure:
    """Three panels: loss curves by hidden units, loss curves by eta, last loss by epochs."""
    figure, (hidden, rate, length) = new_figure(columns=3, width=13, height=5, sharey=True, width_ratios=(1, 1, 1.2))
    for axes, runs, name in ((hidden, explored.by_hidden, "hidden units"), (rate, explored.by_eta, "$\\eta$")):
        losses = {f"{value:g}": history for value, history in runs.items()}
        figures.draw_losses(axes, losses, colours=figures.colours_of_a_scale(len(losses)), legend=False)
        lowest, highest = (pick(losses, key=lambda value: losses[value][-1]) for pick in (min, max))
        axes.set_title(f"{name}: {lowest} end{'' if axes is hidden else 's'} lowest, {highest} highest")
        axes.legend(
            title=name, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=5, columnspacing=1, handlelength=1.2
        )
        axes.label_outer()
    places = range(len(explored.by_epochs))
    last = list(explored.by_epochs.values())
    bars = length.bar(places, last, color=BLUE)
    length.bar_label(bars, [f"{loss:.2g}" for loss in last], padding=2, fontsize=10.5)
    length.set(xticks=list(places), xticklabels=[str(n) for n in explored.by_epochs], xlabel="epochs in all")
    best, worst = (pick(explored.by_epochs, key=explored.by_epochs.__getitem__) for pick in (min, max))
    length.set_title(f"epochs: {best} end lowest, {worst} highest")
    length.grid(False, axis="x")
    final = ([losses[-1] for losses in runs.values()] for runs in (explored.by_eta, explored.by_hidden))
    by_eta, by_hidden = (np.max(losses) / np.min(losses) for losses in final)
    figure.suptitle(
        f"XOR: final losses differ {by_eta:.0f}-fold by learning rate, {by_hidden:.1f}-fold by hidden units"
    )
    return figure


@styled
def draw_boundary(evolution: Evolution) -> Figure:
    """Six panels, each titled with what the network knows by then."""
    outside = float(np.mean(evolution.Y == 0))
    figure, table = new_figure(
        2,
        3,
        width=11,
        height=7.6,
        sharex=True,
        sharey=True,
        title=f"Calling every point outside is right for {100 * outside:.1f} % of them",
    )
    for axes, shot in zip(table.flat, evolution.snapshots, strict=True):
        contours = figures.draw_regions(
            axes, shot.network.forward, evolution.X, evolution.Y, true_boundary=figures.circle_line(), point_size=9
        )
        axes.set_title(f"after {shot.epochs} epochs\n{100 * shot.accuracy:.1f} % right, loss {shot.loss:.4f}")
        axes.label_outer()
    figure.colorbar(contours, ax=table, label="output", ticks=[0, 0.25, 0.5, 0.75, 1], shrink=0.6)
    figures.regions_legend(figure, true="true circle", classes=("outside", "inside"))
    return figure
