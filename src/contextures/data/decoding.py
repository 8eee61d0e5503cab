"""From the bytes of a text file to its text."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from contextures.exceptions import InputError

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = ["cp1252", "latin_1"]
# What tables in other alphabets are written in; the rarer ones that a short text also fits are not.
_OTHERS = [
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
]
_SAMPLE_BYTES = 200_000
# Letters outside ASCII stand apart in Western words but make up the words of other alphabets; the
# single bytes listed are rare in Western text and common in other encodings of it.
_HARDLY_WESTERN = re.compile(rb"[\x80-\xff]{3}|[\x81-\x84\x86-\x90\x98\x9a-\x9f]")


def decode_text(data: bytes, encoding: str | None = None) -> tuple[str, str, list[int]]:
    """Decode a text file.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str or None
        The encoding, or None to find it: a byte order mark, else UTF-8, else the most likely of the
        Western encodings, else of the common ones of other alphabets, else of all.

    Returns
    -------
    tuple
        The text, the name of the encoding used, and the lines of a text in UTF-8 that are not.
    """
    if encoding is not None:
        return _decode_as(data, encoding), encoding, []
    for mark, name in _MARKS:
        if data.startswith(mark):
            if name == "utf-8-sig" and (mended := _mended(data.removeprefix(mark), marked=True)):
                return mended[0], name, mended[1]
            return _decode_as(data, name), name, []
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        if mended := _mended(data):
            return mended[0], "utf-8", mended[1]
        name = _likely_encoding(data)
        return data.decode(name, errors="replace"), name, []


def check_no_nul(text: str) -> None:
    """Refuse a text with a NUL character, naming its line."""
    position = text.find("\0")
    if position >= 0:
        line = text.count("\n", 0, position) + 1
        raise InputError(
            f"line {line} contains a NUL byte, so this is not a plain text table; save it again as "
            "CSV in UTF-8 (or, if it is UTF-16, say so with --encoding utf-16)"
        )


def _mended(data: bytes, *, marked: bool = False) -> tuple[str, list[int]] | None:
    """Decode a text that is UTF-8 but for a few lines, which are read as Western; None for others.

    Hardly a line with a letter beyond ASCII is valid UTF-8 by chance: a text with many such lines,
    or with a mark, is in UTF-8.
    """
    lines = data.split(b"\n")
    decoded: list[str] = []
    valid, wrong = 0, []
    for number, line in enumerate(lines, start=1):
        try:
            decoded.append(line.decode("utf-8"))
            valid += not line.isascii()
        except UnicodeDecodeError:
            wrong.append(number)
            decoded.append(_western(line))
    if len(wrong) > (len(lines) // 2 if marked else valid):
        return None
    return "\n".join(decoded), wrong


def _western(line: bytes) -> str:
    try:
        return line.decode(_WESTERN[0])
    except UnicodeDecodeError:
        return line.decode(_WESTERN[1])


def _decode_as(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise InputError(
            f"the encoding {encoding!r} is not known; use a name like utf-8, cp1252 or utf-16"
        ) from None
    except UnicodeError as error:
        start = getattr(error, "start", None)
        line = 1 if start is None else data.count(b"\n", 0, start) + 1
        raise InputError(
            f"line {line} cannot be read as {encoding}; leave --encoding out to have it found, "
            "or give the right one"
        ) from None


def _likely_encoding(data: bytes) -> str:
    sample = _telling_lines(data)
    # A Western text is a plausible text in a dozen other encodings too, so it is tried first.
    western = from_bytes(sample, cp_isolation=_WESTERN).best()
    if western is not None:
        return str(western.encoding)
    # A sign beside digits, such as 10€, counts against a text there, however Western.
    if not _HARDLY_WESTERN.search(sample):
        return _WESTERN[0]
    # Digits say nothing about the encoding, and beside letters count against any.
    words = re.sub(rb"[0-9]+", b"", sample)
    best = from_bytes(words, cp_isolation=_OTHERS).best() or from_bytes(sample).best()
    return "latin_1" if best is None else str(best.encoding)


def _telling_lines(data: bytes) -> bytes:
    """Collect the lines that are not ASCII: the others say nothing about the encoding."""
    lines: list[bytes] = []
    size = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            lines.append(line[:2000])
            size += len(lines[-1])
            if size > _SAMPLE_BYTES:
                break
    return b"\n".join(lines)
