"""How figures look and how they are saved, in one place.

A function that draws is marked `@styled`; it makes its figure with `new_figure` and returns it, and `save`
writes it to a file.  No window is ever opened here.
matplotlib is imported only when something is drawn, since importing it takes longer than most trainings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart with every kind of colour blindness.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#767676"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)  # in the order in which curves take them

CLASS_COLOURS = (BLUE, VERMILION)  # of the classes 0 and 1
CLASS_MARKERS = ("o", "^")
REGIONS = ("#7FB8DA", "#FFFFFF", "#F0AE80")  # under the points: paler, from class 0 over undecided to class 1

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "figure.constrained_layout.h_pad": 0.07,  # inches
    "figure.constrained_layout.w_pad": 0.07,
    "savefig.dpi": 160,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "figure.titlesize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "image.cmap": "viridis",
}

Predict = Callable[[np.ndarray], np.ndarray]
Drawing = TypeVar("Drawing", bound=Callable[..., Any])


def style() -> AbstractContextManager[None]:
    """A `with` block in which matplotlib draws in this style, whatever the user's own settings are."""
    from cycler import cycler
    from matplotlib.style import context

    return context(["default", {**STYLE, "axes.prop_cycle": cycler(color=COLOURS)}])


def styled(function: Drawing) -> Drawing:
    """Mark a function that draws: it runs inside `style()`."""

    @wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with style():
            return function(*args, **kwargs)

    return inside  # type: ignore[return-value]


@styled
def new_figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = 7.0,
    height: float = 4.5,
    title: str | None = None,
    **options: Any,
) -> tuple[Figure, Any]:
    """A figure, `width` by `height` inches, and its axes as plt.subplots gives them: one, a row, or a table.

    `options` are those of Figure.subplots, such as sharex.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    if title:
        figure.suptitle(title)
    return figure, figure.subplots(rows, columns, **options)


@styled
def save(figure: Figure, folder: str | Path, name: str) -> Path:
    """Write the figure to folder/name.png; made anew, the file has the same bytes."""
    path = Path(folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", metadata={"Software": None})  # else it names matplotlib's version
    return path


def colours_of_a_scale(n: int) -> list[Any]:
    """n colours from dark to light, for curves that have an order (hidden units, learning rates)."""
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0.0, 0.87, n)]


@styled
def draw_losses(
    axes: Axes,
    losses: Mapping[str, Sequence[float]],
    *,
    colours: Sequence[Any] = COLOURS,
    legend: bool = True,
    **line: Any,
) -> None:
    """The loss after each epoch on a log scale, a curve for each label; `line` holds options of Axes.plot."""
    for (label, history), colour in zip(losses.items(), colours, strict=False):
        axes.plot(np.arange(len(history)), history, color=colour, label=label, **line)
    axes.set(yscale="log", xlabel="epoch", ylabel="loss")
    plain_numbers(axes)
    axes.margins(x=0.02)
    if legend and len(losses) > 1:
        axes.legend()


def plain_numbers(axes: Axes) -> None:
    """Write 0.001 rather than a power of ten at a logarithmic y axis; where it is short, 0.02 and 0.05 too."""

    def minor(value: float, _: Any) -> str:
        low, high = axes.get_ylim()
        return f"{value:g}" if high < 15 * low and f"{value:e}"[0] in "25" else ""

    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(minor)


@styled
def draw_regions(
    axes: Axes,
    predict: Predict,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    extent: float | tuple[float, float] = 1.0,
    between: tuple[float, float] = (0.0, 1.0),
    true_boundary: np.ndarray | None = None,
    point_size: float = 14.0,
) -> Any:
    """What a network with two inputs answers over the plane, with the data (2, m), classes (1, m) of 0 and 1, on top.

    predict        takes points (2, n) and returns outputs (1, n): a network's forward
    extent         both axes reach from -extent to extent, or from extent[0] to extent[1]
    between        the outputs that stand for class 0 and class 1; halfway, a black line is drawn
    true_boundary  (2, k), drawn dashed
    Returns the filled contours, for a colour bar.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import MaxNLocator

    low, high = (-extent, extent) if isinstance(extent, int | float) else extent
    ticks = np.linspace(low, high, 201)
    x, y = np.meshgrid(ticks, ticks)
    output = np.asarray(predict(np.array([x.ravel(), y.ravel()])), dtype=float).reshape(x.shape)
    below, above = bool(output.min() < between[0]), bool(output.max() > between[1])
    contours = axes.contourf(
        x,
        y,
        output,
        levels=np.linspace(*between, 11),
        cmap=LinearSegmentedColormap.from_list("regions", REGIONS),
        extend={(True, True): "both", (True, False): "min", (False, True): "max"}.get((below, above), "neither"),
    )
    halfway = sum(between) / 2
    if output.min() < halfway < output.max():
        axes.contour(x, y, output, levels=[halfway], colors=BLACK, linewidths=2.0)
    draw_points(axes, X, Y, point_size)
    if true_boundary is not None:
        axes.plot(*true_boundary, color=BLACK, linewidth=1.4, linestyle=(0, (4, 3)))
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
    axes.grid(False)
    return contours


@styled
def draw_points(axes: Axes, X: np.ndarray, Y: np.ndarray, size: float = 14.0) -> None:
    """Points (2, m) of the classes 0 (round) and 1 (triangles), Y (1, m)."""
    for value, (colour, marker) in enumerate(zip(CLASS_COLOURS, CLASS_MARKERS, strict=True)):
        at = np.asarray(Y).ravel() == value
        axes.scatter(X[0, at], X[1, at], s=size, c=colour, marker=marker, edgecolors="white", linewidths=0.4, zorder=3)


def regions_legend(
    where: Figure | Axes,
    *,
    learnt: str = "learnt boundary: output 0.5",
    true: str | None = "true boundary",
    classes: tuple[str, str] = ("class 0", "class 1"),
    **options: Any,
) -> None:
    """The legend of `draw_regions`, by default in a row under all axes of a figure, where it hides nothing."""
    from matplotlib.lines import Line2D

    def line(dashes: Any) -> Line2D:
        return Line2D([], [], color=BLACK, linestyle=dashes)

    entries = [
        *(
            (Line2D([], [], color=colour, marker=marker, linestyle="none"), name)
            for colour, marker, name in zip(CLASS_COLOURS, CLASS_MARKERS, classes, strict=True)
        ),
        (line("-"), learnt),
        *([(line((0, (4, 3))), true)] if true else []),
    ]
    where_to = {"loc": "outside lower center", "ncols": len(entries)} if hasattr(where, "savefig") else {}
    with style():
        where.legend(*zip(*entries, strict=True), **{**where_to, **options})


def circle_line(radius: float = 0.5) -> np.ndarray:
    """The points (2, 200) of a circle about the origin, for `true_boundary`."""
    angle = np.linspace(0, 2 * np.pi, 200)
    return radius * np.array([np.cos(angle), np.sin(angle)])


def progress(done: int, total: int, what: str) -> None:
    """One line that counts up on a terminal, and is wiped away at the end; silent where errors go to a file."""
    if not sys.stderr.isatty():
        return
    line = f"{what}: {done} of {total}" if done < total else ""
    print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
