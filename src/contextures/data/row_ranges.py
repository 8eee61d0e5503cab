"""Neighbouring rows of a long table that are read together, by whichever worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contextures.data.columns import FIRST_ROW
from contextures.data.parquet_parts import groups_of, is_parquet
from contextures.data.parts import Parts
from contextures.data.pieces import Piece, cut
from contextures.data.table import Table


@dataclass(frozen=True)
class RowRange:
    """Neighbouring rows of a long table.

    Attributes
    ----------
    path : pathlib.Path or None
        The file that they are in; None for rows of a table in memory.
    first, start : int
        The number of the first of them in the whole table, and in its file.
    n_rows : int
        How many they are.
    groups : tuple of int or None
        The row groups of a Parquet file that they are; None for all of a file.
    held : Table or None
        The rows, of a table in memory.
    """

    path: Path | None
    first: int
    start: int
    n_rows: int
    groups: tuple[int, ...] | None = None
    held: Table | None = None


def row_ranges(parts: Parts, n: int) -> list[RowRange]:
    """Part a long table into ranges of rows that can be read one without the other.

    Parameters
    ----------
    parts : Parts
        A long table whose rows were counted.
    n : int
        So many rows of a Parquet file are together at least, if it has them; of a table in memory
        exactly. A file of another kind is one range, as it is read at once.

    Returns
    -------
    list of RowRange
        All of them, in order.
    """
    found: list[RowRange] = []
    if parts.held is not None:
        frame = parts.held.frame
        for start in range(0, len(frame), n):
            rows = frame.iloc[start : start + n]
            rows.attrs[FIRST_ROW] = start
            held = replace(parts.held, frame=rows)
            found.append(RowRange(None, start, start, len(rows), held=held))
        return found
    first = 0
    for file, count in zip(parts.files, parts.counts, strict=True):
        if is_parquet(file):
            found += _of_parquet(file, first, n)
        elif count:
            found.append(RowRange(file, first, 0, count))
        first += count
    return found


def pieces_in(parts: Parts, rows: RowRange) -> Iterator[Piece]:
    """Read a range of rows, a batch at a time.

    Parameters
    ----------
    parts : Parts
        The long table; of one in memory, what it holds is not needed.
    rows : RowRange
        The range.

    Yields
    ------
    Piece
        The next rows, as :meth:`Parts.pieces` gives them.

    Raises
    ------
    InputError
        If the file cannot be read, naming it.
    """
    if rows.held is not None:
        yield Piece(rows.held, None, rows.first)
        return
    assert rows.path is not None
    first = rows.first
    for table in parts.tables(rows.path, rows.groups, rows.start):
        yield from cut(table, parts.batch, rows.path, first)
        first += len(table.frame)


def _of_parquet(file: Path, first: int, n: int) -> Iterator[RowRange]:
    groups: list[int] = []
    start = count = 0
    sizes = groups_of(file)
    for group, size in enumerate(sizes):
        groups.append(group)
        count += size
        if count and (count >= n or group == len(sizes) - 1):
            yield RowRange(file, first + start, start, count, tuple(groups))
            groups, start, count = [], start + count, 0
