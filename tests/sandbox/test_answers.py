"""An answer that comes in time is taken only in the agreed form, and as plain values."""

import pytest

from autograder.engine.answering import BadFrame, decode

from .hostile import Raised, ask, forked, inside, sandboxed
from .test_taking import forget_peak, peak

# What a process that has been taken over may send: beside the right number, as JSON.
STRANGE = [
    "5",
    "{}",
    '{"timeout":"x"}',
    '{"timeout":1e999}',
    '{"crashed":5}',
    '{"crashed":{"a":1}}',
    '{"raised":5}',
    '{"raised":{}}',
    '{"raised":{"type":1,"builtin":true,"message":"","abstract":false}}',
    '{"raised":{"type":"","builtin":true,"message":"","abstract":false,"file":"a"}}',
    '{"value":null}',
    '{"value":null,"args":5}',
    '{"value":null,"args":{"a":1}}',
    '{"value":{"array":3},"args":[]}',
    '{"value":{"array":true},"args":[]}',
    '{"value":null,"args":[],"then":{"numbers":-1}}',
    '{"value":{"list":{}},"args":[]}',
    '{"value":7,"args":[]}',
    '{"value":DEEP,"args":[]}',
]


def forge(reply):
    """Send `reply` in the place of an answer."""
    import sys

    import answering

    reply = reply.replace("DEEP", '{"list":[' * 40 + "]}" * 40).replace("LONG", "x" * 100_000)
    frame = sys._getframe()
    while "nonce" not in frame.f_locals.get("header", ()):
        frame = frame.f_back
    nonce = frame.f_locals["header"]["nonce"]
    while "connection" not in frame.f_locals:
        frame = frame.f_back
    members = ", ".join([f'"nonce": "{nonce}"', *([reply[1:-1]] if reply[1:-1] else [])])
    text = ('{"header": {' + members + '}, "arrays": []}').encode()
    frame.f_locals["connection"].sendall(answering.LENGTHS.pack(answering.MAGIC, len(text), 0) + text)


@pytest.fixture(scope="module")
def forger():
    with sandboxed(forge) as worker:
        yield worker


@pytest.mark.parametrize("reply", STRANGE)
def test_a_strange_answer_is_refused_in_words(forger, reply):
    child = forked(forger)
    try:
        answer = ask(child, "forge", reply)
    except BadFrame:
        return  # the values do not decode: the caller of `decode` says so
    assert set(answer) == {"crashed"}
    assert type(answer["crashed"]) is str
    assert not child.alive


def repeat(way, length):
    """Answer with one array that is named 150 times."""
    import sys

    import answering
    import numpy

    frame = sys._getframe()
    while "nonce" not in frame.f_locals.get("header", ()):
        frame = frame.f_back
    nonce = frame.f_locals["header"]["nonce"]
    while "connection" not in frame.f_locals:
        frame = frame.f_back
    one = {"array": 0}
    if way in ("as numbers", "as tuples of numbers"):
        one = {"numbers": 0, "as": "tuple" if "tuple" in way else "list"}
    value = {"list": [one] * 150}
    reply = {"value": value, "args": []}
    if way == "in nested lists":
        reply["value"] = {"list": [{"tuple": [{"list": [one] * 5}] * 5}] * 6}
    elif way == "in arguments":
        reply = {"value": one, "args": [one] * 149}
    elif way == "in all parts":
        reply = {"value": one, "args": [one], "then": {"list": [one]}}
    elif way == "under another name":
        reply = {"value": {"tuple": [{"array": 0}, {"numbers": 0}]}, "args": []}
    elif way == "once, as very many numbers":
        reply = {"value": {"numbers": 0}, "args": []}
    frame.f_locals["connection"].sendall(answering.frame({**reply, "nonce": nonce}, [numpy.ones(length)]))


WAYS = ["as arrays", "as numbers", "as tuples of numbers", "in nested lists", "in arguments", "in all parts"]
WAYS += ["under another name", "once, as very many numbers"]


@pytest.mark.parametrize("way", WAYS)
def test_an_array_that_is_named_many_times_does_not_fill_the_grader(way):
    with sandboxed(repeat) as worker:
        child = forked(worker)
        forget_peak()
        before = peak()
        answer = ask(child, "repeat", way, 1 << 20 if "once" not in way else (1 << 20) + 1)
        assert "garbled" in answer["crashed"] and not child.alive
        assert peak() - before < 1 << 26


def test_arrays_that_an_honest_value_shares_arrive_as_often_as_they_stand_there():
    def shared():
        import numpy

        one = numpy.ones(3)
        return [[one, one], (one, [1.0, 2.0], one)]

    value = inside(shared)
    assert [len(part) for part in value] == [2, 3] and all(a.sum() == 3 for a in (*value[0], value[1][0], value[1][2]))


def test_an_answer_in_the_agreed_form_is_taken(forger):
    assert ask(forked(forger), "forge", '{"value": {"text": "forged"}, "args": []}') == "forged"


def test_the_texts_of_an_answer_have_an_end(forger):
    with pytest.raises(Raised) as raised:
        ask(forked(forger), "forge", '{"raised":{"type":"LONG","builtin":true,"message":"LONG","abstract":false}}')
    assert 200 < len(str(raised.value)) < 1000


def test_control_characters_of_a_message_do_not_come_through():
    def shout():
        raise ValueError("\x1b[2J\x9b\ud800\u202ered\nand more")

    strange = "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(Raised) as raised:
        inside(shout)
    assert str(raised.value) == f"ValueError: {strange}[2J{strange * 3}red\nand more"


def test_a_decoded_value_is_of_a_plain_type():
    def pretend():
        import numpy

        class Equal(numpy.ndarray):
            def __eq__(self, other):
                return True

        class Float(float):
            def __eq__(self, other):
                return True

        return [numpy.ones(3).view(Equal), Float(3), type("int", (int,), {})(4), object()]

    array, number, integer, other = inside(pretend)
    assert [type(array).__name__, type(number), type(integer), type(other).__name__] == ["ndarray", float, int, "Other"]
    assert decode({"text": "x"}, []) == "x"
