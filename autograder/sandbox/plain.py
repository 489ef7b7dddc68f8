"""No sandbox: a process like any other, with all the rights of whoever grades.  For --no-sandbox only."""

import json
import sys

from .fonts import font_list
from .settings import ENVIRONMENT, INSIDE_FILES, Settings


class Plain:
    name = "none"
    apart = False

    def command(self, control: int, scratch: str) -> tuple[list[str], dict[str, str]]:
        settings = Settings(scratch, fonts=str(font_list() or ""), limits={})
        worker, answering = INSIDE_FILES
        bootstrap = (
            f"import sys, runpy; sys.path.insert(0, {str(answering.parent)!r});"
            f" runpy.run_path({str(worker)!r}, run_name='__main__')"
        )
        environment = {**ENVIRONMENT, "HOME": scratch, "TMPDIR": scratch, "MPLCONFIGDIR": f"{scratch}/matplotlib"}
        return [sys.executable, "-I", "-c", bootstrap, str(control), json.dumps(settings.as_dict())], environment
