"""Tells GitHub Classroom what the checks say: the output `result` of a workflow's step, points per task.

GitHub runs this (.github/workflows/classroom.yml); at home, `python classroom.py` prints the same as JSON.
"""

import base64
import contextlib
import io
import json
import os
import sys

import check


def main() -> int:
    """Write the result for GitHub, or print it where there is none; exit status 0, also where checks fail."""
    sys.path.insert(0, str(check.HERE))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):  # what the code under test prints is no part of the result
            course, subject = check.given()
            engine = check.look(course, subject, None)
        result = result_of(course.tasks, engine, printed.getvalue())
    except ImportError as error:
        result = {"version": 1, "status": "error", "max_score": 1, "tests": []}
        result["tests"].append(record("requirements", "error", 0.0, f"{error}. Is requirements.txt installed?"))
    if "GITHUB_OUTPUT" in os.environ:
        with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as stream:
            stream.write(f"result={base64.b64encode(json.dumps(result).encode()).decode()}\n")
    else:
        print(json.dumps(result, indent=1))
    return 0


def result_of(tasks, engine, printed: str) -> dict:
    """What the checks came to; exercises that were not tried do not appear, and the others are a bonus."""
    from tests.engine.check import VISIBLE_SHARE
    from tests.engine.showing import totals

    most = round(sum(task.points * VISIBLE_SHARE for task in tasks if not task.bonus), 2)
    if engine is None:
        tests = [record("import", "error", 0.0, printed.strip())]
        return {"version": 1, "status": "error", "max_score": most, "tests": tests}
    tests, passed = [], True
    for task in tasks:
        checks = engine.results[task.id]
        earned, possible = totals(checks)
        tried = any(result.status not in ("untried", "blocked") for result in checks)
        if task.bonus and not tried:
            continue
        messages = dict.fromkeys(r.message for r in checks if r.message)  # said once, as check.py does
        whole = all(result.status == "passed" for result in checks)
        passed = passed and (whole or task.bonus)
        title = f"{task.title} ({earned:g} of {possible:g}{' bonus' if task.bonus else ''} points)"
        tests.append(record(title, "pass" if whole else "fail", earned, "\n".join(messages), task.id))
    errors = [record("checks", "error", 0.0, error) for error in engine.kit_errors]
    status = "error" if errors else "pass" if passed else "fail"
    return {"version": 1, "status": status, "max_score": most, "tests": tests + errors}


def record(name: str, status: str, score: float, message: str, task: str = "") -> dict:
    command = f"python check.py --task {task}" if task else "python check.py"
    about = {"name": name, "status": status, "score": score, "message": message, "test_code": command}
    return {**about, "filename": "check.py", "line_no": 0, "duration": 0}


if __name__ == "__main__":
    sys.exit(main())
