"""The card of one mistake: what it costs, the equation, the student's lines, and an example that shows it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..course.example import Compared, Example
from ..course.model import assignment
from ..results.model import Diagnosis, Excerpt
from .prose import coloured, prose

MOST_CODE = 30_000  # bytes of markup for the code of one page
FULL = "The page has no more room for your code here."
MOST_SENTENCE = 600  # characters
NUMBERS = re.compile(r"(?:it )?should be \[.*?\], but is \[.*\]")


@dataclass(frozen=True)
class Row:
    """A line of code with its number."""

    number: int
    code: Markup
    marked: bool


@dataclass(frozen=True)
class Code:
    """An excerpt, ready to be shown; without rows where it stands in an earlier card, or the page is full."""

    where: str
    last: int
    rows: tuple[Row, ...]
    see: str = ""

    @property
    def lines(self) -> str:
        first = self.rows[0].number if self.rows else 0
        return f"line {first}" if first == self.last else f"lines {first} to {self.last}"


@dataclass(frozen=True)
class Entry:
    text: str
    differs: bool


@dataclass(frozen=True)
class Pair:
    """A value as it should be and as it is: rows of entries, or words."""

    name: str
    right: list[list[Entry]] | str
    own: list[list[Entry]] | str


@dataclass(frozen=True)
class Card:
    number: int
    title: str
    cost: float
    named: bool
    sentence: Markup
    formula: Markup
    marks: bool  # whether something in the formula is marked
    codes: tuple[Code, ...]
    given: tuple[Markup, ...]
    pairs: tuple[Pair, ...]
    picture: Markup
    caption: str
    alone: bool  # it is the only mistake found


def cards(found: Sequence[Diagnosis], titles: dict[str, str]) -> list[Card]:
    """The cards in the order of what was found; `titles` are those of the tasks, by id."""
    shown: dict[tuple[str, int, tuple[int, ...]], str] = {}
    room, made = MOST_CODE, []
    for number, one in enumerate(found, 1):
        codes = []
        for excerpt in one.lines:
            seen = shown.get(key_of(excerpt), "" if room > 0 else FULL)
            code = code_of(excerpt, seen)
            size = sum(len(row.code) for row in code.rows)
            if size > room:
                code = code_of(excerpt, FULL)
            elif code.rows:
                shown[key_of(excerpt)] = f"Your code is that of card {number}."
            room -= size
            codes.append(code)
        made.append(card(number, one, titles, tuple(codes), len(found) == 1))
    return made


def key_of(excerpt: Excerpt) -> tuple[str, int, tuple[int, ...]]:
    return excerpt.where, excerpt.first, excerpt.marked


def card(number: int, one: Diagnosis, titles: dict[str, str], codes: tuple[Code, ...] = (), alone: bool = True) -> Card:
    lessons, example = assignment().lessons, one.example or Example("", ())
    formula = lessons.formula(one.equation, one.piece)
    caption, picture = lessons.picture(example.drawn) if example.drawn else ("", "")
    task, sentence = titles.get(one.key[0], one.key[0]), one.sentence
    if example.values:  # which shows smaller ones
        sentence = NUMBERS.sub("is not what it should be", sentence)
    return Card(
        number=number,
        title=title_of(one.equation, task),
        cost=one.cost,
        named=one.mistake is not None,
        sentence=prose(cut(sentence), formulas=one.mistake is not None),
        formula=Markup(formula),
        marks='class="marked"' in formula,
        codes=codes,
        given=tuple(coloured(example.given.split("\n"))) if example.given else (),
        pairs=tuple(map(pair, example.values)),
        picture=Markup(picture),
        caption=caption,
        alone=alone,
    )


def cut(text: str) -> str:
    return text if len(text) <= MOST_SENTENCE else f"{text[:MOST_SENTENCE]}…"


def title_of(equation: str, task: str) -> str:
    """The equation, and the task without what follows a comma."""
    if not equation or task.lower().startswith(equation.lower()):
        return task
    return f"{equation.replace('sigma', 'σ').replace(', ', ' and ')} ({task.split(',')[0]})"


def code_of(excerpt: Excerpt, seen: str) -> Code:
    last = excerpt.first + len(excerpt.text) - 1
    if seen:
        return Code(excerpt.where, last, (), seen)
    lines = enumerate(coloured(excerpt.text), excerpt.first)
    return Code(excerpt.where, last, tuple(Row(number, code, number in excerpt.marked) for number, code in lines))


def pair(value: Compared) -> Pair:
    right, own = value.right, value.own
    if isinstance(right, str) or isinstance(own, str):
        return Pair(value.name, plain(right), plain(own))
    rows = list(zip(right, own, strict=False))
    differ = [[one != other for one, other in zip(*both, strict=False)] for both in rows]
    return Pair(value.name, entries(right, differ), entries(own, differ))


def plain(value: Iterable[Iterable[str]] | str) -> list[list[Entry]] | str:
    return cut(value) if isinstance(value, str) else [[Entry(text, False) for text in row] for row in value]


def entries(rows: Iterable[Sequence[str]], differ: Sequence[Sequence[bool]]) -> list[list[Entry]]:
    return [
        [Entry(text, bool(own[place : place + 1] and own[place])) for place, text in enumerate(row)]
        for row, own in zip(rows, differ, strict=False)
    ]
