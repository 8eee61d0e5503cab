"""From the bytes of a text file to its text."""

from __future__ import annotations

import codecs

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
_SAMPLE_BYTES = 200_000


def decode_text(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Decode a text file.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str or None
        The encoding, or None to find it: a byte order mark, else UTF-8, else the most likely of the
        Western encodings, else what charset-normalizer finds.

    Returns
    -------
    tuple of str
        The text and the name of the encoding used.
    """
    if encoding is not None:
        return _decode_as(data, encoding), encoding
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decode_as(data, name), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        name = _likely_encoding(data)
        return data.decode(name, errors="replace"), name


def check_no_nul(text: str) -> None:
    """Refuse a text with a NUL character, naming its line."""
    position = text.find("\0")
    if position >= 0:
        line = text.count("\n", 0, position) + 1
        raise InputError(
            f"line {line} contains a NUL byte, so this is not a plain text table; save it again as "
            "CSV in UTF-8 (or, if it is UTF-16, say so with --encoding utf-16)"
        )


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
    best = from_bytes(sample).best()
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
