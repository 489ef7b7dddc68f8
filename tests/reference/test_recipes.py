"""Recipes, and those that answer Exercises 18.3 and 18.5."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from backprop.datasets import xor
from backprop.exercises import spirals_recipe, square_recipe
from backprop.neural_network import NeuralNetwork
from backprop.recipe import Recipe, fits_square, separates_spirals, try_out

SOLUTIONS = Path(__file__).parents[2] / "solutions"


def test_fields_stand_in_the_order_of_the_exercise():
    assert [field.name for field in dataclasses.fields(Recipe)] == [
        "layer_sizes",
        "activation",
        "output_activation",
        "eta",
        "epochs",
        "batch_size",
        "momentum",
        "l2",
    ]


def test_a_recipe_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe([2, 1]).eta = 3.0  # type: ignore[misc]


@pytest.mark.parametrize("sizes,parameters", [([2, 6, 6, 1], 67), ([2, 8, 8, 1], 105), ([1, 16, 1], 49), ([1, 1], 2)])
def test_parameters_counts_weights_and_biases(sizes, parameters):
    assert Recipe(sizes).parameters == parameters


def test_the_trained_network_is_made_as_the_recipe_says():
    recipe = Recipe([2, 3, 1], "tanh", "linear", 0.1, 4, 3, 0.9, 0.01)
    network = recipe.trained(*xor(), rng=np.random.RandomState(0))
    assert (network.layer_sizes, network.activation_name, network.output_activation_name) == (
        [2, 3, 1],
        "tanh",
        "linear",
    )
    assert (network.momentum, network.l2) == (0.9, 0.01)


def test_the_batch_size_of_the_recipe_is_used():
    recipe = Recipe([2, 3, 1], eta=0.5, epochs=5, batch_size=2)
    by_hand = NeuralNetwork([2, 3, 1], rng=np.random.RandomState(0))
    by_hand.train(*xor(), epochs=5, eta=0.5, batch_size=2, verbose=False)
    assert np.array_equal(recipe.trained(*xor(), rng=np.random.RandomState(0)).weights[0], by_hand.weights[0])


def test_one_start_gives_one_network():
    recipe = Recipe([2, 3, 1], eta=0.5, epochs=5, batch_size=2)
    one, same, other = (recipe.trained(*xor(), rng=np.random.RandomState(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one.weights[0], same.weights[0])
    assert not np.array_equal(one.weights[0], other.weights[0])


@pytest.mark.parametrize("activation,output_activation", [("tanh", None), ("sigmoid", "tanh"), ("tanh", "tanh")])
def test_a_tanh_output_is_trained_on_minus_one_and_one(activation, output_activation):
    targets, threshold = Recipe([2, 1], activation, output_activation).class_targets(np.array([[0.0, 1.0]]))
    assert (targets.tolist(), threshold) == ([[-1.0, 1.0]], 0.0)


@pytest.mark.parametrize(
    "activation,output_activation", [("sigmoid", None), ("tanh", "linear"), ("tanh", "sigmoid"), ("relu", "linear")]
)
def test_every_other_output_is_trained_on_zero_and_one(activation, output_activation):
    targets, threshold = Recipe([2, 1], activation, output_activation).class_targets(np.array([[0.0, 1.0]]))
    assert (targets.tolist(), threshold) == ([[0.0, 1.0]], 0.5)


@pytest.mark.whole
def test_the_square_recipe_fits_from_every_start():
    assert all(fits_square(square_recipe(), seed) for seed in range(10))


@pytest.mark.whole
def test_the_spirals_recipe_separates_from_nearly_every_start():
    assert sum(separates_spirals(spirals_recipe(), seed) for seed in range(10)) >= 8


def test_the_spirals_recipe_is_small():
    assert spirals_recipe().parameters <= 70


@pytest.mark.whole
def test_an_output_that_cannot_leave_0_to_1_does_not_fit_the_square():
    assert not fits_square(Recipe([1, 8, 1], "sigmoid", eta=1.0, epochs=500), 0)


@pytest.mark.whole
def test_one_hidden_layer_of_three_does_not_separate_the_spirals():
    assert not separates_spirals(Recipe([2, 3, 1], "tanh", eta=0.1, epochs=500, momentum=0.9), 0)


def test_trying_out_counts_the_starts_that_succeed():
    def my_recipe():
        return Recipe([2, 6, 6, 1])

    said = try_out(my_recipe, lambda recipe, seed: seed % 2 == 0, starts=5)
    assert said == "my_recipe: 3 of 5 starts succeed, with 67 parameters."


def test_trying_out_an_unwritten_recipe_says_so():
    def my_recipe():
        raise NotImplementedError("my_recipe is not written yet")

    said = try_out(my_recipe, fits_square, starts=5)
    assert said == "my_recipe: nothing to try yet, because my_recipe is not written yet."


@pytest.mark.whole
def test_run_as_a_program_both_recipes_are_tried():
    run = subprocess.run(
        [sys.executable, "-m", "backprop.exercises", "1"], cwd=SOLUTIONS, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert [line.split()[:4] for line in run.stdout.splitlines()] == [
        ["square_recipe:", "1", "of", "1"],
        ["spirals_recipe:", "1", "of", "1"],
    ]


def test_the_package_can_be_imported_with_a_broken_exercises_file(tmp_path):
    folder = tmp_path / "backprop"
    folder.mkdir()
    for path in (SOLUTIONS / "backprop").glob("*.py"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "exercises.py").write_text("def (")
    code = "from backprop import NeuralNetwork, Recipe, make_spirals, xor, check_gradients"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


def test_every_name_of_the_package_can_be_imported_from_it():
    import backprop

    assert {"NeuralNetwork", "Recipe", "square_recipe", "spirals_recipe", "make_spirals"} <= set(backprop.__all__)
    assert all(getattr(backprop, name).__name__ == name for name in backprop.__all__)


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import backprop

    with pytest.raises(AttributeError, match="has no attribute 'Perceptron'"):
        _ = backprop.Perceptron
