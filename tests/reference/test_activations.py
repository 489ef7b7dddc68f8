"""The activations and their derivatives; the oracle checks their values."""

import warnings

import numpy as np
import pytest
from backprop.activations import ACTIVATIONS, sigmoid


def test_sigmoid_is_right_and_silent_far_from_zero():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = sigmoid(np.array([-1000.0, -700.0, 0.0, 700.0, 1000.0]))
    assert values[[0, 2, 3, 4]].tolist() == [0.0, 0.5, 1.0, 1.0]
    assert values[1] == pytest.approx(np.exp(-700.0), rel=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_finite_and_silent_far_from_zero(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(ACTIVATIONS[name][1](np.array([-1000.0, 1000.0]))).all()


def test_the_derivative_of_relu_at_zero_is_zero():
    assert ACTIVATIONS["relu"][1](np.array([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_leave_z_alone(name):
    z = np.array([[-2.0, 0.0, 3.0]])
    for function in ACTIVATIONS[name]:
        assert function(z).shape == z.shape
    assert z.tolist() == [[-2.0, 0.0, 3.0]]
