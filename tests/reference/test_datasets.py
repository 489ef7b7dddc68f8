"""The chapter's data sets."""

import numpy as np
import pytest
from backprop.datasets import circle, make_spirals, sine, square, xor


def arms(**options):
    X, Y = make_spirals(**options)
    return X[:, Y[0] == 0], X[:, Y[0] == 1]


def test_xor_is_one_where_the_inputs_differ():
    X, Y = xor()
    assert X.T.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert Y.tolist() == [[0, 1, 1, 0]]


def test_circle_is_one_inside_radius_one_half():
    X, Y = circle(200, np.random.default_rng(0))
    assert X.shape == (2, 200) and Y.shape == (1, 200)
    np.testing.assert_array_equal(Y[0] == 1, np.hypot(*X) < 0.5)
    assert X.min() < -0.9 and X.max() > 0.9


def test_sine_has_its_angle_divided_by_two_pi():
    X, Y = sine(300, np.random.default_rng(0))
    assert X.shape == Y.shape == (1, 300)
    assert -1 <= X.min() < -0.9 and 0.9 < X.max() <= 1
    np.testing.assert_allclose(Y, np.sin(2 * np.pi * X), atol=1e-12)


def test_square_goes_from_minus_two_to_two():
    X, Y = square(300, np.random.default_rng(0))
    assert -2 <= X.min() < -1.8 and 1.8 < X.max() <= 2
    np.testing.assert_array_equal(Y, X * X)


def test_by_default_the_points_are_as_many_as_in_the_chapter():
    assert [data()[0].shape for data in (circle, sine, make_spirals)] == [(2, 500), (1, 200), (2, 194)]


@pytest.mark.parametrize("data", [circle, sine, square, lambda rng=None: make_spirals(noise=0.1, rng=rng)])
def test_without_rng_the_global_state_decides(data):
    np.random.seed(5)
    X, Y = data()
    right_X, right_Y = data(rng=np.random.RandomState(5))
    np.testing.assert_array_equal(X, right_X)
    np.testing.assert_array_equal(Y, right_Y)


@pytest.mark.parametrize("data", [xor, circle, sine, square, make_spirals])
def test_everything_is_float64(data):
    assert [array.dtype for array in data()] == [np.float64, np.float64]


def test_spirals_have_equally_many_points_of_both_classes():
    X, Y = make_spirals(30)
    assert X.shape == (2, 60) and Y.shape == (1, 60)
    assert sorted(Y[0]) == [0.0] * 30 + [1.0] * 30


def test_spiral_arms_are_point_reflections_of_each_other():
    one, other = arms()
    np.testing.assert_array_equal(one, -other)


def test_radius_grows_linearly_from_a_twentieth_to_one():
    for arm in arms(n_per_class=50):
        np.testing.assert_allclose(np.hypot(*arm), np.linspace(0.05, 1, 50), rtol=1e-12)


@pytest.mark.parametrize("turns", [0.5, 1.5, 2.0])
def test_angle_grows_in_step_with_the_radius_up_to_the_turns(turns):
    for arm in arms(turns=turns):
        angle = np.unwrap(np.arctan2(arm[1], arm[0]))
        np.testing.assert_allclose(np.diff(angle), 2 * np.pi * turns * 0.95 / 96, rtol=1e-9)


def test_spirals_without_noise_draw_no_random_numbers():
    rng = np.random.RandomState(0)
    make_spirals(rng=rng)
    assert rng.random_sample() == np.random.RandomState(0).random_sample()


def test_noise_is_normal_with_the_given_deviation_on_both_coordinates():
    clean, noisy = make_spirals(5000)[0], make_spirals(5000, noise=0.2, rng=np.random.default_rng(1))[0]
    noise = noisy - clean
    np.testing.assert_allclose(noise.std(axis=1), 0.2, rtol=0.05)
    np.testing.assert_allclose(noise.mean(axis=1), 0.0, atol=0.01)
    assert abs(np.corrcoef(noise)[0, 1]) < 0.05
