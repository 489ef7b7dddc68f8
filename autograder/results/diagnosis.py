"""What a submission got wrong, told from its checks: known mistakes by name, and the rest by what was said."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ..course.example import Example, Finding
from ..course.model import assignment
from ..course.reference import checks
from ..engine.calls import Student
from ..engine.case import Mistake
from ..engine.outcome import WAITING, WRONG, CheckResult, Status
from ..intake.excerpts import Excerpts
from .model import Diagnosis, Excerpt, Result, TaskResult

MOST = 8  # that are shown with code and example
HIDDEN = ".hidden"
LOST = (Status.TIMEOUT, Status.CRASHED)
WHERE = re.compile(r"\(([^()]{1,80}), line (\d{1,7}): ")  # that `engine.runner.at` writes

Examples = Mapping[tuple[str, str], Example]


def diagnosed(done: Sequence[CheckResult], mistakes: Mapping[str, Mistake]) -> tuple[Diagnosis, ...]:
    """What the checks of one task have found wrong: the known mistakes, in their order, then what has no name.

    A check's loss is shared out among the mistakes that it shows.  Checks of which the same is said show one thing.
    """
    found = []
    for name in dict.fromkeys(name for check in done for name in check.mistakes if name in mistakes):
        shown, about = [check for check in done if name in check.mistakes], mistakes[name]
        cost = sum((check.max_points - check.points) / len(check.mistakes) for check in shown)
        pieces, evidence = ", ".join(about.replaces), tuple(check.id for check in shown)
        found.append(Diagnosis(about.equation, pieces, name, about.says, round(cost, 2), evidence))
    nameless = [check for check in done if check.status in WRONG and not check.mistakes]
    said: dict[str, list[CheckResult]] = {}
    spoken = {check.id: check.message for check in nameless if check.visible}
    for check in nameless:
        message = spoken.get(check.id.removesuffix(HIDDEN), check.message)
        raised = WHERE.search(message)
        said.setdefault(raised[0] if raised else message, []).append(check)
    for shown in said.values():
        sentence = shown[0].message
        equations = dict.fromkeys(assignment().lessons.equation_of(c.id.removesuffix(HIDDEN)) for c in shown)
        cost = sum(check.max_points - check.points for check in shown)
        equation = next(iter(equations)) if len(equations) == 1 else ""
        found.append(Diagnosis(equation, "", None, sentence, round(cost, 2), tuple(check.id for check in shown)))
    return tuple(found)


def of_all(tasks: Sequence[TaskResult], excerpts: Excerpts, examples: Examples) -> tuple[Diagnosis, ...]:
    """The diagnoses of all tasks, the most expensive with the student's code and an example.

    Without a name in a task that needs what is wrong in another one, it has no cause of its own.
    """
    found = [one for task in tasks for one in task.diagnosis]
    wrong_tasks = {one.key[0] for one in found}
    own = [one for one in found if one.mistake or not built_on(one.key[0], wrong_tasks)]
    chosen = to_mend(own, tasks)[:MOST]
    return tuple(
        replace(one, lines=lines_of(one, excerpts), example=examples.get(one.key)) if one in chosen else one
        for one in own
    )


def built_on(task: str, wrong: set[str]) -> bool:
    """Whether this task needs methods that one of these other tasks is about."""
    about = {check.task.id: check.task for check in checks().values()}
    return any(set(about[task].needs) & set(about[other].owns) for other in wrong - {task})


def to_mend(found: Iterable[Diagnosis], tasks: Iterable[TaskResult]) -> list[Diagnosis]:
    """The most expensive first, without what was not tried."""
    tried = {check.id for task in tasks for check in task.checks if check.status not in WAITING}
    return sorted((one for one in found if tried.intersection(one.evidence)), key=lambda one: -one.cost)


def in_words(result: Result) -> list[str]:
    """What to mend first, a line for each thing, for places that have room for text only."""
    titles = {task.id: task.title for task in result.tasks}
    found = to_mend(result.diagnosis, result.tasks)
    lines = [f"{number}. {headed(one, titles)}: {one.sentence}" for number, one in enumerate(found[:MOST], 1)]
    more = [f"... and {len(found) - MOST} more."] if len(found) > MOST else []
    return ["What to mend first:", *lines, *more] if lines else []


def headed(one: Diagnosis, titles: Mapping[str, str]) -> str:
    """Where it belongs, and what it costs."""
    return f"{one.equation or titles.get(one.key[0], one.key[0])} ({one.cost:g} point{'s' * (one.cost != 1)})"


def shown_by(
    results: Mapping[str, Sequence[CheckResult]], student: Callable[[], Student]
) -> dict[tuple[str, str], Example]:
    """An example for each thing that visible checks have found wrong, asked of the student's code."""
    if any(check.status in LOST for done in results.values() for check in done):
        return {}  # nobody waits for that twice
    found = [one for done in results.values() for one in diagnosed(done, assignment().mistakes)]
    findings = [Finding(one.key[0], one.equation, one.mistake, one.evidence[0]) for one in found]
    return {found[number].key: example for number, example in assignment().lessons.examples(student, findings).items()}


def lines_of(one: Diagnosis, excerpts: Excerpts) -> tuple[Excerpt, ...]:
    """The functions that it is about, with the line marked that raised an exception or computes the piece."""
    raised = WHERE.search(one.sentence)
    if raised and (function := excerpts.at(raised[1], int(raised[2]))):
        return (Excerpt(*function, (int(raised[2]),)),)
    lessons, check = assignment().lessons, checks()[one.evidence[0].removesuffix(HIDDEN)]
    names = lessons.functions_of(one.key[0], one.piece) or check.task.owns
    patterns = lessons.patterns(one.piece)
    return tuple(Excerpt(*function, marked) for name in names for function, marked in excerpts.of(name, patterns))
