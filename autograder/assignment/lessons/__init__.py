"""What students are shown of a mistake in this chapter: its equation, where it stands in their code, an example."""

from collections.abc import Sequence

from ..network.equations import formula
from .examples import examples
from .network_picture import picture

__all__ = ["equation_of", "examples", "formula", "functions_of", "patterns", "picture"]

EQUATIONS = {
    "backward/bp1_output_error": "BP1",
    "backward/bp2_hidden_error": "BP2",
    "backward/bp3_weight_gradients": "BP3",
    "backward/bp4_bias_gradients": "BP4",
    "gradient_check/loss_values": "loss",
    "update/one_step": "update",
    "update/more_steps": "update",
}
# By piece, as `mistakes.computation.Pieces` has them: the function that it stands in where an exercise is wrong, and
# what the statement looks like that computes it.
FUNCTIONS = {
    "weight_decay": ("backward",),
    "bias_decay": ("backward",),
    "penalty": ("_l2_penalty",),
    "derivative": ("tanh_derivative",),
    "sigma": ("tanh",),
    **dict.fromkeys(("velocity", "bias_velocity", "share_velocity", "step", "bias_step"), ("update",)),
    **dict.fromkeys(("stride", "rate", "step_decay"), ("update",)),
}
OF_TASKS = {"tanh": ("tanh", "tanh_derivative"), "l2": ("_l2_penalty", "backward"), "momentum": ("update",)}
PRODUCT = r"(@|dot\(|matmul\(|einsum\()"
ERROR = r"- *Y\b|\bY *-"
BACK = rf"(weights|\bW\w*).*{PRODUCT}.*(delta|err|dz|dZ)|(dot|matmul)\(.*(weights|\bW\w*).*(delta|err|dz|dZ)"
STATEMENTS = {
    "z": rf"{PRODUCT}",
    "sigma": r"= *(self\._?(sigma|activation|act|f)\w*|sigmoid|act\w*|sigma)\w*\(|^return .*(exp|tanh)\(",
    "output": r"^return ",
    "error": ERROR,
    "mean": ERROR,
    "output_slope": ERROR,
    "back": BACK,
    "source": BACK,
    "hidden_slope": rf"(weights|\bW\w*).*{PRODUCT}|(dot|matmul)\(.*(weights|\bW\w*)",
    "dW": r"^(self\.)?(dW|dw|grad_?[wW]\w*|nabla_w)\b.*[^=]=[^=].*|(dW|dw)\.(insert|append)\(",
    "db": r"\.sum\(|\.mean\(|^(self\.)?(db|grad_?b\w*|nabla_b)\[.*= |(db)\.(insert|append)\(",
    "velocity": r"momentum|beta",
    "loss": r"\*\* ?2|square\(",
    "penalty": r"\*\* ?2|square\(|norm\(",
    "derivative": r"^return (?!\(?[\w.]+, )|\(1(\.0)? [-+] ",  # of `backward` no pair of lists
    **dict.fromkeys(("step", "stride", "rate"), r"\beta\b"),
    "bias_step": r"\bb(ias)?\w*\b.*\beta\b",
    **dict.fromkeys(("weight_decay", "bias_decay", "step_decay"), r"\bl2\b|lambda|\blam\b"),
}


def equation_of(check: str) -> str:
    return EQUATIONS.get(check, "")


def functions_of(task: str, piece: str) -> Sequence[str]:
    pieces = piece.split(", ") if task in OF_TASKS else ()
    names = [name for one in pieces for name in FUNCTIONS.get(one, ())]
    return list(dict.fromkeys(names)) or (() if piece else OF_TASKS.get(task, ()))


def patterns(piece: str) -> Sequence[str]:
    if piece == "step, bias_step":  # of which one is missing: no line computes it
        return ()
    return list(dict.fromkeys(STATEMENTS[one] for one in piece.split(", ") if one in STATEMENTS))
