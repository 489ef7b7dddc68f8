"""Mistakes in the L2 penalty and its gradient, Exercise 18.2."""

import numpy as np

from autograder.engine.case import Mistake

GRADIENT = ("l2/gradient",)
PENALTY = ("l2/loss",)

MISTAKES = (
    Mistake(
        name="l2_gradient_missing",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: 0.0},
        says="Your `dW` does not contain the L2 term yet: add l2 times W.",
        charged=GRADIENT,
        untried=True,
    ),
    Mistake(
        name="l2_gradient_doubled",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: 2 * n.l2 * n.weights[l]},
        says="The L2 term of your `dW` is twice too large: the 1/2 of the penalty takes the 2 of its derivative away.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_gradient_averaged",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: n.l2 * n.weights[l] / m},
        says="The L2 term of your `dW` is divided by m: the penalty does not depend on the number of samples.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_gradient_sign",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: -n.l2 * n.weights[l]},
        says="The L2 term of your `dW` has the wrong sign: it is added.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_gradient_last_layer",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: n.l2 * n.weights[l] if l == n.L - 1 else 0.0},
        says="Only the last layer's `dW` has its L2 term: every layer has one.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_on_biases",
        equation="Exercise 18.2",
        replaces={"bias_decay": lambda n, l: n.l2 * n.biases[l]},
        says="Your `db` contains an L2 term: biases are not penalised.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_penalty_missing",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: 0.0},
        says="Your loss does not contain the L2 penalty yet: l2/2 times the sum of the squared weights is added.",
        charged=PENALTY,
        untried=True,
    ),
    Mistake(
        name="l2_penalty_doubled",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: n.l2 * sum(np.sum(W**2) for W in n.weights)},
        says="Your L2 penalty is twice too large: the 1/2 is missing in l2/2 times the sum of the squared weights.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_penalty_on_biases",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: n.l2 / 2 * sum(np.sum(W**2) for W in (*n.weights, *n.biases))},
        says="Your L2 penalty contains the biases: only weights are penalised.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_penalty_last_layer",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: n.l2 / 2 * np.sum(n.weights[-1] ** 2)},
        says="Your L2 penalty contains the last layer only: it sums over all layers.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_penalty_not_squared",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: n.l2 / 2 * sum(np.linalg.norm(W) for W in n.weights)},
        says="Your L2 penalty takes the norms as they are: they have to be squared.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_penalty_sign",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: -n.l2 / 2 * sum(np.sum(W**2) for W in n.weights)},
        says="Your L2 penalty has the wrong sign: large weights raise the loss.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_gradient_halved",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: n.l2 / 2 * n.weights[l]},
        says="The L2 term of your `dW` is half of what it should be: the derivative of l2/2 W^2 is l2 W.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_gradient_not_last_layer",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: n.l2 * n.weights[l] if l < n.L - 1 else 0.0},
        says="The last layer's `dW` has no L2 term: every layer has one.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_gradient_all_of_one",
        equation="Exercise 18.2",
        replaces={"weight_decay": lambda n, l, m: n.l2},
        says="The L2 term of your `dW` is l2 alone: it is l2 times the weights.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_constant_on_biases",
        equation="Exercise 18.2",
        replaces={"bias_decay": lambda n, l: n.l2},
        says="Your `db` grows by l2: biases are not penalised, so nothing is added there.",
        charged=GRADIENT,
    ),
    Mistake(
        name="l2_penalty_not_last_layer",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: n.l2 / 2 * sum(np.sum(W**2) for W in n.weights[:-1])},
        says="Your L2 penalty leaves the last layer out: it sums over all layers.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_penalty_squares_the_sum",
        equation="Exercise 18.2",
        replaces={"penalty": lambda n: n.l2 / 2 * sum(np.sum(W) ** 2 for W in n.weights)},
        says="Your L2 penalty squares the sum of the weights: it is the sum of their squares.",
        charged=PENALTY,
    ),
    Mistake(
        name="l2_in_update",
        equation="Exercise 18.2",
        replaces={"step_decay": lambda n, l: n.l2 * n.weights[l]},
        says="Your `update` lets the weights decay once more: the L2 term stands in `dW` already.",
        charged=("l2/update",),
    ),
)
