"""Large notebooks: outputs and attachments do not count; many cells are graded, or refused in a sentence."""

import json

import pytest

from autograder.intake.entries import MAX_NOTEBOOK, Refused
from autograder.intake.slim import SMALL, slim
from tests.layers import in_part, sampled

from .converted import code_cell
from .test_lifting import by_id, graded, lifted, solutions, solved_base

PLOT = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo" + "A" * (3 << 19)}}
LINES = {"output_type": "stream", "name": "stdout", "text": ['epoch: "loss" \\ {0.5} [\n'] * 300_000}
NESTED = {"output_type": "display_data", "metadata": {}, "data": {"application/x+json": [[{"outputs": [1]}]] * 200_000}}
PHOTO = {"photo.png": {"image/png": "A" * (9 << 20)}}


def put_plots(notebook):
    for _ in range(20):
        notebook["cells"].insert(3, {**code_cell("plt.plot()"), "outputs": [PLOT]})


def put_lines(notebook):
    by_id(notebook, "forward")["outputs"] = [LINES]


def put_nested(notebook):
    by_id(notebook, "forward")["outputs"] = [NESTED]


def put_photo(notebook):
    by_id(notebook, "tanh-question")["attachments"] = PHOTO


def put_widgets(notebook):
    notebook["metadata"]["widgets"] = {"state": {"outputs": ["x" * (9 << 20)]}}


@pytest.mark.parametrize(
    "put", sampled([put_plots, put_lines, put_nested, put_photo, put_widgets], [put_plots, put_photo])
)
def test_what_is_not_graded_does_not_count_as_size(put):
    notebook = solved_base()
    before = solutions(notebook)
    put(notebook)
    text = json.dumps(notebook, indent=1).encode()
    assert len(text) > SMALL
    slimmed = slim(text)
    assert len(slimmed) < SMALL and solutions(json.loads(slimmed)) == before
    assert [c["source"] for c in json.loads(slimmed)["cells"]] == [c["source"] for c in notebook["cells"]]


@pytest.mark.whole
def test_thirty_megabytes_of_plots_are_graded_and_a_pasted_picture_is_kept(tmp_path):
    notebook = solved_base()
    put_plots(notebook)
    by_id(notebook, "tanh-question")["attachments"] = {"a.png": {"image/png": "A" * (4 << 20)}}
    text = json.dumps(notebook).encode()
    assert len(text) > 30 << 20
    assert graded(text, tmp_path)["score"] == 100
    kept = json.loads(slim(text))
    assert by_id(kept, "tanh-question")["attachments"] == by_id(notebook, "tanh-question")["attachments"]


def test_code_that_is_too_long_is_refused_in_a_sentence(tmp_path):
    notebook = solved_base()
    notebook["cells"].append(code_cell("# " + "x" * MAX_NOTEBOOK))
    result = graded(notebook, tmp_path)
    assert result["status"] == "ungradable" and "8 MiB without its outputs" in result["reason"]


@pytest.mark.parametrize(
    "text", [b'"outputs": [' * 10, b'{"cells": [{"outputs": [1, 2', b'"\\', b"]]}}", b'{"a": "outputs"']
)
def test_a_small_notebook_is_left_as_it_is_whatever_it_holds(text):
    assert slim(text) == text


TOO_MUCH = {
    "deep": b"[" * (8 << 20),
    "lists": b"[]," * (3 << 20),
    "outputs": b'{"nbformat": 4, "cells": [{"outputs": [' + b"[]," * (8 << 20),
    "escapes": b'"' + b'\\"' * (16 << 20),
    "strings": b'"a",' * (4 << 20),
}


@pytest.mark.parametrize("kind", sampled(TOO_MUCH, ["deep", "lists", "strings"]))
def test_what_would_take_too_much_memory_is_refused(kind):
    with pytest.raises(Refused, match="too many values"):
        slim(TOO_MUCH[kind])


@pytest.mark.parametrize("cut", in_part(zip(range(1, 30, 4)), 4))
def test_a_large_notebook_that_is_cut_off_is_no_notebook(cut):
    notebook = solved_base()
    put_lines(notebook)
    text = json.dumps(notebook).encode()
    with pytest.raises(Refused, match=r"not JSON|no cells"):
        slimmed = slim(text[: len(text) * cut // 30])
        lifted_bytes(slimmed)


def lifted_bytes(text):
    from autograder.intake.cells import lift

    from .test_lifting import STUB

    return lift(text, STUB)


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_two_thousand_cells_are_graded(tmp_path, kind):
    notebook = solved_base()
    extra = [{**code_cell(f"x{number} = {number}"), "cell_type": kind} for number in range(1900)]
    notebook["cells"][1:1] = extra
    result = graded(notebook, tmp_path)
    assert (result["status"], result["score"]) == ("graded", 100)


def test_more_are_refused_in_a_sentence(tmp_path):
    notebook = solved_base()
    notebook["cells"] += [code_cell(f"x{number} = {number}") for number in range(2500)]
    result = graded(notebook, tmp_path)
    assert result["status"] == "ungradable" and "2000 are the most" in result["reason"]


def test_a_notebook_of_many_statements_is_bundled():
    notebook = solved_base()
    notebook["cells"] += [code_cell(f"x{number} = {number}") for number in range(1500)]
    assert set(lifted(notebook)) == {"notebook.py", "lifting.py", "notebook.json"}
