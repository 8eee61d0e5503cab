"""The numbers of a part's table, or which column is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from contextures._checks import brief, plain
from contextures.exceptions import InputError

Columns = list[Any] | tuple[int, ...]
"""The names of a table's columns; or, where they have none, the shape of a row."""

AS_ENCODED = "turn it into numbers first, with the same encoding for all parts"


def columns_of(table: Any) -> Columns:
    """Give the names of a checked table's columns, or the shape of a row where there are none."""
    return list(table.columns) if isinstance(table, pd.DataFrame) else table.shape[1:]


def checked_table(X: Any, columns: Columns | None) -> Any:
    """Give a part's rows with numbers in all columns, or name the column that is wrong.

    Parameters
    ----------
    X : object
        A table or an array.
    columns : list, tuple or None
        What :func:`columns_of` gave of another part; None for the first.

    Returns
    -------
    pandas.DataFrame or ndarray
        The rows.

    Raises
    ------
    InputError
        If a column is missing, new, or holds something other than finite numbers; or columns have
        names in one part only.
    """
    table = plain(X)
    if not isinstance(table, pd.DataFrame):
        values = np.asarray(table)
        if values.ndim == 2 and values.dtype.kind == "f":
            _check_finite(values, list(range(values.shape[1])))
        if values.ndim == 0:
            raise InputError(f"a {type(X).__name__} is no rows; give a table or an array")
        if isinstance(columns, list):
            raise InputError("columns have no names as they have in other parts; give all the same")
        if columns is not None and values.shape[1:] != columns:
            raise InputError(
                f"rows have the shape {values.shape[1:]}, and {columns} in the other parts; give "
                "all the same columns"
            )
        return values
    if isinstance(columns, tuple):
        raise InputError("columns have names, as they have not in other parts; give all the same")
    if columns is not None and list(table.columns) != columns:
        lacking = [name for name in columns if name not in table.columns]
        if lacking:
            raise InputError(f"column {lacking[0]!r} is not there; give all parts the same columns")
        further = [name for name in table.columns if name not in columns]
        if further:
            raise InputError(
                f"column {further[0]!r} is not in the other parts; give all the same columns"
            )
        table = table[columns]
    for name, kind in table.dtypes.items():
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
            held = table[name].dropna()
            example = f", such as {brief(held.iloc[0])}" if len(held) else ""
            raise InputError(f"column {name!r} holds no numbers ({kind}{example}); {AS_ENCODED}")
    values = table.to_numpy(dtype=np.float64, na_value=np.nan)
    _check_finite(values, list(table.columns))
    return pd.DataFrame(values, columns=table.columns)


def _check_finite(values: Any, names: list[Any]) -> None:
    wrong = ~np.isfinite(values)
    if wrong.any():
        column = int(wrong.any(axis=0).argmax())
        row = int(wrong[:, column].argmax())
        what = "no value" if np.isnan(values[row, column]) else "an infinite value"
        raise InputError(
            f"column {names[column]!r} has {what} in row {row + 1:,} of the chunk; fill it in or "
            "leave the row out"
        )
