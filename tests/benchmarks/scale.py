"""How grading grows: with processes, and with the class.

    python -m tests.benchmarks.scale jobs [N=100]      one process against two, N submissions
    python -m tests.benchmarks.scale memory [N=1000]   memory of the grading processes while N are graded, drawn
    python -m tests.benchmarks.scale flood [N=10000]   a tenth of N and N, from the folders to the exported table

Every run is of the command line, on submissions of the example class under other names.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "tests" / "example_class"
USUAL = ("complete", "base_only", "forgotten_mean", "halfway", "transposed_weights", "stub_untouched")
# Of a flood most is trivial; each hundredth folder does harm: it hangs until its time is up, or ends the process.
FLOOD = ("no_file",) * 88 + ("syntax_error",) * 10 + ("stub_untouched", "exits_at_import")


def make_class(folder: Path, kinds: tuple[str, ...], count: int) -> Path:
    for number, kind in enumerate(islice(cycle(kinds), count)):
        shutil.copytree(EXAMPLES / kind, folder / f"s{number:05}")
    return folder


def watched(command: list[str], every: float = 0.5) -> tuple[float, list[tuple[float, float, int]]]:
    """Seconds of a command that has to succeed, and (seconds, MB of its largest process, processes) on the way."""
    began, seen = time.monotonic(), []
    process = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def watch() -> None:
        while process.poll() is None:
            sizes = []
            for one in [process, *process.children(recursive=True)]:
                try:
                    sizes.append(one.memory_info().rss / 1e6)
                except psutil.Error:
                    pass
            if sizes:
                seen.append((time.monotonic() - began, max(sizes), len(sizes)))
            time.sleep(every)

    watcher = threading.Thread(target=watch)
    watcher.start()
    complaint = process.stderr.read()
    watcher.join()
    if process.wait():
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {complaint}")
    return time.monotonic() - began, seen


def grading(folder: Path, out: Path, jobs: int) -> list[str]:
    places = [str(folder), "--out", str(out)]
    return [sys.executable, "-m", "autograder", "grade", *places, "--jobs", str(jobs)]


def jobs(scratch: Path, count: int, console: Console) -> None:
    folder = make_class(scratch / "in", USUAL, count)
    table = Table("processes", "seconds", "a submission", "faster", title=f"{count} submissions of six kinds")
    first = 0.0
    for number in (1, 2):
        seconds, _ = watched(grading(folder, scratch / f"out{number}", number))
        first = first or seconds
        table.add_row(str(number), f"{seconds:.1f}", f"{seconds / count:.2f}", f"{first / seconds:.2f} times")
    console.print(table)


def memory(scratch: Path, count: int, console: Console) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    kinds = ("syntax_error",) * 8 + ("stub_untouched",) * 2
    seconds, seen = watched(grading(make_class(scratch / "in", kinds, count), scratch / "out", 2))
    early, late = (max(size for _, size, _ in part) for part in (seen[: len(seen) // 2], seen[len(seen) // 2 :]))
    console.print(
        f"{count} submissions, two processes, {seconds:.0f} s: the largest process has {early:.0f} MB at most in the"
        f" first half and {late:.0f} MB in the second; at most {max(n for *_, n in seen)} processes at a time."
    )
    figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    axes.plot([at for at, *_ in seen], [size for _, size, _ in seen], color="#0072B2")
    axes.set(xlabel="time (s)", ylabel="largest process (MB)", ylim=(0, None))
    axes.set_title(f"Memory stays the same over {count:,} submissions", loc="left")
    (ROOT / "figures").mkdir(exist_ok=True)
    figure.savefig(ROOT / "figures" / "benchmark_memory.svg")


def flood(scratch: Path, count: int, console: Console) -> None:
    table = Table(
        *("submissions", "seconds", "s each", "peak MB", "again, s", "report.html", "export, s"),
        title="A flood of mostly trivial submissions",
    )
    for size in (count // 10, count):
        folder = make_class(scratch / f"in{size}", FLOOD, size)
        out = scratch / f"out{size}"
        seconds, seen = watched(grading(folder, out, 2))
        again, _ = watched(grading(folder, out, 2))
        export = [sys.executable, "-m", "autograder", "export", "--format", "csv", "--out", str(out)]
        exported, _ = watched(export)
        page = (out / "report.html").stat().st_size / 1e6
        peak = max(mb for _, mb, _ in seen)
        figures = (seconds, seconds / size, peak, again, page, exported)
        shown = "{:.0f} {:.3f} {:.0f} {:.1f} {:.1f}_MB {:.1f}".format(*figures).split()
        table.add_row(f"{size:,}", *(text.replace("_", " ") for text in shown))
    console.print(table)


def main() -> int:
    parts: dict[str, tuple[Callable, int]] = {"jobs": (jobs, 100), "memory": (memory, 1000), "flood": (flood, 10_000)}
    if len(sys.argv) < 2 or sys.argv[1] not in parts:
        print(__doc__)
        return 2
    part, usual = parts[sys.argv[1]]
    with tempfile.TemporaryDirectory() as scratch:
        part(Path(scratch), int(sys.argv[2]) if len(sys.argv) > 2 else usual, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
