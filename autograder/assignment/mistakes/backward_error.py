"""Mistakes in the error delta: at the output, BP1, and sent back through the hidden layers, BP2."""

from autograder.engine.case import Mistake

BP1 = ("backward/bp1_output_error",)
BP2 = ("backward/bp2_hidden_error",)

MISTAKES = (
    Mistake(
        name="sign_of_error",
        equation="BP1",
        replaces={"error": lambda a, Y: Y - a},
        says="Your gradients have the opposite sign: the error is a - Y, not Y - a. Look at BP1.",
        charged=BP1,
    ),
    Mistake(
        name="mean_left_out",
        equation="BP1",
        replaces={"mean": lambda delta, m: delta},
        says=(
            "Your `dW` and `db` are m times too large: the 1/m of BP1 is missing. "
            "Look at delta_L = (a_L - Y)/m * sigma'(z_L)."
        ),
        charged=BP1,
    ),
    Mistake(
        name="mean_taken_twice",
        equation="BP1",
        replaces={"mean": lambda delta, m: delta / m**2},
        says="Your gradients are m times too small: the 1/m of BP1 is applied twice.",
        charged=BP1,
    ),
    Mistake(
        name="mean_over_outputs",
        equation="BP1",
        replaces={"mean": lambda delta, m: delta / delta.shape[0]},
        says=(
            "Your gradients are divided by the number of outputs: "
            "the m of BP1 is the number of samples, which are the columns of Y."
        ),
        charged=BP1,
    ),
    Mistake(
        name="mean_over_everything",
        equation="BP1",
        replaces={"mean": lambda delta, m: delta / delta.size},
        says="Your gradients are divided by samples times outputs: the 1/m of BP1 counts the samples only.",
        charged=BP1,
    ),
    Mistake(
        name="factor_two",
        equation="BP1",
        replaces={"error": lambda a, Y: 2 * (a - Y)},
        says="Your gradients are twice too large: the 1/2 of the loss takes the 2 of its derivative away. Look at BP1.",
        charged=BP1,
    ),
    Mistake(
        name="output_slope_left_out",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: 1.0},
        says=(
            "sigma'(z) is missing at the output: "
            "your error there is (a - Y)/m alone, which belongs to another loss, the cross-entropy. "
            "Look at BP1."
        ),
        charged=BP1,
    ),
    Mistake(
        name="output_slope_at_a",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: n.slope(-1, a)},
        says="At the output you take sigma' at a instead of z. Look at BP1: it asks for sigma'(z_L).",
        charged=BP1,
    ),
    Mistake(
        name="output_activation_for_slope",
        equation="BP1",
        replaces={"output_slope": lambda n, z, a: a},
        says=(
            "At the output you multiply with sigma(z) instead of its derivative. Look at BP1: it asks for sigma'(z_L)."
        ),
        charged=BP1,
    ),
    Mistake(
        name="slope_at_a",
        equation="BP1, BP2",
        replaces={"output_slope": lambda n, z, a: n.slope(-1, a), "hidden_slope": lambda n, l, z, a: n.slope(l, a)},
        says="You take sigma' at a instead of z, in every layer. Look at BP1 and BP2: they ask for sigma'(z).",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="slope_left_out",
        equation="BP1, BP2",
        replaces={"output_slope": lambda n, z, a: 1.0, "hidden_slope": lambda n, l, z, a: 1.0},
        says="sigma'(z) is missing in every layer. Look at BP1 and BP2: both end with it.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="hidden_slope_left_out",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: 1.0},
        says=(
            "sigma'(z) is missing in the hidden layers: you pass W^T delta back as it is. "
            "Look at BP2, at its second factor."
        ),
        charged=BP2,
    ),
    Mistake(
        name="hidden_slope_at_a",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l, a)},
        says="In the hidden layers you take sigma' at a instead of z. Look at BP2: it asks for sigma'(z_l).",
        charged=BP2,
    ),
    Mistake(
        name="hidden_activation_for_slope",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: a},
        says=(
            "In the hidden layers you multiply with sigma(z) instead of its derivative. "
            "Look at BP2: it asks for sigma'(z_l)."
        ),
        charged=BP2,
    ),
    Mistake(
        name="z_times_one_minus_z",
        equation="BP1, BP2",
        replaces={"output_slope": lambda n, z, a: z * (1 - z), "hidden_slope": lambda n, l, z, a: z * (1 - z)},
        says="Your slope is z (1 - z): the sigmoid's derivative is a (1 - a). Look at sigma'(z) in BP1 and BP2.",
        charged=(*BP1, *BP2),
    ),
    Mistake(
        name="weights_not_transposed",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: W @ delta},
        says="You send the error back through W instead of its transpose. Look at BP2: W^T delta.",
        charged=BP2,
    ),
    Mistake(
        name="weights_of_wrong_layer",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: n.weights[l].T @ delta},
        says=(
            "You send the error back through the weights of the layer itself instead of those of the next layer. "
            "Look at BP2: W_{l+1}^T delta_{l+1}."
        ),
        charged=BP2,
    ),
)
