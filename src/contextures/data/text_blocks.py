"""A text table in blocks of whole lines, where each line is a record that stands by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from contextures.data.arrays import is_array
from contextures.data.binary import is_binary, read_binary
from contextures.data.compression import unpacked

BLOCK = 2**23
"""Characters that are read at a time."""

_HEAD = 2**18
"""Characters that tell how fields are separated: what finds that looks at no more."""

_START = 2**12
"""Bytes that tell a text from other files."""


class UnclearError(ValueError):
    """What a block is cannot be told without the rest of the text."""


def is_plain_text(file: Path) -> bool:
    """Tell by its first bytes whether a file is a text as it lies; refuse what nobody reads."""
    with file.open("rb") as opened:
        start = opened.read(_START)
    if is_array(file, start) or unpacked(file, start) is not start or is_binary(file, start):
        return False
    return read_binary(file, start) is None


def head_of(file: Path, errors: str = "strict") -> str:
    """Read the first lines of a text in UTF-8; errors as in :func:`open`."""
    with file.open(encoding="utf-8", errors=errors) as opened:
        return (opened.read(_HEAD) + opened.readline()).removeprefix("\ufeff")


def text_blocks(file: Path, *, named: bool) -> Iterator[str]:
    """Read a text in UTF-8 some lines at a time, without the line of names where it has one.

    Raises
    ------
    UnclearError
        If there is a NUL.
    UnicodeDecodeError
        If it is not in UTF-8.
    """
    # A carriage return ends a line, alone or with a line feed, as where a text is read whole.
    with file.open(encoding="utf-8") as opened:
        first = True
        while block := opened.read(BLOCK):
            block += opened.readline()
            if first:
                block, first = block.removeprefix("\ufeff"), False
            if "\0" in block or block.startswith("\ufeff"):
                raise UnclearError
            while named and block:
                line, _, block = block.partition("\n")
                named = not line.strip(" ")
            if block.strip():
                yield block


def check_even(block: str, separator: str, n_fields: int) -> None:
    """Raise :class:`UnclearError` if a line has more or fewer fields, or is no record by itself."""
    if '"' in block:
        uneven = any(len(fields_of(line, separator)) != n_fields for line in _lines(block))
    else:
        uneven = any(line.count(separator) + 1 != n_fields for line in _lines(block))
    if uneven:
        raise UnclearError


def fields_of(line: str, separator: str) -> list[str]:
    """Give the fields of a line as they are written, with their quotation marks.

    Raises
    ------
    UnclearError
        If a mark does not open or close a whole field on this line.
    """
    if '"' not in line:
        return line.split(separator)
    edge = re.escape(separator)
    field = rf' *"(?:[^"]|"")*" *|[^"{edge}]*'
    if re.fullmatch(rf"(?:{field})(?:{edge}(?:{field}))*", line) is None:
        raise UnclearError
    found: list[str] = re.findall(f"({field}){edge}", line + separator)
    return found


def cut(file: Path, separator: str, places: Sequence[int]) -> Iterator[str]:
    """Give some fields of each line below the names, as they are written."""
    for block in text_blocks(file, named=True):
        for line in _lines(block):
            fields = fields_of(line, separator)
            yield separator.join([fields[place] for place in places])


def parsed(block: str, separator: str, *, named: bool, **how: Any) -> pd.DataFrame:
    """Read the rows of a block as the whole text is read; columns are called by their places."""
    if named:
        how |= {"index_col": False, "skipinitialspace": True}
    frame: pd.DataFrame = pd.read_csv(
        StringIO(block), sep=separator, header=None, low_memory=False, **how
    )
    return frame


def _lines(block: str) -> Iterator[str]:
    return (line for line in block.split("\n") if line.strip(" "))
