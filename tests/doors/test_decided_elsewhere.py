"""What was decided reaches Canvas, Moodle and Gradescope: the same number, the reason, and excused as each knows it."""

import json
import zipfile
from dataclasses import replace

import jsonschema
import pytest

from autograder import ROOT
from autograder.platforms.gradescope import answer
from autograder.platforms.gradescope.answer import in_gradescope
from autograder.results.store import write_result
from tests.doors.class_of import read_table, refused, run
from tests.doors.decided import BP1, SINE, decided, line, overrule, raw, settled
from tests.doors.test_canvas import ROSTER, canvas_import
from tests.doors.test_gradescope import RESULTS
from tests.doors.test_moodle import ENGLISH, moodle_import, worksheet

TEXT = overrule(task="backward", points=20, reason="=Copied BP4.") + line("excuse", student="bo", reason="Ill.")


def class_with(folder, **names):
    """Results of these students, settled: `ann` overruled, `bo` excused, `cy` as he was."""
    for name, called in names.items():
        result = settled(raw(name), decided(folder, TEXT))
        write_result(folder / "graded", replace(result, student=called))


def test_canvas_gets_the_final_score_and_ex_for_the_excused(tmp_path, capsys):
    class_with(tmp_path, ann="ann", bo="carl", cy="eve")
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8", newline="")
    command = ("export", "--format", "canvas", "--out", tmp_path / "graded", "--roster", tmp_path / "roster.csv")
    said = run(capsys, *command)[1]
    grades = {student: row["4242"] for student, row in canvas_import(tmp_path / "graded" / "canvas.csv").items()}
    assert (grades["101"], grades["103"], grades["105"]) == ("135", "EX", "150")
    assert "Excused in adjust.toml, so EX: carl." in said and "2 of 3 students have their total" in said


def test_moodle_gets_the_final_score_nothing_for_the_excused_and_the_reasons_as_comments(tmp_path, capsys):
    class_with(tmp_path, ann="m7", bo="m17", cy="m27")
    text = worksheet(ENGLISH, most="200.00").replace('"well, ""so""\nso"', "")
    text = text.replace("Submitted for grading,,", "Submitted for grading,12,")
    (tmp_path / "sheet.csv").write_text(text, encoding="utf-8", newline="")
    command = ("export", "--format", "moodle", "--out", tmp_path / "graded", "--roster", tmp_path / "sheet.csv")
    said = run(capsys, *command)[1]
    assert moodle_import(tmp_path / "graded" / "moodle.csv") == {"7": 135.0, "27": 150.0}
    assert "Excused in adjust.toml, so empty: m17." in said
    comments = [row[-1] for row in read_table(tmp_path / "graded" / "moodle.csv")[1:]]
    assert comments[0].endswith("35 points became 20 of 35. =Copied BP4.") and comments[2] == ""
    assert comments[1] == "Excused, so without a grade: Ill."


@pytest.mark.parametrize(
    ("text", "total", "names"),
    [
        (overrule(task="backward", points=20), 135, ["Adjusted"]),
        (overrule(task="tanh", points=3), 135, ["Adjusted"]),
        (line("switch_off", check=BP1, points="to everyone"), 150, ["Adjusted"]),
        (line("switch_off", check=SINE, points="out of the total"), 138, ["Adjusted"]),
        (line("excuse", student="ann"), 142, []),
    ],
)
def test_gradescopes_lines_add_up_to_the_final_score_and_give_the_reason(tmp_path, text, total, names):
    report = in_gradescope(settled(raw(lost=(BP1,)), decided(tmp_path, text)))
    jsonschema.validate(report, RESULTS)
    assert report["score"] == total
    assert sum(test["score"] for test in report["tests"]) == pytest.approx(total)
    assert [test["name"] for test in report["tests"] if "number" not in test] == names
    assert "So it was decided." in report["output"]


def test_the_container_knows_its_student_and_nobody_else(tmp_path, capsys, monkeypatch):
    adjust, kit = tmp_path / "adjust.toml", tmp_path / "kit.zip"
    adjust.write_text(overrule("ann@example.edu", task="forward", points=7) + overrule("s02", task="sine", points=5))
    assert run(capsys, "gradescope", "--to", kit, "--adjust", adjust)[0] == 0
    with zipfile.ZipFile(kit) as archive:
        assert archive.read("adjust.toml") == adjust.read_bytes()
    users = [{"email": "ann@example.edu", "id": 1, "sid": "s01"}]
    (tmp_path / "submission_metadata.json").write_text(json.dumps({"id": 5, "users": users}))
    (tmp_path / "submission").mkdir()
    monkeypatch.setattr(answer, "ADJUST", adjust)
    result = answer.graded(tmp_path)
    assert (result.student, result.total, len(result.adjustments)) == ("s01", 7, 1)
    adjust.write_text(overrule("ann@example.edu", task="forwards", points=7))
    assert "no task forwards" in refused(capsys, "gradescope", "--to", kit, "--adjust", adjust)
    assert not (ROOT / "adjust.toml").exists()
