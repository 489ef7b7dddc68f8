"""Grading again once grades are out: first apart, to say whose score changes; the old results are kept."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console

from ..errors import KitError
from ..intake.submissions import BadInput
from ..report.terminal import changes_table
from ..results.changes import changed
from ..results.store import open_output, read_result, result_path, students_in
from ..text import printable_name
from .whole_class import OpenGradebook, ReadTimes, grade_class

PAGES = ("feedback.html", "results.json")  # in this order: what has results.json is whole


def regrade_class(options: argparse.Namespace, gradebook: OpenGradebook, times: ReadTimes) -> int:
    """Grade apart, say whose score is another than before; unless it is a dry run, then keep the old and put in place.

    At each moment every old result is in OUT, or in the copy beside it that carries the date.
    """
    out, old = options.out, options.compare or options.out
    if options.compare and not students_in(old):
        raise BadInput(f"{printable_name(str(old))} holds no results to compare with: name the folder of the old ones.")
    with folder_apart(out, options.dry_run) as apart:
        copy_results(out, apart)
        trial = argparse.Namespace(**{**vars(options), "out": apart, "gradebook": None})
        status = grade_class(trial, gradebook, times, trial=True)
        students = sorted({*students_in(old), *students_in(apart)})
        pairs = ((name, read_result(old, name), read_result(apart, name)) for name in students)
        changes_table(Console(), [change for pair in pairs if (change := changed(*pair))], len(students))
        if options.dry_run:
            print(f"Nothing was written: without --dry-run, {out} gets these scores.")
            return status
        locked = open_output(out)
        try:
            if students_in(out):
                print(f"The old results are kept in {kept_copy(out)}.")
            copy_results(apart, out)
        finally:
            os.close(locked)
    return grade_class(options, gradebook, times)


@contextmanager
def folder_apart(out: Path, passing: bool) -> Iterator[Path]:
    """A folder to grade into; unless it is a passing one, an interrupted run goes on in it."""
    if passing:
        with tempfile.TemporaryDirectory(prefix="autograder-trial-") as folder:
            yield Path(folder, out.name)
        return
    out = out.resolve()
    apart = out.with_name(f".{out.name}.next")
    try:
        yield apart
    except KitError:
        shutil.rmtree(apart, ignore_errors=True)
        raise
    shutil.rmtree(apart)


def copy_results(source: Path, target: Path) -> None:
    """Each student's, where those in `target` are not as new; with their times."""
    for student in students_in(source):
        here, there = result_path(source, student), result_path(target, student)
        if there.exists() and there.stat().st_mtime_ns >= here.stat().st_mtime_ns:
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        for page in map(here.with_name, PAGES):
            if page.exists():
                fresh = there.with_name(f".{page.name}.new")
                shutil.copy2(page, fresh)
                fresh.replace(there.with_name(page.name))


def kept_copy(out: Path) -> Path:
    """Copy the folder to one beside it that carries the date, whole or not at all; the new one."""
    out = out.resolve()
    kept = out.with_name(f"{out.name}-{datetime.now():%Y-%m-%d-%H%M%S}")
    while kept.exists():
        kept = kept.with_name(f"{kept.name}_")
    fresh = kept.with_name(f".{kept.name}")
    shutil.copytree(out, fresh)
    fresh.rename(kept)
    return kept
