"""Text that others chose, as it is shown: no character of it steers a terminal, breaks a line or cannot be written."""

import pytest

from autograder.text import (
    MAX_NAME,
    encodable,
    harmless_cell,
    printable,
    printable_name,
    reason_of,
    replace_unprintable,
)

ODD = [
    "\x1b[2J",
    "a\nb",
    "\r",
    "\t",
    "\x00",
    "\x7f",
    "\x9b31m",
    "\u2028",
    "\u202e",
    "\u200b",
    "\xa0",
    "\udc80",
    "\ud83d",
]
PLAIN = ["", "s01", "Ørsted, 漢字", "a b", "\\n", "[red]", "<b>", "=1+1", "-3"]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("show", [printable, printable_name, replace_unprintable, harmless_cell])
def test_what_cannot_be_printed_is_replaced_and_the_rest_stays(show, text):
    said = show(f"x{text}y")
    assert said.isprintable() and said.encode() and said != f"x{text}y"
    assert said.startswith("x") and said.endswith("y") and show(said) == said


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("show", [printable, printable_name, replace_unprintable, encodable])
def test_what_can_be_printed_stays_as_it_is(show, text):
    assert show(text) == text


def test_escapes_can_be_read_back_and_replacements_have_the_same_length():
    assert printable("\x1b\n\udc80") == r"\x1b\n\udc80"
    assert replace_unprintable("a\x1b\nb", keep="\n") == "a\ufffd\nb" and replace_unprintable("\x00 ", "_") == "_ "


def test_a_name_is_of_bounded_length_whatever_its_characters_come_to():
    assert printable_name("a" * MAX_NAME) == "a" * MAX_NAME
    assert printable_name("a" * 10_000) == "a" * MAX_NAME + "..."
    assert len(printable_name("\U000e0001" * 10_000)) == 10 * MAX_NAME + 3


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\ud83d"])
def test_lone_surrogates_can_be_written_afterwards(text):
    assert "?" in encodable(text) and encodable(text).encode()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "/secret"), "Permission denied"),
        (ValueError("a\nb"), r"a\nb"),
        (KeyError(), "KeyError"),
        (RuntimeError("x" * 999), "x" * MAX_NAME + "..."),
    ],
)
def test_an_error_says_its_reason_on_one_line(error, said):
    assert reason_of(error) == said
