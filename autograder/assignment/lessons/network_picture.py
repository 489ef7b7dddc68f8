"""A small network with what flows through it: forward its values, backward its errors, and where these go wrong."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from autograder.engine.case import agree

from ...report.drawing import figure

RIGHT, WRONG, FOLLOWS = "right", "wrong", "follows"
ORDER = ("a", "z", "delta", "dW", "db")
SYMBOLS = {"z": "z", "a": "a", "delta": "δ"}
WIDTH, LEAST, GAP, LINE, TOP = 146, 100, 28, 17, 30  # of a unit with two samples, with one, between layers; of a line
TAG = 31  # half the width of a gradient's tag


def order(layers: int) -> Iterator[str]:
    """The quantities of a network with so many layers of weights, as they are computed."""
    yield "a[0]"
    for l in range(layers):
        yield from (f"z[{l}]", f"a[{l + 1}]")
    for l in reversed(range(layers)):
        yield from (f"delta[{l}]", f"dW[{l}]", f"db[{l}]")


def drawn(
    sizes: Sequence[int],
    own: Mapping[str, Any],
    right: Mapping[str, Any],
    true: Mapping[str, Any],
    kinds: Sequence[str] = ORDER,
) -> dict[str, Any]:
    """What the picture needs: of each quantity its numbers, and whether it is right, wrong first, or follows.

    The first wrong one is that of these kinds which differs from `right`, where only the mistake in question is mended.
    """
    states, values, found = {}, {}, False
    caches = {"z": "z_cache", "a": "a_cache"}
    for name in order(len(sizes) - 1):
        kind, _, rest = name.partition("[")
        key = f"{caches.get(kind, kind)}[{rest}"
        if key not in own or key not in true:
            continue
        if agree(true[key], own[key]):
            states[name] = RIGHT
        else:
            first = not found and kind in kinds and not (key in right and agree(right[key], own[key]))
            found = found or first
            states[name] = WRONG if first else FOLLOWS
        if kind in SYMBOLS and fits(own[key], true[key]):
            values[name] = [[f"{number:.3g}" for number in row] for row in own[key].tolist()]
    wrong = next((name for name, state in states.items() if state == WRONG), "")
    if not wrong or (wrong[:2] not in ("dW", "db") and wrong not in values):  # of a wrong form there is nothing to draw
        return {}
    return {"sizes": list(sizes), "states": states, "values": values}


def fits(own: Any, true: Any) -> bool:
    return isinstance(own, np.ndarray) and own.shape == true.shape and own.dtype.kind == "f"


def picture(about: Mapping[str, Any]) -> tuple[str, str]:
    """Caption and SVG."""
    sizes, states, values = about["sizes"], about["states"], about["values"]
    first = next(name for name, state in states.items() if state == WRONG)
    samples = max(len(rows[0]) for rows in values.values()) if values else 1
    width, kinds = LEAST if samples == 1 else WIDTH, [k for k in SYMBOLS if any(n.startswith(f"{k}[") for n in values)]
    tall = LINE * len(kinds) + 8
    height = TOP + max(sizes) * (tall + 14) + 34
    body = ""
    for layer, units in enumerate(sizes):
        x = 4 + layer * (width + GAP)
        body += (
            f'<text class="head" x="{x + width / 2:g}" y="14" text-anchor="middle">{title(layer, len(sizes))}</text>'
        )
        if layer:
            body += edges(x - GAP, x, sizes[layer - 1], units, tall, max(sizes))
        for unit in range(units):
            y = top_of(unit, units, tall, max(sizes))
            shown = [(kind, at(kind, layer)) for kind in kinds]
            lines = [(kind, name) for kind, name in shown if name in values]
            body += f'<rect class="unit" x="{x}" y="{y:g}" width="{width}" height="{tall}" rx="6"/>'
            for number, (kind, name) in enumerate(lines):
                body += line(kind, values[name][unit], states[name], x, y + 4 + LINE * number, width)
        if layer:
            tags = [f"dW[{layer - 1}]", f"db[{layer - 1}]"]
            for place, name in enumerate(tag for tag in tags if tag in states):
                body += tag_of(name, states[name], x + width / 2 + (2 * place - 1) * TAG, height - 10)
    told = f"Network {sizes}: the first wrong value is {spoken(first)}"
    return told, figure(len(sizes) * (width + GAP), height, told, body)


def at(kind: str, layer: int) -> str:
    return f"a[{layer}]" if kind == "a" else f"{kind}[{layer - 1}]"


def title(layer: int, count: int) -> str:
    return "input X" if layer == 0 else "output" if layer == count - 1 else f"hidden layer{f' {layer}' * (count > 3)}"


def spoken(name: str) -> str:
    kind, _, rest = name.partition("[")
    layer = int(rest[:-1]) + (kind not in ("a", "dW", "db"))
    return name if kind in ("dW", "db") else f"{SYMBOLS[kind]} of layer {layer}"


def top_of(unit: int, units: int, tall: int, most: int) -> float:
    return TOP + (unit + (most - units) / 2) * (tall + 14)


def edges(left: float, right: float, before: int, units: int, tall: int, most: int) -> str:
    """The weights, as lines."""
    middle = [[top_of(unit, count, tall, most) + tall / 2 for unit in range(count)] for count in (before, units)]
    path = "".join(f"M{left:g} {one:g}L{right:g} {other:g}" for one in middle[0] for other in middle[1])
    return f'<path class="grid" d="{path}" fill="none"/>'


def line(kind: str, numbers: Sequence[str], state: str, x: float, y: float, width: float) -> str:
    """One quantity of one unit, with a number for each sample; the wrong one in a box, with a sign."""
    box = f'<rect class="box" x="{x + 3:g}" y="{y:g}" width="{width - 6:g}" height="{LINE - 1}" rx="3"/>'
    said = "".join(
        f'<text class="{state}" x="{x + width - 8 - (len(numbers) - 1 - place) * 52:g}" y="{y + 12.5:g}"'
        f' text-anchor="end">{escape(number)}</text>'
        for place, number in enumerate(numbers)
    )
    name = f"{SYMBOLS[kind]}{' ✗' * (state == WRONG)}"
    return f'{box * (state == WRONG)}<text class="{state}" x="{x + 8:g}" y="{y + 12.5:g}">{name}</text>{said}'


def tag_of(name: str, state: str, x: float, y: float) -> str:
    """Of a gradient only whether it is right."""
    sign = {RIGHT: "✓", WRONG: "✗", FOLLOWS: "…"}[state]
    box = f'<rect class="box" x="{x - TAG + 1:g}" y="{y - 13:g}" width="{2 * TAG - 2}" height="{LINE}" rx="3"/>'
    return (
        f'{box * (state == WRONG)}<text class="{state}" x="{x:g}" y="{y:g}" text-anchor="middle">{name} {sign}</text>'
    )
