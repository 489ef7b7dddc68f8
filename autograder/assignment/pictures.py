"""The pictures of a feedback page: how the loss fell, what a network answers on its plane, which gradient errs."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from ..engine.case import Case
from ..report import drawing
from .network.case import NetworkCase
from .network.training import loss_of
from .solution import predict

title = "Your network"
note = (
    "Loss curves: yours is solid, the solution's dashed; both end where the goal is met."
    " The dashed circle is the true boundary."
)
PLANES = {"xor/learns": (-0.5, 1.5), "circle/learns": (-1.0, 1.0), "spirals/separates": (-1.1, 1.1)}
SUBJECTS = {"xor/learns": "XOR", "circle/learns": "the circle", "spirals/separates": "the spirals"}
XOR = [(0.25, 0.25, 0), (0.25, 0.75, 1), (0.75, 0.25, 1), (0.75, 0.75, 0)]  # in the picture's own units
GRID = 40  # cells along each side of a plane


def data(cases: Mapping[str, Case]) -> dict[str, Any]:
    """What the feedback draws, of visible checks only: how the loss fell, what is answered where, which gradient errs.

    By check: `losses` [[epochs, loss], ...] and `region`, rows of digits from 0 (the lowest output) to 9, the
    first row at the top (with the `centre` of a true circle); or `gradient`, its name, and `error`, rows of digits
    from 0 (right) to 9 (the largest error).
    """
    kept: dict[str, Any] = {}
    for check, case in cases.items():
        assert isinstance(case, NetworkCase)
        if check in PLANES and case.watched and case.watched[0].history:
            kept[check] = learnt(case, *PLANES[check])
        elif case.wrong_gradient and check.startswith("backward/") and not any("gradient" in d for d in kept.values()):
            name, error = case.wrong_gradient
            if np.isfinite(error).all() and max(error.shape) <= GRID:
                kept[check] = {"gradient": name, "error": digits(error / error.max())}
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
        if "gradient" in picture:
            caption = (
                f"Where {picture['gradient']} is wrong in the check of {check.split('/')[1].split('_')[0].upper()}"
            )
            caption += ": the darker an entry, the further off"
            shown.append({"caption": caption, "svg": drawing.heat_map(picture["error"], caption)})
            continue
        subject, own = SUBJECTS[check], picture["losses"]
        caption = f"The loss on {subject}: {own[-1][1]:.2g} after {own[-1][0]} epochs"
        shown.append({"caption": caption, "svg": drawing.curves(own, reference(check), caption)})
        caption = f"What your network answers on the plane of {subject}: from blue (low) to orange (high)"
        points = XOR if check == "xor/learns" else []
        svg = drawing.region(picture["region"], caption, picture.get("centre"), points)
        shown.append({"caption": caption, "svg": svg})
    return shown
