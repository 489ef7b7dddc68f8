"""Runs in the sandbox, as the module `backprop.notebook`: makes a network of a notebook's cells.

The cells lie beside this file, named by `notebook.json`, in the order in which they are to be run.  Only
imports, definitions and constants are run; plots, demonstrations and magics are not.
"""

import ast
import json
import os
from typing import Any

import numpy
from backprop import activations, exercises, neural_network

FOLDER = os.path.dirname(os.path.abspath(__file__))
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def parsed(source: str, path: str) -> ast.Module:
    """The cell's syntax tree, magics and shell lines put aside; SyntaxError where it has none."""
    try:
        return ast.parse(source, path)
    except SyntaxError as error:
        from IPython.core.inputtransformer2 import TransformerManager

        first, _, rest = source.lstrip().partition("\n")
        if first.startswith("%%"):  # %%time and %%capture run what follows; other languages define nothing here
            return parsed(rest, path)
        try:
            return ast.parse(TransformerManager().transform_cell(source), path)
        except SyntaxError:
            raise error from None  # its line is that of the student's own text


def is_literal(value: ast.AST | None) -> bool:
    try:
        ast.literal_eval(value)  # type: ignore[arg-type]
        return True
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False


def run(name: str, own: bool, space: dict) -> None:
    """Run one cell's definitions; of the student's own solution cells, its other assignments too, if they work."""
    path = os.path.join(FOLDER, name)
    with open(path, encoding="utf-8") as stream:
        source = stream.read()
    try:
        tree = parsed(source, path)
    except SyntaxError:
        if own:
            raise
        return
    for statement in tree.body:
        constant = isinstance(statement, ASSIGNMENTS) and is_literal(statement.value)
        if not (isinstance(statement, DEFINITIONS) or constant or (own and isinstance(statement, ASSIGNMENTS))):
            continue
        code = compile(ast.Module([statement], []), path, "exec")
        if own and isinstance(statement, DEFINITIONS):
            exec(code, space)
            continue
        try:  # a plot's import, or a helper that needs a plot's results, is no loss to the network
            exec(code, space)
        except Exception:
            pass


def assemble() -> type:
    """The student's NeuralNetwork, with the solved methods put in."""
    with open(os.path.join(FOLDER, "notebook.json"), encoding="utf-8") as stream:
        plan = json.load(stream)
    # What the notebook's first cell imports.
    space: dict[str, Any] = {"__name__": "backprop.notebook", "np": numpy}
    space.update(exercises=exercises, Recipe=exercises.Recipe)
    for module in (activations, neural_network):
        space.update({name: value for name, value in vars(module).items() if not name.startswith("_")})
    for name in plan["others"]:
        run(name, False, space)
    for name in plan["solutions"]:
        run(name, True, space)
    network = space["NeuralNetwork"]
    for name in plan["functions"]:  # the locked cells of the notebook
        if name in space:
            if name in ("tanh", "tanh_derivative"):
                pair = activations.ACTIVATIONS["tanh"]
                activations.ACTIVATIONS["tanh"] = space.get("tanh", pair[0]), space.get("tanh_derivative", pair[1])
            else:
                setattr(exercises if name.endswith("_recipe") else network, name, space[name])
    return network


NeuralNetwork = assemble()
