"""Features of one row without what tables of many rows need: the same numbers, much sooner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.columns import FittedColumn
from contextures.data.squashing import squash

FloatArray = NDArray[np.float64]

MOST_KEPT = 1000
"""Cells of a column whose features are remembered."""

_LARGEST = 1e100
_REMEMBERED = (str, int, float, bool, type(None))


class SingleRows:
    """Rows one at a time: numbers together, and other cells as they came out the first time.

    Checking and reading a column takes pandas and scikit-learn some hundred microseconds, however
    few its cells are. Numbers that are stored as numbers need no reading; whatever else a cell is
    read as depends on its value and its type alone.

    Parameters
    ----------
    fitted : dict of str to FittedColumn
        The columns that features are made of.
    read : callable
        Gives the features, filled and marked, of a frame of one of the columns, after every check.
    fill : dict of str to list of float
        What stands for missing numbers.
    marked : list of str
        Columns whose missing values are marked.
    """

    def __init__(
        self,
        fitted: dict[str, FittedColumn],
        read: Callable[[pd.DataFrame, str], FloatArray],
        fill: dict[str, list[float]],
        marked: list[str],
    ) -> None:
        self._fitted, self._read, self._fill = fitted, read, fill
        self._marked = set(marked)
        self._kept: dict[str, dict[Any, FloatArray]] = {name: {} for name in fitted}
        self._columns: pd.Index | None = None
        self._places: dict[str, int] = {}

    def features(self, frame: pd.DataFrame) -> FloatArray | None:
        """Give the features of a frame of one row, before they are centred and scaled.

        Parameters
        ----------
        frame : pandas.DataFrame
            One row.

        Returns
        -------
        ndarray of shape (1, p) or None
            None where the row needs a closer look: by its names, or by a number out of range.
        """
        if not self._knows(frame.columns):
            return None
        cells = next(frame.itertuples(index=False, name=None))
        types = frame.dtypes.tolist()
        parts = []
        for name, column in self._fitted.items():
            place = self._places[name]
            found = self._number(name, column, cells[place], types[place])
            if found is None:
                found = self._other(name, frame, cells[place], types[place])
            parts.append(found)
        return np.concatenate(parts)[None, :]

    def _knows(self, columns: pd.Index) -> bool:
        if self._columns is not None and columns is self._columns:
            return True
        names = columns.tolist()
        plain = all(isinstance(name, str) and name and name == name.strip() for name in names)
        if not plain or len(set(names)) < len(names) or not self._fitted.keys() <= set(names):
            return False
        self._columns = columns
        self._places = {name: names.index(name) for name in self._fitted}
        return True

    def _number(self, name: str, column: FittedColumn, cell: Any, dtype: Any) -> FloatArray | None:
        if column.kind != "numeric" or not isinstance(dtype, np.dtype) or dtype.kind not in "iuf":
            return None
        if not abs(cell) <= _LARGEST and cell == cell:
            return None
        less = float(cell - column.base) if dtype.kind in "iu" else float(cell) - float(column.base)
        values = (np.array([[less]]) - np.array(column.origins)) / np.array(column.units)
        block = squash(column.encoder, values)[0]
        gaps = np.isnan(block)
        if gaps.any():
            block = np.where(gaps, self._fill[name], block)
        if name in self._marked:
            block = np.append(block, float(cell != cell))
        return np.asarray(block)

    def _other(self, name: str, frame: pd.DataFrame, cell: Any, dtype: Any) -> FloatArray:
        kept = self._kept[name]
        if type(cell) not in _REMEMBERED:  # two equal times of day may be of two zones
            return self._read(frame[[name]], name)
        if isinstance(dtype, pd.CategoricalDtype):
            dtype = dtype.categories.dtype
        key = (str(dtype), type(cell), None if cell != cell else cell)
        found = kept.get(key)
        if found is None:
            found = self._read(frame[[name]], name)
            if len(kept) < MOST_KEPT:
                kept[key] = found
        return found
