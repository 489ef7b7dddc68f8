"""`grade` with decisions, `--dry-run` and `--compare`: whose score changes is said first, and nothing old is lost."""

import csv
import shutil
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from autograder import ROOT
from autograder.engine.outcome import Status
from autograder.grading import regrade
from autograder.results.changes import changed
from autograder.results.store import read_result, write_result
from tests.doors.class_of import refused, run
from tests.doors.decided import BP1, SINE, decided, line, overrule, raw, settled

CLASS = ROOT / "tests" / "example_class"
STUDENTS = ("halfway", "no_file", "syntax_error")
SWITCHED = line("switch_off", check=SINE, points="to everyone", reason="The bound was too strict.")
DECIDED = (
    overrule("no_file", task="forward", points=8, reason="Sent by e-mail.")
    + line("excuse", student="syntax_error", reason="Ill.")
    + SWITCHED
)


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regrade")
    for name in STUDENTS:
        shutil.copytree(CLASS / name, folder / "in" / name)
    return folder


@pytest.fixture
def folder(graded_once, tmp_path, capsys):
    """Three students, graded, in a copy that the test may change."""
    if not (graded_once / "out").exists():
        assert run(capsys, "grade", graded_once / "in", "--out", graded_once / "out", "--jobs", 1)[0] == 0
    return shutil.copytree(graded_once, tmp_path / "course")


def grade(capsys, folder, *more):
    status, said, errors = run(capsys, "grade", folder / "in", "--out", folder / "out", "--jobs", 1, *more)
    assert status == 0, errors
    return " ".join(said.split())


def everything(folder):
    """Each file with its content and time."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def totals(out):
    return {name: read_result(out, name).total for name in STUDENTS}


def decide(folder, text=DECIDED):
    (folder / "in" / "adjust.toml").write_text(text, encoding="utf-8")


def test_a_dry_run_says_whose_score_would_change_and_writes_nothing(folder, capsys):
    decide(folder)
    before = everything(folder)
    said = grade(capsys, folder, "--dry-run")
    assert everything(folder) == before
    assert "halfway 30/150 34/150 +4 adjusted: sine/learns, 0 to 4 no_file" in said
    assert "no_file 0/150 8/150 +8 adjusted: forward, 0 to 8 syntax_error" in said
    assert "syntax_error 0/150 - excused: Ill." in said and "The scores of 3 of 3 students change." in said
    assert "Nothing was written" in said


def test_what_is_decided_is_on_the_page_and_in_every_table_without_grading_again(folder, capsys):
    seconds = {name: read_result(folder / "out", name).seconds for name in STUDENTS}
    decide(folder)
    said = grade(capsys, folder)
    assert totals(folder / "out") == {"halfway": 34, "no_file": 8, "syntax_error": 0}
    assert {name: read_result(folder / "out", name).seconds for name in STUDENTS} == seconds  # not graded anew
    with open(folder / "out" / "grades.csv", newline="", encoding="utf-8") as stream:
        rows = {row["student"]: row for row in csv.DictReader(stream)}
    assert [float(rows["halfway"][name]) for name in ("score", "sine", "total", "raw_score")] == [34, 4, 34, 30]
    assert "Sent by e-mail." in rows["no_file"]["decisions"]
    assert (rows["syntax_error"]["status"], rows["syntax_error"]["score"], rows["syntax_error"]["total"]) == (
        "excused",
        "",
        "",
    )
    assert "2 submissions, 1 of them ungradable; median score 21 of 100" in said
    assert "Excused, so in no statistics: syntax_error." in said and "syntax_error excused" in said
    pages = {name: page(folder, name) for name in STUDENTS}
    assert "34 of 100 points" in pages["halfway"] and "The bound was too strict." in pages["halfway"]
    assert "The checks gave 30 points" in pages["halfway"]
    assert "Sent by e-mail." in pages["no_file"] and "Excused, so without a grade: Ill." in pages["syntax_error"]
    assert run(capsys, "export", "--format", "csv", "--out", folder / "out")[0] == 0
    table = (folder / "out" / "csv.csv").read_text().splitlines()
    assert table[1].startswith("halfway,34") and table[3].startswith("syntax_error,,,,excused,")


def page(folder, name):
    html = (folder / "out" / name / "ps18" / "feedback.html").read_text()
    return " ".join(BeautifulSoup(html, "html.parser").main.get_text(" ").split())


def test_grading_again_by_force_keeps_what_was_decided_and_without_the_file_it_is_undone(folder, capsys):
    decide(folder)
    grade(capsys, folder, "--force")
    assert totals(folder / "out") == {"halfway": 34, "no_file": 8, "syntax_error": 0}
    grade(capsys, folder)
    assert totals(folder / "out")["halfway"] == 34
    (folder / "in" / "adjust.toml").rename(folder / "decided.toml")
    grade(capsys, folder)
    assert totals(folder / "out") == {"halfway": 30, "no_file": 0, "syntax_error": 0}
    grade(capsys, folder, "--adjust", folder / "decided.toml")
    assert totals(folder / "out")["halfway"] == 34


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--compare", "out")], ids=["", "dry", "compare"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (overrule("halfwy", task="sine", points=1), "no student halfwy is here (is halfway meant?)"),
        (overrule("halfway", task="sinus", points=1), "no task sinus (is sine meant?)"),
        (overrule("halfway", check="sine/lerns", points=1), "no check sine/lerns (is sine/learns meant?)"),
    ],
    ids=["student", "task", "check"],
)
def test_an_unknown_name_is_refused_and_nothing_is_changed(folder, capsys, more, text, said):
    decide(folder, DECIDED + text)
    before = everything(folder)
    more = [folder / word if word == "out" else word for word in more]
    assert said in refused(capsys, "grade", folder / "in", "--out", folder / "out", *more)
    assert everything(folder) == before


def test_an_adjust_file_or_old_results_that_are_not_there_are_refused(folder, capsys):
    command = ("grade", folder / "in", "--out", folder / "out")
    assert "none.toml is missing" in refused(capsys, *command, "--adjust", folder / "none.toml")
    assert "holds no results to compare with" in refused(capsys, *command, "--compare", folder / "in")


def older(folder):
    """Results of an earlier version of the checks, in which `forward` was not paid: the ones in OUT are these."""
    result = read_result(folder / "out", "halfway")
    tasks = []
    for task in result.tasks:
        lost = task.id == "forward"
        checks = tuple(
            replace(check, points=0.0, status=Status.FAILED) if lost and "output" in check.id else check
            for check in task.checks
        )
        points = round(sum(check.points for check in checks), 2)
        tasks.append(replace(task, checks=checks, points=points, raw_points=points))
    score = round(sum(task.points for task in tasks if not task.bonus), 2)
    halves = f"{'0' * 32}{result.sha256[32:]}"  # of another kit, of the same files
    old = replace(result, tasks=tuple(tasks), score=score, raw_score=score, sha256=halves)
    write_result(folder / "out", old)
    return score


def test_compare_says_which_check_changes_a_score_and_keeps_the_old_results(folder, capsys):
    score = older(folder)
    before = everything(folder / "out")
    (folder / "out" / "mine.txt").write_text("a note of the instructor's")
    said = grade(capsys, folder, "--compare", folder / "out")
    assert f"halfway {score:g}/150 30/150 +7 forward/output 0 to 7" in said and "The scores of 1 of 3 students" in said
    assert said.index("students change") < said.index("Results are in")
    (kept,) = [path for path in folder.iterdir() if path.name.startswith("out-")]
    assert f"The old results are kept in {kept}." in said
    held = everything(kept)
    assert {path: held[path][0] for path in before} == {path: content for path, (content, _) in before.items()}
    assert totals(folder / "out")["halfway"] == 30 and (folder / "out" / "mine.txt").exists()
    assert sorted(path.name for path in folder.iterdir()) == sorted(["in", "out", kept.name])
    said = grade(capsys, folder, "--compare", kept, "--dry-run")
    assert "forward/output 0 to 7" in said


def test_a_crash_at_any_step_between_loses_no_result(folder, capsys, monkeypatch):
    score = older(folder)
    old = {path: content for path, (content, _) in everything(folder / "out").items()}

    def held(of):
        return {path: content for path, (content, _) in everything(of).items()} == old

    def crash(*_, **__):
        raise KeyboardInterrupt

    for module, name in ((regrade, "changes_table"), (regrade, "kept_copy"), (regrade.shutil, "copytree")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, crash)
            assert run(capsys, "grade", folder / "in", "--out", folder / "out", "--compare", folder / "out")[0] == 130
        assert held(folder / "out")
    copied, copy = [], shutil.copy2

    def stop_in_the_middle(source, target, **more):
        if "/out/" in str(target) and copied:
            raise KeyboardInterrupt
        copied.extend([target] if "/out/" in str(target) else [])
        return copy(source, target, **more)

    with monkeypatch.context() as patch:
        patch.setattr(regrade.shutil, "copy2", stop_in_the_middle)
        assert run(capsys, "grade", folder / "in", "--out", folder / "out", "--compare", folder / "out")[0] == 130
    (kept,) = [path for path in folder.iterdir() if path.name.startswith("out-")]
    assert held(kept) and read_result(folder / "out", "halfway").total in (score, 30)
    grade(capsys, folder)
    assert totals(folder / "out")["halfway"] == 30


def test_why_a_score_changes_is_named(tmp_path):
    ann, text = raw(lost=(BP1,)), overrule(check=BP1, points=8, reason="Too strict.")
    assert changed("ann", ann, ann) is None
    assert changed("ann", ann, raw()).why == (f"{BP1} 0 to 8",)
    assert changed("ann", raw(), raw(lost=(f"{BP1}.hidden",))).why == (f"{BP1} 8 to 4.8",)
    assert changed("ann", ann, settled(ann, decided(tmp_path, text))).why == (f"adjusted: {BP1}, 27 to 35",)
    assert changed("ann", settled(ann, decided(tmp_path, text)), ann).why[0].startswith("not adjusted any more")
    assert changed("ann", raw(reason="No file."), ann).why == ("can be graded now",)
    assert changed("ann", ann, raw(reason="No file.")).why == ("could not be graded: No file.",)
    assert changed("ann", None, ann).why == ("graded for the first time",)
    assert changed("ann", ann, raw(sha256="1" * 64)).why[0] == "handed in anew, or at another time"
    off = decided(tmp_path, line("switch_off", check=SINE, points="out of the total"))
    less = changed("bo", raw(lost=(SINE,)), settled(raw(lost=(SINE,)), off))
    assert (less.before, less.after, less.why) == ((146, 150), (146, 146), (f"adjusted: {SINE}",))


def worth(result, name, factor):
    """The same result, were this task worth `factor` times as much."""

    def scaled(part, *fields):
        return replace(part, **{field: round(getattr(part, field) * factor, 2) for field in fields})

    tasks = [
        replace(
            scaled(task, "points", "raw_points", "max_points", "raw_max_points"),
            checks=[scaled(check, "points", "max_points") for check in task.checks],
        )
        if task.id == name
        else task
        for task in result.tasks
    ]
    return replace(result, tasks=tasks, score=round(sum(task.points for task in tasks if not task.bonus), 2))


def test_a_task_that_is_only_worth_more_or_less_is_named_once():
    ann, all_lost = raw(lost=(BP1,)), raw(lost=("backward",))
    assert changed("ann", raw(), worth(raw(), "backward", 2)).why == ("backward 35 to 70, being worth 70, before 35",)
    assert changed("ann", ann, worth(ann, "backward", 0.9)).why == ("backward 27 to 24.3, being worth 31.5, before 35",)
    assert changed("ann", all_lost, worth(raw(lost=("backward",)), "sine", 2)).why == (
        "sine 5 to 10, being worth 10, before 5",
    )
    assert changed("ann", all_lost, worth(all_lost, "backward", 2)) is None
    mended = changed("ann", ann, worth(raw(), "backward", 2)).why  # not only worth more: check by check
    assert f"{BP1} 0 to 16" in mended and len(mended) > 1
