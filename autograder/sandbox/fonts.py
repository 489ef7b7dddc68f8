"""matplotlib's list of fonts: made once, so that no submission spends its time on making it."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def font_list() -> Path | None:
    """The file, kept beside the packages; None where it cannot be made."""
    folder = Path(sys.prefix) / "share" / "matplotlib-fonts"
    if not (found := sorted(folder.glob("fontlist-*.json"))):
        environment = {**os.environ, "MPLCONFIGDIR": str(folder), "MPLBACKEND": "Agg"}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            making = [sys.executable, "-c", "import matplotlib.font_manager"]
            subprocess.run(making, env=environment, capture_output=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired):
            return None
        found = sorted(folder.glob("fontlist-*.json"))
        for path in (folder.parent, folder, *found):  # the sandbox reads it as another user
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return found[-1] if found else None
