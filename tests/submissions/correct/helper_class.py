"""A class for each layer; the network shows their arrays."""

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


class Layer:
    def __init__(self, n_in, n_out, activation):
        self.W = np.random.randn(n_out, n_in) * np.sqrt(2 / (n_in + n_out))
        self.b = np.zeros((n_out, 1))
        self.f, self.f_prime = FUNCTIONS[activation]

    def forward(self, a):
        return self.W @ a + self.b

    def backward(self, delta, a):
        return delta @ a.T, delta.sum(axis=1, keepdims=True), self.W.T @ delta


class NeuralNetwork:
    def __init__(self, layer_sizes, activation="sigmoid"):
        self.layer_sizes, self.L, self.activation_name = layer_sizes, len(layer_sizes) - 1, activation
        self.layers = [Layer(n, k, activation) for n, k in zip(layer_sizes[:-1], layer_sizes[1:])]

    @property
    def weights(self):
        return [layer.W for layer in self.layers]

    @property
    def biases(self):
        return [layer.b for layer in self.layers]

    def forward(self, X):
        self.z_cache, self.a_cache = [], [X]
        for layer in self.layers:
            self.z_cache.append(layer.forward(self.a_cache[-1]))
            self.a_cache.append(layer.f(self.z_cache[-1]))
        return self.a_cache[-1]

    def compute_loss(self, y_hat, Y):
        m = Y.shape[1]
        return np.sum((y_hat - Y) ** 2) / (2 * m)

    def backward(self, Y):
        dW, db = [], []
        error = (self.a_cache[-1] - Y) / Y.shape[1]
        for layer, z, a in zip(self.layers[::-1], self.z_cache[::-1], self.a_cache[-2::-1]):
            gradient_W, gradient_b, error = layer.backward(error * layer.f_prime(z), a)
            dW.insert(0, gradient_W)
            db.insert(0, gradient_b)
        return dW, db

    def update(self, dW, db, eta):
        for layer, g, h in zip(self.layers, dW, db):
            layer.W -= eta * g
            layer.b -= eta * h

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
