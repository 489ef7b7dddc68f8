"""Runs the checks on one submission and keeps the results.

The grader and the student's own run use the same one: they differ in where the student's code runs
(`runtime`), in the variants of data, and in where the expected values come from.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from .calls import Ask, CallFailed, Student, WrongForm
from .case import Blocked, Case, Expected, Failed, Mistake, Partly
from .check import Check, RubricTask, points_of
from .outcome import PAID, WRONG, CheckResult, Judgement, Status

FAILURES = {
    "unwritten": "is not written",
    "missing": "is missing",
    "refused": "refuses an argument",
    "error": "raises an exception",
    "timeout": "takes too long",
    "crashed": "ends its process",
}
STATUS_OF = {
    "unwritten": Status.UNTRIED,
    "missing": Status.FAILED,
    "refused": Status.ERROR,
    "error": Status.ERROR,
    "timeout": Status.TIMEOUT,
    "crashed": Status.CRASHED,
}
CHARGED = (Status.FAILED, Status.ERROR)


class Runtime(Protocol):
    """Where one submission's code runs."""

    def fresh_process(self) -> None: ...  # where there are processes

    def ready(self) -> Ask: ...  # to ask what is alive, even if the last call ended its process


def no_probe(_: Callable[[], Student], __: Sequence[str]) -> dict[str, CallFailed]:
    return {}


@dataclass(frozen=True)
class Proxy:
    """How the checks of an assignment see what students write."""

    student: type[Student] = Student
    case: Callable[..., Case] = Case
    # Tries each method once, and each of these functions: those that give no answer, with the reason.
    probe: Callable[[Callable[[], Student], Sequence[str]], dict[str, CallFailed]] = no_probe
    methods: tuple[str, ...] = ()  # what `probe` knows without being told
    # The equations of this name as MathML, with these pieces of a mistake (names, with commas between) marked.
    formula: Callable[[str, str], str] | None = None
    # The handout's example by hand, if it has one: name, the value to four digits, and the student's.
    example: Callable[[Any], Iterator[tuple[str, Any, Any]]] | None = None


@dataclass(frozen=True)
class Course:
    """All that decides about right and wrong, the same for every submission."""

    tasks: Sequence[RubricTask]  # in the rubric's order
    variants: tuple[str, ...]
    expected: Callable[[Check, str], Expected | None]
    mistakes: Mapping[str, Mistake]
    setting: Callable[[Check, str], Mapping[str, Any]]
    seed: Callable[[str], str]
    proxy: Proxy = Proxy()
    guide: Callable[[Iterable[str]], Student] | None = None  # the solution, or that with these mistakes


class Engine:
    def __init__(self, course: Course, runtime: Runtime):
        self.course, self.runtime = course, runtime
        self.results: dict[str, list[CheckResult]] = {task.id: [] for task in course.tasks}
        self.kit_errors: list[str] = []
        self._bonus = {task.id: task.bonus for task in course.tasks}
        self._states: dict[str, CallFailed] | None = None
        self._known: set[str] = set()  # mistakes named so far
        self._shown: set[str] = set()  # of these, the ones that visible data have shown
        self._tasks: dict[str, Check] = {}  # a check of each task, for what it owns and needs
        self._under_way = "", ""  # task and variant
        self._points: dict[tuple[str, str], float] = {}
        self.cases: dict[str, Case] = {}  # of the visible checks, the last of each: what pictures are drawn from

    def keep(self, results: Mapping[str, list[CheckResult]]) -> None:
        """Take these tasks' results as they were found earlier, of code that nothing of theirs has changed in."""
        for task, earlier in results.items():
            self.results[task] = list(earlier)
            self._known.update(mistake for result in earlier for mistake in result.mistakes)

    def run_all(self, checks: Iterable[Check], after_visible: Callable[[], None] = lambda: None) -> None:
        """Run these checks on all variants of their data, in the rubric's order.

        All visible checks come before the first hidden one: what a student's code says in a visible check is shown,
        and in memory or files it could keep what it was given in a hidden one.  So does `after_visible`, for all else
        that is asked to be shown.
        """
        order = list(self.results)
        chosen = [check for check in checks if check.task.id in order]
        # Outcomes last: what is wrong in the methods that they build on is known by then.
        chosen.sort(key=lambda check: (check.task.by_outcome, order.index(check.task.id)))
        self.plan(chosen)
        for variant in self.course.variants:
            for check in chosen:
                self.run(check, variant)
            if variant == "visible":
                after_visible()

    def plan(self, checks: Sequence[Check]) -> None:
        """Share out each task's points among the checks that will run."""
        for task in self.course.tasks:
            found = list(dict.fromkeys(check for check in checks if check.task.id == task.id))
            self._tasks.update({check.task.id: check for check in found})
            self._points.update(points_of(found, ("visible", "hidden"), task.points))

    def run(self, check: Check, variant: str) -> CheckResult:
        """Run one check on one variant of its data and keep its result."""
        if self._states is None:
            self.runtime.fresh_process()
            owned = {method for known in self._tasks.values() for method in known.task.owns}
            self._states = self.course.proxy.probe(self._student, sorted(owned - set(self.course.proxy.methods)))
        if (check.task.id, variant) != self._under_way:
            self._under_way = check.task.id, variant
            self.runtime.fresh_process()
        began = perf_counter()
        try:
            with np.errstate(all="ignore"):  # what overflows in an answer is judged, and told in no terminal
                judged = self._judge(check, variant)
        except Exception as error:
            self.kit_errors.append(f"{check.id} ({variant}): {type(error).__name__}: {error}")
            judged = Judgement(Status.ERROR, "The kit itself failed here; this is not your fault.")
        max_points = self._points[check.id, variant]
        result = CheckResult(
            id=check.id if variant == "visible" else f"{check.id}.{variant}",
            title=check.title,
            status=judged.status,
            points=round(max_points * judged.share, 4),
            max_points=max_points,
            message=judged.message,
            mistake=next(iter(judged.mistakes), None),
            mistakes=judged.mistakes,
            visible=variant == "visible",
            seconds=round(perf_counter() - began, 4),
        )
        done = self.results[check.task.id]
        twin = [number for number, earlier in enumerate(done) if earlier.id == check.id]
        done.insert(twin[0] + 1 if twin else len(done), result)  # beside its visible twin
        if check.cap is not None and result.status is Status.FAILED:
            self._cut(check, check.cap, result.visible)
        return result

    def _cut(self, check: Check, share: float, visible: bool) -> None:
        """Leave to the task's results on these data only this share of their points."""
        done = self.results[check.task.id]
        for number, result in enumerate(done):
            if result.visible == visible and result.points:
                said = f"{result.message} This is paid in part only: see “{check.title}”".strip()
                points = round(result.points * share, 4)
                done[number] = replace(result, status=Status.PARTIAL, points=points, message=said)

    def _student(self) -> Student:
        return self.course.proxy.student(self.runtime.ready())

    def _judge(self, check: Check, variant: str) -> Judgement:
        """Status, message, name of the mistake, and share of the points earned."""
        if cannot := self._cannot_run_yet(check, variant):
            return cannot
        case = self._case(check, variant)
        failure = self._converse(check, case)
        if failure is not None and check.cap is not None:
            failure = self._converse(check, self._case(check, variant))
        if case.intermediates_differ and (failure is not None or case.unjudgeable):
            # What the student's own code gives on the way is wrong here: judge the rest from the solution's values.
            second = self._case(check, variant)
            second.from_solution = True
            again = self._converse(check, second)
            if not self._ignores_intermediates(case, second, again):
                failure = again
            elif case.unjudgeable and getattr(again, "kind", "") != "unwritten":
                return Judgement(Status.BLOCKED, case.unjudgeable)
        if failure is None:
            return self._waiting(check, variant) or Judgement(Status.PASSED, share=1.0)
        return self._outcome(failure, check, variant)

    def _case(self, check: Check, variant: str) -> Case:
        course = self.course
        expected = course.expected(check, variant) if check.compared else None
        case = course.proxy.case(check.id, variant, course.seed(variant), expected, course.setting(check, variant))
        case.failures, case.known = self._states or {}, frozenset(self._known)
        case.suppress_naming = self._bonus[check.task.id] and self._unexplained(check, variant)
        done = [result for results in self.results.values() for result in results]
        case.passed = frozenset(
            result.id.removesuffix(".hidden")
            for result in done
            if result.status == Status.PASSED and result.visible == (variant == "visible")
        )
        if variant == "visible":
            self.cases[check.id] = case
        if course.guide is not None:
            # Where a method is wrong on these data, that is charged there, and not once more.
            case.own_counts = any(
                result.status in WRONG
                for task, done in self.results.items()
                if not (task in self._tasks and self._tasks[task].task.by_outcome)
                for result in done
                if result.visible == (variant == "visible")
            )
            known = [self._known] if case.own_counts and self._known else []
            case.guides = [course.guide(sorted(names)) for names in (set[str](), *known)]
        return case

    def _unexplained(self, check: Check, variant: str) -> bool:
        """Whether a task whose methods this exercise needs has failed on these data by no known mistake."""
        return any(
            result.status in CHARGED and not result.mistakes and result.visible == (variant == "visible")
            for task, other in self._tasks.items()
            if set(other.task.owns) & set(check.needs) and not other.task.by_outcome
            for result in self.results[task]
        )

    def _converse(self, check: Check, case: Case) -> Exception | None:
        """Hold the conversation; None if all is right."""
        try:
            hold(check, self._student(), case)
            self._known.update(case.verdict(self.course.mistakes, self._known))
        except CallFailed as failure:
            if failure.kind == "timeout":
                assert self._states is not None
                said = failure.detail if case.variant == "visible" else f"`{failure.method}` {FAILURES['timeout']}"
                self._states[failure.method] = CallFailed(failure.method, "timeout", said)
            return self._excused(case, failure) if failure.kind == "error" else failure
        except Failed as failure:
            self._known.update(failure.mistakes)
            return failure
        except (Blocked, Partly, WrongForm) as failure:
            return failure
        except MemoryError:  # there is a bound to what answers may take of the grader's; it ends the grading
            raise
        except Exception as error:
            if self.course.guide is not None:  # the solution's answers can be judged, or it is the kit's fault
                hold(check, self.course.guide(()), self._case(check, case.variant))
            what = f"What your code gives back is not of the form that the chapter asks for ({type(error).__name__})"
            return WrongForm(what)
        return None

    def _excused(self, case: Case, failure: CallFailed) -> CallFailed | None:
        """None if an exception comes of what is charged elsewhere: it must not hide what was right before it."""
        mistake = case.named(self.course.mistakes, self._known)
        if mistake:
            self._known.add(mistake.name)
            if case.check not in mistake.charged and case.seen.judged:
                return None
            failure.mistakes = (mistake.name,)
            return failure
        try:
            faults = case.faults(self.course.mistakes, self._known)
            if faults and all(failure.method in self._owned(fault.check.split("/")[0]) for fault in faults):
                self._known.update(case.excused(faults, failure.detail))
                return None
        except Failed as fault:
            self._known.update(fault.mistakes)
            failure.mistakes = fault.mistakes
        return failure

    def _owned(self, task: str) -> tuple[str, ...]:
        """The methods that a task is about."""
        return self._tasks[task].task.owns if task in self._tasks else ()

    @staticmethod
    def _ignores_intermediates(first: Case, second: Case, failure: Exception | None) -> bool:
        """Whether the solution's intermediate values changed nothing, so that the student's code does not read them."""
        if isinstance(failure, CallFailed):
            return not failure.mistakes
        # To the last bit: intermediates in single precision, say, change little.
        before, after = (
            {name: v for name, v in (seen.judged | seen.evidence).items() if isinstance(v, np.ndarray)}
            for seen in (first.seen, second.seen)
        )
        return before.keys() == after.keys() != set() and all(
            np.array_equal(v, after[k], equal_nan=True) for k, v in before.items()
        )

    def _cannot_run_yet(self, check: Check, variant: str) -> Judgement | None:
        """Why there is no use in running the check, if there is none."""
        states = self._states or {}
        task = check.task
        if "__init__" in states:
            return Judgement(Status.BLOCKED, f"{states['__init__'].detail}{at(states['__init__'])}.")
        for method in task.owns:
            state = states.get(method)
            if state and state.kind != "error":
                return Judgement(STATUS_OF[state.kind], f"{state.detail}{at(state)}.")
        for method in check.needs:
            # An exception on the probe's data need not come on the check's, unless that one is trained.
            if method in states and not (check.compared and states[method].kind == "error"):
                return Judgement(Status.BLOCKED, f"This needs `{method}` first: {states[method].detail}.")
        return None if check.compared else self._waiting(check, variant)

    def _waiting(self, check: Check, variant: str) -> Judgement | None:
        """What holds where another check of the task has to pass before this one pays."""
        if check.after:
            wanted = f"{check.task.id}/{check.after}" + ("" if variant == "visible" else f".{variant}")
            before = [result for result in self.results[check.task.id] if result.id == wanted]
            if before and before[0].status not in PAID:
                untried = before[0].status is Status.UNTRIED
                return Judgement(
                    Status.UNTRIED if untried else Status.BLOCKED, f"This counts once “{before[0].title}” passes."
                )
        return None

    def _outcome(self, failure: Exception, check: Check, variant: str) -> Judgement:
        """Of hidden data only that is said which visible data have shown: all else the student's code could choose."""
        hidden = variant != "visible"
        if isinstance(failure, Blocked):
            return Judgement(Status.BLOCKED, str(failure))
        if isinstance(failure, Partly):
            return Judgement(Status.PARTIAL, failure.hint if hidden else failure.message, share=failure.share)
        mistakes: tuple[str, ...] = getattr(failure, "mistakes", ())
        if hidden:
            mistakes = tuple(name for name in mistakes if name in self._shown)
        self._shown.update(mistakes)
        known = self._shown if hidden else self._known
        said_of = [self.course.mistakes[name] for name in mistakes]
        named = " ".join(text for m in said_of for text in (m.says, *(m.beside[o] for o in m.beside if o in known)))
        if isinstance(failure, CallFailed):
            said = f"`{failure.method}` {FAILURES[failure.kind]} here" if hidden else failure.detail + at(failure)
            text = f"{said}. {named}".strip()
            if failure.kind in ("unwritten", "refused") and self._bonus[check.task.id]:
                return Judgement(Status.UNTRIED, text)
            if failure.method in self.course.proxy.methods and failure.method not in check.task.owns:
                return Judgement(Status.BLOCKED, text, mistakes)
            return Judgement(STATUS_OF[failure.kind], text, mistakes)
        if isinstance(failure, Failed) and failure.untried:
            return Judgement(Status.UNTRIED, named, mistakes)
        visible = [result.status for result in self.results[check.task.id] if result.id == check.id]
        beside = "This does not hold on data other than the visible check's"
        said = (
            (beside if visible == [Status.PASSED] else "Nor does it hold on the hidden data")
            if hidden
            else str(failure)
        )
        return Judgement(Status.FAILED, f"{said}. {named}".strip(), mistakes)


def hold(check: Check, student: Student, case: Case) -> None:
    """Run the conversation; an exception of the student's is part of what was seen."""
    try:
        check.function(student, case)
    except CallFailed as failure:
        if failure.kind == "error":
            case.seen.raised = f"{failure.method}: {failure.exception}"
        raise


def at(failure: CallFailed) -> str:
    return f" ({failure.where})" if failure.where else ""
