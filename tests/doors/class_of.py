"""A graded class for the tests of the doors: results as the kit writes them, without grading."""

import csv
import json
from pathlib import Path

from autograder.__main__ import main
from autograder.results.model import Result, from_json
from autograder.results.store import write_result

RESULT = {
    **{"schema": 1, "assignment": "ps18", "source": "files", "status": "graded", "reason": None},
    **{"max_score": 100, "max_bonus": 50, "sandbox": "bubblewrap", "sha256": "0" * 64, "seconds": 1.0},
    **{
        "submitted": None,
        "late": None,
        "adjustments": [],
        "excused": None,
        "taken": [],
        "ignored": [],
        "notes": [],
        "kit_errors": [],
        "tasks": [],
    },
}


def grade(out: Path, students: dict[str, dict]) -> Path:
    """Write a result for each student, with these fields."""
    for name, fields in students.items():
        write_result(out, result_of(name, **fields))
    return out


def result_of(student: str, **fields) -> Result:
    """A student's result, with these fields as results.json has them."""
    whole = {**RESULT, "student": student, "score": 0.0, "bonus": 0.0, **fields}
    return from_json(json.dumps({"raw_score": whole["score"], "raw_bonus": whole["bonus"], **whole}))


def run(capsys, *arguments) -> tuple[int, str, str]:
    """The command line in this process: exit status, output, errors."""
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def refused(capsys, *arguments) -> str:
    """The one sentence with which the command line refuses."""
    status, _, said = run(capsys, *arguments)
    lines = said.strip().splitlines()
    assert status == 2 and len(lines) == 1 and lines[0].startswith("autograder: ") and lines[0].endswith("."), said
    return lines[0]


def read_table(path: Path, delimiter: str = ",") -> list[list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))
