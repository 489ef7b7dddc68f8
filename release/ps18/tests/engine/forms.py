"""Numbers in another form than was asked for: what they are once converted, and how to say what their form was.

It judges nothing.  float16 and float32 stay as they are, for their dtype says how exact they can be.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .answering import Objects
from .calls import described


def as_array(value: Any) -> tuple[Any, str]:
    """An array of floats, where the value can be one, else the value; and what it is instead of float64, or nothing."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiu" or value.dtype == np.float64:
            return value, ""
        return value if value.dtype.kind == "f" else value.astype(np.float64), f"of dtype {value.dtype}"
    if isinstance(value, (list, tuple)) and value:
        rows = [as_array(row)[0] if isinstance(row, (list, tuple, np.ndarray)) else row for row in value]
        if all(type(row) in (int, float) for row in rows):
            return np.array(rows, dtype=np.float64), described(value)
        shapes = {row.shape if isinstance(row, np.ndarray) else None for row in rows}
        if len(shapes) == 1 and None not in shapes and all(row.dtype.kind == "f" for row in rows):
            return np.stack(rows), described(value)
    return value, ""


def as_list(value: Any, length: int) -> tuple[Any, str]:
    """A list of this length, where the value can be one, else the value; and what it is instead, or nothing."""
    if type(value) in (list, tuple):
        return value, ""
    if isinstance(value, dict) and len(value) == length and (keys := in_order(value)):
        return [value[key] for key in keys], described(value)
    stacked = isinstance(value, np.ndarray) and value.ndim == 3
    if (stacked or isinstance(value, Objects)) and len(value) == length:
        return list(value), described(value)
    return value, ""


def in_order(keys: Iterable[int | str]) -> list[int | str]:
    """Keys by the layer that they mean, as a number or as a name that ends with one; none where they mean none."""
    found = [(re.search(r"\d{1,4}$", str(key)), key) for key in keys]
    numbered = [(int(number[0]), key) for number, key in found if number]
    return [key for _, key in sorted(numbered, key=lambda one: one[0])] if len(numbered) == len(found) else []


def as_pair(
    value: Any, letters: Sequence[str], length: int, is_layer: Callable[[int, Sequence[Any]], bool]
) -> tuple[Any, str]:
    """A pair of lists, where the value can be taken for one, else the value; and what it is instead, or nothing.

    `letters` tell both lists' keys in dictionaries apart, such as "w" and "b".  `is_layer` says whether two values are
    those of a layer: so lists of pairs are told from pairs of lists.
    """
    layers, said = as_list(value, length)
    if type(layers) in (list, tuple) and len(layers) == length:
        pairs: list[Any] = [split(one, letters) if isinstance(one, dict) else one for one in layers]
        whole = all(type(one) in (list, tuple) and len(one) == 2 for one in pairs)
        if whole and all(map(is_layer, range(length), pairs)):
            return tuple(list(part) for part in zip(*pairs, strict=True)), said or f"a list of {length} pairs"
    if isinstance(value, dict) and (both := split(value, letters)):
        return both, described(value)
    return value, ""


def split(value: Mapping[int | str, Any], letters: Sequence[str]) -> tuple[Any, Any] | None:
    """The entries of a dictionary by the letter in their names: each alone, or as a dictionary of its own."""
    parts: list[dict[int | str, Any]] = [{}, {}]
    for key, item in value.items():
        place = next((n for n, letter in enumerate(letters) if letter in str(key).lower()), None)
        if place is None:
            return None
        parts[place][key] = item
    if not all(parts):
        return None
    first, second = (next(iter(part.values())) if len(part) == 1 else part for part in parts)
    return first, second
