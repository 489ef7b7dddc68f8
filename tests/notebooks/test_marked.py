"""What the marked notebook shows of a student's: bounded, and nothing in it that a browser or Markdown obeys."""

import json
import time

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.platforms.nbgrader.marked import CUT, ROOM, answered, handed_in, literal, plain
from tests.kit import RELEASE

HALF_A_MEGABYTE = 500_000
LONG = ["<b a a ", "[", "![", "[](", "\\\\[", "*a**", ">", "| a ", "# a\n", "- a\n", "`", "$", "word ", "\n", "a\n\n"]
LONG_CODE = ["a.", "  \n", "\n", "\t", "f'{", "# <b a\n", "'''a\n", "@a.\n", "%%a\n", "(", "x = 1\n"]


def rendered(markdown):
    """As nbgrader's feedback and formgrader do it."""
    return BeautifulSoup(MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(markdown), "html.parser")


def marked(*cells):
    """The student's own cells, as they are kept."""
    cells = [{"metadata": {}, "outputs": [], **cell} for cell in cells]
    kept = handed_in(json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode(), {})["cells"]
    return [cell for cell in kept if cell["id"].startswith("own-")]


@pytest.mark.parametrize("text", LONG)
def test_no_markdown_is_longer_than_can_be_drawn_in_a_moment(text):
    whole = text * (HALF_A_MEGABYTE // len(text))
    [one] = marked({"cell_type": "markdown", "source": whole})
    assert len(one["source"]) <= 2 * ROOM["markdown"][0] and one["source"].endswith(CUT)
    parts = [whole[start : start + 5_000] for start in range(0, len(whole), 5_000)]
    many = marked(*({"cell_type": "markdown", "source": part} for part in parts))
    assert len(many) == len(parts)
    assert sum(len(cell["source"].removesuffix(f"\n{CUT}")) for cell in many) <= 2 * ROOM["markdown"][1]


@pytest.mark.parametrize("text", LONG_CODE)
def test_no_code_is_longer_than_can_be_coloured_in_a_moment(text):
    [one] = marked({"cell_type": "code", "source": "x = 1\n" + text * (HALF_A_MEGABYTE // len(text))})
    assert len(one["source"]) <= ROOM["code"][0] + len(CUT) + 1
    assert max(map(len, one["source"].split("\n"))) <= 600 and "\n\n\n\n" not in one["source"]
    files = handed_in(None, {"neural_network.py": (text * (HALF_A_MEGABYTE // len(text))).encode()})["cells"]
    assert max(len(cell["source"]) for cell in files) <= ROOM["code"][0] + len(CUT) + 1


def test_outputs_have_an_end_and_pictures_are_pictures():
    stream = {"output_type": "stream", "name": "stdout", "text": "a" * 70_000}
    pictures = [{"image/png": text} for text in ("aGk=", "aGk=\n", '"><script>', "a" * (3 << 20))]
    shown = [{"output_type": "display_data", "data": data} for data in pictures]
    [cell] = marked({"cell_type": "code", "source": "1", "outputs": [*shown, *[stream] * 300]})
    assert [o["data"]["image/png"] for o in cell["outputs"] if "data" in o] == ["aGk=", "aGk=\n"]
    assert len(cell["outputs"]) <= 100
    assert sum(len(o["text"].removesuffix(f"\n{CUT}")) for o in cell["outputs"] if "text" in o) <= ROOM["output"][1]


def test_a_tag_with_many_attributes_takes_no_longer_than_an_ordinary_notebook():
    ordinary = (RELEASE / "ps18.ipynb").read_bytes()
    began = time.process_time()
    handed_in(ordinary, {})
    usual = time.process_time() - began
    [cell] = marked({"cell_type": "markdown", "source": "<b" + " a" * 300_000})
    rendered(cell["source"])
    assert time.process_time() - began < 100 * usual + 5  # it was hours


HOSTILE = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<ScRiPt>x", "<!--x--><b>", "<?php ?>", "</div><p>"),
    *("```mermaid\n<img src=x onerror=alert(1)>\n```", "`<b>`", "    <b>\n", "$<b>$", "<javascript:alert(1)>"),
    *(
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:x)",
        "[a]( data:text/html,x)",
        "[a](vbscript:x)",
        "[a](\njavascript:x)",
    ),
    *("[a](&#106;avascript:x)", "[a](<javascript:x>)", "![a](data:image/svg+xml,x)", "[a][b]\n\n[b]: javascript:x"),
    *(
        "[a][b]\n\n[b]:\njavascript:x",
        "[a](file:///etc/passwd)",
        "[javascript:x](javascript:x)",
        "[a](\x01javascript:x)",
    ),
    *('[a](https://x.y "x\\" onmouseover=\\"y")', "[a][b]\n\n[b]: https://x.y\n[b]: javascript:x"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_of_a_students_does_nothing(text):
    page = rendered(plain(text))
    assert not page.find_all(["script", "img", "iframe", "b", "p-"]) and "onerror" not in str(page.attrs)
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")]
        assert tag.get("href", "https:").startswith("https:")


@pytest.mark.parametrize("name", ["a.png", "b.png", "a.png.b", "a%2epng", "a&#46;png", "", "a.pngx", "a\\.png"])
def test_only_a_picture_that_is_there_is_drawn(name):
    renderer = IPythonRenderer(escape=False, attachments={"a.png": {"image/png": "aGk="}})
    page = MarkdownWithMath(renderer=renderer).render(plain(f"![p](attachment:{name})", ("a.png",)))
    assert ("<img" in page) == (name == "a.png")


@pytest.mark.parametrize("mark", ["```", "~~~", "> ```", "- ```", "1. ~~~~", "```` "])
@pytest.mark.parametrize("language", ["mermaid", "perl", " rb", "python", "html x=1"])
def test_only_python_is_coloured_in_an_answer(mark, language):
    page = rendered(plain(f"{mark}{language}\nif a: b\n"))
    assert bool(page.find_all("span")) == (language == "python") and "if a: b" in page.text
    assert not page.find_all(class_="mermaid")


def test_an_answer_keeps_its_form():
    page = rendered(plain("**bold** $W_{l} < 0$ `a < b` [page](https://x.y) w[i] (x) & co"))
    assert page.strong.text == "bold" and page.code.text == "a < b" and page.a["href"] == "https://x.y"
    assert "$W_{l} < 0$" in page.text and "& co" in page.text


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        *("**b** _i_ `c`", "# h", "- a\n- b", "1. a", "| a |\n|-|\n", "> q", "a\n\n\nb", "    code", "***", "a  \nb"),
        *("</pre>", "</PRE ><p>", "<pre>", "$$x$$", "$$\n\nx", "\\begin{a}x\\end{a}", "\\\\[x\\\\]", "&lt;b&gt; &amp;"),
        *("https://x.y", "a@b.c", "~~s~~", "[^1]", "[x]: y", "```\nx", "x\\", "<!--", "ünïcode"),
    ],
)
def test_a_comment_says_literally_what_a_students_code_says(text):
    page = rendered(literal(f"x{text}x"))
    assert page.pre.text.replace("\ufffd", "\x01") == f"x{text}x"
    assert {tag.name for tag in page.find_all(True)} == {"pre"}


def test_a_question_with_a_tag_in_it_is_not_answered_by_being_made_harmless():
    assert answered(handed_in((RELEASE / "ps18.ipynb").read_bytes(), {})) == set()
