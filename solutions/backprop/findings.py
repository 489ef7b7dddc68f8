"""How an experiment reports: a table of text, and sentences that its own numbers support."""

from collections.abc import Iterable, Sequence

import numpy as np


def table_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under the header, in columns; the first is flush left."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths)))
        for line in lines
    )


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


def layers(sizes: Sequence[int]) -> str:
    """[2, 8, 1] as 2-8-1."""
    return "-".join(map(str, sizes))
