"""What the peers' test files need: the checks, and what the right network and each known mistake answer to them."""

import shutil
from dataclasses import replace
from pathlib import Path

from autograder import ROOT
from autograder.course.reference import checks, course
from autograder.engine.frozen import save

GIVEN = Path(__file__).parent / "given"


def freeze(folder: Path) -> Path:
    """Write checks, data and test files to `folder`, which must not exist: nothing of the reference's code."""
    full = course()
    base = [task for task in full.tasks if not task["bonus"]]
    bonus = [f"test_{task['id']}.py" for task in full.tasks if task["bonus"]]
    shutil.copytree(GIVEN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "autograder" / "checks", folder / "checks", ignore=shutil.ignore_patterns("__pycache__", *bonus)
    )
    names = {task["id"] for task in base}
    checks = {name: function for name, function in checks().items()}  # type: ignore[attr-defined]
    checks = {name: check for name, check in checks.items() if check.task.id in names}
    for variant in full.variants:  # `save` asks for the visible data: hidden ones are told as if they were
        told = replace(
            full,
            tasks=base,
            expected=lambda check, _, variant=variant: full.expected(check, variant),
            setting=lambda check, _, variant=variant: full.setting(check, variant),
            seed=lambda _, variant=variant: full.seed(variant),
        )
        save(folder / f"{variant}.npz", told, checks)
    return folder
