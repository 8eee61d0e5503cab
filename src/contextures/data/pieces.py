"""Some rows of a long table at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contextures.data.columns import FIRST_ROW
from contextures.data.table import Table


@dataclass(frozen=True)
class Piece:
    """Some rows of a long table.

    Attributes
    ----------
    table : Table
        The rows; its frame knows by an attribute where in their file they begin.
    file : pathlib.Path or None
        Where they are from; None for a table in memory.
    first : int
        The number of the first of them in the whole table.
    """

    table: Table
    file: Path | None
    first: int


def cut(table: Table, size: int, file: Path | None, first: int) -> Iterator[Piece]:
    """Give a table that was read at once some rows at a time.

    Parameters
    ----------
    table : Table
        The table.
    size : int
        The rows of a piece, at most.
    file : pathlib.Path or None
        The file that it is of.
    first : int
        The number of its first row in the whole table.

    Yields
    ------
    Piece
        Its rows, in order.
    """
    n = len(table.frame)
    for start in range(0, n, size):
        whole = n <= size
        rows = table.frame if whole else table.frame.iloc[start : start + size]
        if not whole:
            rows.attrs[FIRST_ROW] = start
        yield Piece(replace(table, frame=rows), file, first + start)
