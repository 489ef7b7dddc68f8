"""A file submission as the notebook that the same student would have handed in."""

import ast
import copy
import json
import textwrap
from collections.abc import Mapping

from autograder.assignment.solution import SUBJECT
from tests.kit import RELEASE

RELEASED = json.loads((RELEASE / "ps18.ipynb").read_text(encoding="utf-8"))
FILE_OF = {"tanh-code": "activations.py", "square-code": "exercises.py", "spirals-code": "exercises.py"}


def code_cell(source: str, **metadata) -> dict:
    return {
        "cell_type": "code",
        "id": "own",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def notebook_of(files: Mapping[str, bytes]) -> dict:
    """The released notebook with the methods of `files` in its solution cells, and whatever else they define.

    A class that the files build in another way than the released one, or that cannot be parsed, is one cell.
    """
    notebook = copy.deepcopy(RELEASED)
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}
    setup = notebook["cells"].index(cells["setup"])
    text = files["neural_network.py"].decode() if "neural_network.py" in files else ""
    released = methods_of((RELEASE / "backprop" / "neural_network.py").read_text(encoding="utf-8"))
    try:
        own = methods_of(text)
        same = {name for name in released if own.get(name) == released[name]}
        whole = bool(text) and not {"__init__", "train", "compute_loss"} <= same
    except SyntaxError:
        own, whole = {}, True
    if whole:
        notebook["cells"].insert(setup + 1, code_cell(drop_relative_imports(text)))
    for gid, functions in SUBJECT.defined.items():
        name = FILE_OF.get(gid, "neural_network.py")
        if name not in files or (whole and name == "neural_network.py"):
            continue
        found = own if name == "neural_network.py" else functions_of(files[name].decode())
        sources = [found[function] for function in functions if function in found]
        if sources:
            cells[gid]["source"] = "\n\n".join(sources)
    if text and not whole:
        rest = [ast.unparse(node) for node in ast.parse(text).body if not isinstance(node, ast.ClassDef)]
        cells["forward-code"]["source"] = (
            drop_relative_imports("\n".join(rest)) + "\n" + cells["forward-code"]["source"]
        )
    return notebook


def as_notebook(files: Mapping[str, bytes]) -> bytes:
    return json.dumps(notebook_of(files), indent=1).encode()


def drop_relative_imports(text: str) -> str:
    """Without the imports of the other files: the notebook's first cell has them."""
    own = ("from .", "from activations", "from backprop")
    return "\n".join(line for line in text.split("\n") if not line.startswith(own))


def methods_of(text: str) -> dict[str, str]:
    """The source of each method of NeuralNetwork, from the margin on."""
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == "NeuralNetwork"]
    return {node.name: segment(text, node) for node in (classes[0].body if classes else []) if hasattr(node, "name")}


def functions_of(text: str) -> dict[str, str]:
    return {node.name: segment(text, node) for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def segment(text: str, node: ast.AST) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return textwrap.dedent("\n".join(text.split("\n")[first - 1 : node.end_lineno]))
