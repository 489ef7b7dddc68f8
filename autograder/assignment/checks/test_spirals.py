"""Task `spirals` (Exercise 18.5): separate two spirals with as few parameters as you can."""

import numpy as np
from backprop.datasets import make_spirals

from autograder.assignment.network.recipes import parameters, read_recipe, succeed
from autograder.engine.case import Partly
from autograder.engine.check import Task

spirals = Task("spirals", owns=("spirals_recipe",), needs=("forward", "backward", "update", "train"), by_outcome=True)

# 99 % is asked, 98 % (191 of 194) decides: with other last bits a right network may have two points wrong for a while.
# Of 900 trainings of right networks eight ended in between, and of 240 of wrong ones two (2-32-1, 2-3-3-1).
ASKED, GOAL = 0.99, 0.98


@spirals.check(weight=10, compared=False)
def test_separates(student, case):
    """The network of `spirals_recipe` separates the spirals: 99 % of the points right, from 3 of 5 starts."""
    recipe = read_recipe(student, "spirals_recipe", 2, 1)
    turn = case.setting["turn"]
    X, Y = make_spirals()
    X = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ X
    middle = 0.5
    if (recipe["output_activation"] or recipe["activation"]) == "tanh":
        Y, middle = 2 * Y - 1, 0.0

    def complaint(network):
        output = case.predict(network, X, recipe["activation"], recipe["output_activation"])
        accuracy = np.mean((output > middle) == (middle < Y))
        return None if accuracy >= GOAL else f"{accuracy:.1%} of the points are right, and should be {ASKED:.0%}"

    succeed(student, case, recipe, X, Y, complaint)
    size = parameters(recipe["layer_sizes"])
    share = max((share for most, share in case.setting["size_shares"] if size <= most), default=0.0)
    if share < 1:
        raise Partly(
            share, f"It works with {size} parameters; a smaller network earns more.", "It works; smaller earns more."
        )
