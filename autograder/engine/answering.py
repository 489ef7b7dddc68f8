"""Runs beside the student's code: turns requests into calls on it and sends back what it answers.

It knows no expected value and takes no decision.  What goes in and out are frames: a JSON header and
the raw bytes of arrays, bounded and never pickled; the receiving side rebuilds the arrays from bytes,
so neither a subclass nor an object with a clever ``__eq__`` gets across.
"""

import builtins
import importlib
import json
import os
import struct
import sys
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.random  # else each fork imports it anew, for NumPy waits until it is used

Header = dict[str, Any]  # of a frame: a request or a reply
Arrays = list[np.ndarray]

MAX_HEADER = 1 << 20  # bytes of JSON
MAX_PAYLOAD = 1 << 24  # bytes of arrays: the largest honest answer is 80 kB
MAX_VALUES = 1024  # leaves in one answer, and arrays in one frame
MAX_NUMBERS = 1 << 20  # in lists of one answer: as Python's numbers they take four times the bytes
MAX_AXES = 8
MAX_TEXT = 400  # characters of any message that the student's code can choose
# What may be sent, and as what: little-endian.  By name, for `receive`, too.
SENT_AS = {np.dtype(order + code): np.dtype("<" + code) for code in "?bBhHiIlLqQefdFD" for order in "<>"}
FLOAT64 = np.dtype("<f8")
DTYPES = {dtype.str: dtype for dtype in SENT_AS.values()}
LENGTHS = struct.Struct("<4sII")
MAGIC = b"bp18"


class BadFrame(Exception):
    """A frame is malformed, cut off or too large."""


class Other:
    """Stands for a value that is no number, text, list, dictionary or array of numbers: only its type is known."""

    def __init__(self, type_name: str):
        self.type_name = type_name


class Objects(list[Any]):
    """The entries of an array of objects."""


def frame(header: Header, arrays: Sequence[np.ndarray] = ()) -> bytes:
    """The bytes of one frame: lengths, JSON header with dtypes and shapes, array bytes."""
    described = {"header": header, "arrays": [[a.dtype.str, list(a.shape)] for a in arrays]}
    text = json.dumps(described).encode("ascii", "backslashreplace")
    size = sum(a.nbytes for a in arrays)
    if len(text) > MAX_HEADER or size > MAX_PAYLOAD or len(arrays) > MAX_VALUES:
        raise BadFrame(f"the values are too large to send: {size} bytes in {len(arrays)} arrays")
    return LENGTHS.pack(MAGIC, len(text), size) + text + b"".join(a.tobytes() for a in arrays)


def send(descriptor: int, header: Header, arrays: Sequence[np.ndarray] = ()) -> None:
    """Write one frame to a file descriptor."""
    data = memoryview(frame(header, arrays))
    while data:
        data = data[os.write(descriptor, data) :]


def receive(read: Callable[[int], bytes]) -> tuple[Header, Arrays]:
    """Read one frame; `read(n)` gives exactly n bytes or raises EOFError.  Raises BadFrame."""
    magic, text_length, payload_length = LENGTHS.unpack(read(LENGTHS.size))
    if magic != MAGIC or text_length > MAX_HEADER or payload_length > MAX_PAYLOAD:
        raise BadFrame("this is not a frame, or it is too large")
    text, payload = read(text_length), read(payload_length)
    try:
        described = json.loads(text)
        header, listed = described["header"], described["arrays"]
        if type(header) is not dict or len(listed) > MAX_VALUES:
            raise BadFrame("the header is not as agreed")
        arrays, start = [], 0
        for code, shape in listed:
            dtype = DTYPES.get(code)
            if dtype is None or len(shape) > MAX_AXES:
                raise BadFrame("an array is not as agreed")
            size = dtype.itemsize
            for n in shape:
                if type(n) is not int or n < 0:
                    raise BadFrame("an array is not as agreed")
                size *= n
            stop = start + size
            if stop > len(payload):
                raise BadFrame("an array is shorter than declared")
            arrays.append(np.frombuffer(payload[start:stop], dtype).reshape(shape).copy())
            start = stop
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UnicodeError) as error:
        raise BadFrame(f"the frame cannot be read ({type(error).__name__})") from None
    if start != len(payload):
        raise BadFrame("the frame has bytes left over")
    return header, arrays


def encode(value: Any, arrays: list[np.ndarray], depth: int = 0) -> Any:
    """Describe `value` in JSON, putting its numbers into `arrays`; what is strange becomes "other"."""
    kind = type(value)
    if len(arrays) >= MAX_VALUES or depth > 4:
        return {"other": "a structure too large or too deep"}
    if value is None or kind is bool:
        return value
    if kind is np.ndarray and value.dtype is FLOAT64 and value.ndim == 2 and value.nbytes <= MAX_PAYLOAD:  # most are
        arrays.append(np.asarray(value, order="C"))
        return {"array": len(arrays) - 1}
    if isinstance(value, str):
        return {"text": str.__str__(value)[:MAX_TEXT]}
    if isinstance(value, (list, tuple, deque)):  # a named tuple is a tuple
        if len(value) > MAX_NUMBERS:
            return {"other": f"{kind.__name__} of {len(value)}"[:80]}
        name, items = "tuple" if isinstance(value, tuple) else "list", list(value)
        if (items and are_floats(items)) or is_table(items):
            arrays.append(np.array(items, dtype=np.float64))
            return {"numbers": len(arrays) - 1, "as": name}
        return {name: [encode(item, arrays, depth + 1) for item in items[:MAX_VALUES]]}
    if isinstance(value, dict):
        pairs = list(islice(dict.items(value), MAX_VALUES))
        if all(type(key) is str or (type(key) is int and 0 <= key < MAX_VALUES) for key, _ in pairs):
            return {"dict": [[k[:80] if type(k) is str else k, encode(v, arrays, depth + 1)] for k, v in pairs]}
        return {"other": "dict"}
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim > 0 and value.size <= MAX_VALUES:
        return {"objects": encode(value.tolist(), arrays, depth)}
    if isinstance(value, (int, float, complex, np.generic, np.ndarray)):
        array = np.asarray(value)  # a plain array, also of a subclass
        dtype = SENT_AS.get(array.dtype)
        if dtype is not None and array.ndim <= MAX_AXES and array.nbytes <= MAX_PAYLOAD:
            arrays.append(np.asarray(array, dtype=dtype, order="C"))
            return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}
        return {"other": f"{kind.__name__} of dtype {array.dtype}"[:80]}
    return {"other": kind.__name__[:80]}


def are_floats(items: Sequence[Any]) -> bool:
    return all(type(item) in (float, np.float64) for item in items)


def is_table(items: Sequence[Any]) -> bool:
    """Whether these are equally long lists of floats, which go as one array."""
    lists = all(type(row) is list and len(row) == len(items[0]) > 0 for row in items)
    return bool(items) and lists and len(items) * len(items[0]) <= MAX_NUMBERS and all(map(are_floats, items))


def decode(spec: Any, arrays: Sequence[np.ndarray], depth: int = 0) -> Any:
    """The value that `encode` described; raises BadFrame.  Scalars come back as Python numbers."""
    if spec is None or type(spec) is bool:
        return spec
    if type(spec) is not dict or depth > 5:
        raise BadFrame("a value is not as agreed")
    for kind, content in spec.items():
        if kind == "text" or kind == "other":
            return str(content)[:MAX_TEXT] if kind == "text" else Other(str(content)[:80])
        if kind in ("list", "tuple") and type(content) is list:
            items = [decode(item, arrays, depth + 1) for item in content]
            return items if kind == "list" else tuple(items)
        if kind == "objects" and type(items := decode(content, arrays, depth + 1)) is list:
            return Objects(items)
        if kind == "dict" and type(content) is list and all(type(p) is list and len(p) == 2 for p in content):
            return {k if type(k) is int else str(k)[:80]: decode(item, arrays, depth + 1) for k, item in content}
        if kind in ("array", "scalar", "numbers") and type(content) is int and 0 <= content < len(arrays):
            array = arrays[content]
            if kind == "array":
                return array
            if kind == "scalar" and array.shape == ():
                return array.item()
            if kind == "numbers" and array.ndim in (1, 2):
                return tuple(array.tolist()) if spec.get("as") == "tuple" else array.tolist()
        break
    raise BadFrame("a value is not as agreed")


class Answerer:
    """Performs requests on the objects of one submission, each of them one call or one look at attributes.

    The student's code can see all that this process holds, so a request holds no word of what it is for.
    `subject` has the fields of Subject.  `folder` holds the package; or the class of the objects and what holds the
    functions are given, and nothing is imported.
    """

    def __init__(self, subject: Mapping[str, Any], folder: str = "", kind: Any = None, functions: Any = None):
        self.subject, self.folder, self.kind, self._functions = subject, folder, kind, functions
        self.package = os.path.join(folder, subject["package"])
        self.objects: list[Any] = []

    def load(self) -> Header:
        """Import what the student wrote; ``{}``, or ``{"raised": ...}`` which says what went wrong."""
        # The second entry lets a lone file say `from activations import ...`.
        sys.path[:0] = [self.folder, self.package]
        try:
            notebook = os.path.exists(os.path.join(self.package, "notebook.py"))
            module = self._module("notebook" if notebook else self.subject["module"])
            if self.subject["kind"]:
                self.kind = getattr(module, self.subject["kind"])
        except BaseException as error:
            return {"raised": self.describe(error)}
        return {}

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{self.subject['package']}.{name}")

    def answer(self, header: Header, arrays: list[np.ndarray]) -> tuple[Header, Arrays]:
        """One request, one reply: ``{"value": ..., "args": ...}`` or ``{"raised": ...}``."""
        replied: list[np.ndarray] = []
        try:
            value, used = getattr(self, "do_" + header["do"])(header, arrays)
            after = [encode(item, replied) for item in used]
            reply = {"args": after, "value": encode(value, replied)}
        except BaseException as error:
            return {"raised": self.describe(error)}, []
        if names := self.subject["read_after"].get(header.get("method", "")):
            try:
                reply["then"] = encode(self.do_get({**header, "names": names}, [])[0], replied)
            except BaseException:  # who asks for them alone is told why
                pass
        return reply, replied

    def do_new(self, header: Header, arrays: Arrays) -> tuple[Any, list[Any]]:
        args = [decode(item, arrays) for item in header["args"]]
        if header["seed"] is not None:
            np.random.seed(header["seed"])
        self.objects.append(self.kind(*args, **header["kwargs"]))
        if "set" in header:
            self.do_set({**header["set"], "on": -1}, arrays)
        return len(self.objects) - 1, []

    def do_call(self, header: Header, arrays: Arrays) -> tuple[Any, list[Any]]:
        args = [decode(item, arrays) for item in header["args"]]
        method = getattr(self.objects[header["on"]], header["method"])
        return method(*args, **header["kwargs"]), args

    def do_run(self, header: Header, arrays: Arrays) -> tuple[Any, list[Any]]:
        args = [decode(item, arrays) for item in header["args"]]
        functions = self._functions or self._module(self.subject["functions"])
        value = getattr(functions, header["name"])(*args, **header["kwargs"])
        return [getattr(value, field) for field in header["fields"]] if "fields" in header else value, args

    def do_get(self, header: Header, arrays: Arrays) -> tuple[Any, list[Any]]:
        asked = self.objects[header["on"]]
        return [getattr(asked, name) for name in header["names"]], []

    def do_set(self, header: Header, arrays: Arrays) -> tuple[Any, list[Any]]:
        """Write parameters into the student's own arrays, in place."""
        asked = self.objects[header["on"]]
        for name, values in zip(header["names"], header["values"], strict=True):
            for own, value in zip(getattr(asked, name), decode(values, arrays), strict=True):
                own[...] = value
        return None, []

    def do_replace(self, header: Header, arrays: Arrays) -> tuple[Any, list[Any]]:
        """Set attributes, such as the caches, to new lists of arrays."""
        for name, values in zip(header["names"], header["values"], strict=True):
            setattr(self.objects[header["on"]], name, decode(values, arrays))
        return None, []

    def describe(self, error: BaseException) -> Header:
        """Type, message and the last line of the student's own code that `error` went through."""
        kind = type(error)
        try:
            message = str(error)
        except BaseException:
            message = "(an exception that cannot be shown)"
        raised = {
            "type": kind.__name__[:80],
            "builtin": getattr(builtins, kind.__name__, None) is kind or kind is ModuleNotFoundError,
            "message": message[:MAX_TEXT],
            "abstract": isinstance(error, NotImplementedError),
        }
        frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError):
            raised["message"] = str(error.msg)[:MAX_TEXT]
            frames.append((str(error.filename), error.lineno, "", error.text))
        own = [(name, *f[1:]) for f in frames if (name := self.own(f[0]))]
        if own:
            file, line, function, text = own[-1]
            raised.update(file=file, line=line, function=function, code=(text or "").strip()[:120])
        return raised

    def own(self, path: str) -> str | None:
        """What to call a file of the student's own; None for all others."""
        if self.folder and path.startswith(self.package):
            return None if path.endswith(("notebook.py", "lifting.py")) else os.path.basename(path)
        return "a cell" if "ipykernel_" in path else None
