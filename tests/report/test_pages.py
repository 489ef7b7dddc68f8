"""The feedback of each student and the report of the class: complete, safe, accessible, small."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from time import process_time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import autograder.__main__
from autograder.assignment.mistakes import MISTAKES
from autograder.course.example import Compared, Example
from autograder.intake.excerpts import Excerpts
from autograder.intake.submissions import read_submission, released_stubs
from autograder.report.class_report import summary, write_report
from autograder.report.drawing import LEFT, SIDE, TOP
from autograder.report.feedback import page as feedback_page
from autograder.report.overview import Overview
from autograder.report.prose import prose
from autograder.results.diagnosis import MOST
from autograder.results.model import Diagnosis, Excerpt
from autograder.results.store import read_result
from tests.layers import sampled
from tests.notebooks.course import CLASS, ROOT

MAX_BYTES = 150_000
STUDENTS = ["complete", "forgotten_mean", "halfway", "syntax_error"]
INJECTION = "<script>alert('planted')</script><img src=x onerror=alert(1)>"
HOSTILE = "<i>hostile"  # a folder may be called like that
NETWORK = f"""
class NeuralNetwork:
    def __init__(self, *sizes):
        raise ValueError({INJECTION!r})
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Some of the example class and a submission that injects markup, graded by the command line."""
    folder = tmp_path_factory.mktemp("class")
    for name in STUDENTS:
        shutil.copytree(CLASS / name, folder / "in" / name)
    path = folder / "in" / HOSTILE / "ps18" / "neural_network.py"
    path.parent.mkdir(parents=True)
    path.write_text(NETWORK)
    (path.parent / f"{INJECTION.replace('/', '')}.txt").write_text("")
    command = [sys.executable, "-m", "autograder", "grade", str(folder / "in"), "--out", str(folder / "out")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return folder / "out"


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def page_of(out, student):
    return (out / student / "ps18" / "feedback.html").read_text(encoding="utf-8")


def said(name):
    """The sentence on a mistake, as the text of a page."""
    return " ".join(prose(MISTAKES[name].says, formulas=True).striptags().split())


def result_of(out, student):
    return json.loads((out / student / "ps18" / "results.json").read_text())


@pytest.mark.parametrize("student", [*STUDENTS, HOSTILE])
def test_a_page_holds_all_it_needs_and_runs_nothing(out, student):
    text = page_of(out, student)
    elements = Elements(text)
    assert {"script", "iframe", "link", "img", "object", "form", "base"}.isdisjoint(tag for tag, _ in elements.found)
    assert not [a for _, a in elements.found if {"src", "onerror", "onload", "onclick"} & set(a)]
    assert not re.search(r"url\(|@import|https?://", text)
    assert len(text.encode()) < MAX_BYTES


def test_what_a_student_wrote_is_shown_and_not_obeyed(out):
    elements = Elements(page_of(out, HOSTILE))
    assert "alert('planted')" in elements.text and HOSTILE in elements.text
    report = Elements((out / "report.html").read_text())
    assert HOSTILE in report.text and "i" not in [tag for tag, _ in report.found]


def test_points_states_and_the_named_mistake_are_there(out):
    text = " ".join(Elements(page_of(out, "forgotten_mean")).text.split())
    assert "77 of 100 points" in text and said("mean_left_out") in text and "costs 8 points" in text
    assert "Forward pass: 20 of 20 points, passed" in text and "not written yet" in text
    assert "could not be graded" in Elements(page_of(out, "syntax_error")).text
    assert "'[' was never closed" in Elements(page_of(out, "syntax_error")).text


def test_the_card_of_a_mistake_has_its_equation_the_marked_line_and_an_example(out):
    found, text = Elements(page_of(out, "forgotten_mean")).found, page_of(out, "forgotten_mean")
    assert [tag for tag, _ in found].count("math") == 1 and ("mrow", {"class": "marked"}) in found
    [line] = re.findall(r'<span class="line here">(.*)', text)
    assert "- Y" in Elements(line).text and "/ m" not in Elements(line).text
    assert ("mark", {}) in found and "net.backward(Y)" in Elements(text).text


def test_each_part_of_the_bar_leads_to_its_task(out):
    found = Elements(page_of(out, "forgotten_mean")).found
    parts = [a for tag, a in found if tag == "a" and a["href"].startswith("#task-")]
    said = [a["aria-label"] for a in parts]
    assert "Backward pass, BP1 to BP4: 27 earned" in said and "Backward pass, BP1 to BP4: 8 lost" in said
    ids = {a["id"] for _, a in found if "id" in a}
    assert {a["href"].removeprefix("#") for a in parts} <= ids
    assert any(label.endswith("10 not tried") for label in said)


def test_tasks_with_losses_are_open_and_passed_ones_are_folded(out):
    tasks = {a["id"]: a for tag, a in Elements(page_of(out, "forgotten_mean")).found if tag == "details" and "id" in a}
    assert "open" in tasks["task-backward"] and "open" in tasks["task-circle"] and "open" not in tasks["task-forward"]
    assert not any("open" in a for tag, a in Elements(page_of(out, "complete")).found if tag == "details")


def test_every_picture_says_what_it_shows(out):
    pictures = [a for tag, a in Elements(page_of(out, "complete")).found if tag == "svg"]
    assert len(pictures) == 6 and all(a["role"] == "img" and len(a["aria-label"]) > 20 for a in pictures)
    for student in ("complete", "forgotten_mean", "halfway"):
        found = Elements(page_of(out, student)).found
        assert [t for t, _ in found].count("figcaption") == [t for t, _ in found].count("svg")
    labels = [a["aria-label"] for tag, a in Elements(page_of(out, "forgotten_mean")).found if tag == "svg"]
    assert labels[0] == "Network [1, 1]: the first wrong value is δ of layer 1"
    assert any(re.match(r"The circle: your loss (falls from|does not fall)", label) for label in labels)


def test_pictures_show_this_students_network(out):
    drawn = result_of(out, "complete")["pictures"]
    region = drawn["circle/learns"]["region"]
    assert region[20][20] > "4" > region[0][0]  # the middle of the circle, and a corner
    x, y = drawn["circle/learns"]["centre"]
    place = f'cx="{LEFT + SIDE * (1 + x) / 2:.0f}" cy="{TOP + SIDE * (1 - y) / 2:.0f}" r="{SIDE / 4:g}"'
    assert f"<circle {place}" in page_of(out, "complete")
    losses = [loss for _, loss in drawn["xor/learns"]["losses"]]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.01
    forgotten = result_of(out, "forgotten_mean")["pictures"]["circle/learns"]["region"]
    assert set("".join(forgotten)) == {"0"}  # it calls every point outside


def test_no_hidden_number_is_on_a_page(out):
    for check in (c for t in result_of(out, "forgotten_mean")["tasks"] for c in t["checks"]):
        assert check["visible"] or not re.search(r"\d\.\d{3}", check["message"].replace(check["title"], ""))


def test_a_result_without_pictures_has_a_page(out):
    result = replace(read_result(out, "complete"), pictures={})
    assert "<svg" not in feedback_page(result) and "100 of 100" in feedback_page(result)


CONTROL = "\x1b[2J\u202e\x07\x00"


def hostile_diagnoses(count):
    """Mistakes of a student who fills all that is his to fill with what could harm a page."""
    text = INJECTION + CONTROL + "`<i>`"
    line = (text + "&" * 160)[:160]
    lines = Excerpt(text, 1, (line,) * 80, (1, 2)), Excerpt("a.py", 1, (line,) * 80, (3,))
    value = Compared("dW[0]", (("0.1", "0.2"), ("0.3", "0.4")), text * 100)
    example = Example("net = 1\n" * 12, (value,) * 3)
    return tuple(
        Diagnosis("BP1", "mean", None, text * 10, 300 - n, (f"backward/{n}",), lines, example) for n in range(count)
    )


@pytest.mark.parametrize("count", [1, 3, 12, 300])
def test_many_mistakes_full_of_markup_make_a_safe_and_small_page(out, count):
    result = read_result(out, "forgotten_mean")
    task = next(task for task in result.tasks if task.id == "backward")
    checks = tuple(replace(task.checks[0], id=f"backward/{n}", message=INJECTION + CONTROL) for n in range(count))
    tasks = tuple(replace(one, checks=checks) if one is task else one for one in result.tasks)
    hostile = replace(result, student=HOSTILE, tasks=tasks, diagnosis=hostile_diagnoses(count), pictures={})
    text = feedback_page(hostile)
    elements = Elements(text)
    assert {"script", "img", "i"}.isdisjoint(tag for tag, _ in elements.found)
    assert not [a for _, a in elements.found if {"src", "onerror", "onload"} & set(a)]
    assert not set(CONTROL.replace("[2J", "")) & set(text) and "alert('planted')" in elements.text
    assert len(text.encode()) < MAX_BYTES
    assert sum(tag == "article" for tag, _ in elements.found) == min(count, MOST)


SOURCES = {
    "latin-1": "# -*- coding: latin-1 -*-\n# Gr\xf6\xdfe\n".encode("latin-1"),
    "a long line": b"LONG = '" + b"<b>" * 3500 + b"'\n",
    "control characters": b"# \x1b[31m \x07 \xe2\x80\xae\n",
    "markup": INJECTION.join(["# ", "\n"]).encode(),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_of_any_kind_is_shown_as_text(kind, tmp_path, out):
    """The student's own line, in any encoding, next to what could be taken for markup."""
    method = b"class NeuralNetwork:\n    def backward(self, Y):\n        " + SOURCES[kind].strip().replace(
        b"\n", b"\n        "
    )
    head = b"# -*- coding: latin-1 -*-\n" if kind == "latin-1" else b""
    path = tmp_path / "neural_network.py"
    path.write_bytes(head + method + b"\n        return 1 / 0\n")
    submission = read_submission(path, "s", released_stubs())
    [(function, _)] = Excerpts(submission).of("backward")
    result = read_result(out, "forgotten_mean")
    found = replace(result.diagnosis[0], lines=(Excerpt(*function),))
    text = feedback_page(replace(result, diagnosis=(found,), pictures={}))
    elements = Elements(text)
    assert "return 1 / 0" in elements.text and {"script", "img", "b"}.isdisjoint(tag for tag, _ in elements.found)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text) and len(text.encode()) < MAX_BYTES
    assert kind != "latin-1" or "Gr\xf6\xdfe" in elements.text


def test_a_page_takes_little_time(out):
    result = read_result(out, "forgotten_mean")
    feedback_page(result)  # imports, templates
    began = process_time()
    feedback_page(result)
    assert process_time() - began < 0.15


def test_the_report_counts(out):
    text = " ".join(Elements((out / "report.html").read_text()).text.split())
    assert "5 submissions, 1 of them ungradable" in text
    assert said("mean_left_out") in text and said("momentum_missing") not in text
    lines = summary(Overview(read_result(out, student) for student in STUDENTS))
    assert len(lines) == 5 and "mean left out (1)" in lines[1] and "syntax_error" in lines[3]


def test_the_report_leaves_out_what_says_nothing(out):
    [only, seconds] = summary(Overview([read_result(out, "complete")]))
    assert only == "1 submission; score 100 of 100." and "sandbox: " in seconds
    complete = read_result(out, "complete")
    lines = summary(Overview(replace(complete, student=f"s{n}") for n in range(3)))
    assert lines[0] == "3 submissions; median score 100 of 100, 3 with all points." and len(lines) == 2
    lines = summary(Overview([complete, read_result(out, "halfway")]))
    assert any(line.startswith("Hardest task: ") and "100%" not in line for line in lines)
    assert not any("Ungradable" in line or "not understood" in line for line in lines)


def test_each_check_has_one_row_and_each_mistake_the_students_who_made_it(out):
    text = (out / "report.html").read_text()
    titles = [check["title"] for task in result_of(out, "complete")["tasks"] for check in task["checks"]]
    table = text[text.index("Pass rates of all checks") :]
    assert table[: table.index("</table>")].count("<tr") == 1 + len(set(titles)) < len(titles)
    common = text[text.index('class="common card"') :]
    common = common[: common.index("Made by:") + 300]
    assert 'href="forgotten_mean/ps18/feedback.html"' in common and "<math" in common and "<svg" in common
    assert text.index("<h2>Ungradable") < text.index("<h2>Scores")


@pytest.mark.parametrize("students", sampled((1_000, 10_000), (1_000,)))
def test_the_report_stays_usable_with_thousands_of_students(out, tmp_path, students):
    result = replace(read_result(out, "forgotten_mean"), pictures={})
    results = (replace(result, student=f"s{n:05}", score=n % 101) for n in range(students))
    write_report(tmp_path, Overview(results))
    with browser() as chromium:
        page = chromium.new_page()
        page.goto((tmp_path / "report.html").as_uri())
        assert page.locator("#table tbody tr").count() == 200
        assert page.locator("#shown").inner_text() == f"200 of {students} shown"
        page.get_by_role("button", name="Score").click()
        assert page.locator("#table tbody tr").first.locator("td").nth(1).inner_text() == "0"
        page.locator("#filter").fill("s00042")
        assert page.locator("#table tbody tr").count() == 1
        assert page.get_by_role("link", name="s00042").get_attribute("href") == "s00042/ps18/feedback.html"


class browser:
    def __enter__(self):
        self.session = sync_playwright().start()
        self.chromium = self.session.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        return self.chromium

    def __exit__(self, *_):
        self.chromium.close()
        self.session.stop()


@pytest.mark.whole
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(out, scheme):
    with browser() as chromium:
        page = chromium.new_page(color_scheme=scheme)
        for path in [*(out / s / "ps18" / "feedback.html" for s in [*STUDENTS, HOSTILE]), out / "report.html"]:
            page.goto(path.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            violations = Axe().run(page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []


@pytest.mark.whole
def test_the_pages_fit_a_phone_and_paper(out):
    paths = [*(out / s / "ps18" / "feedback.html" for s in [*STUDENTS, HOSTILE]), out / "report.html"]
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        for path in paths:
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == 390, path
        page.goto(paths[0].as_uri())
        folded = page.get_by_text("A second pass replaces what the first one left")
        assert not folded.is_visible()
        page.emulate_media(media="print")
        assert folded.is_visible()


def test_a_page_that_can_not_be_written_ends_neither_the_class_nor_the_result(tmp_path, monkeypatch, capsys):
    def page_or_not(result):
        if result.student == "syntax_error":
            raise ArithmeticError("planted")
        return feedback_page(result)

    for name in ("syntax_error", "halfway"):
        shutil.copytree(CLASS / name, tmp_path / "in" / name)
    monkeypatch.setattr(autograder.report.feedback, "page", page_or_not)
    monkeypatch.setattr(sys, "argv", ["autograder", "grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert autograder.__main__.main() == 1
    said = capsys.readouterr().err
    assert "syntax_error: no feedback.html was written, ArithmeticError: planted" in said and "Traceback" not in said
    assert (tmp_path / "out/halfway/ps18/feedback.html").exists()
    assert json.loads((tmp_path / "out/syntax_error/ps18/results.json").read_text())["student"] == "syntax_error"
