"""The figure: seconds a submission, and what an endless loop costs."""

import statistics
from pathlib import Path

from .classroom import ENDLESS
from .tables import Measured, shown

OURS, OTHERS = "#0072B2", "#767676"


def draw(found: list[Measured], folder: Path) -> Path:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)
    for row, one in enumerate(found):
        colour = OURS if one.tool.isolated else OTHERS
        for values, offset, filled in ((one.wall, -0.15, True), (one.cpu, 0.15, False)):
            middle = statistics.median(values)
            left.hlines(row + offset, min(values), max(values), color=colour, linewidth=1.5)
            left.plot(middle, row + offset, "o", color=colour, markerfacecolor=colour if filled else "white")
            left.annotate(f"{middle:.2f}", (max(values), row + offset), (5, 0), **BESIDE)
        right.barh(row, one.endless.wall, height=0.5, color=colour)
        told = f"{one.endless.wall:.0f} s: {shown(one.scores[ENDLESS])}"
        right.annotate(told, (one.endless.wall, row), (5, 0), **BESIDE)
    left.set_yticks(range(len(found)), [one.tool.name for one in found])
    left.invert_yaxis()
    left.set_xlabel("seconds a submission: wall (filled), CPU (hollow)")
    left.set_title(f"{found[0].students} submissions, median and range", loc="left", fontsize=10)
    right.set_xlabel("wall seconds, and its score of 100")
    right.set_title("One submission with an endless loop", loc="left", fontsize=10)
    figure.suptitle("The same checks through each tool (blue: isolates what it grades)", x=0.01, ha="left")
    for axes in (left, right):
        axes.set_xlim(0, 1.25 * axes.dataLim.x1)  # room for the numbers
        axes.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "benchmark_peers.svg"
    figure.savefig(path)
    plt.close(figure)
    return path


BESIDE = {"textcoords": "offset points", "va": "center", "fontsize": 8}
