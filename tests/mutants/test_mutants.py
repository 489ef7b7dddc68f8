"""A sample of the machine-made mutants: each is caught, or listed as equivalent with its reason."""

from itertools import islice

import pytest

from tests.layers import WHOLE

from .mutants import FILES, equivalent, judged, mutants, package, prepare

EVERY = 24  # `make mutants` judges all of them, `make test` some of each file
SOME = 4


@pytest.fixture(scope="module")
def everything():
    prepare()
    return list(mutants())


def test_the_solution_itself_is_not_caught():
    from tests.grader.in_process import graded, lost

    assert lost(graded(package(None).neural_network.NeuralNetwork)) == {}


@pytest.mark.sample
@pytest.mark.parametrize("file", FILES)
def test_some_of_each_file_are_caught_or_known_to_be_equivalent(file):
    few = [mutant for mutant in islice(mutants([file]), SOME) if mutant.name not in equivalent()]
    assert (
        few and {mutant.name: verdict for mutant in few if not (verdict := judged(mutant)).startswith("caught")} == {}
    )


@WHOLE
def test_there_are_hundreds_of_mutants_each_another_program(everything):
    assert len(everything) > 400
    assert len({mutant.text for mutant in everything}) == len(everything)


@WHOLE
def test_a_sample_is_caught_or_known_to_be_equivalent(everything):
    known = equivalent()
    sample = [mutant for mutant in everything if mutant.name not in known][::EVERY]
    survivors = {mutant.name: verdict for mutant in sample if not (verdict := judged(mutant)).startswith("caught")}
    assert survivors == {}


@WHOLE
def test_the_list_of_equivalent_mutants_is_current(everything):
    assert set(equivalent()) <= {mutant.name for mutant in everything}


def test_every_equivalent_mutant_has_a_reason():
    assert all(len(reason.split()) > 4 for reason in equivalent().values())
