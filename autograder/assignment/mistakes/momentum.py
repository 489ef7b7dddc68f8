"""Mistakes in the velocity, Exercise 18.4."""

from autograder.engine.case import Mistake

VELOCITY = ("momentum/velocity", "momentum/one_velocity_each")

MISTAKES = (
    Mistake(
        name="momentum_missing",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g: g},
        says="Your `update` does not use momentum yet: keep a velocity v = beta v + gradient for each parameter.",
        charged=VELOCITY,
        untried=True,
    ),
    Mistake(
        name="momentum_sign",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g: beta * v - g, "step": lambda t, v, eta: t - eta * v},
        says=(
            "Your velocity is beta v - gradient, and you subtract it: the parameters move the wrong way. "
            "With v = beta v + gradient the step is -eta v."
        ),
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_old_sign",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g: g - beta * v},
        says="Your velocity is gradient - beta v: the old velocity is added, not subtracted.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_averaged",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g: beta * v + (1 - beta) * g},
        says="Your velocity is an average, beta v + (1 - beta) gradient: the chapter's is beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_on_gradient",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g: v + beta * g},
        says="Your beta stands at the gradient: it belongs to the old velocity, v = beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_not_damped",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g: v + g},
        says="Your velocity never fades: the old one is multiplied by beta, v = beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_not_on_biases",
        equation="Exercise 18.4",
        replaces={"bias_velocity": lambda beta, v, g: g},
        says="Your biases have no velocity: momentum moves them like the weights.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_shared",
        equation="Exercise 18.4",
        replaces={"share_velocity": True},
        says="Your layers share one velocity: each parameter needs its own, so make a new array for each.",
        charged=("momentum/one_velocity_each",),
    ),
)
