"""The demos' data, trained once for all tests of this folder."""

import pytest
from backprop import demos


@pytest.fixture(scope="session")
def gradient_test():
    return demos.gradient_check()


@pytest.fixture(scope="session")
def xor_run():
    return demos.learn_xor()


@pytest.fixture(scope="session")
def circle_run():
    return demos.learn_circle()


@pytest.fixture(scope="session")
def sine_fits():
    return demos.learn_sine()


@pytest.fixture(scope="session")
def explored():
    return demos.explore_hyperparameters()


@pytest.fixture(scope="session")
def evolution():
    return demos.watch_boundary()
