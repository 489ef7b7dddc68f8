"""Runs the checks on one submission and keeps the results.

The grader and the student's own run use the same one: they differ in where the student's code runs
(`room`), in the variants of data, and in where the expected values come from.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..assignment.network.probing import METHODS, Room, probe
from .calls import CallFailed, Student, WrongForm
from .case import Case, Expected, Failed, Mistake, Partly
from .check import Check, points_of

FAILURES = {
    "unwritten": "is not written",
    "missing": "is missing",
    "refused": "refuses an argument",
    "error": "raises an exception",
    "timeout": "takes too long",
    "crashed": "ends its process",
}
VALUES = ("forward", "backward", "update")  # tasks about one method, which exercises build on
STATUS_OF = {"unwritten": "untried", "missing": "failed", "refused": "error"}


@dataclass(frozen=True)
class Course:
    """All that decides about right and wrong, the same for every submission."""

    tasks: Sequence[Mapping[str, Any]]  # id, title, points, bonus: in the rubric's order
    variants: tuple[str, ...]
    expected: Callable[[Check, str], Expected | None]
    mistakes: Mapping[str, Mistake]
    setting: Callable[[Check, str], Mapping[str, Any]]
    seed: Callable[[str], str]
    predict: Callable[..., np.ndarray] | None = None
    guide: Callable[[Iterable[str]], Student] | None = None  # the right network, or that with these mistakes


class Engine:
    def __init__(self, course: Course, room: Room):
        self.course, self.room = course, room
        self.results: dict[str, list[dict]] = {task["id"]: [] for task in course.tasks}
        self.kit_errors: list[str] = []
        self._bonus = {task["id"]: task["bonus"] for task in course.tasks}
        self._states: dict[str, CallFailed] | None = None
        self._known: set[str] = set()  # mistakes named so far
        self._shown: set[str] = set()  # of these, the ones that visible data have shown
        self._owned: dict[str, tuple[str, ...]] = {}
        self._under_way = "", ""  # task and variant
        self._points: dict[tuple[str, str], float] = {}
        self.cases: dict[str, Case] = {}  # of the visible checks, the last of each: what pictures are drawn from

    def run_all(self, functions: Iterable[Callable]) -> None:
        """Run these checks on all variants of their data, in the rubric's order.

        All visible checks come before the first hidden one: what a student's code says in a visible check is shown,
        and in memory or files it could keep what it was given in a hidden one.
        """
        order = list(self.results)
        chosen = [function for function in functions if function.about.task.id in order]  # type: ignore[attr-defined]
        # Trainings last: what is wrong in the methods that they build on is known by then.
        chosen.sort(key=lambda f: ("train" in f.about.task.needs + f.about.task.owns, order.index(f.about.task.id)))  # type: ignore[attr-defined]
        self.plan([function.about for function in chosen])  # type: ignore[attr-defined]
        for variant in self.course.variants:
            for function in chosen:
                self.run(function, variant)

    def plan(self, checks: Sequence[Check]) -> None:
        """Share out each task's points among the checks that will run."""
        for task in self.course.tasks:
            found = list(dict.fromkeys(check for check in checks if check.task.id == task["id"]))
            self._owned.update({check.task.id: check.task.owns for check in found})
            self._points.update(points_of(found, ("visible", "hidden"), task["points"]))

    def run(self, function: Callable, variant: str) -> dict:
        """Run one check on one variant of its data and keep its result."""
        check: Check = function.about  # type: ignore[attr-defined]
        if self._states is None:
            self.room.begin("probe")
            checks = {method for task in self.course.tasks for method in self._owned.get(task["id"], ())}
            self._states = probe(self.room, sorted(checks - set(METHODS)))
        if (check.task.id, variant) != self._under_way:
            self._under_way = check.task.id, variant
            self.room.begin(check.task.id)
        began = perf_counter()
        try:
            status, message, mistake, share = self._judge(function, check, variant)
        except Exception as error:
            self.kit_errors.append(f"{check.id} ({variant}): {type(error).__name__}: {error}")
            message = "The kit itself failed here; this is not your fault."
            status, mistake, share = "error", None, 0.0
        most = self._points[check.id, variant]
        result = {
            "id": check.id if variant == "visible" else f"{check.id}.{variant}",
            "title": check.title,
            "status": status,
            "points": round(most * share, 4),
            "max_points": most,
            "message": message,
            "mistake": mistake,
            "visible": variant == "visible",
            "seconds": round(perf_counter() - began, 4),
        }
        done = self.results[check.task.id]
        twin = [number for number, earlier in enumerate(done) if earlier["id"] == check.id]
        done.insert(twin[0] + 1 if twin else len(done), result)  # beside its visible twin
        return result

    def _judge(self, function: Callable, check: Check, variant: str) -> tuple[str, str, str | None, float]:
        """Status, message, name of the mistake, and share of the points earned."""
        if standing := self._standing(check, variant):
            return (*standing, None, 0.0)
        case = self._case(check, variant)
        failure = self._converse(function, case)
        if case.caches_differ and (failure is not None or case.forward_is_wrong):
            # The student's own forward pass is wrong here: judge the rest from the true caches.
            second = self._case(check, variant)
            second.true_caches = True
            again = self._converse(function, second)
            if not self._unmoved(case, second, again):
                failure = again
            elif case.forward_is_wrong and getattr(again, "kind", "") != "unwritten":
                reason = "`forward` is wrong, and this does not read `z_cache` and `a_cache`: so it cannot be judged."
                return "blocked", reason, None, 0.0
        if failure is None and (waiting := self._waiting(check, variant)):
            return (*waiting, None, 0.0)
        return self._outcome(failure, check, variant)

    def _case(self, check: Check, variant: str) -> Case:
        course = self.course
        expected = course.expected(check, variant) if check.compared else None
        case = Case(check.id, variant, course.seed(variant), expected, course.setting(check, variant), course.predict)
        case.doubtful = self._bonus[check.task.id] and self._unexplained(check, variant)
        forward = (self._states or {}).get("forward")
        case.forward_failure = forward if forward and forward.kind in ("timeout", "crashed") else None
        if variant == "visible":
            self.cases[check.id] = case
        if course.guide is not None:
            # Where a method is wrong on these data, that is charged there, and not once more.
            case.own_counts = any(
                result["status"] in ("failed", "error", "timeout", "crashed")
                for task, done in self.results.items()
                if "train" not in self._owned.get(task, ())
                for result in done
                if result["visible"] == (variant == "visible")
            )
            known = [self._known] if case.own_counts and self._known else []
            case.guides = [course.guide(sorted(names)) for names in (set[str](), *known)]
        return case

    def _unexplained(self, check: Check, variant: str) -> bool:
        """Whether a task whose methods this exercise needs has failed on these data by no known mistake."""
        below = [task for task, owned in self._owned.items() if set(owned) & set(check.needs)]
        return any(
            r["status"] in ("failed", "error") and not r["mistake"] and r["visible"] == (variant == "visible")
            for task in below
            if task in VALUES
            for r in self.results.get(task, ())
        )

    def _converse(self, function: Callable, case: Case) -> Exception | None:
        """Hold the conversation; None if all is right."""
        try:
            hold(function, self.room.student(), case)
            case.verdict(self.course.mistakes, self._known)
        except CallFailed as failure:
            if failure.kind == "timeout":
                assert self._states is not None
                said = failure.detail if case.variant == "visible" else f"`{failure.method}` {FAILURES['timeout']}"
                self._states[failure.method] = CallFailed(failure.method, "timeout", said)
            mistake = case.named(self.course.mistakes, self._known) if failure.kind == "error" else None
            if mistake and case.check not in mistake.charged and case.judged:  # a crash must not hide it all
                return None
            failure.mistake = mistake.name if mistake else None
            return failure
        except (Failed, Partly, WrongForm) as failure:
            return failure
        except MemoryError:  # there is a bound to what answers may take of the grader's; it ends the grading
            raise
        except Exception as error:
            if self.course.guide is not None:  # the right network's answers can be judged, or it is the kit's fault
                hold(function, self.course.guide(()), self._case(function.about, case.variant))  # type: ignore[attr-defined]
            what = f"What your code gives back is not of the form that the chapter asks for ({type(error).__name__})"
            return WrongForm(what)
        return None

    @staticmethod
    def _unmoved(first: Case, second: Case, failure: Exception | None) -> bool:
        """Whether the true caches changed nothing, so that the student's code does not read them."""
        if isinstance(failure, CallFailed):
            return failure.mistake is None
        # To the last bit: caches in single precision, say, change little.
        before, after = (
            {k: v for k, v in case.seen.items() if k[0] != "=" and isinstance(v, np.ndarray)}
            for case in (first, second)
        )
        return before.keys() == after.keys() != set() and all(
            np.array_equal(v, after[k], equal_nan=True) for k, v in before.items()
        )

    def _standing(self, check: Check, variant: str) -> tuple[str, str] | None:
        """Status and reason where there is no use in running the check."""
        states = self._states or {}
        task = check.task
        if "__init__" in states:
            return "blocked", f"{states['__init__'].detail}{at(states['__init__'])}."
        for method in task.owns:
            state = states.get(method)
            if state and state.kind != "error":
                return STATUS_OF.get(state.kind, state.kind), f"{state.detail}{at(state)}."
        for method in check.needs:
            # An exception on the probe's network need not come on the check's, unless that one is trained.
            if method in states and not (check.compared and states[method].kind == "error"):
                return "blocked", f"This needs `{method}` first: {states[method].detail}."
        return None if check.compared else self._waiting(check, variant)

    def _waiting(self, check: Check, variant: str) -> tuple[str, str] | None:
        """Status and reason where another check of the task has to pass before this one pays."""
        if check.after:
            wanted = f"{check.task.id}/{check.after}" + ("" if variant == "visible" else f".{variant}")
            before = [r for r in self.results[check.task.id] if r["id"] == wanted]
            if before and before[0]["status"] not in ("passed", "partial"):
                return "blocked", f"This counts once “{before[0]['title']}” passes."
        return None

    def _outcome(self, failure: Exception | None, check: Check, variant: str) -> tuple[str, str, str | None, float]:
        """Of hidden data only that is said which visible data have shown: all else the student's code could choose."""
        if failure is None:
            return "passed", "", None, 1.0
        hidden = variant != "visible"
        if isinstance(failure, Partly):
            return "partial", failure.hint if hidden else failure.message, None, failure.share
        mistake = getattr(failure, "mistake", None)
        if hidden and mistake not in self._shown:
            mistake = None
        elif mistake:
            self._shown.add(mistake)
        named = self.course.mistakes[mistake].sentence if mistake else ""
        if isinstance(failure, CallFailed):
            said = f"`{failure.method}` {FAILURES[failure.kind]} here" if hidden else failure.detail + at(failure)
            text = f"{said}. {named}".strip()
            if failure.kind in ("unwritten", "refused") and self._bonus[check.task.id]:
                return "untried", text, None, 0.0
            if failure.method in METHODS and failure.method not in check.task.owns:
                return "blocked", text, mistake, 0.0
            return STATUS_OF.get(failure.kind, failure.kind), text, mistake, 0.0
        if isinstance(failure, Failed) and failure.untried:
            return "untried", named, mistake, 0.0
        visible = [r["status"] for r in self.results[check.task.id] if r["id"] == check.id]
        beside = "This does not hold on data other than the visible check's"
        said = (beside if visible == ["passed"] else "Nor does it hold on the hidden data") if hidden else str(failure)
        return "failed", f"{said}. {named}".strip(), mistake, 0.0


def hold(function: Callable, student: Student, case: Case) -> None:
    """Run the conversation; an exception of the student's is part of what was seen."""
    try:
        function(student, case)
    except CallFailed as failure:
        if failure.kind == "error":
            case.seen["raised"] = f"{failure.method}: {failure.exception}"
        raise


def at(failure: CallFailed) -> str:
    return f" ({failure.where})" if failure.where else ""
