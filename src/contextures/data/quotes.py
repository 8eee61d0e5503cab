"""Quotation marks that open a cell and are closed many rows later, or never meant to open one."""

from __future__ import annotations

import csv
from io import StringIO

from contextures.exceptions import InputError

_MANY_LINES = 20
"""A cell of more lines is hardly meant."""


def mend_quotes(
    text: str, spans: list[tuple[int, int]], delimiter: str, n_fields: int
) -> tuple[str, list[str]]:
    """Take stray quotation marks for characters where the lines that they swallow are rows.

    Parameters
    ----------
    text : str
        The text.
    spans : list of tuple of int
        The first and last line of each record of several lines.
    delimiter : str
        The delimiter.
    n_fields : int
        The number of fields of a row.

    Returns
    -------
    tuple
        The text and notes that name the lines.

    Raises
    ------
    InputError
        If a mark swallows lines that are no rows, and what follows the mark that closes it shows
        that it was not meant to.
    """
    lines = text.split("\n")
    notes: list[str] = []
    for first, last in spans:
        held = range(first - 1, min(last, len(lines)))
        held = range(next((i for i in held if lines[i].strip()), held.start), held.stop)
        record = "\n".join(lines[i] for i in held)
        whole = _fields(record, delimiter, strict=False)
        if len(held) < 2 or len(whole) != n_fields:
            continue  # cells of blank lines, or a record that is refused for its length
        opening = next((i for i in held if lines[i].count('"') % 2), held.start)
        odd = [i for i in held if lines[i].count('"') % 2]
        rows = [_is_row(lines[i], delimiter, n_fields) for i in held]
        if all(rows) and odd:
            for i in odd:
                lines[i] = _as_characters(lines[i], delimiter)
            marks = " and ".join(f"line {i + 1}" for i in odd[:2])
            notes.append(
                f"{marks} {'hold' if len(odd) > 1 else 'holds'} a stray quotation mark, taken for "
                f"a character: {len(held)} rows would have been one"
            )
        elif not _fields(record, delimiter, strict=True):
            raise InputError(
                f"line {opening + 1} opens a quotation mark that is closed in line {last} only, in "
                f"the middle of a cell, so that {len(held)} lines would be one row; double the "
                "mark, remove it, or close it on its line"
            )
        elif len(held) > _MANY_LINES or sum(rows[1:-1]) > max(1, (len(held) - 2) // 2):
            notes.append(
                f"line {opening + 1} opens a quotation mark that runs to line {last}: these "
                f"{len(held)} lines are one row"
            )
    return "\n".join(lines), notes


def _is_row(line: str, delimiter: str, n_fields: int) -> bool:
    """Tell whether a line is a row by itself, an odd quotation mark being a character."""
    if line.count('"') % 2:
        return line.count(delimiter) == n_fields - 1
    return len(_fields(line, delimiter, strict=False)) == n_fields


def _fields(text: str, delimiter: str, *, strict: bool) -> list[str]:
    """Give the fields of one record; none where it is not one."""
    reader = csv.reader(StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=strict)
    try:
        records = list(reader)
    except csv.Error:
        return []
    return records[0] if len(records) == 1 else []


def _as_characters(line: str, delimiter: str) -> str:
    out = StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(line.split(delimiter))
    return out.getvalue()
