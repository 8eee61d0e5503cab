"""What the first coordinates are about: the columns that go with each, and rows at its ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures import report
from contextures._arrays import FloatArray

MOST_ROWS = 5000
"""Rows that associations are computed on."""

MOST_COLUMNS = 500
"""Columns that are looked at; more would take longer than they tell."""

MOST_COORDINATES = 8
MOST_DRIVERS = 3
LEAST_SHARE = 0.05
"""A column that explains less is not named."""

GROUPS = 10
"""Groups of as many rows, into which numbers are cut."""

MOST_LEVELS = 30
"""Values of a column of words that are told apart; rarer ones are one group."""

MONOTONE = 0.6
"""From this rank correlation on, a coordinate rises or falls with a column."""

ENDS, END_COORDINATES, END_COLUMNS = 3, 2, 5


def coordinate_accounts(
    coordinates: FloatArray,
    frame: pd.DataFrame,
    columns: Sequence[str],
    seed: int,
    numbers: NDArray[np.intp] | None = None,
) -> list[report.CoordinateAccount]:
    """Say which columns explain most of each of the first coordinates, and show rows at its ends.

    Parameters
    ----------
    coordinates : ndarray of shape (n, d)
        The embedding of the rows.
    frame : DataFrame of n rows
        The table.
    columns : sequence of str
        The columns to look at: those that the coordinates were learned from.
    seed : int
        Draws the rows looked at, where there are many.
    numbers : ndarray of int of shape (n,), optional
        What the rows are called; counted from 0 when None.

    Returns
    -------
    list of CoordinateAccount
        One for each of the first coordinates.
    """
    n = len(frame)
    rows = np.arange(n)
    called = rows if numbers is None else numbers
    if n > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(n, MOST_ROWS, replace=False))
    names = list(columns)[:MOST_COLUMNS]
    shown = frame.iloc[rows]
    groups = {name: groups_of(shown[name]) for name in names}
    found = []
    for j in range(min(coordinates.shape[1], MOST_COORDINATES)):
        values = coordinates[rows, j]
        shares = {name: share_explained(values, codes) for name, codes in groups.items()}
        best = sorted(names, key=lambda name: -shares[name])[:MOST_DRIVERS]
        drivers = [name for name in best if shares[name] >= LEAST_SHARE]
        low: list[str] = []
        high: list[str] = []
        if j < END_COORDINATES:
            told = list(dict.fromkeys([*drivers, *names]))[:END_COLUMNS]
            order = np.argsort(coordinates[:, j], kind="stable")
            low = [_row(frame, told, int(i), int(called[i])) for i in order[:ENDS]]
            high = [_row(frame, told, int(i), int(called[i])) for i in order[::-1][:ENDS]]
        found.append(
            report.CoordinateAccount(
                name=f"c{j + 1}",
                drivers=[
                    report.Driver(name, float(shares[name]), _direction(values, shown[name]))
                    for name in drivers
                ],
                low=low,
                high=high,
            )
        )
    return found


def groups_of(column: pd.Series) -> NDArray[np.intp]:
    """Cut a column into groups: its values, for words; equal counts, for numbers and dates.

    Parameters
    ----------
    column : Series
        A column of a table.

    Returns
    -------
    ndarray of int of shape (n,)
        The group of each row; missing cells are a group of their own.
    """
    numbers = _as_numbers(column)
    if numbers is not None and len(np.unique(numbers[np.isfinite(numbers)])) > GROUPS:
        known = np.isfinite(numbers)
        inner = np.quantile(numbers[known], np.linspace(0, 1, GROUPS + 1)[1:-1])
        codes = np.full(len(numbers), GROUPS, dtype=np.intp)
        codes[known] = np.searchsorted(inner, numbers[known], side="left")
        return codes
    codes = np.asarray(pd.factorize(column.astype(str).where(column.notna()))[0], dtype=np.intp)
    counts = np.bincount(codes + 1)
    kept = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
    return np.where(np.isin(codes + 1, kept), codes, -2)


def share_explained(values: FloatArray, groups: NDArray[np.intp]) -> float:
    """Give the share of the variance of numbers that lies between groups of rows.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The numbers.
    groups : ndarray of int of shape (n,)
        The group of each.

    Returns
    -------
    float
        The correlation ratio eta squared, less what as many groups explain by chance (Kelley's
        epsilon squared); 0 at least.

    References
    ----------
    Kelley (1935), PNAS 21, 554-559.
    """
    _, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    n, k = len(values), len(counts)
    centred = values - values.mean()
    total = float(centred @ centred)
    if k < 2 or n <= k or total <= 0:
        return 0.0
    sums = np.bincount(codes, weights=centred)
    within = total - float((sums**2 / counts).sum())
    return max(0.0, 1.0 - (within / (n - k)) / (total / (n - 1)))


def _direction(values: FloatArray, column: pd.Series) -> str:
    numbers = _as_numbers(column)
    if numbers is None:
        return ""
    known = np.isfinite(numbers)
    if len(np.unique(numbers[known])) < 3:
        return ""
    from scipy.stats import spearmanr

    rho = float(spearmanr(values[known], numbers[known]).statistic)
    return "rises with it" if rho >= MONOTONE else "falls with it" if rho <= -MONOTONE else ""


def _as_numbers(column: pd.Series) -> FloatArray | None:
    """Give numbers, and dates as numbers; None for anything else."""
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return None
    if pd.api.types.is_numeric_dtype(kind):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(kind):
        moments = column.astype("int64").to_numpy(dtype=np.float64)
        return np.where(column.isna().to_numpy(), np.nan, moments)
    return None


def _row(frame: pd.DataFrame, columns: Sequence[str], i: int, number: int) -> str:
    cells = ", ".join(f"{name}: {_cell(frame[name].iloc[i])}" for name in columns)
    return f"row {number}: {cells}"


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
