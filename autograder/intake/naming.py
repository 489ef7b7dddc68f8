"""Which file a student means by a name that a browser, a system or a learning platform has changed."""

import re
from pathlib import Path

from ..course.model import assignment

FILES, NOTEBOOK = assignment().subject.files, assignment().notebook
_STEMS = {re.sub(r"[-_.]", "", name).lower(): name for name in (*FILES, NOTEBOOK)}
_COPY = r"(?:copy|kopie|copie|copia|kopia)"
# Their words may be joined in other ways: neural-network, ps_18.
_NAMES = "|".join(re.sub(r"(?<=[A-Za-z])(?=\d)|[-_]", "[-_ ]?", Path(name).stem) for name in (*FILES, NOTEBOOK))
# All repetitions are bounded, so that no name takes long.
_RENAMED = re.compile(
    r"(?:.*\d[-_ ])?"  # a platform's prefix, s01_123_
    rf"(?:{_COPY}(?: \(\d+\))? (?:of|von|de|di) ){{0,2}}"
    rf"({_NAMES})"
    rf"(?: ?\(\d{{1,4}}\)|[-_ ]{{0,3}}(?:{_COPY} ?\d{{0,4}}|v?\d{{1,4}}|final|alone)){{0,3}}"
    r" ?(\.py|\.ipynb)(?:\.txt|\.json|\.py|\.ipynb){0,2}",
    re.IGNORECASE,
)


def meant(name: str) -> str | None:
    """The file of the assignment that this name was made from, such as `neural_network (1).py`; None if none is."""
    found = _RENAMED.fullmatch(name) if len(name) <= 255 else None
    return _STEMS.get(re.sub(r"[-_ .]", "", f"{found[1]}{found[2]}").lower()) if found else None
