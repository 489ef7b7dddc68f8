"""Reads a source file as a student's editor may have left it: the same here and in the grader."""

import codecs
import importlib.machinery
import io
import linecache
import re
import sys
import tokenize
from pathlib import Path

UTF8 = ("utf-8", "utf-8-sig", "ascii")
# What else a PEP 263 comment may declare: encodings in which ASCII stands for itself.
OTHERS = re.compile(
    r"cp(?:437|7\d\d|8[56]\d|874|9\d\d|125\d)|iso8859-\d+|koi8-\w|kz1048|mac-\w+|tis-620|gb\w+|big5\w*|shift_jis|euc_\w+"
)
COOKIE = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+", re.ASCII | re.MULTILINE)  # that comment
# What `surrogateescape` makes of bytes that are not UTF-8, as Western Windows means them.
WESTERN = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


class NotText(Exception):
    """Why this is not read as source code: the end of a sentence."""


def as_utf8(source: bytes) -> tuple[bytes, str]:
    """Text as UTF-8 with LF line ends, without byte order mark or another encoding's comment; and what to tell of it.

    That is the end of a sentence, or nothing.  NotText where this cannot be source code.
    """
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotText("is UTF-16 text: save it as UTF-8")
    if b"\0" in source:
        raise NotText("holds a NUL byte, so it is no source code: save it as UTF-8 text")
    marked = source.startswith(codecs.BOM_UTF8)
    source = source.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not source.strip():
        raise NotText("is empty: hand in the file with your code in it")
    declared, note = _declared(source), ""
    encoding = "utf-8" if marked or declared in UTF8 else declared
    try:
        text = source.decode(encoding)
        if encoding != "utf-8":
            note = f"is {encoding.upper()}, as it declares, and was read as that: UTF-8 is read everywhere"
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        where = f"is not valid {encoding.upper()} in line {line}"
        if encoding != "utf-8":
            raise NotText(f"{where}: save it as UTF-8") from None
        note = f"{where}; such bytes were read as Windows-1252: save it as UTF-8"
        text = source.decode("utf-8", "surrogateescape").translate(WESTERN)
    return (text if declared == "utf-8" else COOKIE.sub(r"\1utf-8", text, count=1)).encode(), note


def read_as_graded(folder: Path) -> None:
    """From now on import what lies in `folder` as the grader reads it, where Python would refuse a byte."""

    class Loader(importlib.machinery.SourceFileLoader):
        def get_data(self, path: str) -> bytes:
            data = super().get_data(path)
            try:
                text, note = as_utf8(data) if path.endswith(".py") else (data, "")
            except NotText:
                return data
            if note:  # messages quote lines, which would be read from the file as it is
                lines = [f"{line}\n" for line in text.decode().split("\n")]
                linecache.cache[path] = len(text), None, lines, path
            return text

    finder = importlib.machinery.FileFinder(str(folder), (Loader, importlib.machinery.SOURCE_SUFFIXES))
    sys.path_importer_cache[str(folder)] = finder


def _declared(source: bytes) -> str:
    """The codec that the first two lines declare, as Python's own reader finds it."""
    head = b"\n".join(source.split(b"\n", 2)[:2]).decode("ascii", "replace").encode("ascii", "replace")
    try:
        encoding = codecs.lookup(tokenize.detect_encoding(io.BytesIO(head).readline)[0]).name
    except SyntaxError:
        encoding = "unknown"
    if encoding not in UTF8 and not OTHERS.fullmatch(encoding):
        raise NotText("declares an encoding that is not accepted here: save it as UTF-8")
    return encoding
