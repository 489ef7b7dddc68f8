"""The five questions reach students, answers wait for a person, and pictures pasted into them are kept."""

import copy
import json

import pytest
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.platforms.nbgrader.marked import answered, handed_in
from autograder.release.build import SOLUTIONS, SOURCE, TEXT
from autograder.release.leaks import refuse_lost_text
from autograder.release.notebook import instructor_notebook, student_notebook
from autograder.release.strip import ReleaseError
from tests.kit import RELEASE

from .converted import RELEASED
from .test_lifting import by_id

PNG = {"image/png": "iVBORw0KGgo="}
QUESTIONS = [f"{name}-question" for name in ("tanh", "l2", "square", "momentum", "spirals")]


def text_of(cell):
    return "".join(cell["source"])


@pytest.fixture(scope="module")
def instructor():
    return instructor_notebook(SOURCE / TEXT, SOLUTIONS)


@pytest.mark.parametrize("number, gid", list(enumerate(QUESTIONS, 1)))
def test_each_question_stands_in_a_locked_cell_above_its_answer(number, gid):
    question, answer = by_id(RELEASED, f"{gid}-text"), by_id(RELEASED, gid)
    assert text_of(question).startswith(f"**Question {number}.**") and text_of(question).endswith("?")
    about = question["metadata"]["nbgrader"]
    assert (about["locked"], about["grade"], about["solution"]) == (True, False, False)
    assert RELEASED["cells"].index(answer) == RELEASED["cells"].index(question) + 1
    assert text_of(answer) == "YOUR ANSWER HERE"


def lost(instructor, gid, text):
    changed = copy.deepcopy(instructor)
    next(cell for cell in changed.cells if cell.id == gid).source += text
    with pytest.raises(ReleaseError) as raised:
        refuse_lost_text(changed, json.loads(student_notebook(instructor)))
    return str(raised.value)


@pytest.mark.parametrize("gid", ["tanh-question", "spirals-question", "tanh-question-text", "cell-1", "cell-3"])
def test_a_sentence_that_students_would_not_get_is_refused(instructor, gid):
    said = lost(instructor, gid, "\n\nIt is long. How many *epochs*\nare enough?")
    assert "'It is long.'" in said and gid in said


def test_a_question_in_the_cell_of_its_answer_is_refused_as_nbgrader_strips_it(instructor):
    changed = copy.deepcopy(instructor)
    cell = next(cell for cell in changed.cells if cell.id == "l2-question")
    cell.source = "**Question 2.** What does the network do there?\n\nYOUR ANSWER HERE"
    with pytest.raises(ReleaseError, match=r"lacks '\*\*Question 2\.\*\* What does .* of the cell l2-question"):
        refuse_lost_text(changed, json.loads(student_notebook(changed)))


def test_what_is_released_lacks_nothing(instructor):
    refuse_lost_text(instructor, json.loads((RELEASE / "ps18.ipynb").read_text()))


def marked(notebook):
    return handed_in(json.dumps(notebook).encode(), {})


def former():
    """The notebook as it was released before: without the cells of the questions."""
    notebook = copy.deepcopy(RELEASED)
    notebook["cells"] = [c for c in notebook["cells"] if not str(c["id"]).endswith("-question-text")]
    return notebook


def with_answer(notebook, text):
    changed = copy.deepcopy(notebook)
    by_id(changed, "l2-question")["source"] = text
    return changed


QUESTION = text_of(by_id(RELEASED, "l2-question-text"))


@pytest.mark.parametrize("notebook", [RELEASED, former()], ids=["released", "former"])
@pytest.mark.parametrize(
    "text, waits",
    [
        ("It collapses.", True),
        (f"{QUESTION}\n\nIt collapses.", True),
        ("YOUR ANSWER HERE\n\nIt collapses.", True),
        ("", False),
        (f"{QUESTION}\n\n*Your answer here.*", False),
        (f"{QUESTION}\n\nYOUR ANSWER HERE  \n", False),
    ],
)
def test_what_is_answered_waits_for_a_person(notebook, text, waits):
    assert answered(marked(with_answer(notebook, text))) == ({"l2-question"} if waits else set())


@pytest.mark.parametrize("gone", ["tanh-question-text", "forward", "setup", "spirals-question", "l2-code"])
def test_a_cell_that_is_gone_comes_back_to_its_place(gone):
    notebook = copy.deepcopy(RELEASED)
    notebook["cells"].remove(by_id(notebook, gone))
    ids = [c["id"] for c in marked(notebook)["cells"] if "nbgrader" in c["metadata"]]
    assert ids == [c["id"] for c in RELEASED["cells"] if "nbgrader" in c["metadata"]]


def test_an_answer_below_thousands_of_cells_is_kept():
    notebook = with_answer(RELEASED, "It collapses.")
    notebook["cells"][1:1] = [{"cell_type": "markdown", "metadata": {}, "source": f"{n}"} for n in range(5000)]
    assert answered(marked(notebook)) == {"l2-question"} and len(marked(notebook)["cells"]) < 2200


# Pictures


def shown(text, attachments):
    """The answer as nbgrader's feedback shows it."""
    notebook = with_answer(RELEASED, text)
    by_id(notebook, "l2-question")["attachments"] = attachments
    cell = by_id(marked(notebook), "l2-question")
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}))
    return MarkdownWithMath(renderer=renderer).render(cell["source"])


@pytest.mark.parametrize(
    "name, link",
    [
        ("image.png", "![loss](attachment:image.png)"),
        ("a b.png", "![loss](attachment:a%20b.png)"),
        ("a%20b.png", "![loss](attachment:a%20b.png)"),
        ("été.png", "![loss](attachment:été.png)"),
        ("image.png", '![loss](attachment:image.png "the loss")'),
    ],
)
@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/gif", "image/webp"])
def test_a_pasted_picture_is_shown(name, link, kind):
    assert f'src="data:{kind};base64,iVBORw0KGgo="' in shown(f"I saw {link}", {name: {kind: "iVBORw0KGgo="}})


@pytest.mark.parametrize(
    "attachments",
    [
        {"x.png": {"image/svg+xml": "<svg onload='alert(1)'/>"}},
        {"x.png": {"text/html": "<script>alert(1)</script>"}},
        {"x.png": {"image/png": '" onerror="alert(1)'}},
        {"x.png": {"image/png": "A" * (9 << 20)}},
        {"x.png": "text"},
        {"x.png": {"image/png": 3}},
        {"y.png": PNG},
        [PNG],
        None,
    ],
    ids=["svg", "html", "no base64", "large", "text", "number", "another", "list", "none"],
)
@pytest.mark.parametrize(
    "link",
    [
        "![loss](attachment:x.png)",
        "![loss](attachment&#58;x.png)",
        "![loss](attachment\\:x.png)",
        "![loss][1]\n\n[1]: attachment:x.png",
        "![loss](&#97;ttachment:x.png)",
    ],
)
def test_what_is_no_picture_is_left_out_and_stops_nothing(attachments, link):
    html = shown(f"I saw {link}", attachments)
    assert "I saw" in html and "data:" not in html and "alert" not in html
