"""Functions of A as sums over the rows that reach it: applied, and formed only where asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray


class Reached:
    """R^T F of the shape (m, d), held as R and F, which are smaller by far where m is large.

    A concatenation has many more values of A than there are rows. What a function is on each of
    them follows from the few rows that reach it, and products need no more than these.

    Parameters
    ----------
    rows : csr_array of shape (n, m)
        R: how rows reach values of A.
    functions : ndarray of shape (n, d)
        F: functions on the rows.
    """

    # Arrays leave their products with this to this. So do sparse matrices, as long as it cannot be
    # taken for an array or a sequence.
    __array_ufunc__ = None

    def __init__(self, rows: Any, functions: FloatArray) -> None:
        self._rows, self._functions = rows, functions
        self._back: Any = None

    @property
    def shape(self) -> tuple[int, int]:
        """(m, d)."""
        return (self._rows.shape[1], self._functions.shape[1])

    def whole(self) -> FloatArray:
        """Give the array, of m d numbers."""
        return np.asarray(self._rows.T @ self._functions)

    def first(self, n_columns: int) -> Reached:
        """Give the first functions."""
        return self._with(self._functions[:, :n_columns])

    def __mul__(self, factors: FloatArray) -> Reached:
        return self._with(self._functions * factors)

    def __truediv__(self, divisors: FloatArray) -> Reached:
        return self._with(self._functions / divisors)

    def __matmul__(self, other: Any) -> FloatArray:
        return np.asarray(self._rows.T @ (self._functions @ other))

    def __rmatmul__(self, other: Any) -> FloatArray:
        if self._back is None:
            self._back = self._rows.T.tocsr()
        return np.asarray((other @ self._back) @ self._functions)

    def scaled(self, scales: FloatArray, kept: IntArray | slice, n_support: int) -> Reached:
        """Multiply by a number for each value of A, and put values that nothing reaches between.

        Parameters
        ----------
        scales : ndarray of shape (m,)
            The numbers.
        kept : ndarray of int of shape (m,) or slice
            Where the values stand among all.
        n_support : int
            How many there are in all.

        Returns
        -------
        Reached
            Of the shape (n_support, d).
        """
        rows = self._rows.copy()
        rows.data *= scales[rows.indices]
        if not isinstance(kept, slice):
            indices = kept.astype(rows.indices.dtype)[rows.indices]
            rows = type(rows)((rows.data, indices, rows.indptr), (rows.shape[0], n_support))
        return Reached(rows, self._functions)

    def _with(self, functions: FloatArray) -> Reached:
        made = Reached(self._rows, functions)
        made._back = self._back
        return made


def whole(values: FloatArray | Reached) -> FloatArray:
    """Give functions of A as an array."""
    return values.whole() if isinstance(values, Reached) else values


def first(values: Any, n_columns: int) -> Any:
    """Give the first functions of A."""
    return values.first(n_columns) if isinstance(values, Reached) else values[:, :n_columns]


class Formed:
    """A field that holds an array, or what is formed into one when it is first read."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        held = instance.__dict__[self._name]
        if isinstance(held, Reached):
            held = instance.__dict__[self._name] = held.whole()
        return held

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._name] = value
