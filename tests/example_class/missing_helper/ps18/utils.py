import numpy as np


def one_hot(y, n):
    return np.eye(n)[y].T
