import numpy as np

from utils import sigmoid, sigmoid_prime, xavier


class NeuralNetwork:
    """The network of chapter 18.  The small functions are in utils.py."""

    def __init__(self, layer_sizes, activation="sigmoid"):
        self.layer_sizes = layer_sizes
        self.L = len(layer_sizes) - 1
        self.activation_name = activation
        self.weights = [xavier(b, a) for a, b in zip(layer_sizes, layer_sizes[1:])]
        self.biases = [np.zeros((b, 1)) for b in layer_sizes[1:]]
        self.z_cache = []
        self.a_cache = []

    def forward(self, X):
        self.z_cache, self.a_cache = [], [X]
        for W, b in zip(self.weights, self.biases):
            self.z_cache.append(W @ self.a_cache[-1] + b)
            self.a_cache.append(sigmoid(self.z_cache[-1]))
        return self.a_cache[-1]

    def compute_loss(self, y_hat, Y):
        return np.mean(np.sum((y_hat - Y) ** 2, axis=0)) / 2

    def backward(self, Y):
        delta = (self.a_cache[-1] - Y) / Y.shape[1] * sigmoid_prime(self.z_cache[-1])
        dW, db = [delta @ self.a_cache[-2].T], [delta.sum(axis=1, keepdims=True)]
        for l in range(self.L - 2, -1, -1):
            delta = (self.weights[l + 1].T @ delta) * sigmoid_prime(self.z_cache[l])
            dW.insert(0, delta @ self.a_cache[l].T)
            db.insert(0, delta.sum(axis=1, keepdims=True))
        return dW, db

    def update(self, dW, db, eta):
        for l in range(self.L):
            self.weights[l] -= eta * dW[l]
            self.biases[l] -= eta * db[l]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        m = X.shape[1]
        batch_size = batch_size or m
        losses = []
        for epoch in range(epochs):
            order = np.random.permutation(m)
            for i in range(0, m, batch_size):
                batch = order[i:i + batch_size]
                self.forward(X[:, batch])
                dW, db = self.backward(Y[:, batch])
                self.update(dW, db, eta)
            losses.append(self.compute_loss(self.forward(X), Y))
            if verbose and epoch % max(1, epochs // 10) == 0:
                print(epoch, losses[-1])
        return losses
