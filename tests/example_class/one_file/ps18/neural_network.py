import numpy as np


class NeuralNetwork:
    """Everything in one class, as in the chapter."""

    def __init__(self, layer_sizes, activation='sigmoid'):
        self.layer_sizes = layer_sizes
        self.L = len(layer_sizes) - 1
        self.activation_name = activation
        self.weights = []
        self.biases = []
        for i in range(self.L):
            n_in, n_out = layer_sizes[i], layer_sizes[i + 1]
            self.weights.append(np.random.randn(n_out, n_in) * np.sqrt(2.0 / (n_in + n_out)))
            self.biases.append(np.zeros((n_out, 1)))
        if activation == 'sigmoid':
            self.sigma = lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500)))
            self.sigma_prime = lambda z: self.sigma(z) * (1 - self.sigma(z))
        elif activation == 'relu':
            self.sigma = lambda z: np.maximum(0, z)
            self.sigma_prime = lambda z: (z > 0).astype(float)
        else:
            raise ValueError('unknown activation: ' + activation)
        self.z_cache = []
        self.a_cache = []

    def forward(self, X):
        self.z_cache = []
        self.a_cache = [X]
        a = X
        for W, b in zip(self.weights, self.biases):
            z = W @ a + b
            a = self.sigma(z)
            self.z_cache.append(z)
            self.a_cache.append(a)
        return a

    def compute_loss(self, y_hat, Y):
        m = Y.shape[1]
        return np.sum((y_hat - Y) ** 2) / (2 * m)

    def backward(self, Y):
        m = Y.shape[1]
        dW, db = [], []
        delta = (self.a_cache[-1] - Y) / m * self.sigma_prime(self.z_cache[-1])
        for l in reversed(range(self.L)):
            dW.append(delta @ self.a_cache[l].T)
            db.append(np.sum(delta, axis=1, keepdims=True))
            if l > 0:
                delta = (self.weights[l].T @ delta) * self.sigma_prime(self.z_cache[l - 1])
        dW.reverse()
        db.reverse()
        return dW, db

    def update(self, dW, db, eta):
        for l in range(self.L):
            self.weights[l] -= eta * dW[l]
            self.biases[l] -= eta * db[l]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        m = X.shape[1]
        if batch_size is None:
            batch_size = m
        losses = []
        for epoch in range(epochs):
            order = np.random.permutation(m)
            for start in range(0, m, batch_size):
                batch = order[start:start + batch_size]
                self.forward(X[:, batch])
                dW, db = self.backward(Y[:, batch])
                self.update(dW, db, eta)
            loss = self.compute_loss(self.forward(X), Y)
            losses.append(loss)
            if verbose and epoch % max(1, epochs // 10) == 0:
                print('epoch', epoch, 'loss', loss)
        return losses
