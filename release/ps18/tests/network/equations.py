"""The chapter's equations as MathML, made of the pieces that mistakes replace, so that these can be marked."""

from collections.abc import Iterable, Sequence, Set
from html import escape
from itertools import groupby

Part = tuple[str, tuple[str, ...]]  # MathML, and the pieces that it is; none for what is never wrong


def text(name: str) -> str:
    return f"<mi>{escape(name)}</mi>"


def operator(sign: str) -> str:
    return f"<mo>{sign}</mo>"


def number(digits: str) -> str:
    return f"<mn>{digits}</mn>"


def row(*inside: str) -> str:
    return f"<mrow>{''.join(inside)}</mrow>"


def sub(base: str, index: str) -> str:
    return f"<msub>{base}{index}</msub>"


def power(base: str, exponent: str) -> str:
    return f"<msup>{base}{exponent}</msup>"


def fraction(above: str, below: str) -> str:
    return f"<mfrac>{above}{below}</mfrac>"


def brackets(*inside: str) -> str:
    return row(operator("("), *inside, operator(")"))


l, L, m, a, W, b, z, Y, C = map(text, ("l", "L", "m", "a", "W", "b", "z", "Y", "C"))
delta, sigma, eta, theta, beta, gradient, velocity = map(text, ("δ", "σ", "η", "θ", "β", "g", "v"))
EQUALS, MINUS, PLUS, TIMES = (operator(sign) for sign in "=−+⊙")
PRIME = '<mo lspace="0" rspace="0">′</mo>'
NEXT, BEFORE = row(l, PLUS, number("1")), row(l, MINUS, number("1"))
lam = text("λ")
SUM = "<munder><mo>∑</mo><mi>i</mi></munder>"


def slope(layer: str) -> str:
    return row(sigma, PRIME, brackets(sub(z, layer)))


def transposed(base: str, index: str) -> str:
    return f"<msubsup>{base}{index}<mi>T</mi></msubsup>"


def squares(base: str, over: str) -> str:
    return row(f"<munder><mo>∑</mo>{over}</munder>", power(row(operator("‖"), base, operator("‖")), number("2")))


def partial(of: str) -> str:
    return fraction(row(operator("∂"), C), row(operator("∂"), of))


def listed(*entries: str) -> str:
    return row(operator("["), operator(",").join(entries), operator("]"))


def ends(of: str) -> Sequence[str]:
    """The gradients of the first layer and the last."""
    first, last = (partial(sub(text(of), layer)) for layer in (number("1"), L))
    return first, operator("…"), last


# By equation, one line for each in which a piece of it stands.
BP1: Sequence[Part] = (
    (sub(delta, L) + EQUALS, ()),
    (fraction(number("1"), m), ("mean",)),
    (brackets(sub(a, L), MINUS, Y), ("error",)),
    (TIMES, ()),
    (slope(L), ("output_slope", "derivative")),
)
BP2: Sequence[Part] = (
    (sub(delta, l) + EQUALS, ()),
    (operator("(") + transposed(W, NEXT), ("back",)),
    (sub(delta, NEXT), ("back", "source")),
    (operator(")"), ("back",)),
    (TIMES, ()),
    (slope(l), ("hidden_slope", "derivative")),
)
BP3: Sequence[Part] = (
    (partial(sub(W, l)) + EQUALS, ()),
    (row(sub(delta, l), transposed(a, BEFORE)), ("dW",)),
)
BP4: Sequence[Part] = (
    (partial(sub(b, l)) + EQUALS, ()),
    (row(SUM, f"<msubsup>{delta}{l}{brackets(text('i'))}</msubsup>"), ("db",)),
)
FORWARD: Sequence[Part] = (
    (sub(z, l) + EQUALS, ()),
    (row(sub(W, l), sub(a, BEFORE), PLUS, sub(b, l)), ("z",)),
)
ACTIVATION: Sequence[Part] = (
    (sub(a, l) + EQUALS, ()),
    (row(sigma, brackets(sub(z, l))), ("sigma",)),
)
LOSS: Sequence[Part] = (
    (C + EQUALS, ()),
    (row(fraction(number("1"), row(number("2"), m)), squares(row(sub(a, L), MINUS, Y), text("i"))), ("loss",)),
)
UPDATE: Sequence[Part] = (
    (theta + operator("←") + theta, ()),
    (MINUS, ("step", "bias_step")),
    (eta, ("step", "bias_step", "rate")),
    (gradient, ("step", "bias_step")),
)
L2_GRADIENT: Sequence[Part] = (
    (partial(sub(W, l)) + EQUALS + sub(delta, l) + transposed(a, BEFORE), ()),
    (row(PLUS, lam, sub(W, l)), ("weight_decay",)),
)
L2_BIAS: Sequence[Part] = ((partial(sub(b, l)) + EQUALS, ()), (row(SUM, sub(delta, l)), ("bias_decay",)))
L2_LOSS: Sequence[Part] = (
    (C + EQUALS + fraction(number("1"), row(number("2"), m)) + squares(row(sub(a, L), MINUS, Y), text("i")), ()),
    (row(PLUS, fraction(lam, number("2")), squares(sub(W, l), l)), ("penalty",)),
)
TANH: Sequence[Part] = (
    (text("tanh") + PRIME + brackets(z) + EQUALS, ()),
    (row(number("1"), MINUS, power(text("tanh"), number("2")), brackets(z)), ("derivative",)),
)
MOMENTUM: Sequence[Part] = (
    (velocity + operator("←"), ()),
    (row(beta, velocity, PLUS, gradient), ("velocity", "bias_velocity", "share_velocity")),
)
MOVED: Sequence[Part] = (
    (theta + operator("←"), ()),
    (theta + MINUS, ("step",)),
    (eta, ("step", "rate")),
    (velocity, ("step", "stride")),
)
CACHES: Sequence[Part] = (
    (text("z_cache") + EQUALS, ()),
    (listed(sub(z, number("1")), operator("…"), sub(z, L)), ("caches", "finish")),
    ('<mo rspace="1em">;</mo>' + text("a_cache") + EQUALS, ()),
    (listed(text("X"), sub(a, number("1")), operator("…"), sub(a, L)), ("caches", "finish")),
)
OUTPUT: Sequence[Part] = ((text("ŷ") + EQUALS, ()), (sub(a, L), ("output",)))
WEIGHT_GRADIENTS, BIAS_GRADIENTS = (
    ((text(f"d{of}") + EQUALS, ()), (listed(*ends(of)), ("finish",))) for of in ("W", "b")
)
TANH_ITSELF: Sequence[Part] = ((a + EQUALS, ()), (row(text("tanh"), brackets(z)), ("sigma",)))
L2_STEP: Sequence[Part] = (
    (W + operator("←") + W + MINUS + eta, ()),
    (partial(W), ("step_decay",)),
)

ALL: dict[str, Sequence[Sequence[Part]]] = {
    "BP1": (BP1,),
    "BP2": (BP2,),
    "BP3": (BP3,),
    "BP4": (BP4,),
    "z = W a + b": (FORWARD,),
    "a = sigma(z)": (ACTIVATION,),
    "caches": (CACHES,),
    "loss": (LOSS,),
    "update": (UPDATE,),
    "Exercise 18.1": (TANH,),
    "Exercise 18.2": (L2_GRADIENT, L2_BIAS, L2_LOSS),
    "Exercise 18.4": (MOMENTUM, MOVED),
}
# By equation, what belongs to it in code: shown only where it is wrong.
BESIDE: dict[str, Sequence[Sequence[Part]]] = {
    "a = sigma(z)": (OUTPUT,),
    "BP3": (WEIGHT_GRADIENTS,),
    "BP4": (BIAS_GRADIENTS,),
    "backward": (CACHES,),
    "Exercise 18.1": (TANH_ITSELF,),
    "Exercise 18.2": (L2_STEP,),
}


def formula(equation: str, piece: str) -> str:
    """The equations of this name, with these pieces (names, with commas between) marked.

    Of several lines only those with a marked piece are shown, if there are any.
    """
    pieces = set(filter(None, piece.split(", ")))
    lines, beside = ([line for name in equation.split(", ") for line in of.get(name, ())] for of in (ALL, BESIDE))
    chosen = [line for line in lines + beside if any(pieces.intersection(own) for _, own in line)] or lines
    return "".join(math(line, pieces) for line in chosen)


def math(line: Iterable[Part], pieces: Set[str]) -> str:
    inside = ""
    for wrong, parts in groupby(line, lambda part: not pieces.isdisjoint(part[1])):
        together = "".join(part for part, _ in parts)
        inside += f'<mrow class="marked">{together}</mrow>' if wrong else together
    return f'<math display="block">{inside}</math>'
