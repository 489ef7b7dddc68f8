"""The feedback of each student and the report of the class: complete, safe, accessible, small."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import autograder.__main__
from autograder.assignment.mistakes import MISTAKES
from autograder.report.class_report import summary, write_report
from autograder.report.feedback import page as feedback_page
from autograder.report.overview import Overview
from autograder.results.store import read_result
from tests.notebooks.course import CLASS, ROOT

MAX_BYTES = 300_000
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
    assert "77 of 100 points" in text and MISTAKES["mean_left_out"].says in text
    assert "Forward pass: 20 of 20 points, passed" in text and "not written yet" in text
    assert "could not be graded" in Elements(page_of(out, "syntax_error")).text
    assert "'[' was never closed" in Elements(page_of(out, "syntax_error")).text


def test_every_picture_says_what_it_shows(out):
    pictures = [a for tag, a in Elements(page_of(out, "complete")).found if tag == "svg"]
    assert len(pictures) == 6 and all(a["role"] == "img" and len(a["aria-label"]) > 20 for a in pictures)
    labels = [a["aria-label"] for tag, a in Elements(page_of(out, "forgotten_mean")).found if tag == "svg"]
    assert any("is wrong in the check of BP1" in label for label in labels)
    assert [tag for tag, _ in Elements(page_of(out, "halfway")).found if tag == "svg"] == []


def test_pictures_show_this_students_network(out):
    drawn = result_of(out, "complete")["pictures"]
    region = drawn["circle/learns"]["region"]
    assert region[20][20] > "4" > region[0][0]  # the middle of the circle, and a corner
    x, y = drawn["circle/learns"]["centre"]
    assert f'<circle cx="{100 * (1 + x):.0f}" cy="{100 * (1 - y):.0f}" r="50"' in page_of(out, "complete")
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


def test_the_report_counts(out):
    text = " ".join(Elements((out / "report.html").read_text()).text.split())
    assert "5 submissions, 1 of them ungradable" in text
    assert MISTAKES["mean_left_out"].says in text and MISTAKES["momentum_missing"].says not in text
    lines = summary(Overview(read_result(out, student) for student in STUDENTS))
    assert len(lines) == 5 and "mean left out (1)" in lines[1] and "syntax_error" in lines[3]


def test_the_report_stays_usable_with_ten_thousand_students(out, tmp_path):
    result = replace(read_result(out, "forgotten_mean"), pictures={})
    results = (replace(result, student=f"s{n:05}", score=n % 101) for n in range(10_000))
    write_report(tmp_path, Overview(results))
    with browser() as chromium:
        page = chromium.new_page()
        page.goto((tmp_path / "report.html").as_uri())
        assert page.locator("#table tbody tr").count() == 200
        assert page.locator("#shown").inner_text() == "200 of 10000 shown"
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
            violations = Axe().run(page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []


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
