"""The grader's own tests, tested: a sample of its mutants, each of which the tests have to notice.

cosmic-ray's operators change one place of the engine or of this assignment's checks, in a copy of the kit, where TESTS
then have to fail.  `make grader-mutants [SAMPLE=80]` prints which test notices each; survivors that are no faults stand
in grader.toml, each with its reason.
"""

import argparse
import ast
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from autograder import ROOT
from tests.kit import clone_to

from .mutants import Mutant, explained

ENGINE = ("case", "check", "runner", "calls")
FILES = [f"autograder/engine/{name}.py" for name in ENGINE]
FILES += [str(p.relative_to(ROOT)) for p in sorted((ROOT / "autograder/assignment/checks").glob("test_*.py"))]
FILES += [str(p.relative_to(ROOT)) for p in sorted((ROOT / "autograder/assignment/network").glob("*.py"))]
# Those that notice most mutants soonest come first; the committed release, which holds a copy, would notice any.
MISTAKES = ("the_solution_loses_nothing", "a_mistake_costs_points_where_it_belongs_and_is_named")
TESTS = [f"tests/grader/test_mistakes.py::test_{name}" for name in MISTAKES]
TESTS += [f"tests/grader/test_{name}.py" for name in ("fairness", "unearned", "starts", "forms", "feedback", "junk")]
TESTS += ["tests/sweeps/test_sweep.py", "tests/test_example_class.py"]
LIMIT = 120  # seconds of computing for the tests of a mutant: one that never ends is noticed
SURVIVORS = Path(__file__).parent / "grader.toml"


class WithoutTypes(ast.NodeTransformer):
    """Drops what is for readers and for mypy."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Name("object", ast.Load())
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if ast.unparse(node.test) == "TYPE_CHECKING" else node


def meaning(text: str) -> str | None:
    try:
        return ast.unparse(WithoutTypes().visit(ast.parse(text)))
    except SyntaxError:
        return None


def places() -> list[tuple[str, str, int]]:
    """File, operator and number of every change that cosmic-ray can make."""
    found = []
    for file in FILES:
        nodes = list(ast_nodes(get_ast((ROOT / file).read_text(encoding="utf-8"))))
        for name in sorted(operator_names()):
            try:
                operator = get_operator(name)()
            except TypeError:  # one that needs a configuration: there is nothing to configure here
                continue
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
            found += [(file, name, number) for number in range(count)]
    return found


def mutants(seed: int) -> Iterator[Mutant]:
    """Mutants that are another program, each once, in the order of this seed."""
    chosen, seen = places(), set[str | None]()
    random.Random(seed).shuffle(chosen)
    for file, name, number in chosen:
        source = (ROOT / file).read_text(encoding="utf-8")
        text = mutate_code(source.encode(), get_operator(name)(), number)
        now = text and meaning(text)
        if not now or now in seen or now == meaning(source):
            continue
        seen.add(now)
        lines = list(zip(source.split("\n"), text.split("\n"), strict=False))
        line = next(n for n, (before, after) in enumerate(lines) if before != after)
        yield Mutant(file, line + 1, lines[line][0].strip(), lines[line][1].strip(), text)


def noticed(mutant: Mutant, kit: Path) -> str:
    """The test that fails with it in this copy of the kit; nothing where none does."""
    path = kit / mutant.file
    before = path.read_text(encoding="utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    try:
        return failing(kit)
    finally:
        path.write_text(before, encoding="utf-8")


def failing(kit: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-xq", "-n0", "-m", "not whole", "--tb=no", *TESTS]
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, preexec_fn=bounded)
    if done.returncode == 0:
        return ""
    if done.returncode < 0:
        return "time"
    return next((line.split()[1] for line in done.stdout.split("\n") if line[:6] in ("FAILED", "ERROR ")), "import")


def bounded() -> None:
    # Soft only: the grader sets limits of its own for the processes that it starts.
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sample", type=int, default=80)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--minutes", type=float, default=60, help="begin no other mutant after so long")
    chosen = options.parse_args()
    began, known, by, survivors = time.monotonic(), explained(SURVIVORS, "survivor"), Counter[str](), []
    with tempfile.TemporaryDirectory(prefix="grader-mutants-") as folder:
        kit = clone_to(Path(folder) / "kit")
        if test := failing(kit):
            sys.exit(f"{test} fails before anything is changed.")
        for mutant, _ in zip(mutants(chosen.seed), range(chosen.sample), strict=False):
            if time.monotonic() - began > 60 * chosen.minutes:
                break
            test = noticed(mutant, kit)
            by[test.split("::")[0] or "none"] += 1
            survivors += [] if test else [mutant]
            print(f"{test or 'SURVIVES':80} line {mutant.line} of {mutant.name}", flush=True)
    print(f"{by.total()} mutants, {by.total() - by['none']} noticed, {len(survivors)} survive, ", end="")
    print(f"{sum(m.name in known for m in survivors)} of these explained; {time.monotonic() - began:.0f} s")
    print(", ".join(f"{count} by {test}" for test, count in by.most_common()))
    return 1 if any(mutant.name not in known for mutant in survivors) else 0


if __name__ == "__main__":
    sys.exit(main())
