"""The experiments of the exercises: many starts at once, findings that keep to their data, the command line."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from backprop.datasets import circle, make_spirals, square, xor
from backprop.experiments import l2 as experiment_l2
from backprop.experiments import many_starts
from backprop.experiments import momentum as experiment_momentum
from backprop.experiments import run as experiments
from backprop.experiments import spirals as experiment_spirals
from backprop.experiments import square as experiment_square
from backprop.experiments import tanh as experiment_tanh
from backprop.experiments.findings import clearly, epochs, likely, median, power, quantile, reached, supported, table_of
from backprop.experiments.many_starts import ManyStarts
from backprop.experiments.run import EXPERIMENTS, main
from backprop.neural_network import NeuralNetwork

from autograder.release.build import GIVEN, SOLUTIONS
from tests.kit import RELEASE

INF = np.inf


def one_by_one(sizes, activation, X, Y, number, etas, seeds, l2, momentum, output_activation=None):
    """The losses (number, starts) of NeuralNetwork itself; X and Y with one entry for each start."""
    histories = []
    for i, seed in enumerate(seeds):
        network = NeuralNetwork(
            sizes,
            activation,
            output_activation=output_activation,
            l2=l2[i],
            momentum=momentum[i],
            rng=np.random.RandomState(seed),
        )
        histories.append(network.train(X[i], Y[i], number, etas[i], verbose=False))
    return np.array(histories).T


# Many starts


@pytest.mark.parametrize("cached", [1, 16_000], ids=["one at a time", "all at once"])
@pytest.mark.parametrize(
    "sizes,activation,output_activation,data",
    [
        ([2, 4, 1], "sigmoid", None, xor()),
        ([2, 5, 3, 1], "tanh", "sigmoid", circle(40, np.random.RandomState(0))),
        ([1, 6, 1], "tanh", "linear", square(30, np.random.RandomState(0))),
        ([2, 6, 6, 1], "tanh", None, make_spirals(20)),
    ],
    ids=["XOR", "circle", "square", "spirals"],
)
def test_many_starts_have_the_losses_of_each_network_alone(
    sizes, activation, output_activation, data, cached, monkeypatch
):
    monkeypatch.setattr(many_starts, "CACHED", cached)
    X, Y = data
    seeds, etas, l2, momentum = [3, 1, 4, 3], [0.05, 0.1, 0.02, 0.1], [0, 1e-3, 0, 1e-2], [0.9, 0, 0.5, 0.9]
    networks = ManyStarts(sizes, activation, output_activation=output_activation, seeds=seeds, l2=l2, momentum=momentum)
    histories = networks.train(X, Y, 300, etas)
    alone = one_by_one(sizes, activation, [X] * 4, [Y] * 4, 300, etas, seeds, l2, momentum, output_activation)
    assert histories.shape == (300, 4)
    assert np.max(np.abs(histories - alone)) < 1e-9
    assert np.max(np.abs(networks.losses(networks.forward(X), Y) - alone[-1])) < 1e-9


@pytest.mark.parametrize("cached", [1, 16_000])
def test_every_start_may_have_data_of_its_own(cached, monkeypatch):
    monkeypatch.setattr(many_starts, "CACHED", cached)
    X, Y = map(np.stack, zip(*(square(20, np.random.RandomState(seed)) for seed in range(3)), strict=True))
    histories = ManyStarts([1, 4, 1], "tanh", output_activation="linear", seeds=range(3)).train(X, Y, 100, 0.05)
    alone = one_by_one([1, 4, 1], "tanh", X, Y, 100, [0.05] * 3, range(3), [0] * 3, [0] * 3, "linear")
    assert np.max(np.abs(histories - alone)) < 1e-9


@pytest.mark.parametrize("cached", [1, 16_000])
def test_epochs_until_is_the_first_epoch_below_the_goal(cached, monkeypatch):
    monkeypatch.setattr(many_starts, "CACHED", cached)
    X, Y = xor()
    histories = ManyStarts([2, 4, 1], seeds=range(8), momentum=0.9).train(X, Y, 200, 2.0)
    goal = float(np.median(histories[-1]))  # some starts get there, some do not
    needed = ManyStarts([2, 4, 1], seeds=range(8), momentum=0.9).epochs_until(
        lambda losses, _: losses < goal, X, Y, 200, 2.0
    )
    first = [np.argmax(history < goal) + 1 if (history < goal).any() else INF for history in histories.T]
    assert needed.tolist() == first and 0 < reached(needed) < 1


def test_epochs_until_asks_only_after_every_so_many_epochs():
    X, Y = xor()
    needed = ManyStarts([2, 4, 1], seeds=range(4)).epochs_until(lambda losses, _: losses < 1, X, Y, 60, 1.0, every=25)
    assert needed.tolist() == [25] * 4


def test_a_start_that_diverges_never_gets_there():
    X, Y = square(20, np.random.RandomState(0))
    networks = ManyStarts([1, 4, 1], "tanh", output_activation="linear", seeds=[0, 0])
    with np.errstate(all="ignore"):
        needed = networks.epochs_until(lambda losses, _: losses < 0.2, X, Y, 1000, [1e8, 0.05])
    assert needed[0] == INF and 1 < needed[1] < INF


def test_squared_weights_are_what_l2_penalises():
    X, Y = xor()
    plain, penalised = (ManyStarts([2, 3, 1], seeds=[5, 6], l2=l2) for l2 in (0.0, 0.5))
    difference = penalised.losses(penalised.forward(X), Y) - plain.losses(plain.forward(X), Y)
    assert np.allclose(difference, 0.25 * plain.squared_weights, rtol=1e-12)


# Findings


def test_a_finding_leaves_out_what_does_not_hold():
    assert supported([(True, "This."), (False, "Not this."), (True, "And this.")]) == "This. And this."
    assert supported([(False, "Not this.")]) == "From these starts nothing can be said."


def test_starts_that_never_arrive_count_in_the_median():
    needed = np.array([10.0, INF, 30.0, INF, INF])
    assert (median(needed), quantile(needed, 0.25), reached(needed)) == (INF, 30.0, 0.4)
    assert (median(needed[:4]), epochs(INF), epochs(1234.0)) == (30.0, "never", "1,234")


@pytest.mark.parametrize(
    "won,of,clear", [(50, 50, True), (32, 50, True), (31, 50, False), (1, 1, False), (0, 50, False)]
)
def test_clearly_is_more_than_chance(won, of, clear):
    assert clearly(np.arange(of) < won) is clear


def test_tables_are_aligned():
    assert table_of(("name", "n"), [("a", 1), ("long name", 100)]) == "name         n\na            1\nlong name  100"


def test_a_power_may_keep_a_digit():
    assert power(2.54e-4, 1) == "2.5e-4"


@pytest.mark.parametrize("number,text", [(0, "0"), (3e-4, "3e-4"), (1e-5, "1e-5"), (0.1, "1e-1")])
def test_powers_are_short(number, text):
    assert power(number) == text


# Experiments, from few starts and with few epochs


@pytest.fixture(scope="module")
def data():
    """The data of each experiment, by its name."""
    short = pytest.MonkeyPatch()
    short.setattr(experiment_tanh, "MOST", 400)
    short.setattr(experiment_l2, "EPOCHS", 30)
    short.setattr(experiment_square, "EPOCHS", 150)
    short.setattr(experiment_spirals, "EPOCHS", 500)
    short.setattr(
        experiment_momentum, "PROBLEMS", {n: replace(p, most=120) for n, p in experiment_momentum.PROBLEMS.items()}
    )
    yield {name: experiment.results(3) for name, experiment in EXPERIMENTS.items()}
    short.undo()


EACH = pytest.mark.parametrize("name", EXPERIMENTS)


def test_every_network_and_eta_has_a_number_for_each_start(data):
    tanh, momentum, spirals = (data[name] for name in ("tanh_vs_sigmoid", "momentum_speed", "spirals_size"))
    assert {n.shape for by_eta in tanh.needed.values() for n in by_eta.values()} == {(3,)}
    assert all(set(by_eta) == set(experiment_tanh.ETAS) for by_eta in tanh.needed.values())
    for name, speeds in momentum.speeds.items():
        assert set(speeds.plain) == set(speeds.momentum) == set(experiment_momentum.PROBLEMS[name].etas)
        assert {n.shape for n in (*speeds.plain.values(), *speeds.momentum.values())} == {(3,)}
    assert {n.shape for by_eta in spirals.needed.values() for n in by_eta.values()} == {(3,)}
    assert all(set(by_eta) == set(experiment_spirals.ETAS) for by_eta in spirals.needed.values())


def test_every_lambda_and_every_fit_has_a_number_for_each_start(data):
    l2, fits = data["l2_circle"], data["square_fits"].fits
    assert tuple(l2.fresh) == tuple(l2.continued) == experiment_l2.LAMBDAS == (0, 1e-5, 3e-5, 1e-4, 3e-4)
    for trained in (*l2.fresh.values(), *l2.continued.values()):
        assert {trained.accuracy.shape, trained.unseen.shape, trained.loss.shape, trained.spread.shape} == {(3,)}
    assert l2.plateau.shape == l2.growth.shape == (3,)
    assert {(fit.loss.shape, fit.unseen.shape, fit.error.shape) for fit in fits.values()} == {((3,), (3,), (201,))}
    assert [fit.parameters for fit in fits.values()] == [25, 49, 97, 97]


def test_the_momentum_of_a_tenth_of_eta_is_among_those_tried():
    for problem in experiment_momentum.PROBLEMS.values():
        assert {problem.eta, experiment_momentum.tenth(problem.eta)} <= set(problem.etas)


def test_the_spirals_networks_range_from_under_40_to_over_200_parameters():
    for group in (experiment_spirals.ONE_HIDDEN, experiment_spirals.TWO_HIDDEN):
        sizes = list(map(experiment_spirals.parameters, group))
        assert sizes[0] < 40 and sizes[-1] > 200 and sizes == sorted(sizes)


@EACH
def test_tables_have_no_ragged_or_endless_lines(name, data):
    assert all(line == line.rstrip() and len(line) <= 120 for line in data[name].table().splitlines())


@EACH
def test_a_finding_is_sentences_without_loose_ends(name, data):
    finding = data[name].finding()
    assert finding.endswith(".") and not re.search(r"nan|inf\b|never|none|\(\)|  | \.|,\.", finding), finding


@EACH
def test_a_figure_has_named_axes_and_the_same_bytes_each_time(name, data, tmp_path):
    experiment = EXPERIMENTS[name]
    figure = experiment.draw(data[name])
    assert figure.get_suptitle()
    assert all(axes.get_ylabel() and axes.get_xlabel() for axes in figure.axes)
    one, other = (
        experiments.with_256_colours(experiments.save(drawn, tmp_path, number))
        for number, drawn in (("one", figure), ("two", experiment.draw(data[name])))
    )
    assert one.read_bytes() == other.read_bytes()


# Findings against data made for the purpose


def tanh_data(**medians):
    """As many epochs at every eta, for each network."""
    names = (experiment_tanh.SIGMOID, experiment_tanh.TANH, experiment_tanh.MIXED, experiment_tanh.ENDS)
    by_name = dict(zip(names, (medians[n] for n in ("sigmoid", "tanh", "mixed", "ends")), strict=True))
    return experiment_tanh.TanhVsSigmoid(
        {n: {eta: np.full(9, float(m)) for eta in experiment_tanh.ETAS} for n, m in by_name.items()}, 1e-9
    )


def test_tanh_is_called_faster_only_where_it_is():
    faster = tanh_data(sigmoid=800, tanh=100, mixed=200, ends=300).finding()
    assert "100 epochs" in faster and "8 times as many" in faster
    assert "length of the step" not in faster and "tanh pays" not in faster and "break" not in faster
    assert tanh_data(sigmoid=100, tanh=800, mixed=200, ends=300).finding() == supported([])
    assert tanh_data(sigmoid=INF, tanh=INF, mixed=INF, ends=INF).finding() == supported([])
    assert "tanh pays" in tanh_data(sigmoid=800, tanh=100, mixed=20, ends=30).finding()


def speeds(eta, without, with_momentum):
    return experiment_momentum.Speeds(
        eta,
        {e: np.full(9, float(n)) for e, n in without.items()},
        {e: np.full(9, float(n)) for e, n in with_momentum.items()},
    )


def test_momentum_is_called_faster_only_where_it_is():
    slow = speeds(1.0, {0.1: INF, 1.0: 100, 10.0: INF}, {0.1: 300, 1.0: 200, 10.0: INF})
    finding = experiment_momentum.MomentumSpeed(dict.fromkeys(("XOR", "circle", "sine"), slow)).finding()
    assert finding == supported([])
    fast = speeds(1.0, {0.1: INF, 1.0: 100, 10.0: INF}, {0.1: 100, 1.0: 20, 10.0: INF})
    finding = experiment_momentum.MomentumSpeed({"XOR": fast, "circle": slow}).finding()
    assert "sooner: 5.0 times on XOR." in finding and "faster here: 5.0 times on XOR;" in finding
    assert "do not arrive" in finding and "; not here: 0.5 times on the circle." in finding
    assert "equally long, there is" not in finding


def spirals(at_once, best):
    """Forty starts; for each network the percentages that succeed at eta 0.1 and at the best eta."""

    def needed(percent):
        return np.where(np.arange(40) < percent * 40 / 100, 500.0, INF)

    return experiment_spirals.SpiralsSize(
        {sizes: {0.1: needed(at_once[sizes]), 0.4: needed(best[sizes])} for sizes in at_once}, {}
    )


NARROW, FLAT, WIDE, SMALL, DEEP = (2, 6, 1), (2, 8, 1), (2, 32, 1), (2, 4, 4, 1), (2, 6, 6, 1)


def test_the_smallest_network_is_the_one_that_most_starts_solve_at_its_best_eta():
    at_once = {NARROW: 0, FLAT: 10, WIDE: 20, SMALL: 40, DEEP: 95}
    data = spirals(at_once, {NARROW: 50, FLAT: 90, WIDE: 30, SMALL: 45, DEEP: 90})
    assert (data.smallest(1), data.smallest(2), data.smallest(1, 2)) == (FLAT, DEEP, FLAT)
    assert (data.best_eta(FLAT), data.best_eta(DEEP)) == (0.4, 0.1)
    finding = data.finding()
    assert "as if depth decided: 2-6-6-1, with 67 parameters, succeeds from 95% of 40 starts" in finding
    assert "from more than 20%" in finding and "2-8-1, with 33 parameters: 90% at eta = 0.4" in finding
    assert "fewer parameters: 2-6-1 50%." in finding and "2-32-1, with 129 parameters, succeeds from 30%" in finding


def test_neither_depth_nor_size_is_spoken_of_where_all_do_as_well():
    level = {NARROW: 90, FLAT: 90, WIDE: 90, SMALL: 90, DEEP: 90}
    finding = spirals(level, level).finding()
    assert "2-6-1, with 25 parameters" in finding
    assert "depth" not in finding and "larger" not in finding and "fewer" not in finding


def test_no_network_is_the_smallest_where_the_starts_are_too_few_to_tell():
    half = {NARROW: 50, FLAT: 60, WIDE: 65, SMALL: 0, DEEP: 70}  # 70 % of 40 may be chance where 60 % is the truth
    data = spirals(half, half)
    assert data.smallest(1, 2) is None and data.finding() == supported([])


def test_the_interval_of_a_share_is_wilsons():
    low, high = likely(0.5, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)
    assert likely(0.0, 60) == pytest.approx((0, 0.0602), abs=1e-4)
    assert likely(1.0, 60) == pytest.approx((0.9398, 1), abs=1e-4)


def test_a_collapse_is_reported_only_where_it_happens(data):
    l2 = data["l2_circle"]  # after 30 epochs nothing has been learnt: all starts are at the majority class
    assert "all collapse" in l2.finding() and "every start learns" not in l2.finding()
    assert "worth its penalty" not in l2.finding()
    learnt = {s: replace(t, accuracy=np.full(3, 0.97)) for s, t in l2.fresh.items()}
    finding = replace(l2, fresh=learnt).finding()
    assert "Up to lambda = 3e-4 every start learns" in finding and "collapse" not in finding
    half_learnt = {s: replace(t, accuracy=np.full(3, 0.9)) for s, t in l2.fresh.items()}
    assert "every start learns" not in replace(l2, fresh=half_learnt).finding()


def test_the_plateau_is_blamed_only_where_the_strongest_lambda_exceeds_every_growth(data):
    l2 = data["l2_circle"]
    sunk = {s: replace(t, squared_weights=np.full(3, 0.1)) for s, t in l2.fresh.items()}
    slow = replace(l2, fresh=sunk, growth=np.array([1e-4, 1.5e-4, 2e-4]))
    assert "a lambda of 1.5e-4 would shrink them (1.0e-4 to 2.0e-4)" in slow.finding()
    assert "plateau" not in replace(slow, growth=np.array([1e-4, 2e-4, 4e-4])).finding()
    assert "plateau" not in replace(slow, fresh=l2.fresh).finding()  # the weights did not sink


def test_growth_is_the_lambda_that_shrinks_as_fast():
    """A penalty alone, on a network whose data pull at nothing: the weights sink by its own lambda."""
    networks = ManyStarts([2, 3, 1], seeds=[0, 1], l2=1e-3)
    X = np.zeros((2, 4))  # and targets equal to the outputs: no gradient but the penalty's
    networks.weights[1][:] = 0
    plateau, growth = experiment_l2.train_watched(networks, X, networks.forward(X)[0] + 0.0)
    assert np.allclose(growth, -1e-3, rtol=0.02) and (plateau == experiment_l2.EPOCHS).all()


def test_the_best_fit_is_named_only_where_it_is_clear(data):
    fits = data["square_fits"].fits
    level = {sizes: replace(fit, unseen=np.full(50, 1e-3)) for sizes, fit in fits.items()}
    assert "works best" not in experiment_square.SquareFits(level).finding()
    deep = {**level, (1, 8, 8, 1): replace(level[1, 8, 8, 1], unseen=np.full(50, 1e-4))}
    finding = experiment_square.SquareFits(deep).finding()
    assert "1-8-8-1 works best: a median loss of 1.0e-04" in finding and "not its size alone" in finding


# The command line


def test_an_unknown_experiment_is_one_sentence_and_status_2(capsys, tmp_path):
    assert main(["tahn", "--out", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert "'tahn'" in printed.err and "tanh_vs_sigmoid" in printed.err and list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence_and_status_2(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["square_fits", "--out", str(tmp_path / "file" / "folder")]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and "folder" in printed.err


@pytest.mark.parametrize("seeds", ["0", "-3"])
def test_no_starts_at_all_is_status_2(seeds, capsys, tmp_path):
    assert main(["square_fits", "--seeds", seeds, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"--seeds should be 1 or more, not {seeds}.\n"


def test_figure_and_text_are_written_to_the_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment_square, "EPOCHS", 50)
    assert main(["square_fits", "--seeds", "2", "--out", str(tmp_path / "new")]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "exercise_3_square.png",
        "exercise_3_square.txt",
    ]
    text = (tmp_path / "new" / "exercise_3_square.txt").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out and "1-8-8-1" in text


def test_the_picture_in_the_readme_is_small():
    """It is a copy of figures/exercise_5_spirals.png, as `make figures` draws it."""
    picture = (SOLUTIONS.parent / "figures" / "spirals.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) < 150_000


def test_nothing_opens_a_window_whatever_MPLBACKEND_says(tmp_path):
    code = (
        "import sys; from backprop.experiments import square; square.EPOCHS = 20\n"
        "from backprop.experiments.run import main; main(['square_fits', '--seeds', '1', '--out', sys.argv[1]])\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    surroundings = {**os.environ, "PYTHONPATH": str(SOLUTIONS.parent), "MPLBACKEND": "TkAgg"}
    surroundings.pop("DISPLAY", None)
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, env=surroundings)
    assert (run.returncode, run.stderr) == (0, "") and (tmp_path / "exercise_3_square.png").exists()


def killed(seeds):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_one_sentence_and_status_1(capsys, tmp_path, monkeypatch):
    deadly = replace(EXPERIMENTS["square_fits"], run=killed)
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"square_fits": deadly, "l2_circle": deadly})
    assert main(["all", "--seeds", "1", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and "one at a time" in printed.err


def test_where_there_is_no_display_show_is_one_sentence(tmp_path):
    command = [sys.executable, "-m", "backprop.experiments", "square_fits", "--show", "--out", str(tmp_path)]
    surroundings = {**os.environ, "PYTHONPATH": str(SOLUTIONS.parent)}
    surroundings.pop("DISPLAY", None), surroundings.pop("WAYLAND_DISPLAY", None)
    run = subprocess.run(command, capture_output=True, text=True, env=surroundings)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1) and "display" in run.stderr


def test_a_text_that_cannot_be_written_is_status_2(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment_square, "EPOCHS", 50)
    (tmp_path / "exercise_3_square.txt").mkdir()
    assert main(["square_fits", "--seeds", "2", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_several_experiments_run_in_processes_and_give_what_one_alone_gives():
    results = dict(experiments.all_results(["tanh_vs_sigmoid", "square_fits"], 1))
    assert {name: type(data).__name__ for name, data in results.items()} == {
        "tanh_vs_sigmoid": "TanhVsSigmoid",
        "square_fits": "SquareFits",
    }
    assert results["tanh_vs_sigmoid"].table() == experiment_tanh.tanh_vs_sigmoid(1).table()


def test_run_as_a_program_it_says_what_is_wrong():
    command = [sys.executable, "-m", "backprop.experiments", "nothing"]
    run = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(SOLUTIONS.parent)}
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)


# The release


def test_students_get_no_experiment_and_no_module_that_needs_one():
    released = sorted((RELEASE / "backprop").rglob("*.py"))
    assert [path.stem for path in released] == sorted(GIVEN)
    assert not [path.name for path in released if "experiments" in path.read_text(encoding="utf-8")]
