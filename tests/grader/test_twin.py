"""The solution answers checks directly as it does by way of the proxy: to the last bit, and with the same sentences."""

import warnings

import numpy as np
import pytest

from autograder.assignment.solution import solution
from autograder.assignment.twin import Twins
from autograder.course.reference import case_of, checks, student_of
from autograder.engine.calls import CallFailed, WrongForm
from autograder.engine.case import Failed
from autograder.engine.runner import hold

NAMES = ((), ("mean_left_out",), ("weights_not_transposed",), ("bias_gradients_flat",), ("caches_appended",))
TRAINED = ("spirals/separates", "square/fits")  # they take seconds


def told(check, student):
    """What the check sees, and how it ends."""
    case = case_of(check, "visible")
    case.guides = [student]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hold(check, student, case)
    except (CallFailed, WrongForm, Failed) as error:
        ended = f"{type(error).__name__}: {error} {getattr(error, 'kind', '')} {getattr(error, 'where', '')}"
    else:
        ended = "well"
    return {name: exactly(value) for name, value in (case.seen.judged | case.seen.evidence).items()}, ended


def exactly(value):
    return (value.dtype, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else (type(value), repr(value))


@pytest.mark.parametrize("names", NAMES, ids=lambda names: "+".join(names) or "right")
@pytest.mark.parametrize("check", sorted(checks().keys() - set(TRAINED)))
def test_a_check_sees_of_it_what_it_sees_by_way_of_the_proxy(check, names):
    check = checks()[check]
    assert told(check, Twins(solution(names))) == told(check, student_of(solution(names)))
