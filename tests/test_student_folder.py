"""The student folder, copied elsewhere, with only what its own requirements name: from the stub to full marks."""

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.assignment.mistakes import MISTAKES
from autograder.course.rubric import rubric
from autograder.intake.submissions import read_submission, released_stubs
from tests.kit import RELEASE
from tests.layers import is_whole, sampled
from tests.student import bodies, check, paste, points

# In the order in which check.py leads through them: function, file.
STEPS = [
    ("forward", "neural_network.py"),
    ("backward", "neural_network.py"),
    ("update", "neural_network.py"),
    ("tanh", "activations.py"),
    ("tanh_derivative", "activations.py"),
    ("_l2_penalty", "neural_network.py"),
    ("square_recipe", "exercises.py"),
    ("spirals_recipe", "exercises.py"),
]


@pytest.fixture(scope="module")
def python(request, tmp_path_factory):
    """An environment with the student's requirements and nothing else; in `make test` the kit's own."""
    if not is_whole(request.config):
        return Path(sys.executable)
    folder = tmp_path_factory.mktemp("student") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    command = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q", "-r"]
    subprocess.run([*command, RELEASE / "requirements.txt"], check=True)
    return folder / "bin" / "python"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(RELEASE, tmp_path / "elsewhere" / "ps18")


def test_every_region_is_pasted_in_the_journey():
    assert set(bodies()) == {function for function, _ in STEPS}


def test_check_leads_from_nothing_to_full_marks(request, python, folder):
    """Step by step; in `make test` the exercises, but for the last, in one."""
    done = check(python, folder)
    assert done.returncode == 1 and points(done.stdout) == (0, 60, 0, 30)
    assert "Next: Forward pass" in done.stdout and "forward is not written yet" in done.stdout
    before, after_step = (0.0, 0.0), {}
    for function, file in STEPS:
        paste(folder, function, file)
        if not is_whole(request.config) and function not in ("forward", "backward", "update", STEPS[-1][0]):
            continue
        done = check(python, folder)
        now = points(done.stdout)
        assert now[0] >= before[0] and now[2] >= before[1]
        after_step[function], before = (now[0], now[2]), (now[0], now[2])
    assert after_step["forward"] == (12, 0)
    assert after_step["backward"][0] == 12 + 21 + 6
    assert after_step["update"][0] == 60
    assert after_step["spirals_recipe"] == (60, 30)
    assert done.returncode == 0 and "Everything here passes" in done.stdout
    whole = subprocess.run([python, "-m", "pytest", "-q"], cwd=folder, capture_output=True, text=True)
    assert whole.returncode == 0 and "failed" not in whole.stdout and "skipped" not in whole.stdout


@pytest.mark.whole
def test_pytest_shows_a_stub_as_not_written(python, folder):
    done = subprocess.run([python, "-m", "pytest", "-q", "-rs"], cwd=folder, capture_output=True, text=True)
    assert (
        "skipped" in done.stdout and "failed" not in done.stdout and "still raises NotImplementedError" in done.stdout
    )


def test_a_mistake_is_named_in_the_graders_words(python, folder):
    paste(folder, "forward", "neural_network.py")
    wrong = bodies()["backward"].replace("(self.a_cache[-1] - Y) / m", "(self.a_cache[-1] - Y)")
    assert wrong != bodies()["backward"]
    paste(folder, "backward", "neural_network.py", wrong)
    done = check(python, folder, "--task", "backward")
    assert MISTAKES["mean_left_out"].says in " ".join(done.stdout.split())
    assert points(done.stdout)[1] == 21 and "Gradient check" not in done.stdout


def test_a_hint_is_given_for_what_comes_next_and_only_when_asked_for(python, folder):
    hints = {task.id: task.hint for task in rubric().tasks}
    plain, helped = check(python, folder), check(python, folder, "--hint")
    assert "Hint" not in plain.stdout
    assert f"Hint: {hints['forward']}" in " ".join(helped.stdout.split())
    assert all(len(hint) > 40 for hint in hints.values()) and len(set(hints.values())) == len(hints) == 12


@pytest.mark.whole
def test_a_picture_is_drawn_of_ones_own_network(python, folder):
    unfinished = check(python, folder, "--picture", "xor")
    assert unfinished.returncode == 1 and "forward is not written yet" in unfinished.stderr
    for function in ("forward", "backward", "update"):
        paste(folder, function, "neural_network.py")
    assert check(python, folder, "--picture", "xor").returncode == 0
    assert (folder / "figures" / "xor_learning.png").read_bytes()[:4] == b"\x89PNG"
    unknown = check(python, folder, "--picture", "nothing")
    assert unknown.returncode == 2 and "name one of gradient_check, xor" in unknown.stderr


def test_a_syntax_error_is_shown_with_its_line(python, folder):
    path = folder / "backprop" / "neural_network.py"
    path.write_text(path.read_text() + "\nx = = 1\n")
    done = check(python, folder)
    assert done.returncode == 1 and f"line {len(path.read_text().splitlines())}" in done.stdout


TERMINALS = {
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "Western Windows": {"PYTHONIOENCODING": "cp1252"},
    "Windows console": {"PYTHONIOENCODING": "cp437"},
    "Cyrillic Windows": {"PYTHONIOENCODING": "cp866"},
    "Japanese Windows": {"PYTHONIOENCODING": "cp932"},
    "C": {"LC_ALL": "C"},
    "C, nothing coerced": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}


@pytest.mark.parametrize("terminal", sampled(TERMINALS, list(TERMINALS)[:1]))
def test_it_prints_on_any_terminal(python, folder, terminal):
    file = "neural_network.py"
    paste(folder, "forward", file, "        raise ValueError('λ “é” 网络 \\udcff \\0 😀' + self.no_such_δ)  # δ")
    (folder / "backprop" / file).write_text(
        (folder / "backprop" / file).read_text() + "# δ “é” 网络\n", encoding="utf-8"
    )
    done = check(python, folder, **TERMINALS[terminal])
    assert done.returncode == 1 and points(done.stdout) == (0, 60, 0, 30) and "no_such_" in done.stdout
    assert done.stderr == ""
    (folder / "backprop" / file).write_text("'δ 网络' = 1\n", encoding="utf-8")
    assert "SyntaxError" in check(python, folder, **TERMINALS[terminal]).stdout


@pytest.mark.whole
@pytest.mark.parametrize(
    "shell",
    ["{} check.py | head -1", "{} check.py | true", "{} check.py --task xor | head -c 5", "{} check.py --help | true"],
)
def test_it_prints_into_a_pipe_that_is_closed(python, folder, shell):
    done = subprocess.run(shell.format(python), shell=True, cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.stderr == ""


@pytest.mark.whole
@pytest.mark.parametrize("target", ["/dev/full", "&-"])
def test_it_prints_where_nothing_can_be_written(python, folder, target):
    done = subprocess.run(f"{python} check.py >{target}", shell=True, cwd=folder, capture_output=True, timeout=100)
    assert done.returncode == 1 and done.stderr == b""


@pytest.mark.parametrize("task", sampled(["xor", "circle", "sine", "gradient_check"], ["xor"]))
def test_a_task_of_which_all_is_blocked_says_by_what(python, folder, task):
    done = check(python, folder, "--task", task)
    assert done.returncode == 1 and "Everything here passes" not in done.stdout
    assert "This needs `forward` first" in done.stdout and "without --task" in done.stdout
    paste(folder, "forward", "neural_network.py")
    assert "This needs `backward` first" in check(python, folder, "--task", task).stdout


def test_a_constructor_that_fails_blocks_everything_and_is_named(python, folder):
    path = folder / "backprop" / "neural_network.py"
    text = re.sub(
        r"(def __init__\(.*?\).*?:\n)",
        r"\1        raise ValueError('too early')\n",
        path.read_text(),
        count=1,
        flags=re.S,
    )
    path.write_text(text)
    done = check(python, folder)
    assert done.returncode == 1 and "Everything here passes" not in done.stdout and "too early" in done.stdout
    assert "Next: mend that." in done.stdout and "--task" not in done.stdout


# The same text is read, or refused with the same advice, here and in the grader


def in_encoding(encoding, text, cookie=True):
    return lambda source: (f"# coding: {encoding}\n" * cookie + source.decode() + f"# {text}\n").encode(encoding)


TEXTS = {
    "UTF-8": lambda source: source + "# δ\n".encode(),
    "a mark and CRLF": lambda source: b"\xef\xbb\xbf" + source.replace(b"\n", b"\r\n"),
    "CR": lambda source: source.replace(b"\n", b"\r"),
    "Latin-1 in a comment": lambda source: source + b"# caf\xe9\n",
    "Latin-1 in a string": lambda source: source + b"NAME = 'caf\xe9'\n",
    "Windows-1252": lambda source: source + b"# \x93so\x94 \x80 \x81\n",
    "declared UTF-8, and Latin-1": lambda source: b"# coding: utf-8\n" + source + b"# caf\xe9\n",
    "declared ASCII, and UTF-8": lambda source: b"# coding: ascii\n" + source + "# δ\n".encode(),
    "GBK": in_encoding("gbk", "网络"),
    "GBK, not declared": in_encoding("gbk", "网络", cookie=False),
    "Big5": in_encoding("big5", "網路"),
    "Shift-JIS": in_encoding("shift_jis", "表"),
    "Windows-1251": in_encoding("cp1251", "сеть"),
    "KOI8-R": in_encoding("koi8-r", "сеть"),
    "not the GBK that it declares": lambda source: b"# coding: gbk\n" + source + b"# \xff\n",
    "UTF-16": in_encoding("utf-16", "", cookie=False),
    "UTF-7": lambda source: b"# coding: utf-7\n" + source,
    "unknown": lambda source: b"# coding: klingon\n" + source,
    "a NUL byte": lambda source: source + b"# \0\n",
    "empty": lambda source: b"\n",
}


@pytest.mark.parametrize("kind", sampled(TEXTS, list(TEXTS)[:1]))
def test_text_is_read_or_refused_as_in_the_grader(python, folder, kind):
    paste(folder, "forward", "neural_network.py")
    path = folder / "backprop" / "neural_network.py"
    path.write_bytes(TEXTS[kind](path.read_bytes()))
    submission = read_submission(folder, "s01", released_stubs())
    done = check(python, folder, "--task", "forward")
    told = submission.reason or " ".join(note for note in submission.notes if "Still as" not in note)
    assert told in done.stdout
    if submission.reason:
        assert done.returncode == 1 and "Points so far" not in done.stdout
    else:
        assert done.returncode == 0 and points(done.stdout) == (12, 12)
        whole = subprocess.run(
            [python, "-m", "pytest", "-q", "-k", "forward"], cwd=folder, capture_output=True, text=True
        )
        assert "passed" in whole.stdout and "failed" not in whole.stdout


@pytest.mark.parametrize("ignored", [False, True], ids=["in a terminal", "as a job where SIGINT is ignored"])
def test_an_endless_loop_is_cut_off(python, folder, ignored):
    limits = folder / "tests" / "engine" / "calls.py"
    limits.write_text(limits.read_text().replace("METHOD_CPU = 10.0", "METHOD_CPU = 0.6"))
    paste(folder, "forward", "neural_network.py", "        while True:\n            pass")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)  # inherited
    try:
        done = check(python, folder)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.returncode == 1 and "did not finish within 0.6 s" in done.stdout


@pytest.mark.whole
def test_ctrl_c_ends_it_without_a_traceback(python, folder):
    paste(folder, "forward", "neural_network.py", "        open('reached', 'w')\n        while True:\n            pass")
    heeding = ["env", "--default-signal=INT", python, "check.py"]  # also where these tests run as a job
    with subprocess.Popen(heeding, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        while not (folder / "reached").exists():
            assert running.poll() is None, running.communicate()[0]
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=60)[0]
    assert running.returncode == 1 and said == "Interrupted.\n"


def test_without_the_requirements_it_says_how_to_get_them(folder, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "empty"], check=True)
    done = check(tmp_path / "empty" / "bin" / "python", folder)
    assert done.returncode == 2 and "pip install -r" in done.stdout


def test_an_unknown_task_is_named(python, folder):
    done = check(python, folder, "--task", "nothing")
    assert done.returncode == 2 and "invalid choice: 'nothing'" in done.stderr


@pytest.mark.whole
@pytest.mark.parametrize("module", ["backprop.gradient_check", "backprop.exercises"])
def test_the_given_programs_run_on_the_stub_and_say_what_is_missing(python, folder, module):
    done = subprocess.run([python, "-m", module], cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr and "not written yet" in done.stdout + done.stderr


def test_the_folder_needs_nothing_of_the_kit():
    text = "\n".join(p.read_text() for p in Path(RELEASE).rglob("*") if p.suffix in (".py", ".md", ".txt", ".ini"))
    assert "autograder" not in text and "solutions/" not in text
