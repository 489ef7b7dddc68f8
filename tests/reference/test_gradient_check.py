"""The gradient check tells right gradients from wrong ones, and says so readably."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from backprop import gradient_check
from backprop.gradient_check import (
    ArrayCheck,
    GradientCheck,
    chapter_case,
    check_gradients,
    draw_epsilon_sweep,
    epsilon_sweep,
    numerical_gradient,
    relative_error,
    verdict_of,
)
from backprop.neural_network import NeuralNetwork

SOLUTIONS = Path(__file__).parents[2] / "solutions"


def example(activation="sigmoid", output_activation=None, l2=0.0, kind=NeuralNetwork):
    rng = np.random.default_rng(8)
    network = kind([3, 4, 2], activation, output_activation=output_activation, l2=l2, rng=rng)
    return network, rng.normal(size=(3, 5)), rng.normal(size=(2, 5))


class Wrong(NeuralNetwork):
    """BP1 without its 1/m, in the first layer's biases only."""

    def backward(self, Y):
        dW, db = super().backward(Y)
        return dW, [db[0] * Y.shape[1], *db[1:]]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear"])
@pytest.mark.parametrize("output_activation", [None, "linear"])
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_right_gradients_are_called_correct(activation, output_activation, l2):
    assert check_gradients(*example(activation, output_activation, l2)).verdict == "correct"


def test_one_wrong_array_is_found_and_the_others_are_called_correct():
    result = check_gradients(*example(kind=Wrong))
    assert result.verdict == "wrong"
    assert {array.name: array.verdict for array in result.arrays} == {
        "dW[0]": "correct",
        "db[0]": "wrong",
        "dW[1]": "correct",
        "db[1]": "correct",
    }


def test_gradients_that_are_not_numbers_are_wrong():
    class Nan(NeuralNetwork):
        def backward(self, Y):
            dW, db = super().backward(Y)
            return [dW[0] * np.nan, *dW[1:]], db

    result = check_gradients(*example(kind=Nan))
    assert result.verdict == "wrong" and np.isnan(result.maximum)


def test_a_gradient_of_another_shape_is_named():
    class Flat(NeuralNetwork):
        def backward(self, Y):
            dW, db = super().backward(Y)
            return dW, [g.ravel() for g in db]

    with pytest.raises(ValueError, match=r"db\[0\] should have the shape \(4, 1\) of its parameters, not \(4,\)"):
        check_gradients(*example(kind=Flat))


@pytest.mark.parametrize(
    "error,verdict",
    [
        (0.0, "correct"),
        (9.9e-8, "correct"),
        (1e-7, "acceptable"),
        (1e-5, "acceptable"),
        (1.1e-5, "suspicious"),
        (1e-3, "suspicious"),
        (1.1e-3, "wrong"),
        (1.0, "wrong"),
        (float("inf"), "wrong"),
        (float("nan"), "wrong"),
    ],
)
def test_verdicts_change_at_their_bounds(error, verdict):
    assert verdict_of(error) == verdict


def test_relative_error_is_the_chapters_formula():
    assert relative_error(np.array([[3.0, 4.0]]), np.array([[3.0, 0.0]])) == pytest.approx(4 / (8 + 1e-8), rel=1e-15)


def test_relative_error_of_two_zero_arrays_is_zero():
    assert relative_error(np.zeros((2, 2)), np.zeros((2, 2))) == 0.0


def test_numerical_gradient_of_a_known_loss():
    network = NeuralNetwork([1, 1], "linear")  # loss (w x + b - y)^2 / 2
    network.weights[0][...] = 3.0
    network.biases[0][...] = 1.0
    dW, db = numerical_gradient(network, np.array([[2.0]]), np.array([[4.0]]))
    assert dW[0].item() == pytest.approx(6.0, rel=1e-9)
    assert db[0].item() == pytest.approx(3.0, rel=1e-9)


def test_cost_is_two_forward_passes_per_parameter():
    passes = []

    class Counting(NeuralNetwork):
        def forward(self, X):
            passes.append(X.shape)
            return super().forward(X)

    result = check_gradients(*example(kind=Counting))
    assert result.forward_passes == 2 * 26
    assert len(passes) == 2 * 26 + 1  # and one for backward


def test_the_network_is_left_as_it_is():
    network, X, Y = example("relu", l2=0.1)
    network.forward(X)
    before = [array.copy() for array in network.weights + network.biases + network.z_cache]
    check_gradients(network, X[:, :2], Y[:, :2])
    after = network.weights + network.biases + network.z_cache
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_integers_are_converted_and_left_alone():
    network = NeuralNetwork([2, 2, 1])
    network.weights = [np.array([[1, -1], [2, 0]]), np.array([[1, 3]])]
    network.biases = [np.array([[0], [1]]), np.array([[-1]])]
    X, Y = np.array([[0, 1, 1], [1, 0, 1]]), np.array([[0, 1, 1]])
    assert check_gradients(network, X, Y).verdict == "correct"
    assert network.weights[0].tolist() == [[1, -1], [2, 0]]
    assert X.tolist() == [[0, 1, 1], [1, 0, 1]]


# ---- Kinks of ReLU


def at_a_kink(activation="relu", output_activation="linear"):
    """Unit 0 of the hidden layer has z = 1 - 1 = 0 exactly, unit 1 has z = 3."""
    network = NeuralNetwork([1, 2, 1], activation, output_activation=output_activation)
    network.weights[0][...] = [[1.0], [2.0]]
    network.biases[0][...] = [[-1.0], [1.0]]
    network.weights[1][...] = [[1.5, -0.5]]
    return network, np.array([[1.0]]), np.array([[1.0]])


def test_entries_that_move_a_relu_unit_over_its_kink_are_skipped():
    result = check_gradients(*at_a_kink())
    assert {array.name: array.skipped for array in result.arrays} == {"dW[0]": 1, "db[0]": 1, "dW[1]": 0, "db[1]": 0}
    assert result.skipped == 2
    assert result.verdict == "correct"


def test_smooth_activations_have_no_kink_at_zero():
    assert check_gradients(*at_a_kink("tanh")).skipped == 0


def test_a_kink_of_the_output_layer_counts_too():
    network = NeuralNetwork([1, 1], "sigmoid", output_activation="relu")
    network.weights[0][...], network.biases[0][...] = 1.0, -1.0
    assert check_gradients(network, np.array([[1.0]]), np.array([[1.0]])).skipped == 2


def test_a_network_of_which_all_is_skipped_is_not_called_correct():
    network = NeuralNetwork([1, 1], "relu")
    network.weights[0][...], network.biases[0][...] = 1.0, -1.0
    assert check_gradients(network, np.array([[1.0]]), np.array([[1.0]])).verdict == "not checked"


def test_a_wrong_gradient_beside_a_kink_is_still_found():
    network, X, Y = at_a_kink()
    network.forward(X)
    dW, db = network.backward(Y)
    network.backward = lambda Y: ([2 * g for g in dW], db)
    result = check_gradients(network, X, Y)
    assert (result.arrays[0].skipped, result.arrays[0].verdict) == (1, "wrong")


# ---- What is shown


def test_the_table_has_a_line_for_each_array_with_error_and_verdict():
    arrays = (ArrayCheck("dW[0]", (4, 3), 2e-9, 0), ArrayCheck("db[0]", (4, 1), 3e-2, 1))
    table = str(GradientCheck(arrays, 1e-5, 32)).splitlines()
    assert table[1].split() == ["dW[0]", "(4,", "3)", "2.0e-09", "correct"]
    assert table[2].split() == ["db[0]", "(4,", "1)", "3.0e-02", "wrong", "(1", "skipped", "at", "a", "kink)"]
    assert table[3].split() == ["maximum", "3.0e-02", "wrong"]
    assert table[4] == "epsilon 1e-05, 32 forward passes: 2 per parameter"


def test_the_sweep_shows_rounding_on_the_left_and_truncation_on_the_right():
    epsilons, errors = epsilon_sweep(*chapter_case())
    assert (epsilons[0], epsilons[-1]) == (pytest.approx(1e-15), pytest.approx(1e-1))
    best = int(np.argmin(errors))
    assert 1e-6 < epsilons[best] < 1e-3
    assert errors[0] > 1e-1 and errors[best] < 1e-8 and errors[-1] > 1e-5


def test_the_sweep_takes_the_epsilons_it_is_given():
    epsilons, errors = epsilon_sweep(*chapter_case(), epsilons=[1e-4, 1e-5])
    assert epsilons.tolist() == [1e-4, 1e-5]
    assert errors[1] == check_gradients(*chapter_case(), epsilon=1e-5).maximum


def test_the_figure_shows_every_point_on_logarithmic_axes(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    figure = draw_epsilon_sweep(np.array([1e-7, 1e-5]), np.array([1e-8, 1e-10]))
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.lines[0].get_ydata().tolist() == [1e-8, 1e-10]


def test_checking_does_not_import_matplotlib():
    code = "import sys, backprop.gradient_check as g; g.main(); sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=SOLUTIONS, capture_output=True).returncode == 0


def test_run_as_a_program_it_prints_the_chapters_case():
    run = subprocess.run(
        [sys.executable, "-m", "backprop.gradient_check"], cwd=SOLUTIONS, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("52 forward passes") == 2


def test_run_before_backward_is_written_it_says_so_in_one_sentence(monkeypatch):
    def unwritten(self, Y):
        raise NotImplementedError("backward is not written yet")

    monkeypatch.setattr(NeuralNetwork, "backward", unwritten)
    monkeypatch.setattr(sys, "argv", ["gradient_check"])
    with pytest.raises(SystemExit, match=r"^There is nothing to check yet: backward is not written yet\.$"):
        gradient_check.main()
