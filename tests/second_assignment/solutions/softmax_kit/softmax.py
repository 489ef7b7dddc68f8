"""Softmax of columns, and its gradient: z and v have shape (n, m), a column for each sample."""

import numpy as np


def softmax(z):
    """Each column as probabilities: exp(z) over the column's sum, shape (n, m)."""
    # TODO: also where z is as large as 1000
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)
    ### END SOLUTION


def softmax_gradient(z, v):
    """The Jacobian of softmax at z, transposed, times v, column by column, shape (n, m)."""
    # TODO: with a = softmax(z) the Jacobian of a column is diag(a) - a a^T
    ### BEGIN SOLUTION
    a = softmax(z)
    return a * (v - (a * v).sum(axis=0))
    ### END SOLUTION
