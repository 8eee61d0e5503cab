"""Arrays of numbers: NumPy's files, and columns of Parquet files whose cells are lists."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._archive_contents import check_held
from contextures._archives import check_unpacked
from contextures.data.words import listed
from contextures.exceptions import InputError

_MAGIC = b"\x93NUMPY"
_PREFERRED = ("embeddings", "embedding", "X", "arr_0")

MADE = "e"
"""What columns of an array are called, before their number from 1."""


def is_array(file: Path, data: bytes) -> bool:
    """Tell a file of NumPy by its first bytes or its ending."""
    return data.startswith(_MAGIC) or file.suffix.lower() in (".npy", ".npz")


def is_saved_array(file: Path) -> bool:
    """Tell a file that ``numpy.save`` wrote by its first bytes."""
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False


def read_array(file: Path, data: bytes) -> tuple[NDArray[Any], list[str]]:
    """Read the array of a ``.npy`` or ``.npz`` file.

    Parameters
    ----------
    file : pathlib.Path
        Where it comes from, for messages.
    data : bytes
        The whole file.

    Returns
    -------
    array : ndarray
        Of any shape and type but objects. Of several in one file the only one of two dimensions,
        or the one that is called ``embeddings``, ``embedding``, ``X`` or ``arr_0``.
    notes : list of str
        Which of several it is.

    Raises
    ------
    InputError
        If the file is damaged, holds Python objects, or several arrays of which none is meant.
    """
    damaged = InputError(
        f"the file {str(file)!r} is not a readable NumPy file; write it again with numpy.save"
    )
    if not data.startswith((_MAGIC, b"PK")):
        raise damaged
    try:
        if data.startswith(b"PK"):
            check_unpacked(data)
        found = np.load(BytesIO(data), allow_pickle=False)
        if isinstance(found, np.ndarray):
            check_held(found)
            return found, []
        arrays = {name: found[name] for name in found.files}
        for array in arrays.values():
            check_held(array)
    except Exception as error:  # whatever a damaged file makes numpy and zipfile raise
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise InputError(
                f"the file {str(file)!r} holds Python objects instead of plain numbers, which are "
                "not read; save it again with array.astype(float)"
            ) from None
        raise damaged from None
    if len(arrays) == 1:
        return next(iter(arrays.values())), []
    flat = [name for name, array in arrays.items() if array.ndim == 2]
    meant = flat if len(flat) == 1 else [name for name in _PREFERRED if name in arrays]
    if not meant:
        raise InputError(
            f"the file {str(file)!r} holds {len(arrays)} arrays ({listed(arrays)}) and none is "
            "called 'embeddings'; save the one that is meant alone, with numpy.save"
        )
    return arrays[meant[0]], [f"read the array {meant[0]!r} of {len(arrays)}"]


def array_frame(file: Path, data: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Read an array of shape (n, d) as a table of the columns e1, ..., ed.

    Parameters
    ----------
    file, data
        As for :func:`read_array`.

    Returns
    -------
    tuple
        The frame and notes.

    Raises
    ------
    InputError
        If it cannot be read, or is not a table of real numbers.
    """
    array, notes = read_array(file, data)
    check_real(file, array)
    return frame_of(array), notes


def check_real(file: Path, array: NDArray[Any]) -> None:
    """Refuse an array that is not a table of real numbers."""
    if array.dtype.kind not in "fiub":
        kind = "complex numbers" if array.dtype.kind == "c" else f"values of type {array.dtype}"
        raise InputError(f"the array in {str(file)!r} holds {kind}; give an array of real numbers")
    if array.ndim != 2 or not array.shape[1]:
        raise InputError(
            f"the array in {str(file)!r} has shape {array.shape}; give one of shape (rows, "
            "coordinates)"
        )


def frame_of(array: NDArray[Any]) -> pd.DataFrame:
    """Name the columns of an array e1, e2, ...."""
    # Half precision is for storage: sums of its squares overflow.
    values = array.astype(np.float32) if array.dtype.itemsize < 4 else array
    if not values.dtype.isnative:  # of another machine, which pandas does not take rows of
        values = values.astype(values.dtype.newbyteorder("="))
    return pd.DataFrame(values, columns=_names(MADE, values.shape[1]))


def spread_lists(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Turn columns whose cells are lists of numbers of one length into columns of numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        A frame as it comes from a Parquet file; others are given back as they are.

    Returns
    -------
    frame : pandas.DataFrame
        With each such column replaced, in its place, by e1, e2, ... where there is one of them,
        else by its name and a number.
    made : list of str
        The names of the new columns.

    Raises
    ------
    InputError
        If lists of a column differ in length, are missing in some rows, or hold other than numbers.
    """
    nested = [name for name in frame.columns if _holds_lists(frame[name])]
    if not nested:
        return frame, []
    taken = set(map(str, frame.columns))
    pieces: list[pd.DataFrame] = []
    made: list[str] = []
    for name in frame.columns:
        if name not in nested:
            pieces.append(frame[[name]])
            continue
        values = _stacked(frame[name], str(name))
        names = _names(MADE, values.shape[1])
        if len(nested) > 1 or taken & set(names):
            names = _names(f"{name}_", values.shape[1])
        pieces.append(pd.DataFrame(values, columns=names, index=frame.index))
        made += names
    return pd.concat(pieces, axis=1), made


def _holds_lists(column: pd.Series) -> bool:
    if column.dtype != object or not len(column):
        return False
    return bool(column.iloc[:20].map(lambda cell: isinstance(cell, np.ndarray | list)).any())


def _stacked(column: pd.Series, name: str) -> NDArray[Any]:
    cells = column.tolist()
    missing = [place for place, cell in enumerate(cells) if not isinstance(cell, np.ndarray | list)]
    if missing:
        raise InputError(
            f"the column {name!r} has no list in {len(missing):,} of {len(cells):,} rows (first in "
            f"row {missing[0] + 1:,}); give a list of numbers for each"
        )
    lengths = {len(cell) for cell in cells}
    if len(lengths) > 1 or 0 in lengths:
        shown = ", ".join(str(length) for length in sorted(lengths)[:3])
        raise InputError(
            f"the lists in the column {name!r} have lengths {shown}{' ...' * (len(lengths) > 3)}; "
            "give lists of one length, above zero"
        )
    try:
        values = np.asarray([np.asarray(cell) for cell in cells])
        if values.dtype.kind not in "fiub":
            values = values.astype(np.float64)
    except (TypeError, ValueError):
        values = np.empty((0, 0))
    if values.ndim != 2 or values.dtype.kind not in "fiub" or len(values) != len(cells):
        raise InputError(f"the lists in the column {name!r} hold other than numbers; remove it")
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def _names(stem: str, count: int) -> list[str]:
    return [f"{stem}{place + 1}" for place in range(count)]
