"""What `NeuralNetwork` says about arguments that it cannot use."""

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

X3, Y2 = np.zeros((3, 4)), np.zeros((2, 4))


@pytest.mark.parametrize(
    "arguments,message",
    [
        (([2, 1], "softplus"), "one of sigmoid, relu, linear, tanh, not 'softplus'"),
        (([2],), r"two or more whole numbers >= 1, not \[2\]"),
        (([2, 0, 1],), r"whole numbers >= 1, not \[2, 0, 1\]"),
        (([2, 1.5],), r"whole numbers >= 1, not \[2, 1.5\]"),
    ],
)
def test_constructor_says_what_it_expected(arguments, message):
    with pytest.raises(ValueError, match=message):
        NeuralNetwork(*arguments)


def test_unknown_output_activation_is_named():
    with pytest.raises(ValueError, match="'softplus'"):
        NeuralNetwork([2, 1], output_activation="softplus")


def test_a_seed_in_place_of_a_generator_is_refused():
    with pytest.raises(ValueError, match="rng should be None or NumPy's Generator or RandomState, not 42"):
        NeuralNetwork([2, 1], rng=42)


@pytest.mark.parametrize("X", [np.zeros((4, 3)), np.zeros(3), np.zeros((3, 2, 2)), 1.0])
def test_forward_says_which_shape_it_expected(X):
    with pytest.raises(ValueError, match=r"X should have shape \(3, m\), one column per sample, not "):
        NeuralNetwork([3, 4, 2]).forward(X)


def test_backward_before_forward_is_refused():
    with pytest.raises(RuntimeError, match=r"call forward\(X\) first"):
        NeuralNetwork([3, 4, 2]).backward(Y2)


@pytest.mark.parametrize(
    "Y,message", [(Y2[0], r"Y should have shape \(2, m\)"), (Y2[:, :1], "Y should have 4 columns")]
)
def test_backward_says_which_shape_it_expected(Y, message):
    network = NeuralNetwork([3, 4, 2])
    network.forward(X3)
    with pytest.raises(ValueError, match=message):
        network.backward(Y)


def test_loss_refuses_shapes_that_would_broadcast():
    with pytest.raises(ValueError, match=r"not \(1, 4\) and \(4,\)"):
        NeuralNetwork([3, 1]).compute_loss(np.zeros((1, 4)), np.zeros(4))


@pytest.mark.parametrize("batch_size", [0, -1])
def test_train_refuses_batches_without_samples(batch_size):
    with pytest.raises(ValueError, match="batch_size should be 1 or more"):
        NeuralNetwork([3, 4, 2]).train(X3, Y2, 1, 0.1, batch_size)


def test_train_refuses_x_and_y_of_different_length():
    with pytest.raises(ValueError, match="not 4 and 3"):
        NeuralNetwork([3, 4, 2]).train(X3, Y2[:, :3], 1, 0.1)
