"""The corpora graded by the real engine in the real sandbox, once; and what comes of them: `make corpus`."""

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from autograder.grading.pool import grade_all, local_crew
from autograder.intake.submissions import read_submission, released_stubs
from autograder.results.model import as_dict
from autograder.sandbox import choose
from tests.notebooks.converted import as_notebook
from tests.submissions.corpus import Wrong, correct, files_of, submission, wrong

JOBS = 2


def graded(submissions: dict[str, dict[str, bytes]]) -> dict[str, dict[str, Any]]:
    """Results by name."""
    names = {f"s{number:03}": name for number, name in enumerate(submissions)}
    made = [submission(student, submissions[name]) for student, name in names.items()]
    with local_crew(choose(), JOBS) as crew:
        found = {names[r.student]: as_dict(r) for _, r in grade_all(made, crew)}
    return {name: found[name] for name in submissions}


# One wrong network of each group and two correct ones, for `make test`: such as are graded soon, for what learns slowly
# is trained to the last epoch.
SAMPLE = frozenset(
    {
        *("backward/weights_as_they_are", "forward/last_layer_left_out", "l2/penalty_only", "loss/not_averaged"),
        *("momentum/velocities_of_the_class", "recipes/spirals_too_large", "tanh/tan", "train/loss_of_the_last_batch"),
        *("update/last_layer_only", "augmented", "mean_of_deltas"),
    }
)


@cache
def graded_part(sample: bool) -> dict[str, dict[str, Any]]:
    """The sample of both corpora, or all the rest."""
    files = {**{name: files_of(mistake) for name, mistake in wrong().items()}, **correct()}
    return graded({name: files[name] for name in files if (name in SAMPLE) == sample})


def result_of(name: str) -> dict[str, Any]:
    return graded_part(name in SAMPLE)[name]


def graded_wrong() -> dict[str, dict[str, Any]]:
    return {name: result_of(name) for name in wrong()}


def graded_correct() -> dict[str, dict[str, Any]]:
    return {name: result_of(name) for name in correct()}


@cache
def graded_as_notebooks(correct_every: int = 10) -> dict[str, tuple[dict, dict]]:
    """The results as files and as a notebook, of one wrong network of each group and every so-many-th correct one."""
    one_of_each = {mistake.group: mistake for mistake in wrong().values()}.values()
    chosen = {mistake.name: files_of(mistake) for mistake in one_of_each}
    chosen |= {name: correct()[name] for name in list(correct())[::correct_every]}
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for number, files in enumerate(chosen.values()):
            path = Path(folder, f"s{number:03}", "ps18", "ps18.ipynb")
            path.parent.mkdir(parents=True)
            path.write_bytes(as_notebook(files))
            made.append(read_submission(path.parent, f"s{number:03}", released_stubs()))
    with local_crew(choose(), JOBS) as crew:
        found = {r.student: as_dict(r) for _, r in grade_all(made, crew)}
    files = {**graded_wrong(), **graded_correct()}
    return {name: (files[name], found[f"s{number:03}"]) for number, name in enumerate(chosen)}


def lost(result: dict[str, Any]) -> dict[str, float]:
    """Points lost, by task."""
    losses = {task["id"]: round(task["max_points"] - task["points"], 2) for task in result["tasks"]}
    return {task: points for task, points in losses.items() if points > 0.005}


def names(result: dict[str, Any]) -> set[str]:
    """Every mistake that the feedback names."""
    return {c["mistake"] for task in result["tasks"] for c in task["checks"] if c["mistake"]}


def as_it_should_be(mistake: Wrong, result: dict[str, Any]) -> bool:
    """Whether it loses points where it belongs, and nowhere else."""
    losses = set(lost(result))
    return bool(losses & set(mistake.loses)) and losses <= {*mistake.loses, *mistake.may_lose}


def table() -> Iterable[str]:
    """Size, how many are as they should be, and the share that is named, of each corpus."""
    results, mistakes = graded_wrong(), wrong()
    yield f"{'corpus':10} {'size':>5} {'as they should be':>18} {'namable':>8} {'named':>6} {'wrong names':>12}"
    total = [0] * 5
    for group in [*dict.fromkeys(mistake.group for mistake in mistakes.values()), None]:
        own = [m for m in mistakes.values() if m.group == group]
        namable = [m for m in own if m.mistakes]
        row = [len(own), sum(as_it_should_be(m, results[m.name]) for m in own), len(namable)]
        row += [sum(m.mistakes[0] in names(results[m.name]) for m in namable)]
        row += [sum(bool(names(results[m.name]) - set(m.mistakes)) for m in own)]
        total = [a + b for a, b in zip(total, row, strict=True)]
        shown = row if group else total
        yield "{:10} {:5} {:18} {:8} {:6} {:12}".format(group or "all wrong", *shown)
    full = sum(result["score"] == 100 for result in graded_correct().values())
    yield f"{'correct':10} {len(graded_correct()):5} {full:18}"
    yield ""
    yield "The most expensive single mistake in each part, in points of 150:"
    for group in dict.fromkeys(mistake.group for mistake in mistakes.values()):
        cost = {m.name: sum(lost(results[m.name]).values()) for m in mistakes.values() if m.group == group}
        costliest = max(cost, key=lambda name: cost[name])
        losses = ", ".join(f"{task} {points:g}" for task, points in lost(results[costliest]).items())
        yield f"  {costliest}: {cost[costliest]:g} ({losses})"


if __name__ == "__main__":
    for line in table():
        print(line)
