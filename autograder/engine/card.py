"""One thing that is wrong, as a notebook shows it: its cost, the equation with the wrong part framed, the sentence."""

import re
from collections.abc import Callable, Mapping
from html import escape

from .case import Mistake
from .check import RubricTask
from .outcome import CheckResult

STYLE = "border-left: 4px solid #c4451c; padding: 0.2em 1em; margin: 0.6em 0; max-width: 46em"
FRAME = 'style="border: 1px solid #c4451c; padding: 0.15em"'
CODE = re.compile(r"`([^`\n]{1,200})`")


def card(
    task: RubricTask, result: CheckResult, mistakes: Mapping[str, Mistake], formula: Callable[[str, str], str] | None
) -> str:
    """The card as HTML.  What a student's code says is in the sentence, and is never markup."""
    lost = f"{round(result.max_points - result.points, 2):g} of {result.max_points:g} points"
    named = [mistakes[name] for name in result.mistakes if name in mistakes]
    shown = dict.fromkeys(formula(one.equation, ", ".join(one.replaces)) for one in named) if formula else {}
    lines = CODE.sub(r"<code>\1</code>", escape(result.message, quote=False)).split("\n")
    equations = "".join(shown).replace('class="marked"', FRAME)
    return (
        f'<div style="{STYLE}"><p><b>{escape(task.title)}: {escape(result.title)}</b> ({lost})</p>'
        f"{equations}<p>{'<br>'.join(lines)}</p></div>"
    )
