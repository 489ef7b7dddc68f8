"""The equations that a network breaks, each with its sentence."""

from collections.abc import Mapping, Sequence

import numpy as np

from autograder.engine.calls import described
from autograder.engine.case import Fault
from autograder.engine.comparing import compared
from autograder.engine.likeness import likeness, near

from .naming import Gradient
from .relations import EQUATIONS

OWNERS = {
    "BP1": "backward/bp1_output_error",
    "BP2": "backward/bp2_hidden_error",
    "BP3": "backward/bp3_weight_gradients",
    "BP4": "backward/bp4_bias_gradients",
}
UNSEEN = "{equation} cannot be judged: neither `dW[{layer}]` nor `db[{layer}]` shows the error of their layer"
EMPTY = (
    "{equation}: `dW[{layer}]` and `db[{layer}]` are None: nothing is put there before `backward` returns. "
    "See that `return` stands behind the loop, not in it"
)
SENTENCES = {
    "BP1": "BP1: the error of the output layer, as your `{seen}` shows it, is not what BP1 asks for",
    "BP2": "BP2: the error that your `{seen}` shows is not what BP2 makes of your own error of the layer after it",
    "BP3": "BP3: `dW[{layer}]` is not what BP3 makes of your own error of that layer",
    "BP4": "BP4: `db[{layer}]` is not what BP4 makes of your own error of that layer",
}


def faults(gradients: Sequence[Gradient], names: Mapping[str, Sequence[str]]) -> list[Fault]:
    """One for each equation that is broken, in their order; `names` are those that explain them."""
    return [
        Fault(OWNERS[equation], sentence(gradients, equation), tuple(names.get(equation, ())))
        for equation in EQUATIONS
        if any(equation in gradient.account.kinds for gradient in gradients)
    ]


def sentence(gradients: Sequence[Gradient], equation: str) -> str:
    """What does not hold, in the last layer in which it does not."""
    where = [(g, layer) for g in gradients for broken, layer in g.account.broken if broken == equation]
    seen = [(g, layer) for g, layer in where if (equation, layer) not in g.account.unseen]
    gradient, layer = max(seen or where, key=lambda place: place[1])
    if how := gradient.account.arranged.get(equation):
        return f"{equation}: `{'dW' if equation == 'BP3' else 'db'}` is right {how}"
    if not seen:
        if gradient.dW[layer] is None and gradient.db[layer] is None:
            return EMPTY.format(equation=equation, layer=layer)
        return UNSEEN.format(equation=equation, layer=layer)
    shows = f"dW[{layer}]" if ("BP3", layer) not in gradient.account.broken else f"db[{layer}]"
    text = SENTENCES[equation].format(layer=layer, seen=shows)
    right, own = gradient.made(equation, layer, gradient.maps), gradient.own(equation, layer)
    if right is None:
        return text
    if not isinstance(own, np.ndarray):
        return f"{text}: it should be an array of shape {right.shape}, but is {described(own)}"
    if own.shape != right.shape and own.shape != right.T.shape:
        return f"{text}: it should have shape {right.shape}, but has shape {own.shape}"
    sizes = {"m": gradient.maps.m}
    if equation in ("BP1", "BP2"):
        sizes["the number of outputs"] = len(gradient.account.deltas[0])
    like = likeness(right, own, sizes) or of_samples(gradient, equation, layer)
    if like:
        return f"{text}; {like}{extent(gradient, equation)}"
    if own.shape != right.shape:
        return f"{text}: it should have shape {right.shape}, but has shape {own.shape}"
    return f"{text}: it {compared(right, own)}"


def extent(gradient: Gradient, equation: str) -> str:
    """In which of its layers it does not hold, where it holds in some."""
    layers = sorted(layer for broken, layer in gradient.account.broken if broken == equation)
    last = gradient.maps.layers - (2 if equation == "BP2" else 1)
    if equation == "BP1" or len(layers) > last:
        return ""
    if equation != "BP2" and layers == list(range(last)):
        return "; it is right for the last layer only"
    name = {"BP2": "the error of layer", "BP3": "dW", "BP4": "db"}[equation]
    where = " and ".join(f"{name} {layer}" if equation == "BP2" else f"`{name}[{layer}]`" for layer in layers)
    return f"; of all layers this holds for {where} alone"


def of_samples(gradient: Gradient, equation: str, layer: int) -> str:
    """Whether `dW` or `db` counts one sample only."""
    delta, own = gradient.account.delta(layer), gradient.own(equation, layer)
    if equation in ("BP3", "BP4") and delta is not None:
        for word, sample in (("first", 0), ("last", delta.shape[1] - 1)):
            alone = np.zeros_like(delta)
            alone[:, sample] = delta[:, sample]
            made = gradient.maps.made(equation, layer, alone)
            if made is not None and near(made, own):
                return f"it is that of the {word} sample only"
    return ""
