"""This kit beside its peers: the same base checks on the same submissions, one core, in turns.

`python -m tests.benchmarks.peers [rounds=5]`.  Each peer has an environment of its own in .venv-peers; none of them
isolates anything.  An endless loop is left out of the times, for there all wait for the same ten seconds.
"""

import json
import os
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course import check_functions, course, seed_of, setting
from autograder.grading import given_files
from autograder.submissions import read_submission
from tests.benchmarks.peers import assignments

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
EXAMPLES = ROOT / "tests" / "example_class"
ENVIRONMENTS = ROOT / ".venv-peers"
SUBMISSIONS = (
    *("complete", "base_only", "one_file", "halfway", "stub_untouched", "forgotten_mean", "missing_sigma_prime"),
    *("transposed_weights", "private_caches", "syntax_error", "exits_at_import"),
)


def environment(name: str) -> Path:
    """The programs of a peer's own environment, built when it is needed first."""
    folder = ENVIRONMENTS / name
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / f"{name}.txt"], check=True, stderr=subprocess.DEVNULL)
        (folder / "ready").touch()
    return folder / "bin"


def freeze(path: Path) -> None:
    """The right values of the base checks, for peers."""
    right, settings = {}, {}
    base = [task for task in course().tasks if not task["bonus"]]
    for name, function in check_functions().items():
        for variant in ("visible", "hidden"):
            settings[name, variant] = dict(setting(function.about, variant))
            if function.about.compared:
                right[name, variant] = course().expected(function.about, variant).right
    seeds = {variant: seed_of(variant) for variant in ("visible", "hidden")}
    about = [{k: task[k] for k in ("id", "title", "points", "bonus")} for task in base]
    path.write_bytes(pickle.dumps({"tasks": about, "right": right, "settings": settings, "seeds": seeds}))


class Bench:
    """The class in each tool's layout; each tool grades all of it and tells the scores."""

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self.environment = {
            **{k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
            **{"EXPECTED": str(scratch / "expected.pickle"), "PYTHONPATH": f"{ROOT}:{HERE}"},
            **{"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        }
        freeze(scratch / "expected.pickle")
        self.packages = {name: self.package(name) for name in SUBMISSIONS}
        for name in SUBMISSIONS:
            shutil.copytree(EXAMPLES / name, scratch / "submitted" / name)
        self.kit = self.base_only_kit()
        self.course = assignments.nbgrader_course(scratch / "nbgrader", environment("nbgrader"), self)
        self.otter = assignments.otter_assignment(scratch / "otter", environment("otter"), self)

    def package(self, name: str) -> Path:
        """A folder with the package of this student, the released files where none were handed in."""
        folder = self.scratch / "packages" / name
        (folder / "backprop").mkdir(parents=True)
        handed_in = read_submission(EXAMPLES / name / "ps18", name, {})
        for file, content in {**given_files(), **handed_in.files}.items():
            (folder / "backprop" / file).write_bytes(content)
        return folder

    def base_only_kit(self) -> Path:
        """This kit with the bonus tasks switched off."""
        for part in ("autograder", "solutions", "release"):
            shutil.copytree(ROOT / part, self.scratch / "kit" / part)
        rubric = self.scratch / "kit" / "autograder" / "rubric.toml"
        rubric.write_text(re.sub(r"^bonus = true", "bonus = true\nenabled = false", rubric.read_text(), flags=re.M))
        return self.scratch / "kit"

    def run(self, *command, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd or self.scratch,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
        )

    def checks_of(self) -> dict[str, list[tuple[str, float]]]:
        """By task: what each check is called, and its points."""
        result = json.loads(
            self.run(
                sys.executable,
                "-m",
                "autograder",
                "grade-one",
                "--json",
                EXAMPLES / "complete" / "ps18",
                cwd=self.kit,
                PYTHONPATH=str(self.kit),
            ).stdout
        )
        return {t["id"]: [(c["id"], c["max_points"]) for c in t["checks"]] for t in result["tasks"]}

    def this_kit(self) -> dict[str, float]:
        out = self.scratch / "graded"
        shutil.rmtree(out, ignore_errors=True)
        places = (self.scratch / "submitted", "--out", out, "--jobs", "1")
        done = self.run(sys.executable, "-m", "autograder", "grade", *places, cwd=self.kit, PYTHONPATH=str(self.kit))
        assert done.returncode == 0, done.stderr
        return {name: json.loads((out / name / "ps18/results.json").read_text())["score"] for name in SUBMISSIONS}

    def pytest(self) -> dict[str, float]:
        program, found = environment("pytest") / "python", {}
        for name, folder in self.packages.items():
            scores = self.scratch / "scores.json"
            scores.unlink(missing_ok=True)
            test = (HERE / "test_plain.py", "-q", "-p", "no:cacheprovider", "--rootdir", HERE, "-c", os.devnull)
            self.run(program, "-m", "pytest", *test, STUDENT=str(folder), SCORES=str(scores))
            found[name] = sum(json.loads(scores.read_text()).values()) if scores.exists() else 0.0
        return found

    def gradescope_utils(self) -> dict[str, float]:
        program, found = environment("gradescope") / "python", {}
        for name, folder in self.packages.items():
            scores = self.scratch / "scores.json"
            scores.unlink(missing_ok=True)
            self.run(program, HERE / "unit_tests.py", STUDENT=str(folder), SCORES=str(scores))
            text = scores.read_text() if scores.exists() else ""
            found[name] = sum(test.get("score", 0) for test in json.loads(text)["tests"]) if text else 0.0
        return found

    def nbgrader(self) -> dict[str, float]:
        return assignments.nbgrader_scores(self.course, environment("nbgrader"), self)

    def otter_run(self) -> dict[str, float]:
        return assignments.otter_scores(self.otter, environment("otter"), self)


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch))
        tools: dict[str, Callable[[], dict[str, float]]] = {
            "this kit": bench.this_kit,
            "plain pytest": bench.pytest,
            "gradescope-utils": bench.gradescope_utils,
            "nbgrader autograde": bench.nbgrader,
            "otter run": bench.otter_run,
        }
        walls: dict[str, list[float]] = {name: [] for name in tools}
        scores: dict[str, dict[str, float]] = {}
        for number in range(rounds):
            order = list(tools) if number % 2 == 0 else list(tools)[::-1]
            for name in order:
                began = time.monotonic()
                scores[name] = tools[name]()
                walls[name].append((time.monotonic() - began) / len(SUBMISSIONS))
    show(console, rounds, walls, scores)
    draw(walls)
    return 0


def show(console: Console, rounds: int, walls: dict, scores: dict) -> None:
    ours = statistics.median(walls["this kit"])
    table = Table(
        *("tool", "seconds", "range", "beside ours", "isolates"),
        title=f"Seconds a submission, base checks, {len(SUBMISSIONS)} submissions, one core, {rounds} rounds",
    )
    for name, values in walls.items():
        span = f"{min(values):.2f} to {max(values):.2f}"
        middle = statistics.median(values)
        table.add_row(name, f"{middle:.2f}", span, f"{middle / ours:.1f}", "yes" if name == "this kit" else "no")
    console.print(table)
    table = Table("submission", *walls, title="Scores, of 100")
    for student in SUBMISSIONS:
        table.add_row(student, *(f"{scores[name].get(student, 0):g}" for name in walls))
    console.print(table)


def draw(walls: dict[str, list[float]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
    for row, (_, values) in enumerate(walls.items()):
        middle = statistics.median(values)
        axes.barh(row, middle, color="#0072B2" if row == 0 else "#999999")
        axes.hlines(row, min(values), max(values), color="black")
        axes.text(max(values) * 1.02, row, f"{middle:.1f}", va="center")
    axes.set_yticks(range(len(walls)), list(walls))
    axes.invert_yaxis()
    axes.set_xlabel("seconds a submission, median and range, one core")
    axes.set_title("The same base checks on the same submissions", loc="left")
    (ROOT / "figures").mkdir(exist_ok=True)
    figure.savefig(ROOT / "figures" / "benchmark_peers.svg")


if __name__ == "__main__":
    sys.exit(main())
