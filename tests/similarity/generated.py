"""A class that fills in the stubs in ways of its own, and pairs in it of whom one has the other's text, disguised.

Whoever writes decides at each place between ways that are right (`pick`), and has habits, names and comments.  Who
copies has all decisions of another, and changes the names, the comments and the order of what may be reordered.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.kit import RELEASE

NAMES = {
    "X": ["X", "x", "inputs", "data"],
    "a": ["a", "act", "out", "h", "current"],
    "z": ["z", "pre", "net", "lin"],
    "l": ["l", "i", "layer", "k", "n"],
    "delta": ["delta", "d", "err", "error", "grad_z"],
    "dW": ["dW", "grads_W", "weight_grads", "gw"],
    "db": ["db", "grads_b", "bias_grads", "gb"],
    "m": ["m", "n_samples", "batch", "N"],
    "e": ["e", "ex", "p", "t", "u"],
    "s": ["s", "total", "acc", "res"],
    "W": ["W", "w", "weight", "mat"],
    "g": ["g", "grad", "G", "step"],
}
COMMENTS = [
    "# go on",
    "# this layer",
    "# see the chapter",
    "# shapes match",
    "# as in (18.4)",
    "# careful here",
    "# done",
]


@dataclass
class Writer:
    """One student: decisions by place, made when they are first needed, and how the text is dressed."""

    decide: random.Random
    dress: random.Random
    made: dict[str, int] = field(default_factory=dict)
    disguise: bool = False
    names: dict[str, str] = field(default_factory=dict)

    def pick(self, place: str, *ways: str) -> str:
        number = self.made.setdefault(place, self.decide.randrange(len(ways)))
        return ways[number]

    def number(self, place: str, values: Sequence[object]) -> str:
        return str(values[self.made.setdefault(place, self.decide.randrange(len(values)))])

    def freely(self, *statements: str) -> str:
        """Statements whose order does not matter: as decided, or disguised."""
        order = list(statements)
        random.Random(self.made.setdefault(f"order {statements}", self.decide.randrange(1000))).shuffle(order)
        return "\n".join(reversed(order) if self.disguise else order)

    def body(self, text: str, indent: int) -> str:
        """With this writer's names and comments."""
        for name in re.findall(r"\$(\w+)", text):
            self.names.setdefault(name, self.dress.choice(NAMES[name]))
        text = re.sub(r"\$(\w+)", lambda found: self.names[found[1]] + ("_" if found[1] in ("s", "e") else ""), text)
        lines = []
        for line in text.split("\n"):
            if line.strip() and self.dress.random() < 0.15:
                lines.append(re.match(" *", line)[0] + self.dress.choice(COMMENTS))
            lines.append(
                line + ("  " + self.dress.choice(COMMENTS) if line.strip() and self.dress.random() < 0.1 else "")
            )
        return "\n".join(" " * indent + line if line.strip() else line for line in lines)


def product(w: Writer, place: str, one: str, other: str) -> str:
    return w.pick(f"product {place}", "{} @ {}", "np.dot({}, {})", "{}.dot({})", "np.matmul({}, {})").format(one, other)


def transposed(w: Writer, place: str, array: str) -> str:
    return w.pick(f"T {place}", "{}.T", "{}.T", "np.transpose({})", "{}.transpose()").format(array)


def forward(w: Writer) -> str:
    start = w.pick(
        "columns",
        '$X = as_columns($X, self.layer_sizes[0], "X")\n$a = $X',
        '$a = as_columns($X, self.layer_sizes[0], "X")',
        '$a = np.array(as_columns($X, self.layer_sizes[0], "X"))',
    )
    caches = w.pick(
        "caches",
        "self.z_cache = []\nself.a_cache = [$a]",
        "self.a_cache, self.z_cache = [$a], []",
        "self.z_cache = list()\nself.a_cache = list()\nself.a_cache.append($a)",
    )
    loop = w.pick("loop", "range(self.L)", "enumerate", "zip", "while")
    z = w.pick(
        "sum",
        product(w, "f", "{W}", "$a") + " + {b}",
        "np.add(" + product(w, "f", "{W}", "$a") + ", {b})",
        "{b} + " + product(w, "f", "{W}", "$a"),
    )
    slope = w.pick("sigma", "{s}[0]($z)", "$s($z)")
    unpack = "" if "[0]" in slope else w.pick("unpack", "$s = {s}[0]\n", "$s, _ = {s}\n")
    keep = w.freely(
        w.pick("keep z", "self.z_cache.append($z)", "self.z_cache += [$z]"),
        w.pick("keep a", "self.a_cache.append($a)", "self.a_cache += [$a]", "self.a_cache = self.a_cache + [$a]"),
    )
    inner = f"$z = {z}\n{unpack}$a = {slope}\n{keep}"
    at = {"W": "self.weights[$l]", "b": "self.biases[$l]", "s": "self.layer_activations[$l]"}
    if loop == "zip":
        head, at = (
            "for $W, $e, $g in zip(self.weights, self.biases, self.layer_activations):",
            {"W": "$W", "b": "$e", "s": "$g"},
        )
    elif loop == "enumerate":
        head, at = "for $l, $W in enumerate(self.weights):", {**at, "W": "$W"}
    elif loop == "while":
        head, inner = "$l = 0\nwhile $l < self.L:", inner + "\n$l += 1"
    else:
        head = "for $l in range(self.L):"
    for key, value in at.items():
        inner = inner.replace(f"{{{key}}}", value)
    end = w.pick("return", "return $a", "return self.a_cache[-1]")
    return "\n".join([start, caches, head, indented(inner), end])


def backward(w: Writer) -> str:
    m = w.pick("m", "$m = Y.shape[1]", "$m = len(Y[0])", "_, $m = Y.shape", "$m = float(Y.shape[1])")
    last = w.pick(
        "last",
        "self.layer_activations[-1][1](self.z_cache[-1])",
        "self.layer_activations[self.L - 1][1](self.z_cache[self.L - 1])",
    )
    first = w.pick(
        "BP1",
        "$delta = (self.a_cache[-1] - Y) / $m * {}",
        "$delta = (self.a_cache[-1] - Y) * {} / $m",
        "$delta = np.multiply(self.a_cache[-1] - Y, {}) / $m",
        "$delta = self.a_cache[-1] - Y\n$delta = $delta * {}\n$delta /= $m",
        "$s = {}\n$delta = (1 / $m) * (self.a_cache[self.L] - Y) * $s",
    ).format(last)
    lists = w.pick("lists", "[None] * self.L", "[0] * self.L", "[np.zeros_like(v) for v in self.{}]", "[]", "deque")
    rows, columns = ("$dW", "$db")
    gw = product(w, "BP3", "$delta", transposed(w, "BP3", "self.a_cache[$l]"))
    gb = w.pick(
        "BP4",
        "np.sum($delta, axis=1, keepdims=True)",
        "$delta.sum(axis=1, keepdims=True)",
        "$delta.sum(1).reshape(-1, 1)",
        "np.sum($delta, axis=1)[:, np.newaxis]",
    )
    penalty = w.pick("penalty", "self.l2 * self.weights[$l]", "if", "2 * self.l2 * self.weights[$l] / 2")
    if lists == "[]":
        make = w.freely(f"{rows} = []", f"{columns} = []")
        store = w.freely(f"{rows}.insert(0, {gw})", f"{columns}.insert(0, {gb})")
        target = f"{rows}[0]"
    elif lists == "deque":
        make = w.pick("pair", f"{rows}, {columns} = [], []", f"{rows} = list()\n{columns} = list()")
        store = w.freely(f"{rows}.append({gw})", f"{columns}.append({gb})")
        target = f"{rows}[-1]"
    else:
        make = w.freely(f"{rows} = {lists.format('weights')}", f"{columns} = {lists.format('biases')}")
        store = w.freely(f"{rows}[$l] = {gw}", f"{columns}[$l] = {gb}")
        target = f"{rows}[$l]"
    add = (
        f"if self.l2 != 0:\n    {target} += self.l2 * self.weights[$l]"
        if penalty == "if"
        else f"{target} = {target} + {penalty}"
    )
    slope = w.pick("slope", "self.layer_activations[$l - 1][1](self.z_cache[$l - 1])", "$s(self.z_cache[$l - 1])")
    carried = product(w, "BP2", transposed(w, "BP2", "self.weights[$l]"), "$delta")
    step = w.pick(
        "BP2",
        f"$delta = ({carried}) * {slope}",
        f"$delta = np.multiply({carried}, {slope})",
        f"$g = {carried}\n$delta = $g * {slope}",
    )
    named = "$s = self.layer_activations[$l - 1][1]\n" if "$s(" in slope else ""
    guard = w.pick("guard", "if $l > 0:", "if $l:", "if $l != 0:", "if $l == 0:\n    break\nif True:")
    head = w.pick(
        "back",
        "for $l in range(self.L - 1, -1, -1):",
        "for $l in reversed(range(self.L)):",
        "for $l in range(self.L)[::-1]:",
    )
    end = "\n".join(f"{name}.reverse()" for name in (rows, columns)) + "\n" if lists == "deque" else ""
    inner = f"{store}\n{add}\n{guard}\n{indented(named + step)}"
    return "\n".join(
        [
            w.freely(m, make) if "\n" not in make else f"{m}\n{make}",
            first,
            head,
            indented(inner),
            f"{end}return {rows}, {columns}",
        ]
    )


def update(w: Writer) -> str:
    loop = w.pick(
        "u loop", "for $l in range(self.L):", "for $l in range(len(self.weights)):", "for $l, $g in enumerate(dW):"
    )
    way = w.pick("momentum", "if", "always", "two")

    def one(kind: str, g: str) -> str:
        v, theta = f"self.{kind}_velocities[$l]", f"self.{'weights' if kind == 'weight' else 'biases'}[$l]"
        moved = w.pick(
            f"v {kind}",
            f"{v} = self.momentum * {v} + {g}[$l]",
            f"{v} *= self.momentum\n{v} += {g}[$l]",
            f"{v} = {g}[$l] + self.momentum * {v}",
        )
        stepped = w.pick(
            f"step {kind}", f"{theta} -= eta * {v}", f"{theta} = {theta} - eta * {v}", f"{theta} += -eta * {v}"
        )
        plain = w.pick(f"plain {kind}", f"{theta} -= eta * {g}[$l]", f"{theta} = {theta} - eta * {g}[$l]")
        return (
            f"{moved}\n{stepped}"
            if way == "always"
            else f"if self.momentum != 0:\n{indented(moved + chr(10) + stepped)}\nelse:\n    {plain}"
        )

    inner = w.freely(one("weight", "dW"), one("bias", "db"))
    if way == "two":
        return f"{loop}\n{indented(one('weight', 'dW'))}\n{loop}\n{indented(one('bias', 'db'))}"
    return f"{loop}\n{indented(inner)}"


def penalty(w: Writer) -> str:
    square = w.pick(
        "square", "np.sum($W**2)", "np.sum($W * $W)", "np.linalg.norm($W) ** 2", "($W**2).sum()", "np.square($W).sum()"
    )
    return w.pick(
        "penalty loop",
        f"return self.l2 / 2 * sum({square} for $W in self.weights)",
        f"$s = 0.0\nfor $W in self.weights:\n    $s += {square}\nreturn 0.5 * self.l2 * $s",
        f"$s = [{square} for $W in self.weights]\nreturn (self.l2 / 2.0) * np.sum($s)",
        f"$s = 0\nfor $l in range(self.L):\n    $W = self.weights[$l]\n    $s = $s + {square}\nreturn $s * self.l2 / 2",
    )


def tanh(w: Writer) -> str:
    return w.pick(
        "tanh",
        "return np.tanh(z)",
        "$e = np.exp(-2 * np.abs(z))\nreturn np.sign(z) * (1 - $e) / (1 + $e)",
        "return 2 * sigmoid(2 * z) - 1",
        "$s = np.clip(z, -300, 300)\nreturn (np.exp($s) - np.exp(-$s)) / (np.exp($s) + np.exp(-$s))",
        "$e = np.exp(-2.0 * np.clip(z, -200, 200))\nreturn (1 - $e) / (1 + $e)",
    )


def slope(w: Writer) -> str:
    return w.pick(
        "tanh'",
        "return 1 - tanh(z) ** 2",
        "return 1.0 - np.tanh(z) ** 2",
        "$s = tanh(z)\nreturn 1 - $s * $s",
        "$s = tanh(z)\nreturn (1 - $s) * (1 + $s)",
        "return 1 / np.cosh(z) ** 2",
        "return 1 - np.square(tanh(z))",
    )


def recipe(w: Writer, which: str) -> str:
    def drawn(what: str, values: Sequence[object]) -> str:
        return w.number(f"{which} {what}", values)

    units = drawn("units", range(4, 40)), drawn("more units", [1, "8, 1", "12, 1", "16, 1", "10, 1"])
    parts = [
        f"layer_sizes=[{1 if which == 'square' else 2}, {', '.join(units)}]",
        f'activation="{drawn("activation", ["tanh", "tanh", "sigmoid", "relu"])}"',
        f"eta={drawn('eta', [0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.0])}",
        f"epochs={drawn('epochs', [2000, 3000, 4000, 5000, 6000, 8000, 10000, 12000, 15000, 20000])}",
        f"momentum={drawn('momentum', [0.0, 0.5, 0.8, 0.9, 0.95])}",
    ]
    return "return Recipe(\n" + ",\n".join("    " + part for part in w.freely(*parts).split("\n")) + ",\n)"


BODIES: dict[str, tuple[str, Callable[[Writer], str], int]] = {
    "forward": ("neural_network.py", forward, 8),
    "_l2_penalty": ("neural_network.py", penalty, 8),
    "backward": ("neural_network.py", backward, 8),
    "update": ("neural_network.py", update, 8),
    "tanh": ("activations.py", tanh, 4),
    "tanh_derivative": ("activations.py", slope, 4),
    "square_recipe": ("exercises.py", lambda w: recipe(w, "square"), 4),
    "spirals_recipe": ("exercises.py", lambda w: recipe(w, "spirals"), 4),
}


def indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


def written(w: Writer) -> dict[str, bytes]:
    """The release with the stubs filled in."""
    files = {name: (RELEASE / "backprop" / name).read_text(encoding="utf-8") for name, _, _ in BODIES.values()}
    for function, (name, body, indent) in BODIES.items():
        w.names = {"X": "X"} if function == "forward" else {}  # arguments keep their names
        line = re.search(rf'^ +raise NotImplementedError\("{function} is not written yet"\)$', files[name], re.M)
        files[name] = files[name].replace(line[0], w.body(body(w), indent))
    return {name: text.encode() for name, text in files.items()}


def generated(size: int, planted: int, seed: int = 0) -> tuple[dict[str, dict[str, bytes]], set[tuple[str, str]]]:
    """The files of each student, and who has whose."""
    draw = random.Random(seed)
    writers = [Writer(random.Random(draw.random()), random.Random(draw.random())) for _ in range(size - planted)]
    files = {f"s{number:03}": written(writer) for number, writer in enumerate(writers)}
    pairs = set()
    for number, of in enumerate(draw.sample(range(size - planted), planted)):
        copy = Writer(random.Random(0), random.Random(draw.random()), dict(writers[of].made), disguise=True)
        files[f"s{size - planted + number:03}"] = written(copy)
        pairs.add((f"s{of:03}", f"s{size - planted + number:03}"))
    return files, pairs
