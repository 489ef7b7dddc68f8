"""The numbers that the chapter prints, to the digits it prints, from the demos."""

import numpy as np
import pytest
from backprop.datasets import xor
from backprop.neural_network import NeuralNetwork

pytestmark = pytest.mark.whole


@pytest.mark.parametrize(
    "epoch,loss", [(0, "0.126088"), (500, "0.086947"), (1000, "0.008075"), (2000, "0.001353"), (4999, "0.000321")]
)
def test_xor_loss(xor_run, epoch, loss):
    assert f"{xor_run.losses[epoch]:.6f}" == loss


def test_xor_predictions(xor_run):
    assert xor_run.X.T.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [f"{y:.4f}" for y in xor_run.outputs[0]] == ["0.0288", "0.9756", "0.9763", "0.0242"]
    assert xor_run.accuracy == 1.0


@pytest.mark.parametrize("epoch,loss", [(0, "0.080713"), (1500, "0.065074"), (2999, "0.012668")])
def test_circle_loss(circle_run, epoch, loss):
    assert f"{circle_run.losses[epoch]:.6f}" == loss


def test_circle_has_99_points_inside_and_401_outside(circle_run):
    assert (np.sum(circle_run.Y == 1), np.sum(circle_run.Y == 0)) == (99, 401)


def test_circle_accuracy(circle_run):
    assert f"{circle_run.accuracy:.1%}" == "97.8%"


@pytest.mark.parametrize("epoch,loss", [(0, "0.249646"), (4999, "0.195351")])
def test_sine_loss(sine_fits, epoch, loss):
    assert f"{sine_fits.chapter.losses[epoch]:.6f}" == loss


def test_sine_loss_of_an_output_that_is_never_negative_is_at_least_0_124(sine_fits):
    Y = sine_fits.chapter.Y
    assert f"{sine_fits.bound:.3f}" == "0.124"
    assert sine_fits.bound == pytest.approx(NeuralNetwork([1, 16, 1]).compute_loss(np.maximum(Y, 0), Y), rel=1e-12)


def test_sine_is_fitted_with_tanh_linear_output_and_momentum(sine_fits):
    fit = sine_fits.fit
    assert 3e-4 < fit.losses[-1] < 6e-4
    assert np.array_equal(fit.X, sine_fits.chapter.X)
    network = fit.network
    settings = network.layer_sizes, network.activation_name, network.output_activation_name, network.momentum
    assert settings == ([1, 16, 1], "tanh", "linear", 0.9)


def test_sine_output_of_the_chapter_follows_the_first_hump_only(sine_fits):
    X, Y, outputs = sine_fits.chapter.X, sine_fits.chapter.Y, sine_fits.chapter.outputs
    first, second = (np.abs(X - middle) < 0.25 for middle in (-0.75, 0.25))
    assert np.mean(np.abs(outputs[first] - Y[first])) < 0.25
    assert np.all(outputs[second] < 0.01)


def test_gradient_check_of_the_chapter_is_near_4e_8(gradient_test):
    assert gradient_test.chapter.epsilon == 1e-7
    assert 3e-8 < gradient_test.chapter.maximum < 6e-8
    assert gradient_test.chapter.verdict == gradient_test.default.verdict == "correct"
    assert gradient_test.default.epsilon == 1e-5


def test_hyperparameters_are_those_of_the_chapter(explored):
    assert list(explored.by_hidden) == [2, 3, 4, 8, 16]
    assert list(explored.by_eta) == [0.1, 0.5, 1, 2, 5]
    assert list(explored.by_epochs) == [100, 500, 1000, 2000, 5000, 10000]
    assert {len(losses) for losses in [*explored.by_hidden.values(), *explored.by_eta.values()]} == {3000}


def test_hyperparameters_agree_with_the_xor_demo_where_they_are_the_same(explored, xor_run):
    assert explored.by_hidden[4] == explored.by_eta[2] == xor_run.losses[:3000]
    assert [f"{explored.by_epochs[n]:.12f}" for n in (100, 500, 1000, 2000, 5000)] == [
        f"{xor_run.losses[n - 1]:.12f}" for n in (100, 500, 1000, 2000, 5000)
    ]


def test_hyperparameters_start_from_seed_42_each_time(explored):
    for hidden, eta, losses in [(16, 2, explored.by_hidden[16]), (4, 0.1, explored.by_eta[0.1])]:
        np.random.seed(42)
        assert NeuralNetwork([2, hidden, 1]).train(*xor(), 20, eta, verbose=False) == list(losses[:20])


def test_boundary_snapshots_lie_on_the_way_of_the_circle_demo(evolution, circle_run):
    assert [shot.epochs for shot in evolution.snapshots] == [0, 50, 200, 500, 1000, 3000]
    for shot in evolution.snapshots[1:]:
        assert f"{shot.loss:.12f}" == f"{circle_run.losses[shot.epochs - 1]:.12f}"
    last = evolution.snapshots[-1]
    assert np.array_equal(last.network.forward(circle_run.X), circle_run.outputs)
    assert last.accuracy == circle_run.accuracy


def test_boundary_snapshots_are_copies_that_later_training_leaves_alone(evolution):
    for shot in evolution.snapshots:
        network = shot.network
        assert network.compute_loss(network.forward(evolution.X), evolution.Y) == shot.loss
    assert len({shot.loss for shot in evolution.snapshots}) == 6
