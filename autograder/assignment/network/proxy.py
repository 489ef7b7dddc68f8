"""What a check sees of a submission: networks that look like the chapter's, made of answers.

Each method sends a request and checks, once and here, that the answer has the form that the chapter asks for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.engine.answering import encode
from autograder.engine.calls import Ask, CallFailed, Student, WrongForm, copied, described, listed, shaped
from autograder.engine.forms import as_array, as_list, as_pair, in_order

PARAMETERS, CACHES = ("weights", "biases"), ("z_cache", "a_cache")
# What is read right after a call of these methods, whoever asks: so a question tells nothing of what it is for.
READ_AFTER = {"forward": CACHES, "train": PARAMETERS, "update": PARAMETERS}


class NetworkStudent(Student):
    """One submission, as the checks see it: `network(...)`, and functions by name.

    What comes in another form than the chapter's is converted where it arrives, and remembered in `forms`.
    """

    def __init__(self, ask: Ask):
        super().__init__(ask)
        self.forms: dict[str, str] = {}  # by method, what is to be said of the first one
        self.keys: dict[str, list[int | str]] = {}  # of caches that are dictionaries

    def formed(self, method: str, name: str, wanted: str, value: Any, came: str) -> Any:
        """The converted value; what came instead of what is wanted, if anything, is remembered."""
        if came:
            said = f"`{name}` should be {wanted}, but is {came}. It is judged as if it were that"
            self.forms.setdefault(method, said)
        return value

    def network(
        self,
        layer_sizes: Sequence[int],
        activation: str = "sigmoid",
        *,
        seed: int | None = None,
        parameters: tuple[Sequence[np.ndarray], Sequence[np.ndarray]] | None = None,
        **options: Any,
    ) -> "Network":
        """A new ``NeuralNetwork(layer_sizes, activation, **options)``, with NumPy's generator seeded first.

        `parameters` are written into its weights and biases, all in one request where all goes well.
        """
        spec_arrays: list[np.ndarray] = []
        args = [{"list": [encode(n, spec_arrays) for n in layer_sizes]}, {"text": activation}]
        request = {"do": "new", "args": args, "kwargs": options, "seed": seed}
        shown = ", ".join([f"{list(layer_sizes)}, {activation!r}", *(f"{k}={v!r}" for k, v in options.items())])
        asked = f"NeuralNetwork({shown})", "__init__"
        if parameters is not None:
            arrays = list(spec_arrays)
            both = {"names": list(PARAMETERS), "values": [encode(list(value), arrays) for value in parameters]}
            try:
                number = self.request({**request, "set": both}, arrays, *asked)[0]
                network = Network(self, number, layer_sizes, activation)
                network.given = parameters
                return network
            except CallFailed as failure:
                if failure.kind in ("timeout", "crashed"):
                    raise
        network = Network(self, self.request(request, spec_arrays, *asked)[0], layer_sizes, activation)
        network.given = parameters
        if parameters is not None:
            network.set_parameters(*parameters)  # which of the two fails, is seen now
        return network


class Network:
    """One network of the student's; arrays that come back are copies."""

    def __init__(self, student: NetworkStudent, number: Any, layer_sizes: Sequence[int], activation: str):
        if type(number) is not int:  # the worker counts them
            raise CallFailed("__init__", "crashed", "NeuralNetwork(...) ended its process: its answer was garbled")
        self._student, self._number = student, number
        self.layer_sizes, self.activation = list(layer_sizes), activation
        self.given: tuple[Sequence[np.ndarray], Sequence[np.ndarray]] | None = None  # what it was made with
        self.history: list[tuple[int, Any]] = []  # epochs trained, and the parameters then
        self.arguments: list[Any] = []  # of the last call, as the student's code left them
        self._known: tuple[int, tuple[str, ...], Any] = -1, (), None  # calls so far, attributes, and what they were

    def call(self, method: str, *values: Any, **options: Any) -> Any:
        """What the method returns; of those in READ_AFTER, `read` knows the attributes without another request."""
        arrays: list[np.ndarray] = []
        args = [encode(value, arrays) for value in values]
        request = {"do": "call", "on": self._number, "method": method, "args": args, "kwargs": options}
        value, self.arguments = self._student.request(request, arrays, f"{method}(...)", method)
        if self._student.then is not None:
            self._known = self._student.calls, READ_AFTER.get(method, ()), self._student.then
        return value

    def told(self, method: str, *values: Any) -> dict[str, np.ndarray]:
        """By name, what a network of our own tells of itself; the last call of the student's methods stays that."""
        arguments = self.arguments
        answer = dict(self.call(method, *values))
        self.arguments = arguments
        return answer

    def forward(self, X: np.ndarray) -> Any:
        return self._array("forward", "the output", self.call("forward", X))

    def _array(self, method: str, name: str, value: Any) -> Any:
        return self._student.formed(method, name, "an array of dtype float64", *as_array(value))

    def _arrays(self, method: str, name: str, value: Any, length: int) -> Any:
        """A list of arrays, as far as the value can be taken for one."""
        found = self._student.formed(method, name, f"a list of {length} arrays", *as_list(value, length))
        if type(found) not in (list, tuple):
            return found
        if isinstance(value, dict):
            self._student.keys[name] = in_order(value)
        return type(found)(self._array(method, f"{name}[{n}]", item) for n, item in enumerate(found))

    def compute_loss(self, y_hat: np.ndarray, Y: np.ndarray) -> float:
        """The loss as a number; raises WrongForm if it is none."""
        return number(self.call("compute_loss", y_hat, Y))

    def backward(self, Y: np.ndarray) -> tuple[list[Any], list[Any]]:
        """``(dW, db)``, each a list with an entry per layer; raises WrongForm if it is not that."""
        layers, shapes = len(self.layer_sizes) - 1, list(zip(*self.shapes, strict=True))

        def is_layer(number: int, pair: Sequence[Any]) -> bool:
            return tuple(getattr(as_array(value)[0], "shape", None) for value in pair) == shapes[number]

        came = as_pair(self.call("backward", Y), "wb", layers, is_layer)
        answer = self._student.formed("backward", "the value of backward", "the pair (dW, db)", *came)
        if not (type(answer) in (tuple, list) and len(answer) == 2):
            raise WrongForm(f"`backward` should return the pair (dW, db), but returned {described(answer)}")
        dW, db = (self._arrays("backward", name, part, layers) for name, part in zip(("dW", "db"), answer, strict=True))
        for name, part in (("dW", dW), ("db", db)):
            if type(part) not in (tuple, list) or len(part) != layers:
                form = f"`{name}` should be a list of {layers} arrays, one per layer, but is {described(part)}"
                early = type(part) in (tuple, list) and len(part) == 1
                raise WrongForm(form + ": see that `return` stands behind the loop, not in it" * early)
        return list(dW), list(db)

    def update(self, dW: Sequence[Any], db: Sequence[Any], eta: float) -> None:
        self.call("update", list(dW), list(db), eta)

    def train(self, X: np.ndarray, Y: np.ndarray, epochs: int, eta: float, batch_size: int | None = None) -> Any:
        return self.call("train", X, Y, epochs, eta, batch_size, verbose=False)

    def gradients(self, X: np.ndarray, Y: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """``(dW, db)`` after a forward pass of X; raises WrongForm where they are not shaped like the parameters."""
        self.forward(X)
        return self.like_parameters(*self.backward(Y))

    def like_parameters(self, dW: Sequence[Any], db: Sequence[Any]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Gradients, or WrongForm where they are not shaped like the parameters."""
        return shaped("dW", dW, self.shapes[0], "fiu"), shaped("db", db, self.shapes[1], "fiu")

    def steps(self, batches: Sequence[tuple[np.ndarray, np.ndarray]], eta: float) -> None:
        """For each batch (X, Y) a forward pass, its gradients, and the update by them."""
        for X, Y in batches:
            self.update(*self.gradients(X, Y), eta)

    def loss(self, X: np.ndarray, Y: np.ndarray) -> float:
        """The loss of a forward pass of X."""
        return self.compute_loss(self.forward(X), Y)

    def set_parameters(self, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> None:
        """Write `weights` and `biases` into the student's own arrays."""
        self._write("set", ("weights", weights), ("biases", biases))

    def replace_caches(self, z_cache: Sequence[np.ndarray], a_cache: Sequence[np.ndarray]) -> None:
        """Put other lists of arrays in the place of the caches."""
        self._write("replace", ("z_cache", z_cache), ("a_cache", a_cache))

    def _write(self, do: str, *named: tuple[str, Sequence[np.ndarray]]) -> None:
        arrays: list[np.ndarray] = []
        values = [encode(self._in_own_form(name, list(value)), arrays) for name, value in named]
        names = [name for name, _ in named]
        header = {"do": do, "on": self._number, "names": names, "values": values}
        self._student.request(header, arrays, f"setting {' and '.join(names)}", names[0])

    def _in_own_form(self, name: str, values: list[Any]) -> Any:
        """Caches as the student's code keeps them."""
        keys = self._student.keys.get(name, [])
        return dict(zip(keys, values, strict=True)) if len(keys) == len(values) else values

    def read(self, *names: str) -> list[Any]:
        """Copies of the values of the attributes `names`."""
        if self._known[:2] != (self._student.calls, names):
            header = {"do": "get", "on": self._number, "names": list(names)}
            value = self._student.request(header, [], " and ".join(names), names[0])[0]
            self._known = self._student.calls, names, value
        found, length = listed(self._known[2], len(names), names[0]), len(self.layer_sizes)
        lengths = dict(zip(CACHES, (length - 1, length), strict=True))
        return [
            self._arrays("forward", name, copied(value), lengths[name]) if name in CACHES else copied(value)
            for name, value in zip(names, found, strict=True)
        ]

    @property
    def shapes(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Of the weights and of the biases, layer by layer."""
        sizes = self.layer_sizes
        return list(zip(sizes[1:], sizes[:-1], strict=True)), [(n, 1) for n in sizes[1:]]

    def parameters(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Copies of weights and biases, or WrongForm where they do not have the chapter's shapes."""
        weights, biases = self.read(*PARAMETERS)
        return shaped("weights", weights, self.shapes[0]), shaped("biases", biases, self.shapes[1])


def number(loss: Any) -> float:
    """The loss as a number; raises WrongForm if it is none."""
    if isinstance(loss, np.ndarray) and loss.shape == ():
        loss = loss.item()
    if type(loss) not in (int, float):
        raise WrongForm(f"`compute_loss` should return a number, but returned {described(loss)}")
    return float(loss)
