"""`similar.html`: the pairs above the mark, side by side; and what `similar` says in the terminal."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..course.model import assignment
from ..engine.outcome import Status
from ..errors import KitError
from ..grading.cutoff import cut_off
from ..intake.downloads import find_uploads
from ..intake.submissions import read_submission, released_stubs
from ..report.feedback import templates
from ..results.store import read_result, result_names, write_whole
from ..text import printable
from .own_text import Text, given_texts, text_of
from .pairs import Pair, fingerprint, fragments_of, similar_pairs

PAGE = "similar.html"
MOST = 60  # pairs shown side by side
AROUND = 2  # lines shown before and after those in common
READ_CPU = 10.0  # seconds for reading one submission


@dataclass(frozen=True)
class Line:
    """One line of the page: its number in the part; None where lines are left out, or a part begins."""

    number: int | None
    text: str
    common: bool = False


@dataclass(frozen=True)
class Shown:
    """A pair on the page: by side who it is and what is shown of the code; the mistakes that both have made."""

    pair: Pair
    links: tuple[str, str]
    sides: tuple[list[Line], list[Line]]
    identical: bool
    mistakes: list[tuple[str, int]]  # what is said of each, and how many of the class made it


def compare_class(submitted: Path, out: Path, mark: float) -> list[str]:
    """Compare everyone with everyone, and write the page; sentences for the terminal."""
    texts, prints, unread = read_texts(submitted)
    given = list(given_texts())
    pairs = similar_pairs(prints, fragments_of(given), mark)
    lines = {line.strip() for source in given for line in source.split("\n")}
    mistakes = {student: mistakes_of(out, student) for student in texts}
    shown = [shown_of(pair, texts, mistakes, lines) for pair in pairs[:MOST]]
    page = templates().get_template("similar.html")
    about = {"assignment": assignment().name, "count": len(texts), "mark": mark, "unread": unread}
    write_whole(out / PAGE, page.render(**about, pairs=pairs, shown=shown, most=MOST))
    said = [f"{len(texts)} submissions; pairs with {mark:.0%} or more of what is their own in common: {len(pairs)}."]
    said += [f"  {pair.share:4.0%}  {printable(' and '.join(pair.students))}" for pair in pairs[:20]]
    said += (
        [f"Not compared, as there is no code of their own to read: {', '.join(map(printable, unread))}."]
        if unread
        else []
    )
    return [*said, f"They are side by side in {out / PAGE}, with what this does not show: it accuses nobody."]


def read_texts(submitted: Path) -> tuple[dict[str, Text], dict[str, Any], list[str]]:
    """Everyone's code and its fingerprint, by student, and who has none that can be read in time."""
    stubs, unread = released_stubs(), []
    texts, prints = dict[str, Text](), dict[str, Any]()
    with ExitStack() as stack:
        uploads = find_uploads(submitted, stack).uploads
        for name, folder in sorted((name, folder) for folder, name in result_names(uploads).items()):
            try:
                with cut_off(READ_CPU):
                    text = text_of(replace(read_submission(uploads[folder], folder, stubs), student=name))
                    found = fingerprint(text.code)
            except KitError:
                raise
            except Exception:  # what is wrong with it, grading says
                unread.append(name)
                continue
            if text.parts:
                texts[name], prints[name] = text, found
            else:
                unread.append(name)
    return texts, prints, unread


def mistakes_of(out: Path, student: str) -> frozenset[tuple[str, str]]:
    """(task, mistake) of each that the grading named, if this student has been graded."""
    result = read_result(out, student)
    checks = [(task.id, check) for task in (result.tasks if result else ()) for check in task.checks]
    return frozenset(
        (task, name) for task, check in checks if check.status != Status.UNTRIED for name in check.mistakes
    )


def shown_of(
    pair: Pair, texts: Mapping[str, Text], mistakes: Mapping[str, frozenset[tuple[str, str]]], given: Container[str]
) -> Shown:
    known, (one, other) = assignment().mistakes, pair.students
    made = Counter(mistake for mine in mistakes.values() for mistake in mine)
    both = sorted(mistakes[one] & mistakes[other], key=lambda mistake: (made[mistake], mistake))
    said = [(f"{task}: {known[name].says}", made[task, name]) for task, name in both if name in known]
    links = tuple(
        f"{quote(name, errors='surrogateescape')}/{assignment().name}/feedback.html" for name in pair.students
    )
    sides = tuple(list(side(texts[name], lines, given)) for name, lines in zip(pair.students, pair.lines, strict=True))
    identical = texts[one].digest == texts[other].digest
    return Shown(pair, (links[0], links[1]), (sides[0], sides[1]), identical, said)


def side(text: Text, common: frozenset[int], given: Container[str]) -> Iterator[Line]:
    """The lines in common with some around them, part by part; what was given, and comments, are in no common."""
    bare, at = [line.strip() for line in text.code.split("\n")], 0
    common = frozenset(n for n in common if bare[n] not in given and not bare[n].startswith("#"))
    for name, source in text.parts:
        lines = source.split("\n")
        near = {at + n for n in range(len(lines)) if common & set(range(at + n - AROUND, at + n + AROUND + 1))}
        if near:
            yield Line(None, name)
        last = at - 1
        for number in sorted(near):
            if number != last + 1:
                yield Line(None, "...")
            yield Line(number - at + 1, printable(lines[number - at]), number in common)
            last = number
        at += len(lines)
