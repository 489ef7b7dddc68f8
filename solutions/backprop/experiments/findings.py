"""How an experiment reports: a table of text, and sentences that its own numbers support."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .many_starts import Met

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis


def table_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under the header, in columns; the first is flush left."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    first, *widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join([name.ljust(first), *map(str.rjust, cells, widths)]).rstrip() for name, *cells in lines)


def clearly(wins: np.ndarray) -> bool:
    """Whether the truth values `wins` are mostly true, beyond what chance does once in 40 times (sign test)."""
    return bool(np.sum(wins) >= len(wins) / 2 + 0.98 * np.sqrt(len(wins)))


def supported(claims: Iterable[tuple[bool, str]]) -> str:
    """The sentences whose condition the data meet; so a finding says nothing that its numbers do not."""
    return " ".join(sentence for holds, sentence in claims if holds) or "From these starts nothing can be said."


def epochs(number: float) -> str:
    """A number of epochs; inf is what never came."""
    return f"{number:,.0f}" if np.isfinite(number) else "never"


def share(part: float) -> str:
    return f"{part:.0%}"


def reached(needed: np.ndarray) -> float:
    """The share of the starts that get there; `needed` holds inf for the others."""
    return float(np.isfinite(needed).mean())


def quantile(needed: np.ndarray, q: float) -> float:
    """A quantile over all starts, where those that never get there count as inf; no mean of two is taken."""
    return float(np.quantile(needed, q, method="inverted_cdf"))


def median(needed: np.ndarray) -> float:
    return quantile(needed, 0.5)


def likely(part: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share that was `part` in n trials."""
    z = 1.96
    middle = (part + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(part * (1 - part) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def power(number: float, digits: int = 0) -> str:
    """0.0003 as 3e-4, or with one digit after the point as 3.0e-4."""
    mantissa, exponent = f"{number:.{digits}e}".split("e")
    return f"{mantissa}e{int(exponent)}" if number else "0"


def layers(sizes: Sequence[int]) -> str:
    """[2, 8, 1] as 2-8-1."""
    return "-".join(map(str, sizes))


def below(goal: float) -> Met:
    """The condition of `epochs_until` that the loss is below the goal."""
    return lambda losses, _: losses < goal


def best_eta(needed: Mapping[float, np.ndarray]) -> float:
    """The eta with the smallest median; where medians are equal, that from which most starts get there."""
    return min(needed, key=lambda eta: (median(needed[eta]), -reached(needed[eta]), eta))


def draw_epochs(axes: Axes, needed: Mapping[float, np.ndarray], colour: str, marker: str, label: str) -> None:
    """The median epochs against eta, and the middle half; no point where most starts never get there."""
    etas = np.array(list(needed))
    low, middle, high = (np.array([quantile(n, q) for n in needed.values()]) for q in (0.25, 0.5, 0.75))
    axes.loglog(etas, middle, color=colour, marker=marker, label=label)
    shown = np.isfinite(high)
    axes.fill_between(etas[shown], low[shown], high[shown], color=colour, alpha=0.2, linewidth=0)


def plain_numbers(*log_axes: Axis) -> None:
    """Write 0.1, 10 and 1,000 at logarithmic axes, and where they span less than two decades, 20 and 50 too."""

    def minor(axis: Axis) -> Callable[[float, Any], str]:
        def text(value: float, _: Any) -> str:
            low, high = sorted(axis.get_view_interval())
            return f"{value:,g}" if high < 70 * low and f"{value:e}"[0] in "25" else ""

        return text

    for axis in log_axes:
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
        axis.set_minor_formatter(minor(axis))
