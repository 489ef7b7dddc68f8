"""The command line of a module that has something to show: run it by name, print its table, save its figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Exhibit:
    """Something to show; its name and one sentence about it are those of the function that runs it."""

    run: Callable[[], Any]  # returns the data, which print as a table
    drawings: Mapping[str, Callable[[Any], Figure]]  # by the name of the file: each draws the data

    @property
    def about(self) -> str:
        return (self.run.__doc__ or "").partition("\n")[0]


def run_by_name(program: str, exhibits: Mapping[str, Exhibit], arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 shown, 1 a method is not written yet, 2 it was asked for something impossible."""
    options = parser(program, exhibits).parse_args(arguments)
    names = list(exhibits) if options.name == "all" else [options.name]
    try:
        if options.name != "all" and options.name not in exhibits:
            raise Impossible(f"There is no {options.name!r} to show: name one of {', '.join(exhibits)}, or all.")
        check_matplotlib()
        check_folder(options.out)
        if options.show:
            check_display()
        paths = [path for name in names for path in exhibit(name, exhibits[name], options.out)]
        if options.show:
            show(paths)
    except NotImplementedError as error:
        print(
            f"{str(error) or 'A method is not written yet'}: {program} shows what your own network does.",
            file=sys.stderr,
        )
        return 1
    except Impossible as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


class Impossible(Exception):
    """What the person at the command line can mend; one sentence."""


def parser(program: str, exhibits: Mapping[str, Exhibit]) -> argparse.ArgumentParser:
    width = max(map(len, exhibits))
    about = [f"  {name:{width}}  {shown.about}" for name, shown in exhibits.items()]
    top = argparse.ArgumentParser(
        prog=f"python -m {program}",
        description="Run, print a table and draw:\n" + "\n".join(about),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("name", metavar="NAME", help="one of these, or all")
    top.add_argument("--out", type=Path, default=Path("figures"), metavar="DIR", help="folder (default: figures)")
    top.add_argument("--show", action="store_true", help="open the figures in windows, too")
    return top


def exhibit(name: str, shown: Exhibit, folder: Path) -> list[Path]:
    """Run, print and draw; the files."""
    print(f"---- {name}: {shown.about}", flush=True)
    data = shown.run()
    print(data)
    paths = []
    for file, draw in shown.drawings.items():
        try:
            paths.append(figures.save(draw(data), folder, file))
        except OSError as error:
            raise Impossible(f"{folder / file}.png cannot be written: {error.strerror or error}.") from None
        print(f"drawn in {paths[-1]}")
    print(flush=True)
    return paths


def check_folder(folder: Path) -> None:
    """Raise Impossible where no files can be written, before any long work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Impossible(f"The figures cannot be written to {folder}: {error.strerror or error}.") from None


def check_matplotlib() -> None:
    """Raise Impossible where matplotlib is not installed, or told to use what it does not know."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise Impossible("matplotlib is missing: run python -m pip install -r requirements.txt first.") from None
    except ValueError as error:
        raise Impossible(f"matplotlib cannot start: {error}.") from None


def check_display() -> None:
    """Raise Impossible where matplotlib cannot open a window."""
    import matplotlib.pyplot as plt

    try:
        window = plt.figure()
        plt.close(window)
    except Exception as error:  # each window system has errors of its own
        raise Impossible(f"No window can be opened here: {str(error).partition(chr(10))[0].rstrip('.')}.") from None
    backend = plt.get_backend().lower()
    if getattr(window.canvas, "required_interactive_framework", None) is None and "web" not in backend:
        raise Impossible(f"No window can be opened here: matplotlib has no display and uses {backend}.")


def show(paths: Sequence[Path]) -> None:
    """Show saved figures, each in a window, until the last one is closed; Impossible where there is no display."""
    check_display()
    import matplotlib.pyplot as plt

    for path in paths:
        image = plt.imread(path)
        height, width = image.shape[:2]
        window = plt.figure(path.stem, figsize=(width / 120, height / 120))
        axes = window.add_axes((0, 0, 1, 1))
        axes.imshow(image)
        axes.set_axis_off()
    plt.show()
