"""Who resembles whom: copies in disguise are found, what was handed out and what many write is not, nothing is run."""

import re
import time
from functools import cache

import pytest

from autograder.report.class_report import summary
from autograder.report.overview import Overview
from autograder.similarity import page
from autograder.similarity.pairs import fingerprint, fragments_of, similar_pairs
from tests.doors.class_of import grade, result_of, run
from tests.handed_in import put
from tests.kit import RELEASE
from tests.notebooks.converted import as_notebook
from tests.similarity.generated import generated

STUBS = {name: (RELEASE / "backprop" / name).read_bytes() for name in ("neural_network.py", "activations.py")}
CLASS, PAIRS = generated(40, 4, seed=1)
ALONE = sorted(set(CLASS) - {student for pair in PAIRS for student in pair})


@cache
def given():
    return fragments_of(page.given_texts())


def compared(files):
    """The shares of all pairs at the mark, of a class by student."""
    prints = {who: fingerprint("\n".join(text.decode() for text in mine.values())) for who, mine in files.items()}
    return {pair.students: pair.share for pair in similar_pairs(prints, given())}


def hand_in(folder, files):
    for student, mine in files.items():
        put(folder / student / "ps18", mine)
    return folder


def test_copies_in_disguise_are_found_in_a_small_class():
    found = compared(CLASS)
    assert found.keys() >= PAIRS and len(found) <= len(PAIRS) + 1
    assert all(0.5 < found[pair] < 1 for pair in PAIRS)


@pytest.mark.whole
def test_in_a_class_of_300_all_of_10_copies_are_found_and_at_most_5_others_within_two_minutes(tmp_path, capsys):
    files, pairs = generated(300, 10)
    began = time.monotonic()
    status = run(capsys, "similar", hand_in(tmp_path / "class", files), "--out", tmp_path / "out")[0]
    took = time.monotonic() - began
    shown = re.findall(r'<a href="#pair-\d+">(s\d+) and (s\d+)</a>', (tmp_path / "out" / "similar.html").read_text())
    assert status == 0 and pairs <= set(shown) and len(shown) <= len(pairs) + 5
    assert took < 120, took


def test_what_was_handed_out_and_a_short_answer_that_all_may_write_resemble_nothing():
    short = b'raise NotImplementedError("tanh is not written yet")'
    own = [b"return np.tanh(z)", b"return 2 * sigmoid(2 * z) - 1"]
    stubs = {f"a{n}": {**STUBS, "activations.py": STUBS["activations.py"].replace(short, own[n % 2])} for n in range(4)}
    assert compared({**{student: CLASS[student] for student in ALONE[:6]}, **stubs, "z": STUBS, "zz": STUBS}) == {}


def renamed(text):
    return re.sub(rb"\ba_cache\b", b"what_comes_out", text)


def commented(text):
    return re.sub(rb"(?m)^(    +)(?=\w+ = )", rb"\1# note\n\1", text)


def spread(text):
    return text.replace(b" + ", b"  +  ").replace(b"\n\n", b"\n\n\n")


CHANGES = {"nothing": lambda text: text, "a name": renamed, "comments": commented, "blanks": spread}


@pytest.mark.parametrize("change", CHANGES)
def test_names_comments_and_blanks_make_no_difference(change):
    few = {student: CLASS[student] for student in ALONE[:6]}
    changed = {name: CHANGES[change](text) for name, text in few[ALONE[0]].items()}
    assert (changed == few[ALONE[0]]) == (change == "nothing")
    assert compared({**few, "zz": changed}) == {(ALONE[0], "zz"): pytest.approx(1, abs=0.02)}


def test_three_students_who_share_are_three_pairs_and_two_alone_can_be_compared():
    few = {student: CLASS[student] for student in ALONE[:6]}
    assert len(compared({**few, "y": few[ALONE[0]], "z": few[ALONE[0]]})) == 3
    assert compared({"a": few[ALONE[0]], "b": few[ALONE[0]]}) == {("a", "b"): pytest.approx(1)}
    assert compared({"a": few[ALONE[0]], "b": few[ALONE[1]]}) == {} and compared({}) == {}


def test_a_third_of_the_class_with_one_text_is_found_too():
    """What many write counts for less, not for nothing: a solution that went round."""
    one = CLASS[ALONE[0]]
    found = compared({**{student: CLASS[student] for student in ALONE[1:17]}, **{f"z{n}": one for n in range(8)}})
    assert found == {(f"z{i}", f"z{j}"): pytest.approx(1) for i in range(8) for j in range(i + 1, 8)}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A class with a pair of whom one handed in a notebook, and one in which the code is hostile to the page."""
    folder = tmp_path_factory.mktemp("similar")
    files = {student: CLASS[student] for student in ALONE[:8]}
    trap = b'\n\nopen("%s", "w")\nEVIL = "</td></table><script>alert(1)</script>{{ 7 * 7 }}\x1b[2J"\n' % bytes(
        folder / "ran"
    )
    evil = {**CLASS[ALONE[9]], "neural_network.py": CLASS[ALONE[9]]["neural_network.py"] + trap}
    hand_in(folder / "class", {**files, "eve<b>": evil, "eve2": evil, "stub": STUBS, "blank": {"x.txt": b""}})
    put(folder / "class" / "notebook" / "ps18", {"ps18.ipynb": as_notebook(CLASS[ALONE[0]])})
    checks = [{"id": "backward/bp1", "title": "", "visible": True, "status": "failed", "points": 0.0, "max_points": 6.0,
               "message": "", "seconds": 0.0}]  # fmt: skip
    return folder, checks


def test_the_page_shows_pairs_with_their_mistakes_runs_nothing_and_nothing_is_markup(shown, capsys):
    folder, checks = shown
    known = sorted(page.assignment().mistakes)[0]
    task = {
        "id": "backward",
        "title": "",
        "points": 0.0,
        "raw_points": 0.0,
        "max_points": 40.0,
        "raw_max_points": 40.0,
        "bonus": False,
    }
    checks = [{**checks[0], "mistake": known, "mistakes": [known]}]
    grade(
        folder / "out", {student: {"tasks": [{**task, "checks": checks}]} for student in ("eve<b>", "eve2", ALONE[3])}
    )
    status, said, _ = run(capsys, "similar", folder / "class", "--out", folder / "out")
    assert (
        status == 0
        and said.startswith("11 submissions; pairs with 48% or more of what is their own in common: 2.")
        and "it accuses nobody" in said
    )
    assert (
        f"notebook and {ALONE[0]}" in said
        and "Not compared, as there is no code of their own to read: blank, stub." in said
    )
    html = (folder / "out" / "similar.html").read_text(encoding="utf-8")
    assert not (folder / "ran").exists()
    assert "&lt;script&gt;alert(1)" in html and "<script" not in html and "{{ 7 * 7 }}" in html and "\x1b" not in html
    assert "eve&lt;b&gt;" in html and "<b>" not in html and "(identical)" in html
    assert f"{page.assignment().mistakes[known].says} (3 of 11)" in html.replace("&#39;", "'")
    marked = re.findall(r'<tr class="common"><td>\d+</td><td>(.*?)</td>', html)
    assert marked and not [line for line in marked if "TODO" in line or line.strip().startswith(("#", "class Neural"))]


def test_the_mark_can_be_chosen(shown, capsys):
    folder, _ = shown
    said = run(capsys, "similar", folder / "class", "--out", folder / "out2", "--mark", "5")[1]
    assert int(said.split("in common: ")[1].split(".")[0]) > 2


def test_who_makes_reading_slow_is_named_and_the_others_are_compared(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(page, "READ_CPU", 0.5)
    slow = {"neural_network.py": b"class NeuralNetwork:\n    pass\n" + b"\t\n" * 60_000 + b"x = 1\n"}
    hand_in(tmp_path / "class", {"a": CLASS[ALONE[0]], "b": CLASS[ALONE[0]], "slow": slow})
    status, said, _ = run(capsys, "similar", tmp_path / "class", "--out", tmp_path / "out")
    assert status == 0 and "2 submissions; " in said and "common: 1." in said and "read: slow." in said


@pytest.mark.parametrize(
    ("digests", "said"),
    [
        ("xyxzz", ["Identical submissions: a, c; d, e."]),
        ("xxx", ["Identical submissions: a, b, c."]),
        ("xyz", []),
        (["", "", "x"], []),
    ],
)
def test_the_class_report_names_who_handed_in_the_same(digests, said):
    overview = Overview()
    for student, digest in zip("abcde", digests, strict=False):
        overview.add(result_of(student), digest)
    assert [line for line in summary(overview) if "dentical" in line] == said


@pytest.mark.whole
def test_identical_submissions_are_named_when_a_class_is_graded(tmp_path, capsys):
    wrong = {"neural_network.py": b"class NeuralNetwork:\n    pass\n"}
    other = {"neural_network.py": b"class NeuralNetwork:\n    pass\n# mine\n"}
    crlf = {"neural_network.py": b"class NeuralNetwork:\r\n    pass\r\n"}
    students = {"a": wrong, "b": other, "c": crlf, "d": STUBS, "e": STUBS}
    put(hand_in(tmp_path / "class", students) / "c" / "ps18", {"timestamp.txt": b"2026-12-01 23:59:00 UTC"})
    _, said, _ = run(capsys, "grade", tmp_path / "class", "--out", tmp_path / "out", "--jobs", "1")
    assert "Identical submissions: a, c." in said
    assert "Identical submissions: a, c." in (tmp_path / "out" / "report.html").read_text()
