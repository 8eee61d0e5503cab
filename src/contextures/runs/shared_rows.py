"""Which rows embeddings share by the numbers in their files, and which of many are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.drawn import drawn_rows
from contextures.data.parquet_parts import is_parquet, parquet_frames, shape_of
from contextures.data.parts import BATCH
from contextures.exceptions import InputError
from contextures.runs.embedding_files import ROW
from contextures.runs.options import SAMPLE


@dataclass(frozen=True)
class Numbers:
    """How many rows an embedding has, and their numbers where its file says them.

    Attributes
    ----------
    n : int
        The rows.
    rows : ndarray of int of shape (n,) or None
        Their numbers in the table, in the order of the file.
    """

    n: int
    rows: NDArray[np.intp] | None = None

    @property
    def whole(self) -> bool:
        """Whether they are numbered from zero without a gap, or not at all."""
        return self.rows is None or bool(np.array_equal(np.sort(self.rows), np.arange(self.n)))

    @property
    def known(self) -> NDArray[np.intp]:
        """The numbers; those of all rows in order where the file says none."""
        return np.arange(self.n) if self.rows is None else self.rows

    @property
    def end(self) -> int:
        """One more than the greatest number."""
        return int(self.known.max(initial=-1)) + 1


@dataclass(frozen=True)
class Shared:
    """The rows that are compared.

    Attributes
    ----------
    rows : ndarray of int or None
        Their numbers in the table, in order; None for all rows of all embeddings.
    notes : list of str
        Which these are.
    """

    rows: NDArray[np.intp] | None
    notes: list[str]


def numbers_of_file(path: Path) -> Numbers:
    """Read how many rows an embedding in a Parquet file has and how they are numbered.

    Parameters
    ----------
    path : pathlib.Path
        The file; no more than the column of numbers is read.

    Returns
    -------
    Numbers
        The numbers.

    Raises
    ------
    InputError
        If it cannot be read, or a number is none or comes twice.
    """
    n, names = shape_of(path)
    if ROW not in names:
        return Numbers(n)
    column = pd.concat([part[ROW] for part in parquet_frames(path, BATCH, [ROW])])
    return numbers_in(path, n, column)


def numbers_in(path: Path, n: int, column: pd.Series | None) -> Numbers:
    """Take how n rows are numbered from the column of numbers, where their file has one.

    Raises
    ------
    InputError
        If a number is none or comes twice.
    """
    return Numbers(n, None if column is None else _checked(column, path))


def column_of(path: Path, name: str) -> pd.Series | None:
    """Read one column of a Parquet file, None where it has none of that name."""
    if not is_parquet(path) or name not in shape_of(path)[1]:
        return None
    frames = list(parquet_frames(path, BATCH, [name]))
    return pd.concat(frames, ignore_index=True)[name] if frames else None


def shared_rows(
    numbers: Mapping[str, Numbers], labelled: NDArray[np.bool_] | None, seed: int
) -> Shared:
    """Find the rows that all embeddings have, and draw some of many.

    Parameters
    ----------
    numbers : mapping of str to Numbers
        Those of each embedding, by its name.
    labelled : ndarray of bool or None
        Which rows of the table have a label: these are drawn first.
    seed : int
        Draws rows.

    Returns
    -------
    Shared
        The rows.

    Raises
    ------
    InputError
        If they share none, or it cannot be told which.
    """
    found = list(numbers.values())
    if all(each.whole for each in found):
        if len({each.n for each in found}) > 1 or found[0].n <= SAMPLE:
            return Shared(None, [])  # and whoever compares refuses other numbers of rows
        rows = np.arange(found[0].n)
        notes: list[str] = []
    else:
        rows, notes = _common(numbers)
    if len(rows) > SAMPLE:
        known = None if labelled is None else labelled[rows]
        first = "" if known is None else ", labelled ones first"
        notes.append(
            f"compared on {SAMPLE:,} of {len(rows):,} rows, drawn at random with seed {seed}{first}"
        )
        rows = rows[drawn_rows(len(rows), known, SAMPLE, seed)]
    return Shared(rows, notes)


def places_of(numbers: Numbers, wanted: NDArray[np.intp]) -> NDArray[np.intp]:
    """Say where in a file the wanted rows are, which it has."""
    if numbers.rows is None:
        return wanted
    order = np.argsort(numbers.rows)
    return np.asarray(order[np.searchsorted(numbers.rows[order], wanted)])


def _common(numbers: Mapping[str, Numbers]) -> tuple[NDArray[np.intp], list[str]]:
    end, last = max((each.end, name) for name, each in numbers.items() if not each.whole)
    for name, each in numbers.items():
        if each.whole and each.n < end:
            has = f"{each.n:,} rows, numbered from 0" if each.rows is not None else "no row_id"
            raise InputError(
                f"{last!r} has rows up to number {end - 1:,} of its table and {name!r} has {has}, "
                f"so which rows they share cannot be told; give {name!r} with the numbers of its "
                f"rows in a column {ROW!r}"
            )
    known: Sequence[NDArray[np.intp]] = [each.known for each in numbers.values()]
    rows = reduce(np.intersect1d, known)
    if not len(rows):
        raise InputError(
            f"no row has the same {ROW} in all embeddings; give embeddings of the same rows"
        )
    most = max(each.n for each in numbers.values())
    if len(rows) == most:
        return rows, []
    return rows, [f"compared on the {len(rows):,} rows that all embeddings have, by their {ROW}"]


def _checked(column: pd.Series, path: Path) -> NDArray[np.intp]:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any() or (values != np.floor(values)).any():
        raise InputError(
            f"the column {ROW!r} of {str(path)!r} holds what is no row number; give whole numbers "
            "from 0, or remove it if the rows are in order"
        )
    found = values.astype(np.intp)
    _, counts = np.unique(found, return_counts=True)
    if (counts > 1).any():
        raise InputError(
            f"the column {ROW!r} of {str(path)!r} holds a number twice; give each row once, or "
            "remove it if the rows are in order"
        )
    return found
