"""Which bytes are source text, and what becomes of them."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.intake.entries import MAX_FILE

from .handed_in import NETWORK, WORK, put, read, says


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbf" + WORK,
        WORK.replace(b"\n", b"\r\n"),
        WORK.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + WORK.replace(b"\n", b"\r\n"),
    ],
    ids=["byte order mark", "CRLF", "CR", "both"],
)
def test_a_byte_order_mark_and_other_line_ends_change_nothing(tmp_path, source):
    submission = read(put(tmp_path, {NETWORK: source}))
    assert submission.files == {NETWORK: WORK}
    assert submission.sha256 == read(put(tmp_path, {NETWORK: WORK})).sha256


def test_tabs_and_white_space_inside_the_source_are_kept(tmp_path):
    source = b'if True:\n\tx = """a  \n\f"""  \n\n'
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@pytest.mark.parametrize("cookie", ["utf-8", "UTF-8", "utf8", "utf-8-unix"])
def test_a_comment_that_declares_utf8_is_accepted(tmp_path, cookie):
    source = f"# -*- coding: {cookie} -*-\nname = 'Zoë'\n".encode()
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@pytest.mark.parametrize("cookie", ["latin-1", "iso-8859-1", "cp1252", "windows-1252"])
def test_a_declared_western_encoding_becomes_utf8(tmp_path, cookie):
    text = f"#!/usr/bin/python\n# é vim: set fileencoding={cookie} :\nname = 'Zoë'\n"
    source = read(put(tmp_path, {NETWORK: text.encode("latin-1")})).files[NETWORK]
    assert source.decode() == text.replace(cookie, "utf-8")


STRAY = {  # bytes that are not UTF-8, and how they are read
    "Latin-1 in a comment": (b"x = 1  # caf\xe9\n", "x = 1  # café\n"),
    "Latin-1 in a string": (b"x = '\xfc\xb5'\n", "x = 'üµ'\n"),
    "Windows-1252 quotes": (b"x = 1  # \x93so\x94 \x80\n", "x = 1  # “so” €\n"),
    "beside UTF-8": ("δ = 1  # é ".encode() + b"\xe9\n", "δ = 1  # é é\n"),
    "behind a mark": (b"\xef\xbb\xbfx = 1  # \xe9\n", "x = 1  # é\n"),
    "declared UTF-8": (b"# coding: utf-8\n# \xe9\n", "# coding: utf-8\n# é\n"),
    "declared ASCII": (b"# coding: ascii\n# \xe9\n", "# coding: utf-8\n# é\n"),
    "what Windows-1252 has not": (b"x = 1  # \x81\xed\xa0\x80\n", "x = 1  # \ufffdí\xa0€\n"),
}


@pytest.mark.parametrize("case", STRAY)
def test_a_byte_that_is_not_utf8_is_read_with_a_note(tmp_path, case):
    source, text = STRAY[case]
    submission = read(put(tmp_path, {NETWORK: source}))
    assert (submission.files, submission.reason) == ({NETWORK: text.encode()}, None)
    line = text.count("\n")
    assert submission.notes == (
        f"{NETWORK} is not valid UTF-8 in line {line}; such bytes were read as Windows-1252: save it as UTF-8.",
    )


DECLARED = {
    "gbk": "网络",
    "gb18030": "网络€",
    "big5": "網路",
    "shift_jis": "ネットワーク表",  # with a backslash among its bytes
    "euc-jp": "ネット",
    "euc-kr": "신경망",
    "cp1251": "сеть",
    "koi8-r": "сеть",
    "cp1253": "δίκτυο",
    "iso-8859-9": "ağ",
    "mac-roman": "réseau",
}


@pytest.mark.parametrize("cookie", DECLARED)
def test_a_declared_encoding_is_read_with_a_note(tmp_path, cookie):
    text = f"# -*- coding: {cookie} -*-\nname = '{DECLARED[cookie]}'  # {DECLARED[cookie]}\n"
    submission = read(put(tmp_path, {NETWORK: text.encode(cookie)}))
    assert submission.files == {NETWORK: text.replace(cookie, "utf-8").encode()}
    assert ast.dump(ast.parse(text.encode(cookie))) == ast.dump(ast.parse(submission.files[NETWORK]))
    assert len(submission.notes) == 1 and says(submission.notes[0], NETWORK, "as it declares")


def test_a_byte_order_mark_decides_against_a_declared_encoding(tmp_path):
    source = "\ufeff# coding: latin-1\nname = 'Zoë'\n".encode()
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: "# coding: utf-8\nname = 'Zoë'\n".encode()}


def test_an_encoding_named_after_the_second_line_or_in_a_string_declares_nothing(tmp_path):
    source = b"x = 1\ny = '# coding: latin-1'\n# coding: latin-1\nz = '\xc3\xab'\n"
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "is empty"),
        (b"# coding: gbk\nx = '\xff'\n", "not valid GBK in line 2"),
        (b"# coding: euc-kr\n\nx = '\xff'\n", "not valid EUC_KR in line 3"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        ("x = 1\n".encode("utf-16-le"), "NUL byte"),
        (b"x = '\0'\n", "NUL byte"),
        (b"# coding: unicode_escape\nx = 1\n", "declares an encoding"),
        (b"# coding: hz\nx = 1\n", "declares an encoding"),
        (b"# coding: utf-7\nx = 1\n", "declares an encoding"),
        (b"# coding: rot13\nx = 1\n", "declares an encoding"),
        (b"# coding: klingon\nx = 1\n", "declares an encoding"),
        (b"# coding: " + b"x" * 1_000_000, "declares an encoding"),
        (b"x = 1\n" * 200_000, "larger than 1 MiB"),
        (b"# coding: latin-1\n" + b"\xe9" * (MAX_FILE - 100), "larger than 1 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_text_that_is_no_source_is_refused(tmp_path, source, words):
    submission = read(put(tmp_path, {NETWORK: source}))
    assert says(submission.reason, NETWORK, words)
    assert submission.broken == {NETWORK: submission.reason}


def test_a_file_of_exactly_one_mebibyte_is_accepted(tmp_path):
    source = b"#" * (MAX_FILE - 1) + b"\n"
    assert read(put(tmp_path, {NETWORK: source})).files == {NETWORK: source}


@given(
    text=st.text("aéñß€ 'Zλ#:=coding\\\t", max_size=40),
    first=st.sampled_from(["", "#!/usr/bin/python\n", "\n", "x = 1\n"]),
    codec=st.sampled_from(["", "utf-8", "latin-1", "cp1252", "ascii", "gbk", "shift_jis", "koi8-r"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(deadline=None)
def test_source_means_to_python_what_it_meant_before(text, first, codec, line_end):
    cookie = f"# -*- coding: {codec} -*-\n" if codec else ""
    source = f"{first}{cookie}# {text}\nx = {text!r}\n".replace("\n", line_end).encode(codec or "utf-8", "replace")
    try:
        meaning = ast.dump(ast.parse(source))
    except SyntaxError:
        meaning = None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, NETWORK).write_bytes(source)
        files = read(Path(folder)).files
    if meaning is not None:
        assert ast.dump(ast.parse(files[NETWORK])) == meaning
        assert ast.dump(ast.parse(files[NETWORK].decode())) == meaning


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\ufeff"), max_size=60))
@settings(deadline=None)
def test_the_hash_is_the_same_for_all_ways_to_save_a_text(text):
    text = f"# {text}\nx = 1\n"
    variants = [text, text.replace("\n", "\r\n"), text.replace("\n", "\r"), f"\ufeff{text}"]
    hashes = set()
    with tempfile.TemporaryDirectory() as folder:
        for variant in variants:
            Path(folder, NETWORK).write_bytes(variant.encode())
            hashes.add(read(Path(folder)).sha256)
    assert len(hashes) == 1
