"""A network that answers every question, in the right form and with zeros: it earns nothing."""

import numpy as np


class NeuralNetwork:
    def __init__(self, layer_sizes, activation="sigmoid", **options):
        self.layer_sizes, self.L = list(layer_sizes), len(layer_sizes) - 1
        self.activation_name = activation
        self.weights = [np.zeros((n, k)) for k, n in zip(layer_sizes, layer_sizes[1:])]
        self.biases = [np.zeros((n, 1)) for n in layer_sizes[1:]]

    def forward(self, X):
        self.z_cache = [np.zeros((n, X.shape[1])) for n in self.layer_sizes[1:]]
        self.a_cache = [X, *self.z_cache]
        return self.z_cache[-1]

    def compute_loss(self, y_hat, Y):
        return 0.0

    def backward(self, Y):
        return [0 * W for W in self.weights], [0 * b for b in self.biases]

    def update(self, dW, db, eta):
        pass

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        return [0.0] * epochs
