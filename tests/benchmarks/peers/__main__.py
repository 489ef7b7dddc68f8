"""This kit beside its peers: `python -m tests.benchmarks.peers [rounds=5] [--out figures]`.

The seven base tasks, on visible and hidden data, for the same submissions through each tool, in turns and on one core
(but for `2 jobs`).  A tool's start-up counts as often as the tool makes it necessary.  The submission with an endless
loop is graded apart, once, for there every tool waits.  Timings are reported and judged by nobody.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from .classroom import EMPTY, ENDLESS, STUDENTS
from .figure import draw
from .running import adopt_orphans, environment
from .tables import Measured, show
from .tools import PEERS, TOOLS, Place


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare this kit with other autograders.")
    parser.add_argument("rounds", nargs="?", type=int, default=5, help="how often each tool grades the class")
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder for the figure (default: figures)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"rounds should be at least 1, but is {options.rounds}")
    for name in PEERS:
        environment(name)
    adopt_orphans()
    usual = tuple(student for student in STUDENTS if student != ENDLESS)
    found = {tool.name: Measured(tool, len(usual)) for tool in TOOLS}
    console = Console(width=None if sys.stdout.isatty() else 120)
    busy = f"{os.cpu_count()} cores, of which others use {os.getloadavg()[0]:.1f} (load average before the start)"
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        place = Place(Path(scratch))
        for number in range(options.rounds):
            for tool in TOOLS if number % 2 == 0 else TOOLS[::-1]:
                found[tool.name].add(*tool.grade(place, usual))
                if found[tool.name].scores["complete"] != 100:
                    log = place.log.read_text(errors="replace")[-3000:]
                    raise SystemExit(f"{tool.name} does not give the complete submission 100 of 100 points:\n{log}")
        for tool in TOOLS:
            found[tool.name].empty, _ = tool.grade(place, (EMPTY,))
            found[tool.name].endless, score = tool.grade(place, (ENDLESS,))
            found[tool.name].scores.update(score)
    show(console, list(found.values()), options.rounds)
    console.print(f"On {busy}.")
    console.print(f"Drawn: {draw(list(found.values()), options.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
