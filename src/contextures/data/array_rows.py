"""A long array in a NumPy file, of which only the rows that are asked for are held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._archive_contents import check_held
from contextures.data.arrays import check_real, frame_of, is_saved_array
from contextures.data.parts import BATCH
from contextures.data.reading import short_name
from contextures.data.table import Table, check_size, check_values, name_frame


@dataclass(frozen=True)
class ArrayRows:
    """The rows of a ``.npy`` file, which stays on the disk.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    array : ndarray of shape (n, d)
        What it holds, mapped.
    """

    path: Path
    array: NDArray[Any]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.array)

    def column(self, name: str) -> pd.Series | None:
        """Give a column, None where there is none of that name."""
        names = list(frame_of(self.array[:0]).columns)
        if name not in names:
            return None
        return frame_of(np.array(self.array[:, [names.index(name)]])).iloc[:, 0].rename(name)

    def table(self, places: NDArray[np.intp] | None = None) -> Table:
        """Give rows in the order in which they are asked for, all when None.

        Parameters
        ----------
        places : ndarray of int, optional
            Their numbers in the file.

        Returns
        -------
        Table
            These rows, with the columns e1, e2, ....
        """
        chosen = np.array(self.array if places is None else self.array[places])
        frame, _ = name_frame(frame_of(chosen))
        return Table(
            frame, short_name(self.path), str(self.path), "", coordinates=list(frame.columns)
        )


def array_rows(path: Path) -> ArrayRows | None:
    """Open a ``.npy`` file without reading it whole.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    ArrayRows or None
        Its rows; None for what is no such file, or cannot be mapped: reading it whole says why.

    Raises
    ------
    InputError
        If it is not a table of real and finite numbers.
    """
    array = _mapped(path)
    if array is None:
        return None
    check_real(path, array)
    check_size(*array.shape, min_rows=1, min_columns=1)
    if array.dtype.kind == "f":
        # The largest of each column is refused in the words in which the column would be.
        check_values(frame_of(_largest(array)[None]))
    return ArrayRows(path, array)


def _mapped(path: Path) -> NDArray[Any] | None:
    if not is_saved_array(path):
        return None
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        check_held(array)
    except Exception:  # whatever a damaged file makes numpy raise
        return None
    return array if isinstance(array, np.ndarray) else None


def _largest(array: NDArray[Any]) -> NDArray[np.float64]:
    largest = np.zeros(array.shape[1])
    with np.errstate(over="ignore"):  # of numbers longer than float64
        for start in range(0, len(array), BATCH):
            sizes = np.abs(array[start : start + BATCH]).astype(np.float64)
            np.fmax(largest, np.fmax.reduce(sizes), out=largest)
    return largest
