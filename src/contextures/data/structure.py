"""The shape of a text table: its header and the number of fields in each record."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

from contextures.data.quotes import mend_quotes
from contextures.exceptions import InputError


def read_header(text: str, delimiter: str) -> list[str]:
    """Give the fields of the first record that is not blank."""
    for _, record in _records(text, delimiter):
        return record
    raise InputError("the file is empty; give a table with a line of column names and its rows")


def check_records(text: str, delimiter: str, n_fields: int) -> tuple[str, int, list[str]]:
    """Check that every record has as many fields as the header; mend stray quotation marks.

    Parameters
    ----------
    text : str
        The text, header first.
    delimiter : str
        The delimiter.
    n_fields : int
        The number of fields in the header.

    Returns
    -------
    tuple
        The text, with stray quotation marks as characters, the number of records after the header,
        and notes that name the lines of these marks and of cells of very many lines.

    Raises
    ------
    InputError
        Naming the first line whose record is longer or shorter, or whose quotation mark swallows
        lines that are no rows.
    """
    if '"' not in text:
        return text, _count_records(_counts(text, delimiter), n_fields), []
    spans = [(first, last) for first, last, _ in _quoted_counts(text, delimiter) if last > first]
    notes: list[str] = []
    if spans:
        text, notes = mend_quotes(text, spans, delimiter, n_fields)
    return text, _count_records(_quoted_counts(text, delimiter), n_fields), notes


def _count_records(counts: Iterator[tuple[int, int, int]], n_fields: int) -> int:
    n_records = -1
    for first, last, count in counts:
        if count != n_fields:
            has = "1 field" if count == 1 else f"{count} fields"
            spread = (
                f"; the record runs to line {last}, so a quotation mark may never be closed"
                if last > first
                else "; correct that line, or give the right separator with --delimiter"
            )
            raise InputError(f"line {first} has {has} but the header has {n_fields}{spread}")
        n_records += 1
    return max(n_records, 0)


def _counts(text: str, delimiter: str) -> Iterator[tuple[int, int, int]]:
    for number, line in enumerate(_lines(text), start=1):
        if line.strip(" \n"):
            yield number, number, line.count(delimiter) + 1


def _quoted_counts(text: str, delimiter: str) -> Iterator[tuple[int, int, int]]:
    start = 1
    for last, record in _records(text, delimiter):
        # Blank lines before a record make its first line look earlier; harmless in a message.
        yield start, last, len(record)
        start = last + 1


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True)
    try:
        for record in reader:
            if record and not (len(record) == 1 and not record[0].strip()):
                yield reader.line_num, record
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num} cannot be read ({error}); correct its quotation marks"
        ) from None
    finally:
        csv.field_size_limit(limit)


def _lines(text: str) -> Iterator[str]:
    # str.splitlines would also split at form feeds and the like, which stand inside fields.
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        yield text[start:end]
        start = end
