"""Counts of whole numbers in rows: bags of tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.encoders.bases.base import Basis
from contextures.exceptions import InputError


class CountBasis(Basis):
    """How often each number occurs in a row: for rows of tokens, the bag of them.

    Parameters
    ----------
    n_functions : int, default=1000
        D at most: the numbers that occur in most rows.

    Attributes
    ----------
    numbers_ : ndarray of shape (D,)
        The numbers, growing.

    Notes
    -----
    O(n p log D) to compute, for rows of p numbers.

    Examples
    --------
    >>> from contextures.encoders.bases import CountBasis
    >>> CountBasis().fit_transform([[5, 6, 5], [7, 7, 7]])
    array([[2., 1., 0.],
           [0., 0., 3.]])
    """

    saved = ("numbers_",)
    numbers_: FloatArray

    def __init__(self, n_functions: int = 1000) -> None:
        self.n_functions = n_functions

    def fit_rows(self, rows: FloatArray) -> None:
        """Find the numbers; see :meth:`Basis.fit`."""
        check_positive_int(self.n_functions, "n_functions")
        if not np.array_equal(rows, np.floor(rows)):
            raise InputError(
                "a basis of counts needs rows of whole numbers, such as tokens; choose another"
            )
        numbers, codes = np.unique(rows, return_inverse=True)
        pairs = np.arange(len(rows))[:, None] * len(numbers) + codes.reshape(rows.shape)
        per_number = np.bincount(np.unique(pairs) % len(numbers), minlength=len(numbers))
        commonest = np.argsort(-per_number, kind="stable")[: self.n_functions]
        self.numbers_ = numbers[np.sort(commonest)]

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        places = np.minimum(np.searchsorted(self.numbers_, rows), len(self.numbers_) - 1)
        known = self.numbers_[places] == rows
        flat = (np.arange(len(rows))[:, None] * len(self.numbers_) + places)[known]
        counts = np.bincount(flat, minlength=len(rows) * len(self.numbers_))
        return counts.reshape(len(rows), -1).astype(dtype)
