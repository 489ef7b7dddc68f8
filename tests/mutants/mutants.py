"""Machine-made wrong networks: every mutant of the solution is graded like a submission.

cosmic-ray's operators make the mutants; the kit's own checks are what has to catch them.
`python -m tests.mutants.mutants [--every N] [--jobs N]` prints the table and the survivors.
"""

import argparse
import ast
import json
import os
import select
import signal
import sys
import time
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from rich.console import Console
from rich.table import Table

from autograder.course.reference import checks, course
from tests.grader.in_process import VALUE_TASKS, graded, lost

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SOLUTIONS = Path(__file__).parents[2] / "solutions" / "backprop"
FILES = ("neural_network.py", "activations.py", "exercises.py")
EQUIVALENT = Path(__file__).parent / "equivalent.toml"
TRAINED_TASKS = ("xor", "circle", "sine", "square", "spirals")
LIMIT = 60.0  # seconds for a mutant that never ends: caught, as the grader's own limits would


@dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    was: str
    now: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.was} -> {self.now}"


def mutants() -> Iterator[Mutant]:
    """Every mutant that is another program than the solution, each once."""
    for file in FILES:
        source = (SOLUTIONS / file).read_text(encoding="utf-8")
        before, seen = source.split("\n"), {meaning(source)}
        for name in sorted(operator_names()):
            operator = get_operator(name)
            for arguments in ({},):
                try:
                    mutate = operator(**arguments)
                except TypeError:  # operators that need a configuration: there is nothing to configure here
                    continue
                occurrence = 0
                while (text := mutate_code(source.encode(), mutate, occurrence)) is not None:
                    occurrence += 1
                    if (now := meaning(text)) is None or now in seen:
                        continue
                    seen.add(now)
                    after = text.split("\n")
                    line = next(n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
                    yield Mutant(file, line + 1, before[line].strip(), after[line].strip(), text)


class WithoutTalk(ast.NodeTransformer):
    """Drops what no check asks for: annotations, docstrings, printing, guards that only raise, the `__main__` part."""

    def visit_Raise(self, node):
        return ast.copy_location(ast.Raise(exc=ast.Name("Exception", ast.Load()), cause=None), node)

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        if node.name == "main":
            node.body = [ast.Pass()]
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value, lineno=node.lineno) if node.value else None

    def visit_Expr(self, node):
        talk = isinstance(node.value, ast.Constant) or "print(" in ast.unparse(node)
        return ast.Pass() if talk else self.generic_visit(node)

    def visit_If(self, node):
        self.generic_visit(node)
        guard = all(isinstance(item, ast.Raise | ast.Pass) for item in node.body) and not node.orelse
        return ast.Pass() if guard or any(word in ast.unparse(node.test) for word in ("__main__", "verbose")) else node

    def visit_For(self, node):
        self.generic_visit(node)
        return ast.Pass() if all(isinstance(item, ast.Pass) for item in node.body) else node

    def visit_Assign(self, node):
        return ast.Pass() if ast.unparse(node.targets[0]) in ("Function", "tenth") else self.generic_visit(node)


def meaning(text: str) -> str | None:
    """The program without what does not run; None where it is no Python."""
    try:
        return ast.unparse(WithoutTalk().visit(ast.parse(text)))
    except SyntaxError:
        return None


def package(mutant: Mutant | None) -> types.SimpleNamespace:
    """The solution's modules with one of them mutated, imported anew under the name `mutated`."""
    modules = {}
    for name in ("mutated", *(f"mutated.{p.stem}" for p in SOLUTIONS.glob("*.py") if p.stem != "__init__")):
        sys.modules.pop(name, None)
    root = types.ModuleType("mutated")
    root.__path__ = [str(SOLUTIONS)]
    sys.modules["mutated"] = root
    for file in ("activations.py", "neural_network.py", "datasets.py", "recipe.py", "exercises.py"):
        text = mutant.text if mutant and mutant.file == file else (SOLUTIONS / file).read_text(encoding="utf-8")
        module = types.ModuleType(f"mutated.{file[:-3]}")
        module.__package__, module.__file__ = "mutated", str(SOLUTIONS / file)
        sys.modules[module.__name__] = module
        exec(compile(text, file, "exec"), module.__dict__)
        modules[file[:-3]] = module
    return types.SimpleNamespace(**modules)


def verdict(mutant: Mutant) -> str:
    """ "caught: task" by the first task that loses points, or "survived"."""
    try:
        modules = package(mutant)
        network = modules.neural_network.NeuralNetwork
    except Exception as error:
        return f"caught: import ({type(error).__name__})"
    sys.modules["backprop.exercises"] = modules.exercises  # where the recipes are looked up
    tasks = [*VALUE_TASKS, *TRAINED_TASKS]
    if mutant.file == "exercises.py":
        tasks = ["square", "spirals"]
    for task in tasks:
        if lost(graded(network, [task])):
            return f"caught: {task}"
    return "survived"


def judged(mutant: Mutant) -> str:
    """The verdict from a process of its own, which may hang or crash."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        try:
            silence = os.open(os.devnull, os.O_RDWR)
            os.dup2(silence, 1), os.dup2(silence, 2)
            os.write(write_end, verdict(mutant).encode())
        except BaseException as error:
            os.write(write_end, f"failed: {type(error).__name__}: {error}"[:200].encode())
        finally:
            os._exit(0)
    os.close(write_end)
    ready = select.select([read_end], [], [], LIMIT)[0]
    if not ready:
        os.kill(child, signal.SIGKILL)
    text = os.read(read_end, 4096).decode() if ready else "caught: time"
    os.close(read_end)
    os.waitpid(child, 0)
    return text or "caught: crash"


def equivalent() -> dict[str, str]:
    """Survivors that are no mistakes, each with its reason."""
    return {row["mutant"]: row["reason"] for row in tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]}


def prepare() -> None:
    """Work out the right values and the mistakes' once, before the processes are forked."""
    for check in checks().values():
        if check.compared:
            for variant in course().variants:
                _ = course().expected(check, variant)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--every", type=int, default=1, help="judge only every Nth mutant")
    options.add_argument("--json", type=Path, help="write all verdicts there")
    chosen = options.parse_args()
    began = time.time()
    prepare()
    known, verdicts = equivalent(), {}
    for number, mutant in enumerate(mutants()):
        if number % chosen.every == 0:
            verdicts[mutant] = judged(mutant)
    survivors = [m for m, v in verdicts.items() if not v.startswith("caught")]
    table = Table("file", "generated", "caught", "equivalent", "survived", title="Mutants of the solution")
    for file in FILES:
        own = [m for m in verdicts if m.file == file]
        alive = [m for m in own if m in survivors]
        harmless = [m for m in alive if m.name in known]
        table.add_row(file, *map(str, (len(own), len(own) - len(alive), len(harmless), len(alive) - len(harmless))))
    console = Console(width=160)
    console.print(table)
    console.print(Counter(v.split(" (")[0] for v in verdicts.values()), f"{time.time() - began:.0f} s")
    for mutant in survivors:
        if mutant.name not in known:
            console.print(
                f"{mutant.file}, line {mutant.line}: {mutant.was}  ->  {mutant.now}  [{verdicts[mutant]}]", markup=False
            )
    if chosen.json:
        chosen.json.write_text(json.dumps([[m.name, v] for m, v in verdicts.items()], indent=1))
    return 1 if any(m.name not in known for m in survivors) else 0


if __name__ == "__main__":
    sys.exit(main())
