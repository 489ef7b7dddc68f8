"""The pictures of a feedback page, as SVG with a text for those who cannot see them."""

import math
from collections.abc import Sequence
from html import escape

# From blue over white to orange, which colour-blind readers can tell apart; the feedback's style has the inks.
SCALE = ("#0072b2", "#3a8fc4", "#74add5", "#aecbe3", "#e3ebf1", "#f7e9df", "#f3ceb4", "#ecaa82", "#e28550", "#d55e00")
ERRORS = ("#f7f7f7", "#f6e0d5", "#f1c6b1", "#ebac8e", "#e4916b", "#dd7748", "#d55e00", "#ad4c00", "#853b00", "#5e2900")


def figure(width: int, height: int, title: str, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def cells(rows: Sequence[str], side: float, left: float, top: float, colours: Sequence[str]) -> str:
    """A square of coloured cells; runs of one colour are one rectangle."""
    parts, size = [], side / max(len(rows), len(rows[0]))
    for r, row in enumerate(rows):
        start = 0
        for c in range(1, len(row) + 1):
            if c == len(row) or row[c] != row[start]:
                x, y, w = left + start * size, top + r * size, (c - start) * size
                parts.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{w + 0.3:.1f}" height="{size + 0.3:.1f}"'
                    f' fill="{colours[int(row[start])]}"/>'
                )
                start = c
    return "".join(parts)


def region(
    rows: Sequence[str], title: str, centre: Sequence[float] | None, points: Sequence[tuple[float, float, int]]
) -> str:
    """What a network answers on a plane: low outputs blue, high ones orange; x and y of points from 0 to 1.

    `centre`, from -1 to 1, is that of the true circle, if there is one.
    """
    body = cells(rows, 200, 0, 0, SCALE)
    if centre:
        x, y = 100 * (1 + centre[0]), 100 * (1 - centre[1])
        body += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="50" fill="none" stroke="#000" stroke-width="1.5"'
        body += ' stroke-dasharray="5 4"/>'
    for x, y, label in points:
        place = f"{200 * x:.0f} {200 * (1 - y):.0f}"
        shape = "m-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0z" if label == 0 else "m0 -8l7 13h-14z"
        body += (
            f'<path d="M{place}{shape}" fill="{SCALE[0] if label == 0 else SCALE[9]}" stroke="#fff" stroke-width="2"/>'
        )
    return figure(200, 200, title, body)


def curves(own: Sequence[Sequence[float]], reference: Sequence[Sequence[float]], title: str) -> str:
    """Losses against epochs, on a logarithmic scale: the student's and the solution's."""
    points = [(e, max(loss, 1e-6)) for e, loss in [*own, *reference]]
    last = max(epochs for epochs, _ in points)
    high = math.ceil(math.log10(max(loss for _, loss in points)) * 2) / 2
    low = min(math.floor(math.log10(min(loss for _, loss in points)) * 2) / 2, high - 1)

    def place(epochs: float, loss: float) -> str:
        return f"{50 + 230 * epochs / last:.1f},{10 + 150 * (high - math.log10(max(loss, 1e-6))) / (high - low):.1f}"

    body = '<path class="axis" d="M50 10V160H280"/>'
    for power in range(math.ceil(low), math.floor(high) + 1):
        y = 10 + 150 * (high - power) / (high - low)
        body += (
            f'<path class="grid" d="M50 {y:.1f}H280"/><text x="45" y="{y + 4:.1f}" text-anchor="end">1e{power}</text>'
        )
    body += f'<text x="280" y="176" text-anchor="end">{last} epochs</text><text x="50" y="176">0</text>'
    for losses, name in ((reference, "reference"), (own, "own")):
        if losses:
            line = " ".join(place(*point) for point in losses)
            ends = "".join(
                f'<circle class="{name}" cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3"/>' for p in line.split()
            )
            body += f'<polyline class="{name}" points="{line}"/>{ends}'
    return figure(290, 184, title, body)


def heat_map(rows: Sequence[str], title: str) -> str:
    """Where a gradient is wrong, entry by entry: the darker, the further off."""
    width, height = len(rows[0]), len(rows)
    size = 200 / max(width, height)
    body = cells(rows, 200, 0, 0, ERRORS)
    frame = f'width="{width * size - 1:.1f}" height="{height * size - 1:.1f}"'
    body += f'<rect x="0.5" y="0.5" {frame} fill="none" class="frame"/>'
    return figure(200, max(20, round(height * size)), title, body)
