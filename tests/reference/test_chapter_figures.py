"""The numbers that the chapter prints, to the digits it prints."""

import numpy as np
import pytest
from backprop.datasets import circle, sine, xor
from backprop.gradient_check import chapter_case, check_gradients
from backprop.neural_network import NeuralNetwork


def trained(data, sizes, eta, epochs, activation="sigmoid", **options):
    """Seed 42, then the data, then the network: (network, X, Y, losses)."""
    np.random.seed(42)
    X, Y = data()
    network = NeuralNetwork(sizes, activation, **options)
    return network, X, Y, network.train(X, Y, epochs, eta, verbose=False)


@pytest.fixture(scope="module")
def xor_run():
    return trained(xor, [2, 4, 1], 2, 5000)


@pytest.fixture(scope="module")
def circle_run():
    return trained(circle, [2, 8, 1], 5, 3000)


@pytest.fixture(scope="module")
def sine_run():
    return trained(sine, [1, 16, 1], 5, 5000)


@pytest.mark.parametrize(
    "epoch,loss", [(0, "0.126088"), (500, "0.086947"), (1000, "0.008075"), (2000, "0.001353"), (4999, "0.000321")]
)
def test_xor_loss(xor_run, epoch, loss):
    assert f"{xor_run[3][epoch]:.6f}" == loss


def test_xor_predictions(xor_run):
    network, X, _, _ = xor_run
    assert X.T.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [f"{y:.4f}" for y in network.forward(X)[0]] == ["0.0288", "0.9756", "0.9763", "0.0242"]


@pytest.mark.parametrize("epoch,loss", [(0, "0.080713"), (1500, "0.065074"), (2999, "0.012668")])
def test_circle_loss(circle_run, epoch, loss):
    assert f"{circle_run[3][epoch]:.6f}" == loss


def test_circle_has_99_points_inside_and_401_outside(circle_run):
    Y = circle_run[2]
    assert (np.sum(Y == 1), np.sum(Y == 0)) == (99, 401)


def test_circle_accuracy(circle_run):
    network, X, Y, _ = circle_run
    assert f"{np.mean((network.forward(X) > 0.5) == (Y == 1)):.1%}" == "97.8%"


@pytest.mark.parametrize("epoch,loss", [(0, "0.249646"), (4999, "0.195351")])
def test_sine_loss(sine_run, epoch, loss):
    assert f"{sine_run[3][epoch]:.6f}" == loss


def test_sine_loss_of_an_output_that_is_never_negative_is_at_least_0_124(sine_run):
    Y = sine_run[2]
    best = NeuralNetwork([1, 16, 1]).compute_loss(np.maximum(Y, 0), Y)
    assert f"{best:.3f}" == "0.124"


def test_sine_is_fitted_with_tanh_linear_output_and_momentum():
    *_, losses = trained(sine, [1, 16, 1], 0.1, 5000, "tanh", output_activation="linear", momentum=0.9)
    assert 3e-4 < losses[-1] < 6e-4


def test_gradient_check_of_the_chapter_is_near_4e_8():
    assert 3e-8 < check_gradients(*chapter_case(), epsilon=1e-7).maximum < 6e-8
