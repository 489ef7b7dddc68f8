"""The pictures of pages, as SVG with a text for those who cannot see them; the pages' style has their colours."""

import math
from collections.abc import Mapping, Sequence
from html import escape

# From blue over white to orange, which colour-blind readers can tell apart; the feedback's style has the inks.
SCALE = ("#0072b2", "#3a8fc4", "#74add5", "#aecbe3", "#e3ebf1", "#f7e9df", "#f3ceb4", "#ecaa82", "#e28550", "#d55e00")
SIDE, LEFT, TOP = 190, 46, 8  # of a plane, in its picture


def figure(width: float, height: float, title: str, body: str) -> str:
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    said = escape(title, quote=True)
    return f'<svg {size} role="img" aria-label="{said}"><title>{said}</title>{body}</svg>'


def cells(rows: Sequence[str], width: float, height: float, left: float, top: float, colours: Mapping[str, str]) -> str:
    """A field of coloured cells: one path for each colour, of a rectangle for each run of cells."""
    paths: dict[str, list[str]] = {}
    for r, row in enumerate(rows):
        start = 0
        for c in range(1, len(row) + 1):
            if c == len(row) or row[c] != row[start]:
                # In whole units of cells; a little wider, so that no seam shows.
                paths.setdefault(row[start], []).append(f"M{start} {r}h{c - start}.05v1.05h-{c - start}.05z")
                start = c
    drawn = "".join(f'<path fill="{colours[digit]}" d="{"".join(path)}"/>' for digit, path in paths.items())
    size = f"{width / len(rows[0]):g} {height / len(rows):g}"
    return f'<g transform="translate({left:g} {top:g}) scale({size})">{drawn}</g>'


def text(x: float, y: float, said: str, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(said)}</text>'


def region(
    rows: Sequence[str],
    title: str,
    centre: Sequence[float] | None,
    points: Sequence[tuple[float, float, int]],
    span: tuple[float, float],
) -> str:
    """What a network answers on a plane: low outputs blue, high ones orange; x and y of points from 0 to 1.

    `centre`, from -1 to 1, is that of the true circle, if there is one; `span` are the ends of both axes.
    """
    body = cells(rows, SIDE, SIDE, LEFT, TOP, dict(zip("0123456789", SCALE, strict=True)))
    if centre:
        x, y = LEFT + SIDE * (1 + centre[0]) / 2, TOP + SIDE * (1 - centre[1]) / 2
        body += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{SIDE / 4:g}" fill="none" stroke="#000" stroke-width="1.5"'
        body += ' stroke-dasharray="5 4"/>'
    for x, y, label in points:
        place = f"{LEFT + SIDE * x:.0f} {TOP + SIDE * (1 - y):.0f}"
        shape = "m-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0z" if label == 0 else "m0 -8l7 13h-14z"
        body += (
            f'<path d="M{place}{shape}" fill="{SCALE[0] if label == 0 else SCALE[9]}" stroke="#fff" stroke-width="2"/>'
        )
    low, high = (f"{end:g}" for end in span)
    bottom = TOP + SIDE
    body += f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{LEFT + SIDE}"/>'
    body += (
        text(LEFT, bottom + 14, low) + text(LEFT + SIDE, bottom + 14, high) + text(LEFT + SIDE / 2, bottom + 14, "x₁")
    )
    body += text(LEFT - 6, bottom, low, "end") + text(LEFT - 6, TOP + 9, high, "end")
    body += text(LEFT - 6, TOP + SIDE / 2, "x₂", "end")
    for number, colour in enumerate(SCALE):
        y = TOP + SIDE * (1 - (number + 1) / len(SCALE))
        body += f'<rect x="{LEFT + SIDE + 14}" y="{y:g}" width="12" height="{SIDE / len(SCALE):g}" fill="{colour}"/>'
    body += text(LEFT + SIDE + 30, TOP + 9, "high", "start") + text(LEFT + SIDE + 30, bottom, "low", "start")
    return figure(LEFT + SIDE + 60, bottom + 20, title, body)


def curves(own: Sequence[Sequence[float]], reference: Sequence[Sequence[float]], title: str) -> str:
    """Losses against epochs, on a logarithmic scale: the student's and the solution's."""
    points = [(e, max(loss, 1e-6)) for e, loss in [*own, *reference]]
    last = max(epochs for epochs, _ in points) or 1
    high = math.ceil(math.log10(max(loss for _, loss in points)) * 2) / 2
    low = min(math.floor(math.log10(min(loss for _, loss in points)) * 2) / 2, high - 1)
    bottom = TOP + SIDE

    def place(epochs: float, loss: float) -> tuple[float, float]:
        up = (high - math.log10(max(loss, 1e-6))) / (high - low)
        return round(LEFT + 224 * epochs / last, 1), round(TOP + SIDE * up, 1)

    body = f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{LEFT + 224}"/>'
    for power in range(math.ceil(low), math.floor(high) + 1):
        level = TOP + SIDE * (high - power) / (high - low)
        body += (
            f'<path class="grid" d="M{LEFT} {level:.1f}h224"/>{text(LEFT - 5, level + 4, f"{10.0**power:g}", "end")}'
        )
    body += text(LEFT, bottom + 14, "0") + text(LEFT + 224, bottom + 14, f"{last:g}", "end")
    body += text(LEFT + 112, bottom + 14, "epochs") + text(LEFT + 218, TOP + 12, "loss, each line a tenth", "end")
    for losses, name in ((reference, "reference"), (own, "own")):
        if losses:
            places = [place(*point) for point in losses]
            line = " ".join(f"{x:g},{y:g}" for x, y in places)
            ends = "".join(f'<circle class="{name}" cx="{x:g}" cy="{y:g}" r="3"/>' for x, y in places)
            body += f'<polyline class="{name}" points="{line}"/>{ends}'
    for number, (name, said) in enumerate([("own", "yours"), ("reference", "the solution's")][: 1 + bool(reference)]):
        left = LEFT + 110 * number
        body += f'<polyline class="{name}" points="{left},{bottom + 28} {left + 24},{bottom + 28}"/>'
        body += text(left + 30, bottom + 32, said, "start")
    return figure(LEFT + 234, bottom + 40, title, body)


def bars(heights: Sequence[int], ends: Sequence[str], marks: Mapping[str, float], title: str) -> str:
    """A histogram: a bar between each end and the next; marks are lines, by their words, at shares of the width."""
    width, tallest = 40 * len(heights), max(heights, default=0) or 1
    body = f'<path class="axis" d="M30 24V144H{30 + width}"/>'
    for number, count in enumerate(heights):
        height, left = 100 * count / tallest, 30 + 40 * number
        body += f'<rect class="bar" x="{left + 2}" y="{144 - height:.1f}" width="36" height="{height:.1f}"/>'
        body += text(left + 20, 140 - height, str(count)) if count else ""
    body += "".join(text(30 + 40 * number, 160, end) for number, end in enumerate(ends))
    for said, share in marks.items():
        x = 30 + width * share
        body += f'<path class="mark" d="M{x:.1f} 18V144"/>{text(min(max(x, 60), width), 13, said)}'
    return figure(width + 60, 186, title, body + text(30 + width / 2, 180, "points of the base tasks"))


def grid(rows: Sequence[str], names: Sequence[str], colours: Mapping[str, str], title: str) -> str:
    """A heat map: a row of cells each, columns by name; the first colours are shares, the last one is of no try."""
    width, height, top = 46 * len(names), max(60, min(3 * len(rows) + 20, 480), 8 * min(len(rows), 40)), 78
    body = cells(rows, width, height, 30, top, colours)
    for number, name in enumerate(names):
        x = 30 + 46 * number + 27
        body += f'<text transform="translate({x} {top - 6}) rotate(-45)">{escape(name)}</text>'
    body += "".join(f'<path class="gap" d="M{30 + 46 * number} {top}v{height}"/>' for number in range(1, len(names)))
    body += text(24, top + 9, "best", "end") + text(24, top + height, "last", "end")
    below = top + height + 12
    for number, colour in enumerate(colours.values()):
        x = 30 + 22 * number + 70 * (number == len(colours) - 1)
        body += f'<rect x="{x}" y="{below}" width="22" height="10" fill="{colour}"/>'
    shares = 22 * (len(colours) - 1)
    body += text(30, below + 22, "no points", "start") + text(30 + shares, below + 22, "all points", "end")
    body += text(30 + shares + 70, below + 22, "not tried", "start")
    return figure(max(width, shares + 130) + 70, below + 28, title, body)
