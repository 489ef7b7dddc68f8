"""Checks your work: what passes, what does not and why, and what to do next.

python check.py                 looks at all tasks
python check.py --task forward  looks at one task
"""

import argparse
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARKS = {"passed": "  ok  ", "partial": " part ", "untried": " todo ", "blocked": " wait "}


def main() -> int:
    """Exit status 0 if all that was looked at passes, 1 if not, 2 if it could not be looked at."""
    sys.path.insert(0, str(HERE))
    try:
        import pytest
        from tests.engine import Engine
        from tests.frozen import FILE, Here, load
    except ImportError as error:
        print(f"{error}. Run this first:\n  {sys.executable} -m pip install -r {HERE / 'requirements.txt'}")
        return 2
    course = load(HERE / "tests" / FILE)
    parser = argparse.ArgumentParser(description="Check your work on this assignment.")
    parser.add_argument("--task", choices=[task["id"] for task in course.tasks], help="look at one task only")
    only = parser.parse_args().task
    room = Here(HERE)
    if room.problem:
        raised = room.problem["raised"]
        place = f"\n{raised['file']}, line {raised['line']}: {raised['code']}" if raised.get("file") else ""
        print(f"Your code cannot be imported, so nothing can be checked.{place}\n{raised['type']}: {raised['message']}")
        return 1
    engine = Engine(course, room)
    target = HERE / "tests" / (f"test_{only}.py" if only else "")
    quiet = ["-p", "no:terminal", "-c", str(HERE / "pytest.ini")]
    pytest.main([*quiet, str(target)], plugins=[engine])
    return report(course.tasks, engine)


def report(tasks, engine) -> int:
    """Print task by task, then the points and what to do next."""
    points, most, following = {False: 0.0, True: 0.0}, {False: 0.0, True: 0.0}, None
    for task in tasks:
        results = engine.results[task["id"]]
        if not results:
            continue
        earned, possible = (sum(result[name] for result in results) for name in ("points", "max_points"))
        points[task["bonus"]] += earned
        most[task["bonus"]] += possible
        print(f"\n{task['title']} ({task['id']}): {earned:g} of {possible:g} points")
        reasons = set()
        for result in results:
            print(f"  [{MARKS.get(result['status'], ' FAIL ')}] {result['title']}")
            if result["message"] and result["message"] not in reasons:  # a reason that holds for several is said once
                print(textwrap.indent(textwrap.fill(result["message"], 96), " " * 11))
                reasons.add(result["message"])
            if following is None and result["status"] not in ("passed", "blocked"):
                following = task, result
    print(
        f"\nPoints so far: {points[False]:g} of {most[False]:g}, and {points[True]:g} of {most[True]:g} bonus points."
    )
    print("(These checks carry 60 % of the points; their twins on other data carry the rest.)")
    for error in engine.kit_errors:
        print(f"The kit itself failed, please tell your instructor: {error}")
    if following is None:
        print("Everything passes. Hand in the three files of backprop/ that you worked on.")
        return 0
    task, result = following
    print(f"Next: {task['title']} - {result['title']}\n{textwrap.fill(result['message'], 100)}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
