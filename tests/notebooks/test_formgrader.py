"""The real formgrader in a real browser: the class with its scores, a submission, a manual grade, the export."""

import csv
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from playwright.sync_api import TimeoutError, expect, sync_playwright

from .course import ENVIRONMENT, clone_to, hand_in, put, results, run
from .test_gradebook import cell

pytestmark = pytest.mark.whole

START = 60  # seconds for Jupyter to come up on a busy machine


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = clone_to(tmp_path_factory.mktemp("formgrader") / "kit")
    for name in ("forgotten_mean", "halfway"):
        hand_in(folder, name)
    answered = json.loads(hand_in(folder, "complete").read_text())
    cell(answered, "tanh-question")["source"] = "tanh needs a tenth of the epochs."
    put(folder, "complete", json.dumps(answered).encode())
    run(folder, "make", "grade")
    return folder


@pytest.fixture(scope="module")
def address(course, tmp_path_factory):
    """The formgrader as `make formgrader` starts it, on a free port and without a token."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    environment = {**ENVIRONMENT, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    command = ["make", "formgrader", f"PORT={port}", "JUPYTER=--IdentityProvider.token=''"]
    with open(home / "log", "w") as log:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}/formgrader"
    try:
        for _ in range(START * 2):
            try:
                urllib.request.urlopen(f"{url}/api/assignments", timeout=5).read()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((home / "log").read_text()[-2000:])
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser.new_page(viewport={"width": 1200, "height": 900})
        browser.close()


def test_the_class_is_shown_with_its_scores(address, page, course):
    page.goto(f"{address}/manage_submissions/ps18")
    for student, result in results(course).items():
        row = page.locator("tr", has=page.locator(".student-id", has_text=student))
        expect(row.locator(".score")).to_contain_text(f"{result['score'] + result['bonus']:g} / 170")
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/formgrader_class.png")


def test_a_manual_grade_given_there_is_in_the_export(address, page, course):
    page.goto(f"{address}/gradebook/ps18/ps18")
    with urllib.request.urlopen(f"{address}/api/submitted_notebooks/ps18/ps18") as reply:
        number = next(row["id"] for row in json.loads(reply.read()) if row["student"] == "complete")
    page.goto(f"{address}/submissions/{number}", wait_until="networkidle")
    expect(page.locator("body")).to_contain_text("tanh needs a tenth of the epochs.")
    expect(page.locator("body")).to_contain_text("35 of 35 points")
    question = page.locator(".nbgrader_cell", has_text="tanh needs a tenth of the epochs.")
    score = question.locator("input.score")
    for attempt in range(5):  # on a busy machine the page may not listen yet
        try:
            with page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT", timeout=15_000):
                score.fill("")
                score.fill("4")
                score.press("Tab")
            break
        except TimeoutError:
            assert attempt < 4, "the formgrader does not save the score"
            page.reload(wait_until="networkidle")
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/formgrader_submission.png")
    run(course, ".venv/bin/nbgrader", "export", "--to", "export.csv")
    with open(course / "export.csv", newline="") as stream:
        assert {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(stream)}["complete"] == 154
