"""Sentences and source code as markup: nothing in them is ever markup of its own."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from pygments.lexers import PythonLexer

CODE = re.compile(r"`([^`\n]{1,200})`")
# How sentences of the kit write mathematics.
SUBSCRIPT = re.compile(r"\b(\w{1,6})_(?:\{([\w+-]{1,6})\}|([lLi]))(?!\w)")
SIGNS = {"delta": "δ", "sigma'": "σ′", "sigma": "σ", "beta": "β", "eta": "η"}
WORDS = re.compile(rf"\b({'|'.join(map(re.escape, SIGNS))})(?![\w'])")
POWER = re.compile(r"(?<=[\w)])\^(T|\d)\b")
# Kinds of tokens that are coloured; of all others the text alone.
CLASSES = (("Keyword", "k"), ("Literal.String", "s"), ("Comment", "c"), ("Literal.Number", "n"), ("Operator.Word", "k"))


def prose(sentence: str, formulas: bool = False) -> Markup:
    """A sentence in which what stands between backticks is code; `formulas`: with the mathematics of the kit."""
    parts = []
    for number, part in enumerate(CODE.split(sentence)):
        text = escape(part, quote=False)
        if number % 2:
            parts.append(f"<code>{text}</code>")
        else:
            parts.append(mathematics(text) if formulas else text)
    return Markup("".join(parts))


def mathematics(text: str) -> str:
    text = WORDS.sub(lambda found: SIGNS[found[1]], re.sub(r"\b(delta|eta|beta)_", lambda f: SIGNS[f[1]] + "_", text))
    text = SUBSCRIPT.sub(lambda found: f"{found[1]}<sub>{found[2] or found[3]}</sub>", text)
    return POWER.sub(r"<sup>\1</sup>", text)


@cache
def lexer() -> "PythonLexer":
    from pygments.lexers.python import PythonLexer  # not for who never writes a page

    return PythonLexer(stripnl=False, ensurenl=False)


def coloured(lines: Sequence[str]) -> list[Markup]:
    """Lines of Python, each as markup with its syntax coloured."""
    done = [""]
    for kind, text in lexer().get_tokens("\n".join(lines)):
        name = str(kind).removeprefix("Token.")
        token_class = next((c for start, c in CLASSES if name.startswith(start)), "")
        for number, piece in enumerate(text.split("\n")):
            if number:
                done.append("")
            shown = escape(piece, quote=False)
            done[-1] += f'<span class="{token_class}">{shown}</span>' if token_class and piece else shown
    return [Markup(line) for line in done[: len(lines)]]
