"""Mistakes in the step of gradient descent."""

import numpy as np

from autograder.engine.case import Mistake

from .momentum import VELOCITY

STEP = ("update/one_step", "update/more_steps")

MISTAKES = (
    Mistake(
        name="update_adds",
        equation="update",
        replaces={"step": lambda t, g, eta: t + eta * g},
        says="Your parameters move along the gradient: the step is minus eta times the gradient.",
        charged=STEP,
        beside={
            "sign_of_error": (
                "Your gradients have the opposite sign, too: two signs that cancel. "
                "That is right in `train`, but wrong as gradients and as a step."
            )
        },
    ),
    Mistake(
        name="biases_not_updated",
        equation="update",
        replaces={"bias_step": lambda t, g, eta: t},
        says="Your biases stay as they are: `update` moves them like the weights.",
        charged=STEP,
    ),
    Mistake(
        name="weights_not_updated",
        equation="update",
        replaces={"step": lambda t, g, eta: t, "bias_step": lambda t, g, eta: t - eta * g},
        says="Your weights stay as they are in `update`: it has to change what `weights` holds.",
        charged=STEP,
    ),
    Mistake(
        name="nothing_updated",
        equation="update",
        replaces={"step": lambda t, g, eta: t},
        says=("Your parameters stay as they are in `update`: it has to change what `weights` and `biases` hold."),
        charged=(*STEP, "update/leaves_the_gradients_alone", *VELOCITY),
    ),
    Mistake(
        name="eta_ignored",
        equation="update",
        replaces={"step": lambda t, g, eta: t - g},
        says="Your step is the whole gradient: the learning rate eta is missing.",
        charged=STEP,
    ),
    Mistake(
        name="eta_squared",
        equation="update",
        replaces={"step": lambda t, g, eta: t - eta**2 * g},
        says="Your step is eta^2 times the gradient: eta is applied twice.",
        charged=STEP,
    ),
    Mistake(
        name="eta_squared_for_biases",
        equation="update",
        replaces={"bias_step": lambda t, g, eta: t - eta**2 * g},
        says="Your biases move by eta^2 times their gradient: eta is applied twice there.",
        charged=STEP,
    ),
    Mistake(
        name="bias_update_adds",
        equation="update",
        replaces={"bias_step": lambda t, g, eta: t + eta * g},
        says="Your biases move along their gradient: their step is minus eta times the gradient, too.",
        charged=STEP,
    ),
    Mistake(
        name="parameters_replaced_by_step",
        equation="update",
        replaces={"step": lambda t, g, eta: -eta * g},
        says="Your parameters are replaced by the step: it has to be added to what they were.",
        charged=STEP,
    ),
    Mistake(
        name="biases_in_their_gradients_place",
        equation="update",
        replaces={"bias_step": lambda t, g, eta: t - eta * t},
        says="Your biases shrink towards 0: their step takes the biases where their gradient belongs.",
        charged=STEP,
    ),
    Mistake(
        name="bias_step_one_number",
        equation="update",
        replaces={"bias_step": lambda t, g, eta: t - eta * np.sum(g)},
        says="All biases of a layer move by one number, the sum of their gradients: each has its own.",
        charged=STEP,
    ),
    Mistake(
        name="eta_fades",
        equation="update",
        replaces={"rate": lambda eta, beta, t: eta / t},
        says="Your learning rate fades from step to step: eta is used as it is given.",
        charged=("update/more_steps",),
    ),
)
