"""The pictures of a feedback page: how the loss fell, and what a network answers on its plane."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from ..engine.case import Case
from ..report import drawing
from .network.case import NetworkCase
from .network.training import loss_of
from .solution import predict

title = "What your network learned"
note = "Loss curves end where the goal is met, the solution's too. The dashed circle is the true boundary."
PLANES = {"xor/learns": (-0.5, 1.5), "circle/learns": (-1.0, 1.0), "spirals/separates": (-1.1, 1.1)}
SUBJECTS = {"xor/learns": "XOR", "circle/learns": "The circle", "spirals/separates": "The spirals"}
XOR = [(0.25, 0.25, 0), (0.25, 0.75, 1), (0.75, 0.25, 1), (0.75, 0.75, 0)]  # in the picture's own units
GRID = 40  # cells along each side of a plane


def data(cases: Mapping[str, Case]) -> dict[str, Any]:
    """What the feedback draws, of visible checks only: how the loss fell, and what is answered where.

    By check: `losses` [[epochs, loss], ...] and `region`, rows of digits from 0 (the lowest output) to 9, the
    first row at the top (with the `centre` of a true circle).
    """
    kept: dict[str, Any] = {}
    for check, case in cases.items():
        assert isinstance(case, NetworkCase)
        if check in PLANES and case.watched and case.watched[0].history:
            kept[check] = learnt(case, *PLANES[check])
    return {check: picture for check, picture in kept.items() if picture}


def learnt(case: NetworkCase, low: float, high: float) -> dict[str, Any]:
    network, X, Y, activation, output_activation = case.watched
    with np.errstate(over="ignore"):
        losses = [
            [done, loss_of(predict(weights, biases, X, activation, output_activation), Y)]
            for done, (weights, biases) in network.history
        ]
    if not np.isfinite([loss for _, loss in losses]).all():
        return {}
    axis = low + (high - low) * (np.arange(GRID) + 0.5) / GRID
    plane = np.stack([values.ravel() for values in np.meshgrid(axis, axis[::-1])])
    weights, biases = network.history[-1][1]
    answer = predict(weights, biases, plane, activation, output_activation).reshape(GRID, GRID)
    lowest, highest = (-1, 1) if (output_activation or activation) == "tanh" else (0, 1)
    region = digits(np.clip((answer - lowest) / (highest - lowest), 0, 1))
    drawn = {"losses": [[done, float(f"{loss:.4g}")] for done, loss in losses], "region": region}
    return {**drawn, **{name: value for name, value in case.setting.items() if name == "centre"}}


def digits(shares: np.ndarray) -> list[str]:
    """Numbers from 0 to 1 as rows of digits; what is no number, as of infinite weights, is 0."""
    return ["".join(map(str, row)) for row in np.minimum(np.nan_to_num(shares) * 10, 9).astype(int)]


@cache
def reference(check: str) -> list[list[float]]:
    """The losses of the solution on this check."""
    from ..course.reference import case_of, checks, course, guide

    if check not in ("xor/learns", "circle/learns") or check.split("/")[0] not in {task.id for task in course().tasks}:
        return []  # every recipe of the spirals has a curve of its own
    case = case_of(checks()[check], "visible")
    checks()[check].function(guide(()), case)
    assert isinstance(case, NetworkCase)
    return list(learnt(case, *PLANES[check])["losses"])


def drawn(kept: Mapping[str, Any]) -> list[dict[str, str]]:
    """Caption and SVG of each picture."""
    shown = []
    for check, picture in kept.items():
        subject, own = SUBJECTS[check], picture["losses"]
        caption = fell(subject, own)
        shown.append({"caption": caption, "svg": drawing.curves(own, reference(check), caption)})
        region = picture["region"]
        caption = f"{subject}: {answered(region)}"
        points = XOR if check == "xor/learns" else []
        svg = drawing.region(region, caption, picture.get("centre"), points, PLANES[check])
        shown.append({"caption": caption, "svg": svg})
    return shown


def fell(subject: str, losses: Sequence[Sequence[float]]) -> str:
    """What a loss curve shows, in a sentence."""
    (_, first), (epochs, last) = losses[0], losses[-1]
    if last > 0.9 * first:
        return f"{subject}: your loss does not fall, it is {last:.2g} after {epochs:,} epochs"
    return f"{subject}: your loss falls from {first:.2g} to {last:.2g} in {epochs:,} epochs"


def answered(region: Sequence[str]) -> str:
    """What a plane shows, in a sentence."""
    found = set("".join(region))
    if max(found) < "5" or min(found) > "4":
        return f"your network answers {'low' if max(found) < '5' else 'high'} everywhere"
    return "what your network answers at each point, and the boundary that it has found"
