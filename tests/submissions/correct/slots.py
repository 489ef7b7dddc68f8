"""Declares its attributes."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)


def relu(z):
    return np.where(z > 0, z, 0.0)


def relu_prime(z):
    return (z > 0) * 1.0


def identity(z):
    return z * 1.0


def one(z):
    return z * 0.0 + 1.0


FUNCTIONS = {"sigmoid": (sigmoid, sigmoid_prime), "relu": (relu, relu_prime), "linear": (identity, one)}


class NeuralNetwork:
    __slots__ = (
        *("layer_sizes", "L", "activation_name", "activation", "activation_prime"),
        *("weights", "biases", "z_cache", "a_cache"),
    )

    def __init__(self, layer_sizes, activation="sigmoid"):
        self.layer_sizes = layer_sizes
        self.L = len(layer_sizes) - 1
        self.activation_name = activation
        self.activation, self.activation_prime = FUNCTIONS[activation]
        self.weights = []
        self.biases = []
        for i in range(self.L):
            scale = np.sqrt(2 / (layer_sizes[i] + layer_sizes[i + 1]))
            self.weights.append(np.random.randn(layer_sizes[i + 1], layer_sizes[i]) * scale)
            self.biases.append(np.zeros((layer_sizes[i + 1], 1)))

    def forward(self, X):
        self.z_cache = []
        self.a_cache = [X]
        a = X
        for W, b in zip(self.weights, self.biases):
            z = np.dot(W, a) + b
            a = self.activation(z)
            self.z_cache.append(z)
            self.a_cache.append(a)
        return a

    def compute_loss(self, y_hat, Y):
        m = Y.shape[1]
        return np.sum((y_hat - Y) ** 2) / (2 * m)

    def backward(self, Y):
        m = Y.shape[1]
        dW = [None] * self.L
        db = [None] * self.L
        delta = (self.a_cache[-1] - Y) / m * self.activation_prime(self.z_cache[-1])
        for l in range(self.L - 1, -1, -1):
            dW[l] = np.dot(delta, self.a_cache[l].T)
            db[l] = np.sum(delta, axis=1, keepdims=True)
            if l > 0:
                delta = np.dot(self.weights[l].T, delta) * self.activation_prime(self.z_cache[l - 1])
        return dW, db

    def update(self, dW, db, eta):
        for l in range(self.L):
            self.weights[l] -= eta * dW[l]
            self.biases[l] -= eta * db[l]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        m = X.shape[1]
        if batch_size is None:
            batch_size = m
        history = []
        for epoch in range(epochs):
            order = np.random.permutation(m)
            X_shuffled, Y_shuffled = X[:, order], Y[:, order]
            for start in range(0, m, batch_size):
                self.forward(X_shuffled[:, start : start + batch_size])
                dW, db = self.backward(Y_shuffled[:, start : start + batch_size])
                self.update(dW, db, eta)
            history.append(self.compute_loss(self.forward(X), Y))
            if verbose and epoch % max(1, epochs // 10) == 0:
                print(f"Epoch {epoch}, loss {history[-1]:.6f}")
        return history
