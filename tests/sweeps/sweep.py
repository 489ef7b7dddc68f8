"""How often a correct network passes the grader's training checks, from free starts: `make sweep`.

Each start is one run of the check itself, with the solution as the submission and another seed for the
starting weights.  The result is `sweep.csv`, the evidence for the thresholds; it takes about six minutes.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from statistics import median_low
from typing import Any
from unittest.mock import patch

import numpy as np
from backprop import exercises
from backprop.neural_network import NeuralNetwork

from autograder.assignment.network import recipes
from autograder.assignment.network.case import NetworkCase
from autograder.assignment.network.proxy import NetworkStudent
from autograder.assignment.network.training import loss_of
from autograder.assignment.solution import SUBJECT, predict
from autograder.course.reference import HOME, HOME_SEED, checks, setting
from autograder.course.rubric import settings
from autograder.engine.answering import Answerer, decode
from autograder.engine.calls import direct
from autograder.engine.case import Failed, Partly
from autograder.engine.runner import hold

TABLE = Path(__file__).with_name("sweep.csv")
VARIANTS = ("visible", "hidden")
FIRST = 1000  # free starts are the seeds from here on; the stored ones are smaller
PROCESSES = 2
LOOK = 250  # epochs in whose steps the table counts; the grader looks more often

# By check: how many free starts, and the value that its goal is about, of (output, X it is for, Y trained on).
SWEPT: dict[str, tuple[int, Callable[..., float]]] = {
    "xor/learns": (1000, lambda output, X, Y: loss_of(output, Y)),
    "circle/learns": (300, lambda output, X, Y: float(np.mean((output > 0.5) == (Y > 0.5)))),
    "sine/learns": (300, lambda output, X, Y: loss_of(output, Y)),
    "square/fits": (100, lambda output, X, Y: loss_of(output, X**2)),
    "spirals/separates": (100, lambda output, X, Y: float(np.mean((output > 0) == (Y > 0)))),
}
MORE_IS_BETTER = ("circle/learns", "spirals/separates")
RECIPES = {"square/fits": exercises.square_recipe, "spirals/separates": exercises.spirals_recipe}


@dataclass(frozen=True)
class Row:
    """One line of the table; epochs are counted in steps of LOOK."""

    check: str
    variant: str
    setting: str  # JSON, as in settings.toml, where it is the first; for an exercise with the solution's recipe
    goal: float
    epochs: int  # that are allowed
    eta: float
    starts: int
    passing: float  # share of the free starts that meet the goal
    median_epochs: int  # of those that pass
    worst_epochs: int  # of those that pass
    best_value: float  # of the loss or the accuracy where training stops, over all free starts
    worst_value: float
    stored_share: float  # of the allowed epochs, that the slowest stored start needs


def main() -> None:
    """Run the sweep and write its table."""
    table = list(rows())
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(Row.__dataclass_fields__), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in table)
    print(f"The table is {TABLE}.")


def rows() -> Iterator[Row]:
    """One Row for each check and variant."""
    with Pool(PROCESSES) as pool:
        for check, (starts, _) in SWEPT.items():
            for variant in VARIANTS:
                stored = stored_starts(check, variant)
                seeds = [*range(FIRST, FIRST + starts), *stored]
                jobs = [(check, with_start(check, settings()[check][variant][0], seed)) for seed in seeds]
                runs = pool.starmap(run, jobs, chunksize=5)
                yield (row := row_of(check, variant, runs[:starts], runs[starts:]))
                print(", ".join(f"{name} {value}" for name, value in asdict(row).items()), file=sys.stderr)


def row_of(check: str, variant: str, free: list[tuple[int | None, float]], stored: list) -> Row:
    """The line for these runs; a run is (epochs it took, or None where it failed; the last value)."""
    fixed = allowed(check)
    needed = sorted(epochs for epochs, _ in free if epochs is not None)
    values = sorted((value for _, value in free), reverse=check in MORE_IS_BETTER)
    share = max(epochs or float("inf") for epochs, _ in stored) / fixed["epochs"]
    return Row(
        check,
        variant,
        setting_of(check, variant),
        **fixed,
        starts=len(free),
        passing=round(len(needed) / len(free), 4),
        median_epochs=median_low(needed),
        worst_epochs=needed[-1],
        best_value=round(values[0], 6),
        worst_value=round(values[-1], 6),
        stored_share=round(share, 4),
    )


def run(
    check: str,
    setting: Mapping[str, Any],
    network_class: type = NeuralNetwork,
    recipe: exercises.Recipe | None = None,
    seed: str = HOME_SEED,
) -> tuple[int | None, float]:
    """One run of the check with this setting: the epochs until its goal is met, or None, and the last value.

    An exercise is answered with `recipe`, or as the solution does; `seed` decides the data that a check draws.
    """
    trained: dict[str, Any] = {"epochs": 0, "network": None}

    def watched(header: dict, arrays: list[np.ndarray], method: str):
        if method == "train" and header["do"] == "call":
            _, trained["Y"], epochs, *_ = [decode(argument, arrays) for argument in header["args"]]
            if trained["network"] != header["on"]:  # what was trained before was not for the goal
                trained.update(network=header["on"], epochs=0)
            trained["epochs"] += epochs
        return ask(header, arrays, method)

    def watched_predict(weights, biases, X: np.ndarray, *activations) -> np.ndarray:
        trained["X"], trained["output"] = X, predict(weights, biases, X, *activations)
        return trained["output"]

    ask = direct(Answerer(asdict(SUBJECT), kind=network_class))
    case = NetworkCase(check, "visible", seed, None, setting, predict=watched_predict)
    passed = True
    with ExitStack() as changed:
        changed.enter_context(np.errstate(all="ignore"))
        changed.enter_context(patch.object(recipes, "NEEDED", 1))  # of a single start; the check itself asks for 3 of 5
        if recipe:
            changed.enter_context(patch.object(exercises, RECIPES[check].__name__, lambda: recipe))
        try:
            hold(checks()[check], NetworkStudent(watched), case)
        except Partly:  # a large network: the recipe has succeeded nevertheless
            pass
        except Failed:
            passed = False
    value = SWEPT[check][1](trained["output"], trained["X"], trained["Y"])
    return (-(-trained["epochs"] // LOOK) * LOOK if passed else None), value


def with_start(check: str, row: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What the check is given for this row of settings.toml and this start."""
    rest = setting(checks()[check], HOME)
    return {**rest, **row, **({"starts": [seed]} if check in RECIPES else {"start": seed})}


def stored_starts(check: str, variant: str, row: int = 0) -> list[int]:
    """The seeds in settings.toml."""
    stored = settings()[check][variant][row]
    return stored["starts"] if check in RECIPES else stored["start"]


@cache
def allowed(check: str) -> Mapping[str, Any]:
    """Goal, epochs and eta: those of the check; in an exercise the recipe decides on epochs and eta."""
    module = module_of(check)
    recipe = RECIPES[check]() if check in RECIPES else None
    epochs, eta = (recipe.epochs, recipe.eta) if recipe else (module.EPOCHS, module.ETA)
    return {"goal": module.GOAL, "epochs": epochs, "eta": eta}


def module_of(check: str) -> Any:
    """The module in which the check stands, with its GOAL."""
    return sys.modules[checks()[check].function.__module__]


def setting_of(check: str, variant: str) -> str:
    """All that a run depends on besides its start, as JSON."""
    recipe = {"recipe": asdict(RECIPES[check]())} if check in RECIPES else {}
    return json.dumps({**settings()[check][variant][0], **recipe})


def stored_table() -> list[Row]:
    """The rows of sweep.csv."""
    kinds = {name: field.type for name, field in Row.__dataclass_fields__.items()}
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [Row(**{name: kinds[name](text) for name, text in line.items()}) for line in csv.DictReader(file)]


if __name__ == "__main__":
    main()
