"""Calls on a student's code: what a check asks, and what it is told where no value comes back.

Whether the code runs in this process or in a sandbox, only `ask` knows.  What the answers mean is for the checks.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .answering import Answerer, Arrays, BadFrame, Header, Objects, Other, decode, encode, frame, receive

# Header, arrays, and the method that it is about; and `limit=` seconds of CPU time, where it has less than usual.
Ask = Callable[..., tuple[Header, Arrays]]

METHOD_CPU = 10.0  # seconds of CPU time for one call
TRAINING_CPU = 60.0  # seconds of CPU time for one training, all its stretches together
CUT_OFF = 0.3  # seconds after which a call with a limit of its own is cut off, unless twice that limit is more


class CallFailed(Exception):
    """A call on the student's code gave no value.

    `kind`: unwritten (NotImplementedError), missing (no such method or attribute), refused (a
    constructor that does not take an argument), error (any other exception), timeout or crashed.
    """

    def __init__(self, method: str, kind: str, detail: str, where: str = "", exception: str = ""):
        self.method, self.kind, self.detail, self.where, self.exception = (
            method,
            kind,
            detail,
            where,
            exception,
        )
        self.mistakes: tuple[str, ...] = ()  # the known ones that make the same call fail
        super().__init__(f"{method}: {detail}")


class WrongForm(Exception):
    """An answer is not even of the form that the chapter asks for; the text says how."""


class Student:
    """One submission, as the checks see it."""

    def __init__(self, ask: Ask):
        self._ask = ask
        self.calls = 0  # requests that may change an object
        self.then: Any = None  # what the last reply told besides
        self._limits: dict[str, float] = {}

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Meanwhile a call that takes more CPU time than this has timed out; it is cut off early."""
        self._limits = {"limit": seconds}
        try:
            yield
        finally:
            self._limits = {}

    def run(self, name: str, *values: Any, **options: Any) -> Any:
        """What the student's function `name` returns; raises CallFailed."""
        arrays: Arrays = []
        args = [encode(value, arrays) for value in values]
        shown = f"{name}({'...' if values else ''})"
        return self.request({"do": "run", "name": name, "args": args, "kwargs": options}, arrays, shown, name)[0]

    def fields_of(self, name: str, fields: Sequence[str]) -> list[Any]:
        """Attributes of what the student's function `name` returns, called without arguments."""
        request = {"do": "run", "name": name, "args": [], "kwargs": {}, "fields": list(fields)}
        return listed(self.request(request, [], f"{name}()", name)[0], len(fields), name)

    def request(self, header: Header, arrays: Arrays, shown: str, method: str) -> tuple[Any, list[Any]]:
        """Value and arguments-as-they-are-afterwards of one request; raises CallFailed."""
        self.calls += header["do"] != "get"
        reply, returned = self._ask(header, arrays, method, **self._limits)
        if "value" in reply:
            try:
                self.then = decode(reply.get("then"), returned)
                return decode(reply["value"], returned), [decode(a, returned) for a in reply.get("args", [])]
            except BadFrame as error:
                raise CallFailed(method, "crashed", f"{shown} gave an answer that cannot be read: {error}") from None
        if "timeout" in reply:
            raise CallFailed(method, "timeout", f"{shown} did not finish within {reply['timeout']:.2g} s")
        if "crashed" in reply:
            raise CallFailed(method, "crashed", f"{shown} ended its process: {reply['crashed']}")
        raise failure(method, shown, reply.get("raised", {}))


def failure(method: str, shown: str, raised: Header) -> CallFailed:
    """The CallFailed for an exception that the student's code raised."""
    name, message = str(raised.get("type")), str(raised.get("message"))
    where = f"{raised['file']}, line {raised['line']}: `{raised['code']}`" if raised.get("file") else ""
    if raised.get("abstract"):
        return CallFailed(method, "unwritten", f"{shown} still raises NotImplementedError", where)
    if not where and name == "AttributeError":
        return CallFailed(method, "missing", f"there is no `{method}`: {message}")
    if method == "__init__" and name in ("TypeError", "ValueError", "KeyError"):
        return CallFailed(method, "refused", f"{shown} raised {name}: {message}", where)
    return CallFailed(
        method, "error", f"{shown} raised {name}: {message}", where, name if raised.get("builtin") else ""
    )


def listed(value: Any, length: int, method: str) -> list[Any]:
    """The value, if it is the list that the worker makes; what else comes is not from the worker."""
    if type(value) is not list or len(value) != length:
        raise CallFailed(method, "crashed", f"{method} ended its process: its answer was garbled")
    return value


def shaped(name: str, arrays: Any, shapes: Sequence[tuple[int, int]], kinds: str = "") -> list[np.ndarray]:
    """The list of float64 arrays of these shapes; raises WrongForm if it is not that, nor of one of these kinds."""
    if type(arrays) not in (list, tuple) or len(arrays) != len(shapes):
        raise WrongForm(f"`{name}` should be a list of {len(shapes)} arrays, but is {described(arrays)}")
    for number, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise WrongForm(f"`{name}[{number}]` should have shape {shape}, but is {described(array)}")
        if array.dtype != np.float64 and array.dtype.kind not in kinds:
            raise WrongForm(f"`{name}[{number}]` should have dtype float64, but has dtype {array.dtype}")
    return [array.astype(np.float64, copy=False) for array in arrays]


def copied(value: Any) -> Any:
    """The value with arrays and lists of its own."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return type(value)(map(copied, value)) if type(value) in (list, tuple) else value


def described(value: Any) -> str:
    """A few words for what came back: its type, and shape or length."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, Other):
        return f"an object of type {value.type_name}"
    if isinstance(value, Objects):
        return f"an array of {len(value)} objects"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"the {type(value).__name__} {value!r}"[:60]


def direct(answerer: Answerer) -> Ask:
    """An `ask` for networks of our own: no frames, only copies of the arrays, and no limits."""

    def ask(header: Header, arrays: Arrays, method: str, limit: float | None = None) -> tuple[Header, Arrays]:
        reply, returned = answerer.answer(header, [array.copy() for array in arrays])
        return reply, [array.copy() for array in returned]

    return ask


def in_process(answerer: Answerer) -> Ask:
    """An `ask` that runs the student's code here, through the same frames as in the sandbox; without limits."""

    def ask(header: Header, arrays: Arrays, method: str, limit: float | None = None) -> tuple[Header, Arrays]:
        reply, returned = answerer.answer(*through(header, arrays))
        try:
            return through(reply, returned)
        except BadFrame as error:
            return {"crashed": str(error)}, []

    def through(header: Header, arrays: Arrays) -> tuple[Header, Arrays]:
        data = memoryview(frame(header, arrays))
        position = 0

        def read(count: int) -> bytes:
            nonlocal position
            position += count
            return bytes(data[position - count : position])

        return receive(read)

    return ask
