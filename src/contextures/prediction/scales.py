"""Whether columns are brought to one scale, or keep the one that they share."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.exceptions import InputError

ALIKE = 10.0
"""Columns share a unit where a wide one's range is at most so many times a narrow one's."""


def column_scales(rows: FloatArray, standardize: Any = "auto") -> tuple[FloatArray, FloatArray]:
    """Say what is taken from each column, and what it is divided by.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    standardize : bool or "auto"
        Divide each column by its own spread, or all by one; "auto" takes one for all where the
        columns share a unit (:func:`share_a_unit`).

    Returns
    -------
    centre, spread : ndarray of shape (p,)
        Columns have mean zero then, and unit variance each or on average.

    Raises
    ------
    InputError
        If standardize is none of these.
    """
    if not (isinstance(standardize, bool | np.bool_) or standardize == "auto"):
        raise InputError(f"standardize={standardize!r} is not known; give 'auto', True or False")
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    # A constant column has a spread of rounding, which must not be blown up.
    varies = spread > 1e-12 * np.abs(centre)
    own = not share_a_unit(rows[:, varies]) if standardize == "auto" else bool(standardize)
    if own:
        return centre, np.where(varies, spread, 1.0)
    together = float(np.sqrt(np.mean(spread[varies] ** 2))) if varies.any() else 1.0
    return centre, np.full(len(spread), together)


def share_a_unit(rows: FloatArray) -> bool:
    """Tell whether columns look like pixels, an embedding or prepared features, not like a table.

    Pixels at the rim of an image hardly vary, and coordinates of an embedding are ordered by how
    much they do; blown up to unit variance they drown the others. Columns in units of their own
    differ in range by orders of magnitude.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows; columns that do not vary left out.

    Returns
    -------
    bool
        Whether the range that nine in ten columns stay below is at most ``ALIKE`` times the one
        that one in ten stays below.
    """
    if rows.shape[1] < 2:
        return True
    ranges = rows.max(axis=0) - rows.min(axis=0)
    narrow, wide = np.quantile(ranges, [0.1, 0.9])
    return bool(wide <= ALIKE * narrow)
