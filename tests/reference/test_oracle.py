"""The network against an oracle that shares no line with it: complex-step derivatives of its own loss.

For a function that is real on the real line, the imaginary part of f(x + ih) is h f'(x) without any
subtraction, so h can be 1e-30 and the derivative is right to the last digits.
"""

from itertools import product

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

H = 1e-30

SIGMA = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "relu": lambda z: z * (z.real > 0),
    "linear": lambda z: z,
}
SIZES = [[3, 4, 2], [2, 3, 3, 3, 1], [1, 1], [4, 4, 4, 4], [1, 6, 5]]


def oracle_output(weights, biases, names, X):
    """The output of each sample, one sample after the other."""
    columns = []
    for x in X.T:
        for W, b, name in zip(weights, biases, names, strict=True):
            x = SIGMA[name](np.array([sum(w * v for w, v in zip(row, x, strict=True)) for row in W]) + b[:, 0])
        columns.append(x)
    return np.array(columns).T


def oracle_loss(weights, biases, names, X, Y, l2):
    output = oracle_output(weights, biases, names, X)
    total = sum((a - y) ** 2 for a, y in zip(output.flat, Y.flat, strict=True)) / (2 * X.shape[1])
    return total + l2 * sum(w**2 for W in weights for w in W.flat) / 2


def oracle_gradients(weights, biases, names, X, Y, l2):
    weights, biases = [W.astype(complex) for W in weights], [b.astype(complex) for b in biases]
    gradients = []
    for theta in (*weights, *biases):
        gradient = np.empty(theta.shape)
        for index in np.ndindex(*theta.shape):
            theta[index] += 1j * H
            gradient[index] = oracle_loss(weights, biases, names, X, Y, l2).imag / H
            theta[index] = theta[index].real
        gradients.append(gradient)
    return gradients[: len(weights)], gradients[len(weights) :]


def example(sizes, activation, output_activation=None, m=5, l2=0.0, seed=1, **options):
    """A network whose biases are not 0, with X, Y, and the names of its layers' activations."""
    rng = np.random.default_rng(seed)
    network = NeuralNetwork(sizes, activation, output_activation=output_activation, l2=l2, rng=rng, **options)
    for b in network.biases:
        b[...] = rng.normal(0, 0.5, b.shape)
    names = [activation] * (len(sizes) - 2) + [output_activation or activation]
    return network, rng.normal(0, 1, (sizes[0], m)), rng.normal(0, 1, (sizes[-1], m)), names


def assert_same(arrays, expected):
    assert len(arrays) == len(expected)
    for array, right in zip(arrays, expected, strict=True):
        assert array.shape == right.shape
        assert array.dtype == np.float64
        assert np.linalg.norm(array - right) <= 1e-12 * np.linalg.norm(right)


@pytest.mark.parametrize("sizes,names", [*product(SIZES, product(SIGMA, [None, *SIGMA]))], ids=str)
def test_backward_agrees_with_complex_steps(sizes, names):
    for m, l2 in ((1, 0.0), (4, 0.0), (3, 0.3)):
        network, X, Y, layers = example(sizes, *names, m=m, l2=l2)
        network.forward(X)
        dW, db = network.backward(Y)
        dW_right, db_right = oracle_gradients(network.weights, network.biases, layers, X, Y, l2)
        assert_same(dW, dW_right)
        assert_same(db, db_right)


@pytest.mark.parametrize("sizes,activation", [*product(SIZES, SIGMA)], ids=str)
def test_forward_and_loss_agree_with_a_sum_over_single_samples(sizes, activation):
    network, X, Y, names = example(sizes, activation, "linear", m=6, l2=0.2)
    output = network.forward(X)
    np.testing.assert_allclose(output, oracle_output(network.weights, network.biases, names, X), rtol=1e-12)
    right = oracle_loss(network.weights, network.biases, names, X, Y, 0.2)
    assert network.compute_loss(output, Y) == pytest.approx(right, rel=1e-13)


@pytest.mark.parametrize("m,batch_size", [(7, None), (7, 1), (7, 3), (6, 3), (4, 100)])
def test_an_epoch_steps_once_along_the_gradient_of_each_batch(m, batch_size):
    network, X, Y, names = example([2, 3, 2], "tanh", m=m, l2=0.1)
    network.rng = np.random.RandomState(5)
    order = np.random.RandomState(5).permutation(m)
    weights, biases = [W.copy() for W in network.weights], [b.copy() for b in network.biases]
    for start in range(0, m, batch_size or m):
        batch = order[start : start + (batch_size or m)]
        dW, db = oracle_gradients(weights, biases, names, X[:, batch], Y[:, batch], 0.1)
        weights = [W - 0.7 * g for W, g in zip(weights, dW, strict=True)]
        biases = [b - 0.7 * g for b, g in zip(biases, db, strict=True)]

    history = network.train(X, Y, 1, 0.7, batch_size, verbose=False)

    for array, right in zip(network.weights + network.biases, weights + biases, strict=True):
        np.testing.assert_allclose(array, right, rtol=1e-11, atol=1e-14)
    assert history == [pytest.approx(oracle_loss(weights, biases, names, X, Y, 0.1), rel=1e-12)]


def test_update_without_momentum_subtracts_eta_times_the_gradient():
    network = NeuralNetwork([2, 1])
    network.weights[0][...] = [[1.0, -2.0]]
    network.biases[0][...] = [[0.5]]
    network.update([np.array([[0.2, 0.4]])], [np.array([[-1.0]])], 0.1)
    network.update([np.array([[1.0, 0.0]])], [np.array([[2.0]])], 0.5)
    np.testing.assert_allclose(network.weights[0], [[0.48, -2.04]], rtol=1e-15)
    np.testing.assert_allclose(network.biases[0], [[-0.4]], rtol=1e-15)


def test_update_with_momentum_gives_the_numbers_worked_out_by_hand():
    network = NeuralNetwork([1, 1], momentum=0.9)
    network.weights[0][...] = 1.0
    network.biases[0][...] = 2.0
    network.update([np.array([[0.5]])], [np.array([[-1.0]])], 0.1)  # v = 0.5 and -1
    assert network.weights[0].item() == pytest.approx(0.95, rel=1e-15)
    assert network.biases[0].item() == pytest.approx(2.1, rel=1e-15)
    network.update([np.array([[1.0]])], [np.array([[0.0]])], 0.1)  # v = 1.45 and -0.9
    assert network.weights[0].item() == pytest.approx(0.805, rel=1e-15)
    assert network.biases[0].item() == pytest.approx(2.19, rel=1e-15)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99])
def test_momentum_under_a_constant_gradient_follows_the_geometric_sum(beta):
    network, *_ = example([3, 4, 2], "sigmoid", momentum=beta)
    before = [theta.copy() for theta in network.weights + network.biases]
    gradients = [np.random.default_rng(3).normal(size=theta.shape) for theta in before]
    steps, eta = 12, 0.05
    for _ in range(steps):
        network.update(gradients[:2], gradients[2:], eta)
    travelled = sum((1 - beta**k) / (1 - beta) for k in range(1, steps + 1))
    for theta, start, g in zip(network.weights + network.biases, before, gradients, strict=True):
        np.testing.assert_allclose(theta, start - eta * travelled * g, rtol=1e-12, atol=1e-14)
