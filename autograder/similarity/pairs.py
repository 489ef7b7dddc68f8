"""Pairs of submissions that resemble each other more than what all were given explains.

copydetect makes fragments of the code: so many characters in a row, once each name is a V and comments and blanks are
gone; so renamed variables and changed comments change nothing.  A fragment that is in the given text counts for
nothing, and one that n of N students have for log((N + 1) / n): what many write says little, what two write much.
The share of a pair is what their common fragments count for, over what all of the lesser one's do.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import KitError

LENGTH = 20  # characters of a fragment: one or two statements
MARK = 0.48  # in classes of 300, drawn thrice: copies in disguise have 0.55 and more, others at most 0.42
LEAST = 60  # fragments that no third has, or others that count as much, which a pair has in common: some four lines
MARKED = 0.25  # of what a fragment counts that no third has: those that count as much are marked on the page
BLOCK = 4096  # fragments at a time


class NoLibrary(KitError):
    """copydetect is missing; one sentence."""


@dataclass(frozen=True)
class Pair:
    """Two students, their share from 0 to 1, and the lines of their code, from 0, that are marked."""

    students: tuple[str, str]
    share: float
    lines: tuple[frozenset[int], frozenset[int]]


def similar_pairs(prints: Mapping[str, Any], released: set[int], mark: float = MARK) -> list[Pair]:
    """The pairs at or above the mark, the most similar first.

    `prints` are fingerprints by student; afterwards these hold what is marked alone, without what is in `released`.
    """
    own = [found.hashes - released for found in prints.values()]
    number = {fragment: n for n, fragment in enumerate(sorted(set().union(*own)))}
    holds = [np.fromiter(sorted(number[f] for f in mine), dtype=np.int64, count=len(mine)) for mine in own]
    held = np.bincount(np.concatenate([*holds, np.zeros(0, dtype=np.int64)]), minlength=len(number))
    weight = np.log((len(prints) + 1) / np.maximum(held, 1))
    most = np.log((len(prints) + 1) / 2)
    weighed = products(holds, np.sqrt(weight))
    total = np.diag(weighed)
    share = weighed / np.maximum(np.minimum.outer(total, total), 1e-9)
    chosen = np.argwhere(np.triu((share >= mark) & (weighed >= LEAST * most), 1))
    for found, mine in zip(prints.values(), own, strict=True):
        found.hashes = {fragment for fragment in mine if weight[number[fragment]] >= MARKED * most}
    names, pairs = list(prints), []
    for i, j in chosen:
        one, other = names[i], names[j]
        lines = common_lines(prints[one], prints[other])
        pairs.append(Pair((one, other), min(1.0, float(share[i, j])), lines))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.students))


def fingerprint(source: str) -> Any:
    """copydetect's record of a text, all fragments kept: which of them it would pick changes from run to run."""
    try:
        from copydetect import CodeFingerprint
    except ImportError:
        raise NoLibrary("copydetect is missing, which compares code: install requirements.lock (`make`).") from None
    return CodeFingerprint("code.py", LENGTH, 1, fp=io.StringIO(source))


def fragments_of(texts: Iterable[str]) -> set[int]:
    return set().union(*(fingerprint(text).hashes for text in texts))


def products(holds: Sequence[np.ndarray], weight: np.ndarray) -> np.ndarray:
    """(N, N): for each two students the sum of the squared weights of the fragments that both have."""
    sums = np.zeros((len(holds), len(holds)))
    for start in range(0, len(weight), BLOCK):
        some = np.zeros((len(holds), min(BLOCK, len(weight) - start)))
        for row, mine in enumerate(holds):
            here = mine[np.searchsorted(mine, start) : np.searchsorted(mine, start + BLOCK)]
            some[row, here - start] = weight[here]
        sums += some @ some.T
    return sums


def common_lines(one: Any, other: Any) -> tuple[frozenset[int], frozenset[int]]:
    from copydetect import compare_files

    _, _, (mine, theirs) = compare_files(one, other)
    return lines_in(one.raw_code, mine), lines_in(other.raw_code, theirs)


def lines_in(code: str, slices: np.ndarray) -> frozenset[int]:
    """The lines, from 0, of which these slices of the text cover at least half."""
    covered = np.zeros(len(code) + 1, dtype=bool)
    for start, end in np.asarray(slices, dtype=int).reshape(2, -1).T:
        covered[start:end] = True
    found, position = set(), 0
    for number, line in enumerate(code.split("\n")):
        begin = position + len(line) - len(line.lstrip())
        inside = covered[begin : position + len(line.rstrip())]
        if inside.size and inside.mean() >= 0.5:
            found.add(number)
        position += len(line) + 1
    return frozenset(found)
