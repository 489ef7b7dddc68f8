"""Plain pytest: one test for each check and variant, on the package that is on the path."""

import pytest
from backprop.neural_network import NeuralNetwork
from checks_here import hold, items


@pytest.mark.parametrize("item", items(), ids=lambda item: item.name)
def test_check(item):
    hold(NeuralNetwork, item)
