"""Mistakes in the error delta: at the output, BP1, and sent back through the hidden layers, BP2."""

from typing import Any

import numpy as np

from autograder.engine.case import Mistake

BP1 = ("backward/bp1_output_error",)
BP2 = ("backward/bp2_hidden_error",)


def without_slope(delta: Any, n: Any, l: int) -> Any:
    """delta of a layer before sigma'(z) was multiplied in; 0 where that is 0."""
    slope = n.slope(l, n.zs[l])
    return np.divide(delta, slope, out=np.zeros_like(delta), where=slope != 0)


def moved_first(W: Any, delta: Any, n: Any, l: int) -> Any:
    """BP2's product, after a step of the weights."""
    W -= 0.5 * delta @ n.activations[l + 1].T
    return W.T @ delta


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
    Mistake(
        name="error_squared",
        equation="BP1",
        replaces={"error": lambda a, Y: (a - Y) ** 2 / 2},
        says="You send the loss itself back, (a - Y)^2: its derivative is a - Y. Look at BP1.",
        charged=BP1,
    ),
    Mistake(
        name="error_absolute",
        equation="BP1",
        replaces={"error": lambda a, Y: np.abs(a - Y)},
        says="Your error is |a - Y|: its sign is needed, since it says which way to go. Look at BP1: a - Y.",
        charged=BP1,
    ),
    Mistake(
        name="error_averaged_first",
        equation="BP1",
        replaces={"error": lambda a, Y: np.mean(a - Y, axis=1, keepdims=True)},
        says="You average the errors of the batch before they go back: each sample keeps its own. Look at BP1.",
        charged=BP1,
    ),
    Mistake(
        name="error_of_mean_square",
        equation="BP1",
        replaces={"mean": lambda delta, m: 2 * delta / delta.size},
        says=(
            "Your error is 2 (a - Y) divided by all entries, the derivative of another mean: "
            "the chapter's loss is 1/(2m) times the sum. Look at BP1: (a - Y)/m."
        ),
        charged=BP1,
    ),
    Mistake(
        name="raw_error_sent_back",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: W.T @ without_slope(delta, n, l + 1)},
        says=(
            "You send the error back before sigma'(z) is multiplied in, so that each slope counts in its own "
            "layer only. Look at BP2: what goes back is delta_{l+1}, with its slope."
        ),
        charged=BP2,
    ),
    Mistake(
        name="raw_output_error_sent_back",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: W.T @ (without_slope(delta, n, l + 1) if l == n.L - 2 else delta)},
        says=(
            "From the output you send back a - Y without its slope. Look at BP2: "
            "what goes back is delta_L, which contains sigma'(z_L)."
        ),
        charged=BP2,
    ),
    Mistake(
        name="hidden_error_sign",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: -W.T @ delta},
        says="The error changes its sign in every layer on the way back: there is no minus in BP2.",
        charged=BP2,
    ),
    Mistake(
        name="mean_in_every_layer",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: W.T @ delta / delta.shape[1]},
        says="You divide by m in every layer: the 1/m of BP1 is in delta already when it is sent back. Look at BP2.",
        charged=BP2,
    ),
    Mistake(
        name="weights_reshaped",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: W.reshape(W.shape[::-1]) @ delta},
        says=(
            "You reshape W where its transpose is meant: "
            "the shape is right, but the entries are not where they belong. Look at BP2: W^T delta."
        ),
        charged=BP2,
    ),
    Mistake(
        name="weights_in_proportion",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: (W / np.sum(W, axis=1, keepdims=True)).T @ delta},
        says=(
            "You share the error out in proportion to the weights: it goes back through the weights as they are. "
            "Look at BP2: W^T delta."
        ),
        charged=BP2,
    ),
    Mistake(
        name="error_summed_over_units",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: np.sum(W.T @ delta, axis=0, keepdims=True)},
        says=(
            "You sum what comes back over the units of the layer: each unit has an error of its own. "
            "Look at BP2: W^T delta."
        ),
        charged=BP2,
    ),
    Mistake(
        name="error_never_carried",
        equation="BP2",
        replaces={"source": lambda l, n: n.L - 1},
        says=(
            "Every hidden layer gets the error of the output: it has to go back layer by layer. Look at BP2: "
            "delta_l is made of delta_{l+1}."
        ),
        charged=BP2,
    ),
    Mistake(
        name="weights_moved_in_backward",
        equation="BP2",
        replaces={"back": moved_first},
        says=(
            "You move the weights before the error has passed through them: "
            "`backward` only computes, `update` moves. Look at BP2: W is that of the forward pass."
        ),
        charged=BP2,
    ),
    Mistake(
        name="error_sent_through_gradient",
        equation="BP2",
        replaces={"back": lambda W, delta, n, l: (delta @ n.activations[l + 1].T).T @ delta},
        says="You send the error back through `dW` in the place of W. Look at BP2: W^T delta.",
        charged=BP2,
    ),
    Mistake(
        name="error_stops_before_first_layer",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l, z) * (l > 0)},
        says=(
            "Your first layer gets no gradient: the loop over the layers ends one too early. Look at BP2: "
            "it goes down to the first layer."
        ),
        charged=BP2,
    ),
    Mistake(
        name="error_stops_at_output",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l, z) * 0.0},
        says=(
            "Only your last layer has gradients: `backward` ends after one layer. "
            "See that `return` stands behind the loop, not in it. Look at BP2."
        ),
        charged=BP2,
    ),
    Mistake(
        name="error_stops_after_one_hidden_layer",
        equation="BP2",
        replaces={"hidden_slope": lambda n, l, z, a: n.slope(l, z) * (l == n.L - 2)},
        says=(
            "Only your last two layers have gradients: "
            "the loop has to go on down to the first layer, however many there are. Look at BP2."
        ),
        charged=BP2,
    ),
)
