import sys

import numpy as np


class NeuralNetwork:
    """my backprop network"""

    def __init__(self, layer_sizes, activation="sigmoid"):
        assert activation == "sigmoid", "only did sigmoid"
        self.layer_sizes = layer_sizes
        self.L = len(layer_sizes) - 1
        self.activation_name = activation
        self.weights = [np.random.randn(layer_sizes[i + 1], layer_sizes[i])
                        * np.sqrt(2 / (layer_sizes[i] + layer_sizes[i + 1])) for i in range(self.L)]
        self.biases = [np.zeros((n, 1)) for n in layer_sizes[1:]]

    def s(self, z):
        return 1 / (1 + np.exp(-z))

    def forward(self, X):
        self.a_cache, self.z_cache = [X], []
        for i in range(self.L):
            self.z_cache.append(self.weights[i] @ self.a_cache[i] + self.biases[i])
            self.a_cache.append(self.s(self.z_cache[i]))
        return self.a_cache[self.L]

    def compute_loss(self, y_hat, Y):
        return np.sum((y_hat - Y) ** 2) / 2 / Y.shape[1]

    def backward(self, Y):
        dW, db = [None] * self.L, [None] * self.L
        d = (self.a_cache[self.L] - Y) / Y.shape[1]
        for i in reversed(range(self.L)):
            a = self.a_cache[i + 1]
            d = d * a * (1 - a)        # sigmoid' from the activation
            dW[i] = d @ self.a_cache[i].T
            db[i] = d.sum(1, keepdims=True)
            d = self.weights[i].T @ d
        return dW, db

    def update(self, dW, db, eta):
        for i in range(self.L):
            self.weights[i] -= eta * dW[i]
            self.biases[i] -= eta * db[i]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        n = X.shape[1]
        batch_size = batch_size or n
        history = []
        for e in range(epochs):
            idx = np.random.permutation(n)
            for start in range(0, n, batch_size):
                j = idx[start:start + batch_size]
                self.forward(X[:, j])
                self.update(*self.backward(Y[:, j]), eta)
            history.append(self.compute_loss(self.forward(X), Y))
        return history


# quick demo
X = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
Y = np.array([[0, 1, 1, 0]])
net = NeuralNetwork([2, 4, 1])
losses = net.train(X, Y, 200, 2.0, verbose=False)
print("XOR loss went from", losses[0], "to", losses[-1])
if losses[-1] > 0.01:
    print("not learnt yet")
    sys.exit(1)
