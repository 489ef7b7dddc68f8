"""What changes a stub without being work: it hides neither a finished notebook nor a solved copy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from autograder import ROOT
from autograder.intake.naming import FILES, NOTEBOOK
from autograder.intake.stubs import MAX_PARSED, is_stub, statements
from autograder.intake.submissions import read_submission, released_stubs

from .handed_in import little_memory, put, says
from .test_changed_names import solved_notebook

STUBS = released_stubs()
SOLVED = {name: (ROOT / "solutions" / "backprop" / name).read_bytes() for name in FILES}


def formatted(source: bytes, *options: str) -> bytes:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", *options, "-"]
    return subprocess.run(command, input=source, capture_output=True, check=True).stdout


TOUCHED: dict[str, Callable[[bytes], bytes]] = {
    "a formatter, short lines": lambda s: formatted(s, "--line-length", "60"),
    "a formatter, other quotes": lambda s: formatted(s, "--config", "format.quote-style='single'"),
    "a formatter, tabs": lambda s: formatted(s, "--config", "format.indent-style='tab'"),
    "comments": lambda s: b"# Zoe\n" + s.replace(b"\n    raise", b"\n    # my idea: ...\n    raise") + b"# the end\n",
    "comments removed": lambda s: re.sub(rb"(?m)^ *#.*\n", b"", s),
    "blank lines": lambda s: s.replace(b"\n", b"\n\n"),
    "white space": lambda s: s.replace(b"\n", b"   \n").replace(b" = ", b"  =  "),
    "another docstring": lambda s: re.sub(rb'\A""".*?"""', b'"""Mine."""', s, flags=re.S),
    "docstrings removed": lambda s: re.sub(rb'""".*?"""', b'"""x"""', s, flags=re.S),
    "imports": lambda s: s.replace(b"\n\n\n", b"\n\nimport math\nfrom os import (\n    path,\n)\n\n\n", 1),
    "parentheses": lambda s: re.sub(rb"raise (NotImplementedError\(.*?\))", rb"raise (\1)", s),
    "a program": lambda s: s + b'\n\nif __name__ == "__main__":\n    print("it runs")\n',
    "a mark and CRLF": lambda s: b"\xef\xbb\xbf" + s.replace(b"\n", b"\r\n"),
    "a stray byte": lambda s: s + b"# caf\xe9\n",
}


@pytest.mark.parametrize("touch", TOUCHED)
@pytest.mark.parametrize("name", FILES)
def test_a_touched_stub_is_no_work(tmp_path, name, touch):
    touched = TOUCHED[touch](STUBS[name])
    if name != "exercises.py" or touch != "a program":  # exercises.py has one already
        assert touched != STUBS[name]
    submission = read_submission(put(tmp_path / "a", {name: touched}), "s01", STUBS)
    assert (submission.files, submission.reason) == ({}, None) and says(submission.notes[-1], "Still as released", name)
    beside = read_submission(put(tmp_path / "b", {name: touched, NOTEBOOK: solved_notebook()}), "s01", STUBS)
    assert (beside.source, beside.taken) == ("notebook", (NOTEBOOK,))
    below = read_submission(put(tmp_path / "c", {name: touched, f"ps18/{name}": SOLVED[name]}), "s01", STUBS)
    assert below.taken == (f"ps18/{name}",)


WORKED = {
    "a line in a method": lambda s: s.replace(b"raise NotImpl", b"m = X.shape[1]\n        raise NotImpl", 1),
    "another message": lambda s: s.replace(b"is not written yet", b"comes later", 1),
    "a helper": lambda s: s + b"\n\ndef mean(x):\n    return x.sum() / len(x)\n",
    "a constant": lambda s: s + b"\nEPSILON = 1e-9\n",
    "a call": lambda s: s + b'\nsetattr(NeuralNetwork, "forward", lambda self, X: X)\n',
    "what does not parse": lambda s: s + b"\nx = = 1\n",
    "an import in a method": lambda s: s.replace(b"raise NotImpl", b"import torch\n        raise NotImpl", 1),
    "a stub taken out": lambda s: s[: s.index(b"    def update")],
}


@pytest.mark.parametrize("change", WORKED)
def test_what_changes_code_is_work(tmp_path, change):
    source = WORKED[change](STUBS["neural_network.py"])
    assert source != STUBS["neural_network.py"]
    submission = read_submission(put(tmp_path, {"neural_network.py": source}), "s01", STUBS)
    assert submission.files == {"neural_network.py": source}


# Notebooks


def edited(edit: Callable[[list], object], source: bytes = STUBS[NOTEBOOK]) -> bytes:
    notebook = json.loads(source)
    edit(notebook["cells"])
    return json.dumps(notebook, indent=2).encode()


def cell(source: str, kind: str = "code") -> dict:
    return {"cell_type": kind, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def as_saved(cells: list) -> None:
    """Other ids, no metadata, outputs, execution counts, lists of lines."""
    for number, one in enumerate(cells):
        one |= {"id": f"x{number}", "metadata": {}}
        one["source"] = "".join(one["source"]).splitlines(keepends=True)
        if one["cell_type"] == "code":
            one |= {"execution_count": number, "outputs": [{"output_type": "stream", "name": "stdout", "text": "hi"}]}


def with_code(change: Callable[[str], str]) -> Callable[[list], None]:
    def edit(cells: list) -> None:
        for one in cells:
            if one["cell_type"] == "code" and "NotImplementedError" in "".join(one["source"]):
                one["source"] = change("".join(one["source"]))

    return edit


def split(cells: list) -> None:
    """Every cell with a stub in two: what stands before its first `def`, and the rest."""
    for number, one in reversed(list(enumerate(cells))):
        head, define, tail = "".join(one["source"]).partition("def ")
        if "NotImplementedError" in tail:
            cells[number : number + 1] = [{**one, "source": f"import math\n{head}"}, cell(define + tail)]


SAVED = {
    "as Jupyter saves it": as_saved,
    "a formatter": with_code(lambda s: formatted(s.encode(), "--line-length", "50").decode()),
    "comments": with_code(lambda s: f"# my idea\n{s}\n\n# the end"),
    "docstrings": with_code(lambda s: re.sub(r'""".*?"""', "'''Mine.'''", s, flags=re.S)),
    "imports and magics": with_code(lambda s: f"%matplotlib inline\nimport math\n{s}"),
    "cells split": split,
    "cells deleted": lambda cells: cells.__delitem__(slice(8, None)),
    "cells twice": lambda cells: cells.extend(cells[:]),
    "other cells": lambda cells: cells.extend([cell("x = 5\nprint(x)"), cell("net = NeuralNetwork([2, 1])")]),
    "what was tried": lambda cells: cells.append(cell("NeuralNetwork([2, 1]).forward(np.ones((2, 1)))")),
    "cells that cannot run": lambda cells: cells.extend([cell("!pip install numpy"), cell("why does this not work")]),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_touched_notebook_is_no_work_and_hides_none(tmp_path, how):
    touched = edited(SAVED[how])
    assert is_stub(NOTEBOOK, touched, STUBS[NOTEBOOK])
    alone = read_submission(put(tmp_path / "a", {NOTEBOOK: touched}), "s01", STUBS)
    assert (alone.files, alone.reason, alone.notebook) == ({}, None, touched)  # there may be answers in it
    for other in (f"ps18/{NOTEBOOK}", "ps18-Copy1.ipynb"):
        files = {NOTEBOOK: touched, other: solved_notebook()}
        submission = read_submission(put(tmp_path / other, files), "s01", STUBS)
        assert (submission.source, submission.taken) == ("notebook", (other,))


@pytest.mark.parametrize(
    "edit",
    [
        with_code(lambda s: s.replace("raise", "x = 1\n    raise", 1)),
        lambda cells: cells.append(cell("def forward(self, X):\n    return X")),
        lambda cells: cells.append(cell("class NeuralNetwork:\n    pass")),
        lambda cells: cells.append(cell("NeuralNetwork.forward = lambda self, X: X")),
        lambda cells: cells.append(cell("if True:\n    def backward(self, Y):\n        return [], []")),
        lambda cells: cells.append(cell("def forward(self, X):\nreturn X")),
        lambda cells: cells.append(cell("tanh = np.tanh")),
    ],
)
def test_what_changes_a_notebooks_code_is_work(edit):
    assert not is_stub(NOTEBOOK, edited(edit), STUBS[NOTEBOOK])


# Text made to cost the grader dear

DEEP = MAX_PARSED - 3000
HOSTILE = {
    "minus": "-" * DEEP + "1",
    "not": "not " * (DEEP // 4) + "1",
    "power": "1**" * (DEEP // 3) + "1",
    "attributes": "a" + ".a" * (DEEP // 2),
    "calls": "a" + "()" * (DEEP // 2),
    "lambdas": "lambda:" * (DEEP // 7) + "1",
    "conditions": "1 if a else " * (DEEP // 12) + "1",
    "brackets": "(" * 200 + ")" * 200,
    "open brackets": "(" * DEEP,
    "open dictionaries": "{1:" * 38,
    "brackets in many lines": "[" * 39 + "]" * 39 + "\nx=" + ("[" * 38 + "]" * 38 + "\n") * 300,
    "a huge number": "9" * DEEP,
    "f-strings": 'f"{' * 30,
    "elif": "1\nif a:\n pass\n" + "elif a:\n pass\n" * (DEEP // 15),
    "indentation": "1\n" + "".join(" " * n + "if a:\n" for n in range(150)),
    "too long": "1\n" + "x = 1\n" * 100_000,
    "a warning": "'\\d' is 1",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_compared_in_bounded_time_and_memory(name, recwarn):
    stub = b'raise NotImplementedError("x")\n'
    source = stub + f"x = {HOSTILE[name]}\n".encode()
    began = time.process_time()
    assert not is_stub("neural_network.py", source, stub)
    notebook = edited(lambda cells: cells.append(cell(f"def forward(self, X):\n    return 1\nx = {HOSTILE[name]}")))
    assert not is_stub(NOTEBOOK, notebook, STUBS[NOTEBOOK])
    assert time.process_time() - began < 3 and not recwarn.list


@pytest.mark.parametrize("text", ["x," * (DEEP // 2), "x = " + "{}," * (DEEP // 3), "a\n" * (DEEP // 2)])
def test_parsing_takes_little_memory(text):
    with little_memory(64 << 20):
        assert statements(text)


def test_many_cells_are_parsed_as_one():
    copies = [cell(f"def forward(self, X):\n    return {n}\n" + "#" * 1000) for n in range(1000)]
    began = time.process_time()
    assert not is_stub(NOTEBOOK, edited(lambda cells: cells.extend(copies)), STUBS[NOTEBOOK])
    assert time.process_time() - began < 2
