"""Exercises 18.3 and 18.5: choose a network for a problem.

An answer is a recipe.  Your network is trained by it from several starts, and most of them should succeed.
`python -m backprop.exercises` tries both recipes out, `python -m backprop.exercises 20` from 20 starts.
"""

import sys

from .recipe import Recipe, fits_square, separates_spirals, try_out


def square_recipe() -> Recipe:
    """Exercise 18.3: a recipe that learns x^2 on [-2, 2] from 100 points, given as they are.

    It succeeds where the loss on points it has not seen is below SQUARE_LOSS (see recipe.py).
    """
    # TODO (Exercise 18.3): return Recipe(...); its fields are explained in recipe.py.
    # Which values does x^2 take, and which can the output layer take?
    # At most 500 parameters and 20,000 epochs.
    ### BEGIN SOLUTION
    # The output has to be linear, since x^2 reaches 4.  Of 200 starts all succeed, median loss 9e-5.
    return Recipe([1, 8, 8, 1], "tanh", "linear", eta=0.1, epochs=1000, momentum=0.9)
    ### END SOLUTION


def spirals_recipe() -> Recipe:
    """Exercise 18.5: a recipe that separates the two spirals of make_spirals().

    It succeeds where SPIRALS_ACCURACY of the points are right (see recipe.py); a smaller network earns more.
    The classes are 0 and 1; Recipe.class_targets says what the network is trained on.
    """
    # TODO (Exercise 18.5): return Recipe(...).  Find one that works, then make it smaller.
    # At most 500 parameters and 20,000 epochs.
    ### BEGIN SOLUTION
    # 67 parameters; 191 of 200 starts succeed (2-5-5-1, 51 parameters: 88 %).  Still fewer do with a larger
    # eta: at 0.4, one hidden layer of 7 (29 parameters) succeeds from 82 % of the starts.
    return Recipe([2, 6, 6, 1], "tanh", eta=0.1, epochs=6000, momentum=0.9)
    ### END SOLUTION


def main() -> None:
    """Try both recipes out and say how many starts succeeded."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(try_out(square_recipe, fits_square, starts))
    print(try_out(spirals_recipe, separates_spirals, starts))


if __name__ == "__main__":
    main()
