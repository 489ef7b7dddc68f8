"""Which starts may decide a grade: every one in settings.toml, tried with what it has to bear: `make sweep`.

A correct network passes from it long before its epochs are used up, with other last bits and another order of
summation, too; from a recipe's, networks of several sizes and etas separate or fit, and too small ones do not.  The
result is `starts.csv`; with `--find` it prints the first seeds for each row that are good enough instead.
"""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from typing import Any
from unittest.mock import patch

from backprop.neural_network import NeuralNetwork
from backprop.recipe import Recipe

from autograder.course.rubric import settings
from tests.sweeps.sweep import FIRST, PROCESSES, RECIPES, allowed, module_of, run, with_start

TABLE = Path(__file__).with_name("starts.csv")
ROOM = 0.6  # of the epochs, before which the solution has to be done
EARLY = {"xor/learns": 1000, "circle/learns": 750, "sine/learns": 500}  # epochs after which a start has passed
FOUND = {"xor/learns": 8, "circle/learns": 8, "sine/learns": 8, "square/fits": 32, "spirals/separates": 10}
tanh = partial(Recipe, activation="tanh", momentum=0.9)

# By check: what has to succeed from every start, within its own epochs, and what has to fail.
RIGHT: dict[str, list[Recipe]] = {
    "square/fits": [
        tanh([1, 8, 8, 1], output_activation="linear", eta=0.1, epochs=1000),
        tanh([1, 8, 8, 1], output_activation="linear", eta=0.02, epochs=3000),
        tanh([1, 16, 1], output_activation="linear", eta=0.02, epochs=3000),
        tanh([1, 8, 1], output_activation="linear", eta=0.02, epochs=3000),
    ],
    "spirals/separates": [
        tanh([2, 6, 6, 1], eta=0.1, epochs=6000),
        tanh([2, 6, 6, 1], eta=0.05, epochs=6000),
        tanh([2, 5, 5, 1], eta=0.1, epochs=6000),
        tanh([2, 8, 8, 1], eta=0.1, epochs=6000),
        tanh([2, 8, 8, 1], eta=0.05, epochs=6000),
        tanh([2, 8, 8, 1], eta=0.2, epochs=6000),
    ],
}
WRONG: dict[str, list[Recipe]] = {
    "square/fits": [
        tanh([1, 1, 1], output_activation="linear", eta=0.02, epochs=3000),
        tanh([1, 8, 8, 1], eta=0.1, epochs=1000),
    ],
    "spirals/separates": [tanh([2, 32, 1], eta=0.1, epochs=6000), tanh([2, 3, 3, 1], eta=0.1, epochs=6000)],
}


class Nudged(NeuralNetwork):
    """Another BLAS: the last bits of every gradient differ."""

    def backward(self, Y):
        dW, db = super().backward(Y)
        return [g * (1 + 1e-12) for g in dW], [g * (1 - 1e-12) for g in db]


class Reordered(NeuralNetwork):
    """Sums over the samples run the other way round."""

    def forward(self, X):
        return super().forward(X[:, ::-1])[:, ::-1]

    def backward(self, Y):
        return super().backward(Y[:, ::-1])


NETWORKS = (NeuralNetwork, Nudged, Reordered)


@dataclass(frozen=True)
class Tried:
    """One line of the table."""

    check: str
    variant: str
    row: int  # in settings.toml
    setting: str  # JSON
    start: int
    epochs: int  # after which the slowest of NETWORKS passes, with the solution's recipe
    right: str  # of the recipes in RIGHT, the epochs until each succeeds
    wrong: int  # of those in WRONG, how many succeed

    @property
    def good(self) -> bool:
        """Whether this start may decide a grade."""
        return (
            0 < self.epochs <= latest(self.check, self.variant, self.row)
            and all(json.loads(self.right))
            and not self.wrong
        )


def latest(check: str, variant: str, row: int) -> int:
    """Epochs after which a correct network has passed; at home, the first visible row, the chapter's circle is slow."""
    at_home = variant == "visible" and row == 0
    return EARLY[check] if check in EARLY and not at_home else int(ROOM * allowed(check)["epochs"])


def tried(check: str, variant: str, row: int, start: int) -> Tried:
    """Everything that this start has to bear; cut short once it is no good."""
    stored = settings()[check][variant][row]
    about = {name: value for name, value in stored.items() if name not in ("start", "starts")}
    where = with_start(check, stored, start)
    epochs: list[int] = []
    most = latest(check, variant, row)
    with patch.object(module_of(check), "EPOCHS", most, create=True):  # of no meaning to a recipe, which has its own
        for network_class in NETWORKS:
            epochs.append(run(check, where, network_class)[0] or 0)
            if not epochs[-1]:
                break
    right: list[int] = []
    for number, recipe in enumerate(RIGHT.get(check, []) if all(epochs) else []):
        right.append(run(check, where, NETWORKS[number % len(NETWORKS)], recipe, f"data {start}")[0] or 0)
        if not right[-1]:
            break
    won = [run(check, where, recipe=recipe)[0] for recipe in (WRONG.get(check, []) if all([*epochs, *right]) else [])]
    slowest = max(epochs) if all(epochs) else 0
    return Tried(check, variant, row, json.dumps(about), start, slowest, json.dumps(right), sum(map(bool, won)))


def rows() -> Iterator[tuple[str, str, int, list[int]]]:
    """Check, variant, row and starts of all that settings.toml holds."""
    for check, variants in settings().items():
        for variant, found in variants.items():
            for row, stored in enumerate(found):
                yield check, variant, row, stored["starts" if check in RECIPES else "start"]


def main() -> None:
    """Try every stored start and write the table."""
    jobs = [(check, variant, row, start) for check, variant, row, starts in rows() for start in starts]
    with Pool(PROCESSES) as pool:
        table = pool.starmap(tried, jobs, chunksize=1)
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(Tried.__dataclass_fields__), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(line) for line in table)
    print(f"The table is {TABLE}; {sum(not line.good for line in table)} of {len(table)} starts are no good.")


def find(only: str = "") -> None:
    """Print for each row the first seeds that are good, from 1 on."""
    for check, variant, row, _ in rows():
        if check.startswith(only):
            with Pool(PROCESSES) as pool:
                lines = pool.imap(partial(tried, check, variant, row), range(1, FIRST))
                good = [line.start for line in islice((line for line in lines if line.good), FOUND[check])]
            print(check, variant, row, good, flush=True)


def stored_table() -> list[Tried]:
    """The lines of starts.csv."""
    kinds: dict[str, Any] = {name: field.type for name, field in Tried.__dataclass_fields__.items()}
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [Tried(**{name: kinds[name](text) for name, text in line.items()}) for line in csv.DictReader(file)]


if __name__ == "__main__":
    find(*sys.argv[2:]) if "--find" in sys.argv else main()
