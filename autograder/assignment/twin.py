"""The solution as checks see it, asked without a word in between: to show what is right costs just its computing."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.answering import Answerer
from ..engine.calls import copied, direct, failure
from .network.proxy import Network, NetworkStudent


class Twins(NetworkStudent):
    """Answers as `answerer` does, for whose class no question has to be put into frames."""

    def __init__(self, answerer: Answerer):
        super().__init__(direct(answerer))
        self.answerer = answerer

    def network(
        self,
        layer_sizes: Sequence[int],
        activation: str = "sigmoid",
        *,
        seed: int | None = None,
        parameters: tuple[Sequence[np.ndarray], Sequence[np.ndarray]] | None = None,
        **options: Any,
    ) -> "Twin":
        if seed is not None:
            np.random.seed(seed)
        twin = Twin(
            self,
            self.own("__init__", self.answerer.kind, list(layer_sizes), activation, **options),
            layer_sizes,
            activation,
        )
        if parameters is not None:
            twin.set_parameters(*parameters)
        return twin

    def own(self, method: str, function: Callable[..., Any], *values: Any, **options: Any) -> Any:
        """What the function returns, or CallFailed as for a student's."""
        try:
            return function(*values, **options)
        except Exception as error:
            raise failure(method, f"{method}(...)", self.answerer.describe(error)) from None


class Twin(Network):
    """A network of our own."""

    def __init__(self, twins: Twins, own: Any, layer_sizes: Sequence[int], activation: str):
        super().__init__(twins, 0, layer_sizes, activation)
        self._twins, self._own = twins, own

    def call(self, method: str, *values: Any, **options: Any) -> Any:
        self.arguments = [copied(value) for value in values]
        return plain(self._twins.own(method, getattr(self._own, method), *self.arguments, **options))

    def steps(self, batches: Sequence[tuple[np.ndarray, np.ndarray]], eta: float) -> None:
        own, ask = self._own, self._twins.own
        for X, Y in batches:
            ask("forward", own.forward, X)
            dW, db = ask("backward", own.backward, Y)
            ask("update", own.update, *self.like_parameters(dW, db), eta)

    def read(self, *names: str) -> list[Any]:
        return [plain(getattr(self._own, name)) for name in names]

    def _write(self, do: str, *named: tuple[str, Sequence[np.ndarray]]) -> None:
        for name, values in named:
            if do == "set":
                for own, value in zip(getattr(self._own, name), values, strict=True):
                    own[...] = value
            else:
                setattr(self._own, name, copied(list(values)))


def plain(value: Any) -> Any:
    """A copy, with Python's own numbers in the place of NumPy's: as an answer comes back."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value.item() if isinstance(value, np.generic) else value
