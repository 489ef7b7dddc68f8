# Problem set 18
# I wrote my own class instead of filling in the template, hope that's ok
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def relu(x):
    return x * (x > 0)


ACTIVATION = {
    'sigmoid': (sigmoid, lambda x: sigmoid(x) * (1.0 - sigmoid(x))),
    'relu': (relu, lambda x: 1.0 * (x > 0)),
}


class NeuralNetwork:

    def __init__(self, layer_sizes, activation='sigmoid'):
        self.layer_sizes = list(layer_sizes)
        self.L = len(self.layer_sizes) - 1
        self.activation_name = activation
        self.f, self.df = ACTIVATION[activation]
        self.weights, self.biases = [], []
        for fan_in, fan_out in zip(self.layer_sizes[:-1], self.layer_sizes[1:]):
            xavier = np.sqrt(2.0 / (fan_in + fan_out))
            self.weights.append(xavier * np.random.randn(fan_out, fan_in))
            self.biases.append(np.zeros((fan_out, 1)))

    def forward(self, X):
        self.z_cache = []
        self.a_cache = [X]
        for W, b in zip(self.weights, self.biases):
            self.z_cache.append(W.dot(self.a_cache[-1]) + b)
            self.a_cache.append(self.f(self.z_cache[-1]))
        return self.a_cache[-1]

    def compute_loss(self, y_hat, Y):
        return 0.5 * np.sum((y_hat - Y) ** 2) / Y.shape[1]

    def backward(self, Y):
        m = Y.shape[1]
        delta = (self.a_cache[-1] - Y) / m * self.df(self.z_cache[-1])
        deltas = [delta]
        # push the error back through the weights
        for W in reversed(self.weights[1:]):
            delta = W.T.dot(delta)
            deltas.append(delta)
        deltas.reverse()
        dW = [d.dot(a.T) for d, a in zip(deltas, self.a_cache)]
        db = [d.sum(axis=1, keepdims=True) for d in deltas]
        return dW, db

    def update(self, dW, db, eta):
        for i in range(self.L):
            self.weights[i] = self.weights[i] - eta * dW[i]
            self.biases[i] = self.biases[i] - eta * db[i]

    def train(self, X, Y, epochs, eta, batch_size=None, verbose=True):
        m = X.shape[1]
        size = batch_size or m
        losses = []
        for epoch in range(epochs):
            perm = np.random.permutation(m)
            Xs, Ys = X[:, perm], Y[:, perm]
            for k in range(0, m, size):
                self.forward(Xs[:, k:k + size])
                grads = self.backward(Ys[:, k:k + size])
                self.update(*grads, eta)
            losses.append(self.compute_loss(self.forward(X), Y))
            if verbose and epoch % 500 == 0:
                print("Epoch %d: %.5f" % (epoch, losses[-1]))
        return losses
