"""What counts of a notebook: its solutions, and the statements that they depend on, each run on its own.

The grader runs this in its sandbox; in the notebook `check` looks ahead with it.  A statement that cannot be
run costs the functions that need it, never the rest; what nothing depends on (plots, trials) is not run.
"""

import __future__

import ast
import dis
import linecache
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import Any

SECONDS, WALL, IN_ALL = 2.0, 20.0, 4.0  # CPU and wall time of one statement; CPU time of all that take long
READS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_NAME"}
# A statement of these alone makes names, and computes nothing: it can neither hang nor end the process.
QUIET = {
    *("RESUME", "NOP", "CACHE", "PUSH_NULL", "POP_TOP", "COPY", "SWAP", "ROT_TWO", "RETURN_VALUE", "RETURN_CONST"),
    *(
        "LOAD_CONST",
        "LOAD_SMALL_INT",
        "LOAD_NAME",
        "STORE_NAME",
        "LOAD_ATTR",
        "UNPACK_SEQUENCE",
        "MAKE_FUNCTION",
        "BINARY_SUBSCR",
    ),
    *("SET_FUNCTION_ATTRIBUTE", "BUILD_TUPLE", "BUILD_LIST", "BUILD_MAP", "BUILD_CONST_KEY_MAP", "LIST_EXTEND"),
    *(
        "IMPORT_NAME",
        "IMPORT_FROM",
        "IMPORT_STAR",
        "CALL_INTRINSIC_1",
        "SETUP_ANNOTATIONS",
        "STORE_SUBSCR",
        "GEN_START",
    ),
}
SETTINGS = {"seterr", "set_printoptions", "seed", "setrecursionlimit", "filterwarnings", "simplefilter"}
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class DeadlineExceeded(BaseException):
    """A statement's time is up."""


@dataclass(eq=False)
class Statement:
    """One statement at the margin of a cell, and the names that tell what depends on it."""

    cell: int
    label: str  # of its cell, for people
    path: str
    node: ast.stmt
    code: CodeType
    binds: set[str]
    uses: set[str]
    stores: set[str]  # names into whose objects it stores: `name.x = ...`, `name[i] = ...`
    calls: set[str]  # names of which it calls a method, and nothing is done with the result
    attributes: set[str]  # what it stores, of `name.x = ...`

    @property
    def quiet(self) -> bool:
        return all(step.opname in QUIET for step in dis.get_instructions(self.code))

    @property
    def imports(self) -> bool:
        return isinstance(self.node, (ast.Import, ast.ImportFrom))

    @property
    def sets(self) -> bool:
        """Whether it is a setting of a package, such as `np.seterr(all="ignore")`."""
        value = getattr(self.node, "value", None)
        if not (isinstance(self.node, ast.Expr) and isinstance(value, ast.Call)):
            return False
        given = [*value.args, *(keyword.value for keyword in value.keywords)]
        return getattr(value.func, "attr", "") in SETTINGS and all(isinstance(item, ast.Constant) for item in given)

    def said(self, line: int | None = None) -> str:
        """Where it is, and how it begins."""
        line = line or self.node.lineno
        text = linecache.getline(self.path, line).strip()
        return f"{self.label}, line {line}: `{text[:80]}`"


def parsed(source: str, path: str) -> ast.Module:
    """The cell's syntax tree, magics and shell lines put aside; SyntaxError where it has none."""
    try:
        return ast.parse(source, path)
    except SyntaxError as error:
        try:
            from IPython.core.inputtransformer2 import TransformerManager
        except ImportError:
            raise error from None
        first, _, rest = source.lstrip().partition("\n")
        if first.startswith("%%"):  # %%time and %%capture run what follows; other languages define nothing here
            return parsed("\n" + rest, path)
        transformed = TransformerManager().transform_cell(source)
        try:
            return ast.parse(transformed, path)
        except SyntaxError as second:  # of a cell without magics, the line is that of the student's own text
            raise (error if transformed.rstrip() == source.rstrip() else second) from None


def read(cells: Sequence[tuple[str, str]], folder: str = "") -> tuple[list[Statement], dict[int, SyntaxError]]:
    """The statements of the cells, (label, source) each, in their order; and the cells that cannot be read."""
    statements: list[Statement] = []
    broken: dict[int, SyntaxError] = {}
    flags = 0  # of `from __future__`, which holds for all that comes after
    for cell, (label, source) in enumerate(cells):
        path = os.path.join(folder, label)
        linecache.cache[path] = len(source), None, source.splitlines(keepends=True), path
        own, before = [], flags
        try:
            for node in parsed(source, path).body:
                if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                    flags |= sum(getattr(__future__, name.name).compiler_flag for name in node.names)
                else:
                    code = compile(ast.Module([node], []), path, "exec", flags, dont_inherit=True)
                    own.append(Statement(cell, label, path, node, code, *names_in(code), *changed_by(node)))
        except (*UNREADABLE, AttributeError) as error:
            flags = before
            deep = isinstance(error, (RecursionError, MemoryError))
            said = "it is nested too deep" if deep else getattr(error, "msg", str(error))
            line = error.lineno if isinstance(error, SyntaxError) else 1
            broken[cell] = SyntaxError(said, (path, line, None, linecache.getline(path, line or 1)))
        else:
            statements += own
    return statements, broken


def names_in(code: CodeType, top: bool = True) -> tuple[set[str], set[str]]:
    """The global names that code binds, and those that it reads, now or when its functions are called."""
    binds, uses, own = set[str](), set[str](), set[str]()
    for step in dis.get_instructions(code):
        if step.opname == "STORE_NAME":
            own.add(step.argval)
        elif step.opname == "STORE_GLOBAL":
            binds.add(step.argval)
        elif step.opname in READS and (top or step.argval not in own):  # else it is a name of the class
            uses.add(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner = names_in(constant, False)
            binds |= inner[0]
            uses |= inner[1]
    return (binds | own if top else binds), uses


def changed_by(node: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """The names into whose objects it stores, those of which it calls a method, and the attributes it stores."""
    stores, calls, attributes = set[str](), set[str](), set[str]()
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, (ast.Store, ast.Del)):
            stores.add(root_of(part))
            attributes.add(getattr(part, "attr", ""))
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            function = part.value.func
            if isinstance(function, ast.Attribute):
                calls.add(root_of(function))
            elif isinstance(function, ast.Name) and function.id == "setattr" and len(part.value.args) == 3:
                stores.add(root_of(part.value.args[0]))
                attributes.add(str(getattr(part.value.args[1], "value", "")))
        for decorator in getattr(part, "decorator_list", []):  # `@added_to(NeuralNetwork)`
            if isinstance(decorator, ast.Call):
                stores.update(map(root_of, decorator.args))
        if not isinstance(part, SCOPES):
            waiting += ast.iter_child_nodes(part)
    return stores - {""}, calls - {""}, attributes - {""}


def root_of(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def needed(
    statements: Sequence[Statement], wanted: Mapping[str, int], given: Iterable[str], always: Iterable[Statement] = ()
) -> list[Statement]:
    """The statements on which the wanted names depend, in their order.

    `wanted`: the cell of each.  A name is what the cells up to its user make of it: what a later experiment
    makes of the same name does not count, unless no other cell makes it.
    """
    given = set(given)
    touching: dict[str, list[Statement]] = {}
    for statement in statements:
        for name in statement.binds | statement.stores | statement.calls:
            touching.setdefault(name, []).append(statement)
    chosen = set(always)
    reach: dict[str, int] = {}  # the last cell up to which a name has been looked at
    waiting = [*wanted.items(), *((name, s.cell) for s in chosen for name in s.uses)]
    waiting.sort(key=lambda item: item[1])
    while waiting:
        name, cell = waiting.pop()
        if reach.get(name, -1) >= cell:
            continue
        makers = [s for s in touching.get(name, ()) if name in s.binds]
        if makers and name not in given:
            cell = max(cell, makers[0].cell)
        reach[name] = cell
        own = any(not s.imports for s in makers)  # not a package: its methods change it
        for s in touching.get(name, ()):
            if s.cell <= cell and (name in s.binds or name in s.stores or own):
                chosen.add(s)
                waiting += [(used, cell) for used in s.uses if reach.get(used, -1) < cell]
    return [s for s in statements if s in chosen]


class Run:
    """Runs statements in a name space; what went wrong is in `reasons`, by the name that is missing, and in `late`."""

    def __init__(
        self, statements: Sequence[Statement], space: dict[str, Any], skipped: Iterable[int] = (), careful: bool = False
    ):
        self.statements, self.space, self.spent = statements, space, 0.0
        self.reasons: dict[str, str] = {}
        self.errors: list[tuple[Statement, BaseException]] = []
        self.late: list[int] = []  # the numbers of those that did not end
        self._out = {
            n: "for with it the import did not end" for n, s in enumerate(statements) if careful and not s.quiet
        }
        self._out.update(dict.fromkeys(skipped, "for it does not end, takes too much memory, or ends the program"))
        self._started = set[int]()
        for number in range(len(statements)):
            self._perform(number)

    def _perform(self, number: int) -> None:
        """Run one statement; if it reads a name that a later one makes, that one first."""
        if number in self._started:
            return
        self._started.add(number)
        statement = self.statements[number]
        while error := self._execute(number, statement):
            name = error.name if isinstance(error, NameError) else None
            later = (n for n, s in enumerate(self.statements) if name in s.binds and n not in self._started)
            maker = next(later, None)
            if maker is None:
                self.errors.append((statement, error))
                reason = self.reasons.get(name or "") or self._why(statement, error)
                for bound in statement.binds or {""}:
                    self.reasons.setdefault(bound, reason)
                return
            self._perform(maker)

    def _execute(self, number: int, statement: Statement) -> BaseException | None:
        if number in self._out:
            return DeadlineExceeded(self._out[number])
        if self.spent > IN_ALL and not statement.quiet:
            return DeadlineExceeded(f"for those before it have taken more than {IN_ALL:.0f} s")
        try:
            if statement.quiet:
                exec(statement.code, self.space)
                return None
            began = time.process_time()
            try:
                with time_limit(), called(number):
                    exec(statement.code, self.space)
            finally:
                self.spent += time.process_time() - began
        except (DeadlineExceeded, MemoryError) as error:
            self.late.append(number)
            return error
        except BaseException as error:
            return error
        return None

    def _why(self, statement: Statement, error: BaseException) -> str:
        if isinstance(error, DeadlineExceeded):
            return f"{statement.said()} is left out, {error}"
        line, trace = None, error.__traceback__
        while trace:
            line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == statement.path else line
            trace = trace.tb_next
        try:
            said = f"{type(error).__name__}: {error}"[:150].rstrip(": ")
        except BaseException:
            said = type(error).__name__[:80]
        if isinstance(error, ModuleNotFoundError):
            said += " (when your work is graded, there are NumPy and matplotlib)"
        return f"{statement.said(line)} cannot be run: {said}"


def unreadable(label: str, error: SyntaxError) -> str:
    """Why a cell cannot be read, for people."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    text = (error.text or "").strip()[:80]
    return f"{label}, line {error.lineno}: `{text}` cannot be read by Python {python}: {error.msg}"


@contextmanager
def time_limit() -> Iterator[None]:
    """DeadlineExceeded in the middle of what takes too long, where the system has such clocks."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    armed = True

    def interrupt(*_: Any) -> None:
        if armed:
            raise DeadlineExceeded(f"for it did not end within {SECONDS:.0f} s")

    clocks = ((signal.ITIMER_PROF, signal.SIGPROF, SECONDS), (signal.ITIMER_REAL, signal.SIGALRM, WALL))
    before = [signal.signal(number, interrupt) for _, number, _ in clocks]
    try:
        for clock, _, seconds in clocks:
            signal.setitimer(clock, seconds, 0.2)  # again and again, for what catches it once
        yield
    finally:
        armed = False
        for (clock, number, _), old in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, old)


@contextmanager
def called(number: int) -> Iterator[None]:
    """The process is named after the statement: where nothing else ends it, its killer knows which one it was."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
    except (ImportError, AttributeError, OSError, TypeError):
        yield
        return
    before = ctypes.create_string_buffer(16)
    prctl(16, before)
    prctl(15, f"statement {number}".encode())
    try:
        yield
    finally:
        prctl(15, before)
