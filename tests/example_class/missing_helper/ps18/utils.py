import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def xavier(n_out, n_in):
    return np.random.randn(n_out, n_in) * np.sqrt(2 / (n_out + n_in))
