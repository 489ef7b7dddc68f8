"""The command line of the experiments: runs one, or all of them side by side, and writes table, finding and figure."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..figures import progress, save
from ..gallery import Exhibit, Impossible, check_display, check_folder, check_matplotlib, parser, show
from .l2 import draw_l2_circle, l2_circle
from .momentum import draw_momentum_speed, momentum_speed
from .spirals import draw_spirals_size, spirals_size
from .square import draw_square_fits, square_fits
from .tanh import draw_tanh_vs_sigmoid, tanh_vs_sigmoid

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Experiment:
    """`run(seeds)` gives data with `table()` and `finding()`, which `draw` draws; `file` names both results."""

    file: str
    run: Callable[..., Any]
    draw: Callable[[Any], Figure]

    def results(self, seeds: int | None = None) -> Any:
        """Its data, from so many starts or as many as it usually takes."""
        return self.run() if seeds is None else self.run(seeds)


EXPERIMENTS = {
    "tanh_vs_sigmoid": Experiment("exercise_1_tanh", tanh_vs_sigmoid, draw_tanh_vs_sigmoid),
    "l2_circle": Experiment("exercise_2_l2", l2_circle, draw_l2_circle),
    "square_fits": Experiment("exercise_3_square", square_fits, draw_square_fits),
    "momentum_speed": Experiment("exercise_4_momentum", momentum_speed, draw_momentum_speed),
    "spirals_size": Experiment("exercise_5_spirals", spirals_size, draw_spirals_size),
}
LONGEST = ("spirals_size", "momentum_speed")  # begun first, so that no processor waits at the end


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 a process was killed, 2 it was asked for something impossible."""
    options_of = parser("backprop.experiments", {n: Exhibit(e.run, {e.file: e.draw}) for n, e in EXPERIMENTS.items()})
    options_of.add_argument("--seeds", type=int, metavar="N", help="starts of each network (default: 20 to 100)")
    options = options_of.parse_args(arguments)
    names = list(EXPERIMENTS) if options.name == "all" else [options.name]
    try:
        if not set(names) <= set(EXPERIMENTS):
            raise Impossible(f"There is no experiment {options.name!r}: name one of {', '.join(EXPERIMENTS)}, or all.")
        if options.seeds is not None and options.seeds < 1:
            raise Impossible(f"--seeds should be 1 or more, not {options.seeds}.")
        check_matplotlib()
        check_folder(options.out)
        if options.show:
            check_display()
        paths = [written(EXPERIMENTS[name], data, options.out) for name, data in all_results(names, options.seeds)]
        if options.show:
            show(paths)
    except Impossible as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenProcessPool:
        print("A process was ended from outside, perhaps for want of memory: name one at a time.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def all_results(names: Sequence[str], seeds: int | None) -> Iterator[tuple[str, Any]]:
    """Name and data of each experiment, as they are done; several run in processes of their own."""
    if len(names) == 1:
        yield names[0], EXPERIMENTS[names[0]].results(seeds)
        return
    progress(0, len(names), "experiments done")
    processes = min(len(names), os.cpu_count() or 1)
    stop_at_once = (signal.SIGINT, signal.SIG_DFL)  # at Ctrl-C
    with ProcessPoolExecutor(processes, initializer=signal.signal, initargs=stop_at_once) as pool:
        first_the_longest = sorted(names, key=lambda name: name not in LONGEST)
        running = {pool.submit(EXPERIMENTS[name].results, seeds): name for name in first_the_longest}
        for done, future in enumerate(as_completed(running), start=1):
            progress(len(names), len(names), "experiments done")  # away with the line, before more is printed
            yield running[future], future.result()
            progress(done, len(names), "experiments done")


def written(experiment: Experiment, data: Any, folder: Path) -> Path:
    """Print the table and the finding; write them, and the figure, to the folder."""
    text = f"{data.table()}\n\n{data.finding()}\n"
    print(f"---- {experiment.run.__name__}\n{text}", flush=True)
    try:
        (folder / f"{experiment.file}.txt").write_text(text, encoding="utf-8")
        path = with_256_colours(save(experiment.draw(data), folder, experiment.file))
    except OSError as error:
        raise Impossible(f"{folder / experiment.file}: it cannot be written ({error.strerror or error}).") from None
    print(f"drawn in {path}\n", flush=True)
    return path


def with_256_colours(path: Path) -> Path:
    """Rewrite a picture: nobody sees the difference, and it takes a third of the space."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    return path
