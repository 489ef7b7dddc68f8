"""The demos draw what they should, the same every time, and say what is wrong in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from backprop import demo_figures, demos, figures, gallery

from autograder.release.build import GIVEN, stub
from tests.layers import WHOLE, sampled

PACKAGE = Path(__file__).parents[2] / "solutions" / "backprop"
DRAWINGS = {  # file: the fixture with its data, and what draws it
    "gradient_check": ("gradient_test", demo_figures.draw_gradient_check),
    "xor_learning": ("xor_run", demo_figures.draw_xor),
    "circle_learning": ("circle_run", demo_figures.draw_circle),
    "sin_approximation": ("sine_fits", demo_figures.draw_sine),
    "hyperparameter_exploration": ("explored", demo_figures.draw_hyperparameters),
    "decision_boundary_evolution": ("evolution", demo_figures.draw_boundary),
}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "backprop.demos", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


# ---- What is drawn


@pytest.mark.parametrize("name", sampled(DRAWINGS, ["xor_learning"]))
def test_a_figure_has_the_same_bytes_every_time_whatever_the_users_settings(name, request, tmp_path):
    import matplotlib

    fixture, draw = DRAWINGS[name]
    data = request.getfixturevalue(fixture)
    first = figures.save(draw(data), tmp_path / "first", name)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "lines.linewidth": 9}):
        second = figures.save(draw(data), tmp_path / "second", name)
    assert first.name == f"{name}.png"
    assert first.read_bytes() == second.read_bytes()
    assert b"Software" not in first.read_bytes()[:1000]


def test_drawing_leaves_the_users_settings_alone_and_opens_no_window(xor_run):
    import matplotlib
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    demo_figures.draw_xor(xor_run)
    assert dict(matplotlib.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "name, panels",
    [
        ("xor_learning", [0]),
        pytest.param("circle_learning", [0], marks=WHOLE),
        pytest.param("hyperparameter_exploration", [0, 1, 2], marks=WHOLE),
    ],
)
def test_losses_are_drawn_on_a_log_scale(name, panels, request):
    fixture, draw = DRAWINGS[name]
    figure = draw(request.getfixturevalue(fixture))
    assert {figure.axes[panel].get_yscale() for panel in panels} == {"log"}


def test_the_loss_curve_holds_every_epoch(circle_run):
    line = demo_figures.draw_circle(circle_run).axes[0].lines[0]
    assert line.get_xdata().tolist() == list(range(3000))
    assert tuple(line.get_ydata()) == circle_run.losses


def test_six_panels_are_titled_with_accuracy_and_loss(evolution):
    panels = demo_figures.draw_boundary(evolution).axes[:6]
    titles = [axes.get_title() for axes in panels]
    assert titles[1] == "after 50 epochs\n80.2 % right, loss 0.0794"
    assert titles[5] == "after 3000 epochs\n97.8 % right, loss 0.0127"


def test_the_learnt_boundary_is_drawn_where_the_output_is_halfway():
    _, axes = figures.new_figure()
    X, Y = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0.0, 1.0]])
    figures.draw_regions(axes, lambda points: points[:1], X, Y, between=(-0.5, 1.0))  # halfway at x_1 = 0.25
    levels = [c.levels.tolist() for c in axes.collections if hasattr(c, "levels")]
    (line,) = [c for c in axes.collections if hasattr(c, "levels") and c.levels.tolist() == [0.25]]
    assert len(levels) == 2
    assert np.allclose(line.get_paths()[0].vertices[:, 0], 0.25)


def test_the_sine_figure_leaves_out_the_fit_that_is_missing(sine_fits):
    without = demos.SineFits(sine_fits.chapter, sine_fits.bound, None, "tanh is not written yet")
    full, rest = (demo_figures.draw_sine(data) for data in (sine_fits, without))
    assert len(full.axes[0].lines) == len(rest.axes[0].lines) + 1
    assert str(without).endswith("left out: tanh is not written yet")


def test_titles_hold_for_a_network_that_has_learnt_nothing():
    np.random.seed(0)
    X, Y = demos.xor()
    network = demos.NeuralNetwork([2, 4, 1])
    run = demos.Run(X, Y, network, demos.train(network, X, Y, 3, eta=1e-3), shown=(0,))
    figure = demo_figures.draw_xor(run)
    assert figure.get_suptitle() == "XOR: 2 of 4 points are on the right side of 0.5"


# ---- The command line


@pytest.mark.whole
def test_all_writes_every_figure_and_prints_the_chapters_numbers(tmp_path, monkeypatch, capsys, request):
    functions = {
        "gradient_test": "gradient_check",
        "xor_run": "learn_xor",
        "circle_run": "learn_circle",
        "sine_fits": "learn_sine",
        "explored": "explore_hyperparameters",
        "evolution": "watch_boundary",
    }
    for fixture, function in functions.items():  # trained already
        data = request.getfixturevalue(fixture)
        monkeypatch.setattr(demos, function, lambda data=data: data)
    assert demos.main(["all", "--out", str(tmp_path)]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == set(DRAWINGS)
    printed = capsys.readouterr().out
    for number in ("epsilon 1e-07", "0.126088", "0.000321", "0.9763", "0.012668", "97.8 %", "0.195351", "0.1241"):
        assert number in printed


@pytest.mark.whole
def test_run_as_a_program_it_draws_into_the_folder_figures(tmp_path):
    done = run(tmp_path, "xor", PYTHONPATH=str(PACKAGE.parent))
    assert (done.returncode, done.stderr) == (0, "")
    assert "(1, 0) -> 0.9763, target 1" in done.stdout
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["xor_learning.png"]


def test_an_unknown_demo_is_refused_with_the_names_there_are(tmp_path, capsys):
    assert demos.main(["hexagon", "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err == (
        "There is no 'hexagon' to show: name one of gradient_check, xor, circle, sine, hyperparameters, boundary, "
        "or all.\n"
    )
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_refused_before_any_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demos, "learn_xor", lambda: pytest.fail("trained"))
    (tmp_path / "taken").write_text("a file")
    assert demos.main(["xor", "--out", str(tmp_path / "taken")]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"The figures cannot be written to {tmp_path / 'taken'}: ") and message.count("\n") == 1


def test_a_figure_that_cannot_be_written_is_named(tmp_path, capsys, monkeypatch, xor_run):
    monkeypatch.setattr(demos, "learn_xor", lambda: xor_run)
    (tmp_path / "xor_learning.png").mkdir()
    assert demos.main(["xor", "--out", str(tmp_path)]) == 2
    assert f"{tmp_path / 'xor_learning.png'} cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize("backend", ["agg", "tkagg"])
def test_without_a_display_show_is_refused_before_any_training(tmp_path, backend, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = run(tmp_path, "xor", "--show", PYTHONPATH=str(PACKAGE.parent), MPLBACKEND=backend)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("No window can be opened here: ") and done.stderr.count("\n") == 1


def test_with_a_display_show_opens_the_saved_figure(tmp_path, monkeypatch, xor_run):
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(demos, "learn_xor", lambda: xor_run)
    monkeypatch.setattr(gallery, "check_display", lambda: None)
    monkeypatch.setattr(plt, "show", lambda: shown.extend(plt.get_figlabels()))
    assert demos.main(["xor", "--show", "--out", str(tmp_path)]) == 0
    plt.close("all")
    assert shown == ["xor_learning"]


def test_without_matplotlib_it_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert demos.main(["xor", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "matplotlib is missing: run python -m pip install -r requirements.txt first.\n"


def test_the_demos_are_imported_without_matplotlib():
    code = "import sys, backprop.demos, backprop.figures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent).returncode == 0


# ---- A student's network


@pytest.fixture
def student(tmp_path):
    """A student's folder as it is released; a test writes the files that the student has worked on."""
    folder = tmp_path / "ps18" / "backprop"
    folder.mkdir(parents=True)
    for path in (PACKAGE / f"{name}.py" for name in GIVEN):
        (folder / path.name).write_text(stub(path), encoding="utf-8")
    return folder


def solved(name: str) -> str:
    return (PACKAGE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    sampled(["all", "gradient_check", "xor", "circle", "sine", "hyperparameters", "boundary"], ["all", "boundary"]),
)
def test_a_fresh_stub_is_told_that_forward_is_missing(student, name):
    done = run(student.parent, name)
    assert done.returncode == 1
    assert done.stderr == "forward is not written yet: backprop.demos shows what your own network does.\n"
    assert not list((student.parent / "figures").iterdir())


def test_the_missing_method_is_named(student):
    text = solved("neural_network.py")
    body = text[text.index("for layer in range(self.L):  # without momentum") : text.index("    def train")]
    (student / "neural_network.py").write_text(text.replace(body, 'raise NotImplementedError("update is missing")\n\n'))
    done = run(student.parent, "all")
    assert (done.returncode, done.stderr) == (
        1,
        "update is missing: backprop.demos shows what your own network does.\n",
    )
    assert [path.name for path in (student.parent / "figures").iterdir()] == ["gradient_check.png"]


def test_without_the_exercises_the_sine_demo_draws_the_rest_and_says_so(student):
    (student / "neural_network.py").write_text(solved("neural_network.py"))
    done = run(student.parent, "sine")
    assert (done.returncode, done.stderr) == (0, "")
    assert "momentum): left out: tanh is not written yet" in done.stdout
    assert "4999  0.195351" in done.stdout
    assert (student.parent / "figures" / "sin_approximation.png").stat().st_size > 10_000


@pytest.mark.whole
def test_without_momentum_the_sine_demo_says_so(student):
    (student / "activations.py").write_text(solved("activations.py"))
    (student / "neural_network.py").write_text(solved("neural_network.py").replace("self.momentum *", "0 *"))
    assert "left out: momentum is not written yet (Exercise 18.4)" in run(student.parent, "sine").stdout


def test_a_class_with_the_chapters_arguments_only_is_shown_too(student):
    (student / "neural_network.py").write_text(
        solved("neural_network.py") + "\n\nclass NeuralNetwork(NeuralNetwork):\n"
        "    def __init__(self, layer_sizes, activation='sigmoid'):\n"
        "        super().__init__(layer_sizes, activation)\n"
    )
    done = run(student.parent, "sine")
    assert (done.returncode, done.stderr) == (0, "")
    assert "left out: momentum is not written yet" in done.stdout
