"""Task `square` (Exercise 18.3): fit x^2 on [-2, 2]."""

from autograder.assignment.network.recipes import read_recipe, succeed
from autograder.assignment.network.training import loss_of
from autograder.engine.check import Task

square = Task("square", owns=("square_recipe",), needs=("forward", "backward", "update", "train"), by_outcome=True)

GOAL = 2e-3


@square.check(weight=10, compared=False)
def test_fits(student, case):
    """The network of `square_recipe` fits x^2: a loss below 0.002 on points it has not seen, from 3 of 5 starts."""
    recipe = read_recipe(student, "square_recipe", 1, 1)
    X, unseen = case.rng.uniform(-2, 2, (1, 100)), case.rng.uniform(-2, 2, (1, 200))

    def complaint(network):
        output = case.predict(network, unseen, recipe["activation"], recipe["output_activation"])
        loss = loss_of(output, unseen**2)
        return None if loss < GOAL else f"the loss on unseen points is {loss:.4f}, and should be below {GOAL}"

    succeed(student, case, recipe, X, X**2, complaint)
