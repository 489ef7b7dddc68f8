"""What of many like cases `make test` runs, and what `make test-all` alone: see `markers` in pyproject.toml."""

from collections.abc import Container, Iterable, Sequence
from itertools import product
from typing import Any

import pytest

WHOLE = pytest.mark.whole


def is_whole(config: pytest.Config) -> bool:
    """Whether this is not `make test`, where the kit's own environment stands for those that take long to build."""
    return config.getoption("markexpr") != "not whole"


def sampled(values: Iterable[Any], sample: Container[Any]) -> list[Any]:
    """Parameters of a test, of which `make test` has those in the sample."""
    return [
        pytest.param(value, marks=() if value in sample else WHOLE, id=getattr(value, "__name__", str(value)))
        for value in values
    ]


def in_part(rows: Iterable[Sequence[Any]], every: int) -> list[Any]:
    """Rows of parameters, much alike, of which `make test` has the first of each so many."""
    return [pytest.param(*row, marks=WHOLE if number % every else ()) for number, row in enumerate(rows)]


def combined(*factors: Sequence[Any]) -> list[Any]:
    """Every combination; of these `make test` has so many that each value of each factor is there once."""
    longest = max(map(len, factors))
    once = {tuple(factor[number % len(factor)] for factor in factors) for number in range(longest)}
    return [pytest.param(*values, marks=() if values in once else WHOLE) for values in product(*factors)]


def in_turn(values: Sequence[str], *numbers: int) -> str:
    """One of the values, so chosen that with it all pairs of a product are pairs with every value: pairwise testing.

    Of the product of two factors, numbered by `numbers`, each value of either then meets each of these as well.
    """
    return values[sum(numbers) % len(values)]
