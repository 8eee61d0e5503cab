"""The rule that fixes the signs of singular functions."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray


def signs(columns: FloatArray) -> FloatArray:
    """Give, for each column, the sign that makes its first large entry positive.

    Parameters
    ----------
    columns : ndarray of shape (n, d)
        Singular vectors, or whatever else changes sign with a function.

    Returns
    -------
    ndarray of shape (d,)
        1 or -1. The entry that decides is the first within a millionth of the largest in size, so
        that rounding does not choose between equal ones.
    """
    sizes = np.abs(columns)
    first = np.argmax(sizes >= sizes.max(axis=0) * (1 - 1e-6), axis=0)
    return np.where(columns[first, np.arange(columns.shape[1])] < 0, -1.0, 1.0)
