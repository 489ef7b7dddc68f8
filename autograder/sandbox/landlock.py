"""The second sandbox, where namespaces are refused: Landlock, a stricter seccomp filter, limits.

The worker itself never runs a student's code here.  It forks a process for each task, which gives up its rights
before it imports the submission, and can then make no other process or thread, signal none, open nothing but
Python's own files and one scratch folder, and change no file's owner, rights or times.
"""

import json
import os
import secrets
import sys
from pathlib import Path

from . import seccomp
from .bubblewrap import FIRST_UID, USERS, bound, mapped
from .fonts import font_list
from .settings import ENVIRONMENT, INSIDE_FILES, LIMITS, Settings

SYSTEM = ("/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/fonts", "/usr/share/zoneinfo", "/dev/urandom")
FILE_BYTES = 1 << 20  # one file; scratch.py ends who writes more than SCRATCH_BYTES in all


class Landlock:
    name = "landlock"
    apart = True

    def command(self, control: int, scratch: str) -> tuple[list[str], dict[str, str]]:
        root = os.geteuid() == 0 and mapped(FIRST_UID + USERS)
        worker, answering = INSIDE_FILES
        readable = [outside for outside, _ in bound() if Path(outside) not in INSIDE_FILES]
        settings = Settings(
            scratch,
            uid=FIRST_UID + secrets.randbelow(USERS) if root else 0,
            fonts=str(font_list() or ""),
            limits={**LIMITS, "RLIMIT_NPROC": 0, "RLIMIT_FSIZE": FILE_BYTES},
            filter=seccomp.program(strict=True).hex(),
            readable=sorted({*readable, *filter(os.path.exists, SYSTEM)}),
        )
        bootstrap = (
            f"import sys, runpy; sys.path.insert(0, {str(answering.parent)!r});"
            f" runpy.run_path({str(worker)!r}, run_name='__main__')"
        )
        temporary = f"{scratch}/tmp"
        environment = {**ENVIRONMENT, "HOME": temporary, "TMPDIR": temporary, "MPLCONFIGDIR": f"{temporary}/matplotlib"}
        return [sys.executable, "-I", "-c", bootstrap, str(control), json.dumps(settings.as_dict())], environment
