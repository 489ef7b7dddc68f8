"""What `check.py` shows in a terminal: tasks in short, one mistake in full, what has changed, and `--watch`."""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.engine.history import FILE, told
from autograder.engine.outcome import CheckResult, Status
from autograder.engine.showing import Screen
from autograder.engine.watching import OUTSIDE, bodies, saved
from tests.kit import RELEASE
from tests.student import check, paste, points

PYTHON = Path(sys.executable)
WRONG = ("(self.a_cache[-1] - Y) / m", "(self.a_cache[-1] - Y)")
TRAININGS = {"xor", "circle", "sine", "square", "spirals"}


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(RELEASE, tmp_path / "ps18")


def solve(folder, *functions):
    for function, file in (
        ("forward", "neural_network.py"),
        ("backward", "neural_network.py"),
        ("update", "neural_network.py"),
    ):
        if function in functions:
            paste(folder, function, file)


def spoil(folder, right=WRONG[0], wrong=WRONG[1]):
    path = folder / "backprop" / "neural_network.py"
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong))


def lines(text):
    """The mark of each task, by name."""
    return dict(
        reversed(found)
        for found in re.findall(r"^\[ *(\w+) *\] .*\((\w+)\) +\S+ +[\d.]+ of [\d.]+ points$", text, re.M)
    )


def test_each_task_has_a_line_then_one_mistake_is_told_in_full_then_what_is_next(folder):
    solve(folder, "forward", "backward", "update")
    spoil(folder)
    said = check(PYTHON, folder).stdout
    marks = lines(said)
    assert len(marks) == 12 and marks["forward"] == "ok" and marks["backward"] == "FAIL" and marks["square"] == "todo"
    assert said.index("(spirals)") < said.index("Mend first: Backward pass") < said.index("Next: mend that")
    assert "the 1/m of BP1 is missing" in " ".join(said.split()) and said.count("should be") == 1
    everything = check(PYTHON, folder, "--all").stdout
    assert lines(everything) == marks and len(re.findall(r"^  \[ *\w+ *\]", everything, re.M)) > 30
    assert not re.search(r"^  \[ *\w+ *\]", said, re.M)


def test_colours_only_where_a_terminal_has_them(folder):
    def shown(**variables):
        """What it writes to a terminal of its own."""
        master, slave = pty.openpty()
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "NO_COLOR")} | variables
        command = [PYTHON, "check.py", "--task", "forward"]
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=slave) as running:
            os.close(slave)
            text = b""
            try:
                while part := os.read(master, 1 << 16):
                    text += part
            except OSError:  # Linux says so where the other end is closed
                pass
        os.close(master)
        assert running.returncode == 1 and b"Forward pass" in text
        return text

    assert b"\033[" in shown(TERM="xterm")
    assert b"\033[" not in shown(TERM="xterm", NO_COLOR="1")
    assert b"\033[" not in shown(TERM="dumb")
    assert "\033[" not in check(PYTHON, folder, TERM="xterm").stdout  # a pipe
    assert "░" in check(PYTHON, folder, PYTHONIOENCODING="utf-8").stdout
    ascii_only = check(PYTHON, folder, PYTHONIOENCODING="ascii").stdout
    assert ".........." in ascii_only and "?" not in ascii_only.split("Points so far")[0]


def test_it_says_what_has_changed_since_the_last_run(folder):
    solve(folder, "forward", "backward")
    assert "Since the last run" not in check(PYTHON, folder, "--task", "backward").stdout
    assert "Since the last run" not in check(PYTHON, folder, "--task", "backward").stdout  # nothing has
    spoil(folder)
    worse = check(PYTHON, folder, "--task", "backward").stdout
    assert "Since the last run: -4.8 points." in worse and "-4.8  does not pass any more: BP1" in worse
    spoil(folder, *reversed(WRONG))
    better = check(PYTHON, folder, "--task", "backward").stdout
    assert "Since the last run: +4.8 points." in better and "+4.8  passes now: BP1" in better


def test_nothing_is_wider_than_a_terminal_of_80_columns(folder):
    solve(folder, "forward", "backward", "update")
    spoil(folder)
    check(PYTHON, folder, "--task", "backward")
    spoil(folder, *reversed(WRONG))
    said = check(PYTHON, folder, COLUMNS="80").stdout
    assert max(map(len, said.split("\n"))) <= 80 and "passes now: BP1" in said and "you could hand in now" in said


@pytest.mark.parametrize(
    "text, shown",
    [
        ("  +4.8  passes now: BP1: the error of it.", "  +4.8  passes now: BP1: ..."),
        ("  +4  passes now: the error.", "  +4  passes now: the error."),
        ("  +4  passes now: the gradient", "  +4  passes now: the gradient"),
        ("  +4  passes now: the gradients", "  +4  passes now: the ..."),
    ],
)
def test_a_change_is_one_line_cut_where_the_screen_ends(monkeypatch, text, shown):
    monkeypatch.setenv("COLUMNS", "30")
    stream = io.StringIO()
    Screen(stream).line(text)
    assert stream.getvalue() == shown + "\n"


def result(name, points, passed=True):
    status = Status.PASSED if passed else Status.FAILED
    return CheckResult(name, f"Title of {name}.", status, points, 5.0, "", None, (), True, 0.0)


def test_losses_come_before_gains_and_the_largest_first(tmp_path):
    assert told(tmp_path, [result(name, 1.0, False) for name in "abcdefg"]) == []
    now = [result("a", 0.5, False), result("b", 5.0), result("c", 2.0, False), *[result(name, 3.0) for name in "defg"]]
    said = told(tmp_path, now)
    assert said[:3] == [
        "Since the last run: +12.5 points.",
        "  -0.5  earns less than before: Title of a.",
        "  +4  passes now: Title of b.",
    ]
    assert said[-1] == "  ... and 3 more."


@pytest.mark.parametrize(
    "held", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": ["x", true]}', b'{"a": [1e400, true]}', b"\xff", b"[" * 100_000]
)
def test_a_history_that_cannot_be_read_is_none(tmp_path, held):
    (tmp_path / FILE).write_bytes(held)
    assert told(tmp_path, [result("a", 1.0)]) == []
    assert told(tmp_path, [result("a", 2.0)])[0] == "Since the last run: +1 points."


def test_a_history_that_cannot_be_written_is_none(tmp_path):
    assert told(tmp_path / "missing", [result("a", 1.0)]) == []


def test_what_a_change_is_in():
    before = b"""import numpy

class A:
    x = 1
    def f(self):
        return 1
    def g(self):
        return 2

def h():
    pass
"""

    def changed(*pair):
        old, new = bodies(before), bodies(before.replace(*pair))
        return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}

    assert changed(b"return 1", b"return 3") == {"f"}
    assert changed(b"return 1", b"return 1  # why") == set()
    assert changed(b"def g(self)", b"def g(self, b)") == {"g"}
    assert changed(b"def g", b"def k") == {"g", "k"}
    assert changed(b"    pass", b"    return") == {"h"}
    assert changed(b"x = 1", b"x = 2") == changed(b"import numpy", b"import math") == {OUTSIDE}
    assert changed(b"class A", b"class B") == {OUTSIDE}
    assert OUTSIDE in changed(b"return 1", b"return = 1")


@pytest.mark.parametrize(
    ("first", "then", "changed"),
    [
        ("def f(): pass", "def f(): return 1", {"f"}),
        ("def f(): pass", "def f(): pass\ndef g(): pass", {"g"}),
        ("def f(): pass", "import sys\ndef f(): pass", None),
        ("def f(): pass", "def f(:", None),
    ],
)
def test_what_is_saved_during_the_first_look_is_not_missed(tmp_path, first, then, changed):
    path, other = tmp_path / "a.py", tmp_path / "b.py"
    path.write_text(first)
    other.write_text(first)
    changes = saved([path, other])
    path.write_text(then)
    assert next(changes) == (["a.py"], changed)


class Watched:
    """`check.py --watch`, and what it says."""

    def __init__(self, folder, *arguments):
        command = [PYTHON, "-u", "check.py", "--watch", *arguments]
        self.running = subprocess.Popen(
            command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def round(self, once=""):
        """All up to the next time that it waits; this is a part of it."""
        said = []
        for line in self.running.stdout:
            said.append(line)
            if line.startswith("Save one "):
                assert once in "".join(said)
                return "".join(said)
        raise AssertionError("".join(said))

    def end(self):
        self.running.send_signal(2)
        return self.running.communicate(timeout=30)[0]


def test_while_it_watches_what_depends_on_a_change_is_checked_again(folder):
    watched = Watched(folder)
    try:
        assert lines(watched.round())["forward"] == "todo"
        solve(folder, "forward", "backward", "update")
        said = watched.round()
        assert "neural_network.py saved at" in said and ": backward, forward, update" in said
        assert lines(said)["xor"] == "ok" and points(said)[0] == 60
        spoil(folder)  # what trainings achieve waits until the method is right
        said = watched.round(once="looked at once this is mended")
        assert lines(said)["backward"] == "FAIL" and "passes now" not in said and "does not pass any more: BP1" in said
        assert not TRAININGS & lines(said).keys()
        spoil(folder, *reversed(WRONG))
        assert lines(watched.round())["xor"] == "ok"
        paste(folder, "tanh", "activations.py")
        assert lines(watched.round())["xor"] == "ok"
        source = folder / "backprop" / "neural_network.py"
        text = source.read_text()
        source.write_text(text + "\nx = = 1\n")
        assert "SyntaxError" in watched.round()
        source.write_text(text)
        assert lines(watched.round())["xor"] == "ok"
    finally:
        said = watched.end()
    assert said.endswith("Ended.\n") and "Traceback" not in said


COUNTING = """def train(self, *given, **named):
        open("trained", "a").write(".")
        return self._train(*given, **named)

    def _train("""


def test_only_the_recipe_that_has_changed_is_trained_again(folder):
    solve(folder, "forward", "backward", "update")
    for function in ("tanh", "tanh_derivative"):
        paste(folder, function, "activations.py")
    spoil(folder, "def train(", COUNTING)
    trained = folder / "trained"
    watched = Watched(folder)
    try:
        watched.round()
        at_first = len(trained.read_text())
        trained.write_text("")
        paste(folder, "square_recipe", "exercises.py")
        said = watched.round()
        assert ": square_recipe" in said and {lines(said)[task] for task in ("xor", "square")} == {"ok"}
        # Five of XOR, two of the circle and one of the sine, at least, are not made once more.
        assert len(trained.read_text()) < at_first - 3
    finally:
        watched.end()
