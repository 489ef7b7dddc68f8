"""From notebooks to the gradebook: `make grade`, `nbgrader export`, `generate_feedback`, `autograde` agree."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text as sql

from autograder.platforms.nbgrader.alembic import prepare_alembic

from .course import CLASS, clone_to, gradebook, hand_in, put, results, run

pytestmark = pytest.mark.whole

NOTEBOOKS = ["complete", "forgotten_mean", "halfway", "stub_untouched", "syntax_error", "transposed_weights"]
FILES = ["missing_sigma_prime", "no_file"]
ANSWER = "I saw that **tanh** needs fewer epochs. <script>alert(1)</script> [link](javascript:alert(3))"
# What takes hours to sanitise, to draw or to colour, or ends in an error, were it drawn as it is.
NASTY = {
    "attributes": ("markdown", "<b" + " a" * 300_000 + ">"),
    "brackets": ("markdown", "[" * 300_000),
    "images": ("markdown", "![" * 300_000),
    "formulas": ("markdown", "\\\\[" * 300_000),
    "quotes": ("markdown", ">" * 300_000),
    "white space": ("code", "x = 1\n" + "  \n" * 300_000),
    "one line": ("code", "import " + "a." * 300_000),
    "tags in code": ("code", "# " + "<b a " * 300_000),
}
SHOUT = "[x](javascript:alert(4)) **b** $y$ <b>t</b> `c` ![i](data:x) [r]\\n\\n[r]: javascript:alert(5)\\n</pre><p>"


def shouting(cells):
    """The solution whose backward says things that Markdown would obey."""
    cell(cells, "backward-code")["source"] = f'def backward(self, Y):\n    raise ValueError("{SHOUT}")\n'


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class of notebooks, files and oddities, graded."""
    folder = clone_to(tmp_path_factory.mktemp("course") / "kit")
    for name in NOTEBOOKS:
        path = hand_in(folder, name)
    for name in FILES:
        shutil.copytree(CLASS / name, folder / "submitted" / name)
    solved = json.loads((folder / "submitted" / "complete" / "ps18" / "ps18.ipynb").read_text())
    answered = json.loads(json.dumps(solved))
    answer = cell(answered, "tanh-question")
    answer["source"] = ANSWER + " ![loss](attachment:loss.png) ![gone](attachment:gone.png)"
    answer["attachments"] = {"loss.png": {"image/png": PICTURE}}
    xor = next(c for c in answered["cells"] if "".join(c["source"]) == 'show("xor")')
    html = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert(2)</script>"}}
    text = {"output_type": "stream", "name": "stdout", "text": "the loss fell"}
    xor["outputs"] = [html, text]
    put(folder, "answered", json.dumps(answered).encode())
    odd = json.loads(json.dumps(solved))
    odd["cells"] = [c for c in odd["cells"] if c is not cell(odd, "momentum")]  # deleted
    odd["cells"].append(json.loads(json.dumps(cell(odd, "xor"))))  # duplicated
    cell(odd, "sine")["source"] = "150.0"  # changed, though locked
    cell(odd, "forward")["metadata"]["nbgrader"]["points"] = 1000
    put(folder, "odd", json.dumps(odd).encode())
    put(folder, "broken", b"{")
    nasty = json.loads(json.dumps(solved))
    nasty["cells"] += [
        {"cell_type": kind, "metadata": {}, "source": text[: len(text) // 2]} for kind, text in NASTY.values()
    ]
    put(folder, "nasty", json.dumps(nasty).encode())
    shout = json.loads(json.dumps(solved))
    shouting(shout)
    put(folder, "shout", json.dumps(shout).encode())
    run(folder, "make", "grade", "JOBS=2")
    assert path.exists()
    return folder


def cell(notebook, gid):
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == gid)


def exported(course):
    run(course, ".venv/bin/nbgrader", "export", "--to", "export.csv")
    with open(course / "export.csv", newline="") as stream:
        return {row["student_id"]: row for row in csv.DictReader(stream)}


def test_the_export_has_the_scores_of_the_results(course):
    graded = results(course)
    expected = {name: result["score"] + result["bonus"] for name, result in graded.items()}
    assert expected["odd"] == expected["answered"] == 150 and expected["forgotten_mean"] == 77
    assert expected["missing_sigma_prime"] == 72 and expected["halfway"] == 30
    assert {name: float(row["raw_score"]) for name, row in exported(course).items()} == expected
    assert {float(row["max_score"]) for row in exported(course).values()} == {150 + 5 * 4}


def test_every_task_has_its_points_and_messages_in_the_gradebook(course):
    result = results(course)["forgotten_mean"]
    with gradebook(course) as opened:
        grades = opened.find_submission("ps18", "forgotten_mean").notebooks[0].grades
        auto = {grade.cell.name: grade.auto_score for grade in grades}
        comment = opened.find_comment("backward-code", "ps18", "ps18", "forgotten_mean").auto_comment
    assert {task["id"]: task["points"] for task in result["tasks"]}.items() <= auto.items()
    assert "the 1/m of BP1 is missing" in comment and "BP1 (8 points)" in comment.split("\n")[0]


def test_only_an_answer_waits_for_a_person(course):
    with gradebook(course) as opened:
        waiting = {
            (submission.student.id, grade.cell.name)
            for submission in opened.assignment_submissions("ps18")
            for grade in submission.notebooks[0].grades
            if grade.needs_manual_grade
        }
    assert waiting == {("answered", "tanh-question")}


def test_a_manual_score_survives_another_run_and_a_changed_answer_waits_again(course):
    with gradebook(course) as opened:
        grade = opened.find_grade("tanh-question", "ps18", "ps18", "answered")
        grade.manual_score, grade.needs_manual_grade = 3, False
        opened.find_comment("tanh-question", "ps18", "ps18", "answered").manual_comment = "well seen"
        opened.db.commit()
    run(course, "make", "grade")
    run(course, ".venv/bin/python", "-m", "autograder", "grade", "--force", "--student", "answered", *GRADEBOOK)
    assert float(exported(course)["answered"]["raw_score"]) == 153
    with gradebook(course) as opened:
        assert not opened.find_grade("tanh-question", "ps18", "ps18", "answered").needs_manual_grade
        assert opened.find_comment("tanh-question", "ps18", "ps18", "answered").comment == "well seen"
    path = course / "submitted" / "answered" / "ps18" / "ps18.ipynb"
    before = path.read_text()
    path.write_text(before.replace("needs fewer epochs", "needs more epochs"))
    run(course, "make", "grade")
    with gradebook(course) as opened:
        grade = opened.find_grade("tanh-question", "ps18", "ps18", "answered")
        assert (grade.manual_score, grade.needs_manual_grade) == (3, True)
    path.write_text(before)
    run(course, "make", "grade")


GRADEBOOK = ("--gradebook", "gradebook.db")


def test_a_changed_submission_changes_its_row_only(course):
    before = exported(course)
    shutil.rmtree(course / "submitted" / "halfway")
    hand_in(course, "halfway", CLASS / "base_only")
    run(course, "make", "grade")
    after = exported(course)
    assert float(after.pop("halfway")["raw_score"]) == 100
    assert after == {name: row for name, row in before.items() if name != "halfway"}


def test_the_feedback_shows_messages_and_pictures_but_no_hidden_data_and_no_script_of_a_students(course):
    run(course, ".venv/bin/nbgrader", "generate_feedback", "ps18", "--force")
    page = (course / "feedback" / "forgotten_mean" / "ps18" / "ps18.html").read_text()
    assert "the 1/m of BP1 is missing" in page and "(hidden data)" in page
    page = (course / "feedback" / "answered" / "ps18" / "ps18.html").read_text()
    assert "the loss fell" in page and "alert(2)" not in page and "<script>alert(1)" not in page
    assert 'href="javascript:' not in page
    assert f'src="data:image/png;base64,{PICTURE}"' in page and "Train XOR with sigmoid and with tanh" in page


def test_what_a_students_code_says_is_shown_as_it_is_and_not_obeyed(course):
    page = BeautifulSoup((course / "feedback" / "shout" / "ps18" / "ps18.html").read_text(), "html.parser")
    comment = next(tag for tag in page.find_all("pre") if "javascript:alert(4)" in tag.text and "style" in tag.attrs)
    for text in ("[x](javascript:alert(4)) **b** $y$ <b>t</b> `c` ![i](data:x)", "</pre><p>"):
        assert text in comment.text
    assert not comment.find_all(True)
    assert not [a for a in page.find_all("a") if a.get("href", "").startswith("javascript:")]


def test_a_notebook_that_would_take_hours_to_draw_is_drawn_in_part(course):
    page = (course / "feedback" / "nasty" / "ps18" / "ps18.html").read_text()
    text = BeautifulSoup(page, "html.parser").text
    assert text.count("the rest is left out here") == len(NASTY) - 1  # of white space nothing is left to cut
    assert "< b a a a" in text and len(page) < 3_000_000


@pytest.mark.parametrize("student", ["forgotten_mean", "odd", "answered"])
def test_nbgrader_autograde_gives_the_same_scores_and_messages(course, student):
    result = results(course)[student]
    run(course, ".venv/bin/nbgrader", "autograde", "ps18", "--student", student, "--force")
    with gradebook(course) as opened:
        submission = opened.find_submission("ps18", student)
        auto = {grade.cell.name: grade.auto_score for grade in submission.notebooks[0].grades}
        waiting = {g.cell.name for g in submission.notebooks[0].grades if g.needs_manual_grade}
        comment = opened.find_comment("backward-code", "ps18", "ps18", student).auto_comment or ""
    assert {task["id"]: task["points"] for task in result["tasks"]}.items() <= auto.items()
    assert waiting == ({"tanh-question"} if student == "answered" else set())
    assert ("the 1/m of BP1 is missing" in comment) == (student == "forgotten_mean")
    text = (course / "autograded" / student / "ps18" / "ps18.ipynb").read_text()
    assert f"{result['tasks'][1]['points']:g} of 35 points" in text


def test_examples_leave_the_gradebook_when_there_is_a_class(tmp_path):
    course = clone_to(tmp_path / "kit")
    keep = {"base_only", "stub_untouched"}
    for path in (course / "tests" / "example_class").iterdir():
        if path.is_dir() and path.name not in keep:
            shutil.rmtree(path)
    run(course, "make", "grade")
    run(course, "make", "feedback")
    run(course, ".venv/bin/python", "-m", "autograder", "export", "--format", "csv")
    assert set(exported(course)) == set(results(course)) == {"base_only", "stub_untouched"}
    hand_in(course, "halfway")
    hand_in(course, "base_only", CLASS / "halfway")  # a student may be called like an example
    run(course, "make", "grade")
    assert set(exported(course)) == set(results(course)) == {"halfway", "base_only"}
    assert results(course)["base_only"]["score"] == 30
    assert not (course / "graded" / "csv.csv").exists()
    for folder in ("graded", "autograded", "feedback"):
        assert not (course / folder / "stub_untouched").exists()
    assert not (course / "feedback" / "base_only").exists()


def test_no_name_computes_anything_in_nbgraders_export(course):
    names = ['=HYPERLINK("x")', "Lee, Ann", "+1+1", "-2;=1"]
    with gradebook(course) as opened:
        for name in names:
            opened.update_or_create_student(name)
        found = exported(course)
        for name in names:
            opened.remove_student(name)
    assert {name.replace("'", "") for name in found} >= set(names)
    assert not [name for name in found if re.search("(^|;)[=+@-]", name)]
    assert found["Lee, Ann"]["score"] == "0.0"


def test_a_gradebook_that_cannot_be_written_is_one_sentence(course, tmp_path):
    (tmp_path / "book.db").write_text("this is no database, but text of some length")
    command = [".venv/bin/python", "-m", "autograder", "grade", "--gradebook", str(tmp_path / "book.db")]
    assert run(course, *command, status=2) == ""


def test_a_new_gradebook_has_the_version_that_alembic_says(tmp_path):
    prepare_alembic()
    with gradebook(tmp_path, "new.db") as opened:
        held = opened.db.execute(sql("SELECT version_num FROM alembic_version")).scalar_one()
    from nbgrader.dbutil import _temp_alembic_ini

    with _temp_alembic_ini("sqlite://") as settings:
        command = [Path(sys.executable).with_name("alembic"), "-c", settings, "heads"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split()[0] == held


def test_nbgrader_is_imported_without_grammars_of_addresses():
    code = "import sys, autograder.platforms.nbgrader, nbgrader.api; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert subprocess.run(
        [sys.executable, "-c", "import sys, nbgrader.api; sys.exit('lark' in sys.modules)"]
    ).returncode
