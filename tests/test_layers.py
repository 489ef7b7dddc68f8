"""What the two layers of tests stand on: samples that leave no value out, pairs that are all tried, work done once."""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import pytest

from .layers import combined, in_part, in_turn, sampled
from .once import once, shared


@pytest.mark.parametrize("factors", [("abc", "xy"), ("ab", "uvwxyz"), ("abcde", "xyz", "12"), ("a", "x")])
def test_make_test_has_every_value_of_every_factor(factors):
    cases = combined(*factors)
    assert {case.values for case in cases} == set(product(*factors))
    quick = [case.values for case in cases if not case.marks]
    assert len(quick) == max(map(len, factors))
    assert [set(values) for values in zip(*quick, strict=True)] == [set(factor) for factor in factors]


@pytest.mark.parametrize("sizes", [(10, 32, 6), (2, 3, 2), (6, 6, 6), (5, 7, 3)])
def test_in_turn_lets_all_values_of_two_factors_meet_all_of_a_third(sizes):
    first, second, third = map(range, sizes)
    cases = {(one, other, in_turn(third, one, other)) for one, other in product(first, second)}
    assert {(one, last) for one, _, last in cases} == set(product(first, third))
    assert {(other, last) for _, other, last in cases} == set(product(second, third))


def test_a_sample_is_told_from_the_rest_by_its_mark():
    assert [(case.values[0], bool(case.marks)) for case in sampled("abc", "ac")] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]


@pytest.mark.parametrize("length, every, quick", [(7, 3, "036"), (6, 3, "03"), (2, 5, "0"), (3, 1, "012")])
def test_of_rows_that_are_much_alike_make_test_has_the_first_of_each_so_many(length, every, quick):
    rows = in_part(zip(map(str, range(length)), "abcdefg", strict=False), every)
    assert [row.values for row in rows] == list(zip(map(str, range(length)), "abcdefg", strict=False))
    assert "".join(row.values[0] for row in rows if not row.marks) == quick


def counted(name):
    with open(shared() / f"counted-{name}", "a") as times:
        times.write("once\n")
    return {"name": name}


def test_what_many_processes_want_is_made_once_for_all_and_anew_for_other_arguments():
    with ProcessPoolExecutor(4) as workers:
        found = list(workers.map(once, [counted] * 12, ["a", "b"] * 6))
    assert found == [{"name": "a"}, {"name": "b"}] * 6
    assert [(shared() / f"counted-{name}").read_text() for name in "ab"] == ["once\n"] * 2
