"""Takes out of a large notebook what is not graded, before anything reads it: outputs, and where need be attachments.

It goes over the bytes from string to string and bracket to bracket, and holds none of what they describe: a JSON
parser may need thirty times the memory of its text.
"""

import re

from .entries import MAX_NOTEBOOK, Refused

SMALL = (4 << 20) - 1  # bytes: what is no larger stays whole, for people who read it
MAX_TOKENS, MAX_KEPT_TOKENS = 4_000_000, 400_000  # strings and brackets looked at, and of these in what stays
TOKEN = re.compile(rb'["\[\]{}]')
QUOTE = re.compile(rb'\\.|"', re.DOTALL)
AFTER_KEY = re.compile(rb"\s*:\s*(?=[\[{])")
TOO_MANY = "holds too many values for a notebook: clear its outputs, and hand it in anew"
CELL, TOP = 3, 1  # how many brackets are open there


def slim(notebook: bytes) -> bytes:
    """The notebook; a large one without its cells' outputs, and without attachments where it is still large."""
    if len(notebook) <= SMALL:
        return notebook
    kept = without(notebook, {(CELL, b"outputs"), (TOP, b"metadata")})
    return kept if len(kept) <= MAX_NOTEBOOK else without(kept, {(CELL, b"attachments")})


def without(text: bytes, keys: set[tuple[int, bytes]]) -> bytes:
    """JSON with the list or object at each of these keys emptied; `keys`: (brackets open, key)."""
    pieces: list[bytes] = []
    start = position = depth = tokens = kept = 0
    dropping: int | None = None  # how many brackets were open before the value that is dropped
    while found := TOKEN.search(text, position):
        tokens += 1
        kept += dropping is None
        if tokens > MAX_TOKENS or kept > MAX_KEPT_TOKENS:
            raise Refused(TOO_MANY)
        position, mark = found.end(), found[0]
        if mark == b'"':
            position = end_of_string(text, position)
            key = (
                (depth, text[found.end() : position - 1]) if dropping is None and position - found.end() < 20 else None
            )
            if key in keys and (value := AFTER_KEY.match(text, position)):
                pieces.append(text[start : value.end() + 1])
                dropping, position = depth, value.end()
        elif mark in b"[{":
            depth += 1
        else:
            depth -= 1
            if dropping == depth:
                start, dropping = found.start(), None
    return b"".join([*pieces, text[start:] if dropping is None else b""])


def end_of_string(text: bytes, position: int) -> int:
    """The place after the quote that ends the string which is open at `position`."""
    for count, found in enumerate(QUOTE.finditer(text, position)):
        if found[0] == b'"':
            return found.end()
        if count > MAX_TOKENS:
            raise Refused(TOO_MANY)
    return len(text)
