"""What was expected beside what came, as the end of a sentence: in digits that tell them apart, differences marked."""

from collections.abc import Sequence

import numpy as np

MARKED = 1e-6  # relative difference of an entry from which on it is marked
FEW = 12  # entries: of larger arrays the one is shown that is furthest off


def compared(expected: np.ndarray, actual: np.ndarray) -> str:
    """``should be [1.5 2], but is [1.5 *3*]``: entries that differ are marked where others do not; for equal shapes."""
    with np.errstate(all="ignore"):
        off = np.abs(actual - expected)
        differs = ~(off <= MARKED * np.abs(expected))
        if not differs.any():  # each is within what is granted to one value, but not all together
            differs = off == off.max()
    if actual.size > FEW:
        worst = np.unravel_index(np.argmax(np.where(np.isnan(off), np.inf, off)), off.shape)
        should_be, is_now = in_digits(float(expected[worst]), float(actual[worst]))
        where = ", ".join(map(str, worst))
        return (
            f"should be {should_be} at [{where}], but is {is_now}; {differs.sum()} of its {actual.size} entries differ"
        )
    pairs = [in_digits(float(e), float(a)) for e, a in zip(expected.flat, actual.flat, strict=True)]
    marked = [f"*{a}*" if d and not differs.all() else a for (_, a), d in zip(pairs, differs.flat, strict=True)]
    return f"should be {in_brackets([e for e, _ in pairs], expected.shape)}, but is {in_brackets(marked, actual.shape)}"


def in_digits(expected: float, actual: float) -> tuple[str, str]:
    """Both in as many significant digits as tell them apart, four at least."""
    for digits in range(4, 18):
        texts = f"{expected:.{digits}g}", f"{actual:.{digits}g}"
        if texts[0] != texts[1] or expected == actual:
            break
    return texts


def in_brackets(entries: Sequence[str], shape: Sequence[int]) -> str:
    """As NumPy prints an array, in one line."""
    if not shape:
        return entries[0]
    if len(shape) == 1:
        return f"[{' '.join(entries)}]"
    size = len(entries) // shape[0] if shape[0] else 0
    rows = [in_brackets(entries[row * size : (row + 1) * size], shape[1:]) for row in range(shape[0])]
    return f"[{' '.join(rows)}]"
