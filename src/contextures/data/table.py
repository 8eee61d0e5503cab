"""A table that has passed the first checks, whatever it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from contextures._frames import is_foreign, to_pandas
from contextures._repr import short_repr
from contextures.data.how_read import HowRead
from contextures.data.kinds import plain_amounts
from contextures.data.plain_types import plain_columns
from contextures.data.values import count_distinct, missing_mask, numbers_of
from contextures.data.words import listed, plural
from contextures.exceptions import InputError

MIN_ROWS = 20
MIN_COLUMNS = 2


@dataclass(frozen=True)
class Table:
    """A table and where it came from.

    Parameters
    ----------
    frame : pandas.DataFrame
        The values, with unique string column names and a plain row index.
    name : str
        A short name, usually the file's without its endings.
    source : str
        The path it was read from, or a phrase.
    digest : str
        SHA-256 of the bytes of the file, or of the values of a frame.
    notes : list of str
        What reading did that the reader might not expect, e.g. ``"read as cp1252"``.
    target : str or None
        The name of the column to predict, where the source says so.
    how_read : HowRead
        What was decided when it was read, so that a later file can be read alike.
    coordinates : list of str
        The columns that were an embedding in the source: an array, or lists of numbers.
    files : list of str
        The paths of the files that it was put together from, where these were given one by one.
    """

    __repr__ = short_repr

    frame: pd.DataFrame
    name: str
    source: str
    digest: str
    notes: list[str] = field(default_factory=list)
    target: str | None = None
    how_read: HowRead = field(default_factory=HowRead)
    coordinates: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def table_from_frame(
    frame: pd.DataFrame,
    *,
    name: str = "table",
    source: str = "a pandas DataFrame",
    digest: str | None = None,
    notes: Sequence[str] = (),
    target: str | None = None,
    how_read: HowRead | None = None,
    min_rows: int = MIN_ROWS,
    min_columns: int = MIN_COLUMNS,
) -> Table:
    """Check a frame and wrap it as a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        The values; it is not changed. Tables of polars, pyarrow and other libraries that speak
        Arrow are taken too.
    name, source, digest, notes, target, how_read
        As in :class:`Table`; the digest is computed from the values when None.
    min_rows, min_columns : int
        The least the table may have.

    Returns
    -------
    Table
        The checked table.

    Raises
    ------
    InputError
        If names repeat, the table is too small, or it holds infinities or nested values.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures.data import table_from_frame
    >>> table = table_from_frame(load_iris(as_frame=True).frame, name="iris", target="target")
    >>> table.name, table.frame.shape
    ('iris', (150, 5))
    """
    named, renamed = name_frame(frame)
    found = [*notes, *renamed]
    check_size(len(named), len(named.columns), min_rows=min_rows, min_columns=min_columns)
    if not isinstance(named.index, pd.RangeIndex):
        found.append("the row index is not used as a column")
    tidy = named.reset_index(drop=True)
    check_nesting(tidy)
    check_values(tidy)
    digest = digest or frame_digest(tidy)
    return Table(tidy, name, source, digest, found, target, how_read or HowRead())


def as_table(given: Any, *, min_rows: int = MIN_ROWS, min_columns: int = MIN_COLUMNS) -> Table:
    """Give a table as it is, and a frame of any library as a table."""
    if isinstance(given, Table):
        return given
    return table_from_frame(given, min_rows=min_rows, min_columns=min_columns)


def name_frame(frame: Any) -> tuple[pd.DataFrame, list[str]]:
    """Give a frame whose columns are named by unique text, with notes; refuse what is no frame."""
    if is_foreign(frame):
        frame = to_pandas(frame)
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"a table is expected as a pandas DataFrame, not {type(frame).__name__}; "
            "wrap it with pandas.DataFrame(values, columns=names)"
        )
    if isinstance(frame.columns, pd.MultiIndex):
        raise InputError(
            "the table has several levels of column names; join them into one name per column"
        )
    names, notes = name_columns(list(frame.columns))
    return plain_columns(frame.set_axis(names, axis=1)), notes


def name_columns(raw: Sequence[Any]) -> tuple[list[str], list[str]]:
    """Turn raw names into unique, non-empty strings; return them with notes."""
    names = ["" if item is None or item is pd.NA else str(item).strip() for item in raw]
    repeated = [name for name, count in Counter(n for n in names if n).items() if count > 1]
    if repeated:
        raise InputError(
            f"the column {plural(len(repeated), 'name')} {listed(repeated)} "
            f"{'appears' if len(repeated) == 1 else 'appear'} more than once; give every column "
            "its own name (if the file has no line of names, add one)"
        )
    notes = []
    taken = set(names)
    for position, name in enumerate(names):
        if not name:
            fresh = f"column_{position + 1}"
            while fresh in taken:
                fresh += "_"
            taken.add(fresh)
            names[position] = fresh
            notes.append(f"column {position + 1} has no name and is called {fresh!r} here")
    if any(not isinstance(item, str) for item in raw if item is not None):
        notes.append("column names that were not text were turned into text")
    return names, notes


def check_size(rows: int, columns: int, *, min_rows: int, min_columns: int) -> None:
    """Refuse a table with too few rows or columns."""
    if columns < min_columns:
        has = "1 column" if columns == 1 else f"{columns} columns"
        raise InputError(
            f"the table has {has} and at least {min_columns} are needed; if it is one column only "
            "because its fields were not split, give the right separator with --delimiter"
        )
    if rows < min_rows:
        has = "no rows" if rows == 0 else "1 row" if rows == 1 else f"{rows} rows"
        needed = "1 is needed" if min_rows == 1 else f"{min_rows} are needed"
        raise InputError(f"the table has {has}; at least {needed}")


def check_nesting(frame: pd.DataFrame) -> None:
    """Refuse columns whose cells are lists, dicts or complex numbers."""
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "c":
            raise InputError(
                f"the column {name!r} holds complex numbers; split it into real and imaginary parts"
            )
        nested_type = str(column.dtype).startswith(("list", "struct", "map"))
        is_mixed = column.dtype == object and pd.api.types.infer_dtype(column) == "mixed"
        if nested_type or (
            is_mixed
            and column.map(lambda v: isinstance(v, list | tuple | dict | set | np.ndarray)).any()
        ):
            raise InputError(
                f"the column {name!r} holds lists or records instead of single values; "
                "split it into plain columns or remove it"
            )


def check_values(frame: pd.DataFrame) -> None:
    """Refuse infinite values, naming their columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table to look through.

    Raises
    ------
    InputError
        If a number is infinite or too large to compute with (above 1e100 in size).

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data import check_values
    >>> check_values(pd.DataFrame({"height": [1.7, float("inf")]}))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    contextures.exceptions.InputError: the column 'height' holds infinite values; replace them ...
    """
    infinite, huge = [], []
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_float_dtype(column.dtype) and not _hides_numbers(column):
            continue
        values = np.abs(numbers_of(column))
        if np.isinf(values).any():
            infinite.append(str(name))
        elif (values > 1e100).any():
            huge.append(str(name))
    for names, what in ((infinite, "infinite values"), (huge, "values above 1e100")):
        if names:
            raise InputError(
                f"the {plural(len(names), 'column')} {listed(names)} "
                f"{'holds' if len(names) == 1 else 'hold'} {what}; "
                "replace them by numbers or leave those cells empty"
            )


def _hides_numbers(column: pd.Series) -> bool:
    """Tell whether a column of text, objects or categories is read as numbers."""
    if pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind in "mM":
        return False
    # A look at a few cells spares most columns of words the longer one.
    if np.isnan(numbers_of(column[~column.isna()].iloc[:20])).any():
        return False
    present = column[~missing_mask(column)]
    return plain_amounts(pd.Series(pd.unique(present)), count_distinct(present))


def frame_digest(frame: pd.DataFrame) -> str:
    """Compute a SHA-256 of the names and values of a frame."""
    import hashlib

    digest = hashlib.sha256("\0".join(map(str, frame.columns)).encode())
    for name in frame.columns:
        column = frame[name]
        hashable = column.astype(str) if column.dtype == object else column
        digest.update(pd.util.hash_pandas_object(hashable, index=False).to_numpy().tobytes())
    return digest.hexdigest()
