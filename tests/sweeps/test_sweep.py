"""The stored sweep is about the checks as they are now, and supports their thresholds."""

import csv
import json

import pytest

from autograder.checks import test_circle, test_sine, test_spirals, test_square, test_xor
from autograder.course import settings

from .sweep import RECIPES, SWEPT, TABLE, VARIANTS

MODULES = {
    "xor/learns": test_xor,
    "circle/learns": test_circle,
    "sine/learns": test_sine,
    "square/fits": test_square,
    "spirals/separates": test_spirals,
}
# The share of free starts that has to pass: a single start decides the first three, three of five the others.
SHARES = {
    "xor/learns": 0.998,
    "circle/learns": 0.99,
    "sine/learns": 0.99,
    "square/fits": 0.95,
    "spirals/separates": 0.9,
}

with TABLE.open(newline="", encoding="utf-8") as stream:
    ROWS = {(row["check"], row["variant"]): row for row in csv.DictReader(stream)}


def test_every_training_check_is_swept_on_both_variants():
    assert set(ROWS) == {(check, variant) for check in MODULES for variant in VARIANTS} and set(SWEPT) == set(MODULES)


@pytest.mark.parametrize(("check", "variant"), ROWS)
def test_the_sweep_was_made_with_the_thresholds_and_settings_of_today(check, variant):
    row, module, found = ROWS[check, variant], MODULES[check], json.loads(ROWS[check, variant]["setting"])
    assert float(row["goal"]) == module.GOAL
    if check in RECIPES:
        recipe = RECIPES[check]()
        assert found.pop("recipe")["layer_sizes"] == list(recipe.layer_sizes)
        assert (int(row["epochs"]), float(row["eta"])) == (recipe.epochs, recipe.eta)
    else:
        assert (int(row["epochs"]), float(row["eta"])) == (module.EPOCHS, module.ETA)
    assert found == settings()[check][variant]


@pytest.mark.parametrize(("check", "variant"), ROWS)
def test_enough_free_starts_were_tried_and_enough_pass(check, variant):
    row = ROWS[check, variant]
    assert int(row["starts"]) >= {"xor/learns": 1000, "circle/learns": 300, "sine/learns": 300}.get(check, 100)
    assert float(row["passing"]) >= SHARES[check]


@pytest.mark.parametrize(("check", "variant"), ROWS)
def test_the_stored_starts_pass_before_60_percent_of_the_epochs(check, variant):
    assert float(ROWS[check, variant]["stored_share"]) < 0.6


def test_three_of_five_starts_fail_a_correct_recipe_less_than_once_in_two_hundred_times():
    for check in RECIPES:
        for variant in VARIANTS:
            p = float(ROWS[check, variant]["passing"])
            too_few = (1 - p) ** 5 + 5 * p * (1 - p) ** 4 + 10 * p**2 * (1 - p) ** 3
            assert too_few < 0.005
