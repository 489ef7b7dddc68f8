"""Mistakes in the velocity, Exercise 18.4."""

from autograder.engine.case import Mistake

VELOCITY = ("momentum/velocity", "momentum/one_velocity_each")

MISTAKES = (
    Mistake(
        name="momentum_missing",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: g},
        says="Your `update` does not use momentum yet: keep a velocity v = beta v + gradient for each parameter.",
        charged=VELOCITY,
        untried=True,
    ),
    Mistake(
        name="momentum_sign",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: beta * v - g, "step": lambda t, v, eta: t - eta * v},
        says=(
            "Your velocity is beta v - gradient, and you subtract it: one minus too many. "
            "With v = beta v + gradient the step is -eta v."
        ),
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_old_sign",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: g - beta * v},
        says="Your velocity is gradient - beta v: the old velocity is added, not subtracted.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_averaged",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: beta * v + (1 - beta) * g},
        says="Your velocity is an average, beta v + (1 - beta) gradient: the chapter's is beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_on_gradient",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: v + beta * g},
        says="Your beta stands at the gradient: it belongs to the old velocity, v = beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_not_damped",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: v + g},
        says="Your velocity never fades: the old one is multiplied by beta, v = beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_not_on_biases",
        equation="Exercise 18.4",
        replaces={"bias_velocity": lambda beta, v, g, eta: g},
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
    Mistake(
        name="momentum_look_ahead",
        equation="Exercise 18.4",
        replaces={"stride": lambda beta, old, v, g: beta * v + g},
        says=(
            "Your step looks ahead, beta v + gradient with the new v, which is Nesterov's: "
            "the chapter's step is -eta v."
        ),
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_look_ahead_sign",
        equation="Exercise 18.4",
        replaces={"stride": lambda beta, old, v, g: g - beta * v},
        says="Your step is gradient - beta v: the chapter's is v itself, with v = beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_old_velocity",
        equation="Exercise 18.4",
        replaces={"stride": lambda beta, old, v, g: old},
        says="Your step goes along the velocity of the step before: v = beta v + gradient comes first, then the step.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_eta_on_old_velocity",
        equation="Exercise 18.4",
        replaces={"velocity": lambda beta, v, g, eta: beta * eta * v + g},
        says="In your velocity eta multiplies the old one, too: eta belongs to the step alone, v = beta v + gradient.",
        charged=VELOCITY,
    ),
    Mistake(
        name="momentum_average_corrected",
        equation="Exercise 18.4",
        replaces={
            "velocity": lambda beta, v, g, eta: beta * v + (1 - beta) * g,
            "rate": lambda eta, beta, t: eta / (1 - beta**t) if beta else eta,
        },
        says="Your velocity is Adam's corrected average: the chapter's is beta v + gradient, without a correction.",
        charged=VELOCITY,
    ),
)
