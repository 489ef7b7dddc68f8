"""Frames: what is sent arrives, and nothing that arrives can do more than be refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from autograder.engine import answering
from autograder.engine.answering import BadFrame, Objects, Other, decode, encode, frame, receive

PLAIN = st.sampled_from(["?", "<i1", "<i8", "<u2", "<f4", "<f8", "<c16"])
ARRAYS = PLAIN.flatmap(lambda code: arrays_of.arrays(code, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def reader(data: bytes):
    rest = bytearray(data)

    def read(count: int) -> bytes:
        if count > len(rest):
            raise EOFError
        taken, rest[:count] = bytes(rest[:count]), b""
        return taken

    return read


@given(st.lists(ARRAYS, max_size=5))
def test_arrays_arrive_bit_for_bit(sent):
    header, arrived = receive(reader(frame({"n": 1}, sent)))
    assert header == {"n": 1} and len(arrived) == len(sent)
    for a, b in zip(sent, arrived, strict=True):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_or_cut_short(data):
    with pytest.raises((BadFrame, EOFError)):
        receive(reader(data))


@given(JSON, st.binary(max_size=64))
def test_a_frame_with_any_header_is_read_or_refused(described, payload):
    text = json.dumps(described).encode()
    data = answering.LENGTHS.pack(answering.MAGIC, len(text), len(payload)) + text + payload
    try:
        receive(reader(data))
    except BadFrame:
        pass


@given(JSON, st.lists(arrays_of.arrays("<f8", 3), max_size=2))
def test_any_description_of_a_value_is_decoded_or_refused(spec, arrays):
    try:
        decode(spec, arrays)
    except BadFrame:
        pass


@given(st.integers(0, 200), st.binary(min_size=1, max_size=8))
@settings(max_examples=200)
def test_a_frame_with_bytes_changed_never_does_more_than_be_refused(place, garbage):
    data = bytearray(frame({"do": "get"}, [np.arange(6.0).reshape(2, 3)]))
    data[place : place + len(garbage)] = garbage
    try:
        receive(reader(bytes(data)))
    except (BadFrame, EOFError):
        pass


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**62), 2**62) | st.text(max_size=20) | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=9) | st.integers(0, 99), inner, max_size=3)
        | st.lists(st.lists(st.floats(), min_size=2, max_size=2), min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b):
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(item, b[key]) for key, item in a.items())
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


@given(VALUES)
def test_values_arrive_as_they_were_sent(value):
    arrays: list[np.ndarray] = []
    spec = json.loads(json.dumps(encode(value, arrays)))
    arrived = decode(spec, arrays)
    if "too deep" not in json.dumps(spec):
        assert same(value, arrived)


@pytest.mark.parametrize(
    "value", [object(), {(1,): 1}, {-1: 1}, {1}, b"bytes", lambda: 0, np.array(None), np.array(["a"]), 10**400]
)
def test_what_is_no_number_arrives_as_its_type_only(value):
    assert isinstance(decode(encode(value, []), []), Other)


def test_an_array_of_objects_arrives_as_what_is_in_it():
    for value, inside in ((np.array([None, 1.5]), [None, 1.5]), (np.array([[1.5], [2.5]], object), [[1.5], [2.5]])):
        arrays: list[np.ndarray] = []
        arrived = decode(encode(value, arrays), arrays)
        assert type(arrived) is Objects and list(arrived) == inside


class Claims(np.ndarray):
    """Claims to equal everything, to have another shape, and other bytes."""

    shape = property(lambda self: (1, 1))
    __eq__ = lambda self, other: True  # noqa: E731

    def tobytes(self, order="C"):
        return b""

    def __array__(self, *args, **kwargs):
        return np.ones(1)


def test_a_subclass_of_ndarray_arrives_as_its_plain_numbers():
    arrays: list[np.ndarray] = []
    lying = np.arange(4.0).reshape(2, 2).view(Claims)
    arrived = decode(encode(lying, arrays), receive(reader(frame({}, arrays)))[1])
    assert type(arrived) is np.ndarray and np.array_equal(arrived, [[0.0, 1.0], [2.0, 3.0]])


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"header": {}, "arrays": [["<f8", [-1]]]}',
        b'{"header": {}, "arrays": [["<f8", [1e9]]]}',
        b'{"header": {}, "arrays": [["O", [1]]]}',
        b'{"header": {}, "arrays": [["<f8", [99999999999, 99999999999]]]}',
        b'{"header": {}, "arrays": [["<f8", ' + b"9" * 5000 + b"]]}",
        b'{"header": [], "arrays": []}',
        b'{"header": {}}',
        b'{"header": {}, "arrays": {"a": 1}}',
        b"\xff\xfe",
        b'"\\ud800"',
    ],
)
def test_hostile_headers_are_refused(text):
    with pytest.raises(BadFrame):
        receive(reader(answering.LENGTHS.pack(answering.MAGIC, len(text), 0) + text))


def test_a_frame_that_declares_gigabytes_is_refused_before_it_is_read():
    asked = []

    def read(count):
        asked.append(count)
        return answering.LENGTHS.pack(answering.MAGIC, 10, 2**31)

    with pytest.raises(BadFrame):
        receive(read)
    assert asked == [answering.LENGTHS.size]


def test_an_answer_of_gigabytes_is_not_sent():
    big = np.broadcast_to(np.float64(1), (2**15, 2**15))
    with pytest.raises(BadFrame):
        frame({}, [big])
    assert math.prod(big.shape) * 8 > answering.MAX_PAYLOAD
    assert isinstance(decode(encode(big, []), []), Other)
