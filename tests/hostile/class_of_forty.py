"""Ten attacks among thirty honest students: does each of these get what he gets without them?  `make neighbours`."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder import ROOT
from tests.submissions.corpus import correct, files_of, wrong

from .corpus import hostile

ATTACKS = (
    *("array_named_150_times", "lists_that_share_an_array", "caches_of_megabytes", "folders_without_end"),
    *("channel_a_is_written_to", "channel_b_is_read_from", "sleep_a_little_everywhere", "killed_by_itself"),
    "memory_of_many_processes",
)
HONEST = 30
OPEN_TAG = "<b" + " a" * 300_000 + ">"  # over which a sanitizer sits for hours


def put_honest(folder: Path) -> None:
    """Thirty students: fifteen right networks, fifteen with one mistake each."""
    right = list(correct().items())[::2]
    mistakes = list(wrong().values())
    chosen = [*right, *((m.name, files_of(m)) for m in mistakes[:: len(mistakes) // (HONEST - len(right))])]
    for number, (name, files) in enumerate(chosen[:HONEST]):
        student = folder / f"honest-{number:02}-{name.replace('/', '-')}" / "ps18"
        student.mkdir(parents=True)
        for file, text in files.items():
            (student / file).write_bytes(text)


def put_attacks(folder: Path) -> None:
    for number, name in enumerate(ATTACKS):
        hostile()[name].put(folder / f"honest-{3 * number:02}-zz-{name}" / "ps18", {})  # among the others
    student = folder / "=HYPERLINK(1)-\udce9" / "ps18"  # a name that computes, and is no UTF-8
    student.mkdir(parents=True)
    notebook = json.loads((ROOT / "release" / "ps18" / "ps18.ipynb").read_text(encoding="utf-8"))
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": OPEN_TAG})
    (student / "ps18.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def graded(folder: Path, out: Path) -> tuple[dict[str, dict[str, Any]], float]:
    """Results by student, and the seconds that the class took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "autograder", "grade", folder, "--out", out, "--jobs", "2"]
    subprocess.run([*command, "--gradebook", out.with_suffix(".db")], cwd=ROOT, capture_output=True)
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(out.glob("*/ps18/results.json"))]
    return {result["student"]: result for result in found}, time.monotonic() - began


def points(result: dict[str, Any]) -> list[tuple[str, float]]:
    return [(check["id"], check["points"]) for task in result["tasks"] for check in task["checks"]]


def main() -> int:
    """Print both runs; 1 where an honest student's points differ, or somebody has no result."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        top = Path(name)
        put_honest(top / "alone")
        put_honest(top / "among")
        put_attacks(top / "among")
        (alone, first), (among, second) = (graded(top / kind, top / f"{kind}-out") for kind in ("alone", "among"))
    different = [student for student in alone if points(alone[student]) != points(among[student])]
    print(f"{len(alone)} honest students alone: {first:.0f} s; among {len(among) - len(alone)} attacks: {second:.0f} s")
    for student in sorted(among.keys() - alone.keys()):
        r = among[student]
        print(f"  {student!a}: {r['score']:g} + {r['bonus']:g}, {r['seconds']:.0f} s, {r['reason'] or 'graded'!a:.90}")
    print(f"honest students with other points than alone: {different or 'none'}")
    return int(bool(different) or len(alone) != HONEST or len(among) != HONEST + 10)


if __name__ == "__main__":
    sys.exit(main())
