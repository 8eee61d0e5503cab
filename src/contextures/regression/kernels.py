"""What regression asks of a spectrally transformed kernel, whoever computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures.regression.transforms import Transform


@dataclass(frozen=True)
class LinearFunctions:
    """Functions that are linear in how a context describes rows: f(x) = expand(x) @ slopes + start.

    Every estimator of this package ends as one, so that fitted and new rows are predicted alike
    and averages of settings are averages of these.

    Attributes
    ----------
    slopes : ndarray of shape (m, q)
        One column for each function.
    start : ndarray of shape (q,)
        What is added.
    """

    slopes: FloatArray
    start: FloatArray

    def of(self, entries: Matrix) -> FloatArray:
        """Give the functions' values on rows described by ``expand``, of shape (n, q)."""
        return np.asarray(entries @ self.slopes) + self.start

    def plus(self, constant: FloatArray) -> LinearFunctions:
        """Add a constant to each function."""
        return LinearFunctions(self.slopes, self.start + constant)

    def times(self, factor: float | FloatArray) -> LinearFunctions:
        """Multiply the functions."""
        return LinearFunctions(self.slopes * factor, self.start * factor)


def sum_of(parts: list[LinearFunctions]) -> LinearFunctions:
    """Add functions up."""
    slopes, start = parts[0].slopes.copy(), parts[0].start.copy()
    for part in parts[1:]:
        slopes += part.slopes
        start += part.start
    return LinearFunctions(slopes, start)


class TransformedKernel(Protocol):
    """K_s of a fitted context, without its constant mode, for any transform s.

    K_s may be off by one positive factor, the same for both methods: ridges are given in units of
    the kernel's mean diagonal.
    """

    def factor(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give Z of shape (k, r) with Z Z^T = K_s between some of the fitted rows."""

    def gram(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give K_s between some of the fitted rows, of shape (k, k)."""

    def functions(self, transform: Transform, rows: IntArray, dual: FloatArray) -> LinearFunctions:
        """Give f(x) = sum_l K_s(x, x_l) dual_l for dual coefficients of shape (k, q)."""
