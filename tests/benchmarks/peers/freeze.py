"""What the peers' test files need: the checks, and what the right network and each known mistake answer to them."""

import shutil
from dataclasses import replace
from pathlib import Path

from autograder.course.model import assignment
from autograder.course.reference import checks, course
from autograder.engine.frozen import save
from tests.kit import RELEASE

GIVEN = Path(__file__).parent / "given"


def freeze(folder: Path) -> Path:
    """Write checks, data and test files to `folder`, which must not exist: nothing of the reference's code."""
    full = course()
    base = [task for task in full.tasks if not task.bonus]
    left_out = ["__pycache__", "conftest.py", "*.npz", *(f"test_{task.id}.py" for task in full.tasks if task.bonus)]
    shutil.copytree(GIVEN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(RELEASE / "tests", folder / "checks", ignore=shutil.ignore_patterns(*left_out))
    names = {task.id for task in base}
    chosen = [check for check in checks().values() if check.task.id in names]
    for variant in full.variants:  # `save` asks for the visible data: hidden ones are told as if they were
        told = replace(
            full,
            tasks=base,
            expected=lambda check, _, variant=variant: full.expected(check, variant),
            setting=lambda check, _, variant=variant: full.setting(check, variant),
            seed=lambda _, variant=variant: full.seed(variant),
        )
        save(folder / f"{variant}.npz", told, chosen, assignment().subject, assignment().proxy_room)
    return folder
