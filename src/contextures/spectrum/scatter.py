"""Means and sums of products about them, in float64, that chunks of rows add up to."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

from contextures.contexts.checks import FloatArray
from contextures.exceptions import InputError

BLOCK_VALUES = 8_000_000
"""Values of a centred copy that is held while its products are formed."""


class Scatter:
    """Weighted means of one or two blocks of functions, and the sum of products about them.

    Scatters of different rows add up exactly: ``a + b`` is the scatter of the rows of both.
    Nothing cancels when the functions are far from mean zero, because every chunk is centred by
    its own mean before products are formed.

    Parameters
    ----------
    weight : float
        The total weight of the rows.
    left_mean, right_mean : ndarray of shape (D,), (E,)
        Weighted means; the same array when there is one block.
    products : ndarray of shape (D, E)
        sum_i w_i (f_i - left_mean)(g_i - right_mean)^T.

    References
    ----------
    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances" (1979), equation 2.1, for products.
    """

    def __init__(
        self, weight: float, left_mean: FloatArray, right_mean: FloatArray, products: FloatArray
    ) -> None:
        self.weight = weight
        self.left_mean = left_mean
        self.right_mean = right_mean
        self.products = products

    @classmethod
    def of(cls, left: Any, right: Any = None, weights: FloatArray | None = None) -> Self:
        """Compute the scatter of rows.

        Parameters
        ----------
        left : ndarray of shape (n, D)
            Values of functions. Products of float32 values are formed in float32, block by block,
            and added up in float64.
        right : ndarray of shape (n, E), optional
            Values of others; ``left`` itself when None, at half the cost.
        weights : ndarray of shape (n,), optional
            Weights of the rows, above zero; one each when None.

        Returns
        -------
        Scatter
            Their scatter.
        """
        total: Scatter | None = None
        widest = max(left.shape[1], 0 if right is None else right.shape[1])
        step = max(256, BLOCK_VALUES // max(widest, 1))
        for start in range(0, len(left), step):
            part = slice(start, start + step)
            block = cls._of_block(
                left[part],
                None if right is None else right[part],
                None if weights is None else weights[part],
            )
            total = block if total is None else total.add(block)
        if total is None:
            raise InputError("there are no rows to take means of; give at least one")
        return total  # type: ignore[return-value]

    @classmethod
    def _of_block(cls, left: Any, right: Any, weights: FloatArray | None) -> Self:
        weight = float(len(left)) if weights is None else float(weights.sum())
        left_mean = _mean(left, weights, weight)
        centred = left - left_mean.astype(left.dtype)
        if right is None:
            if weights is not None:
                centred *= np.sqrt(weights).astype(left.dtype)[:, None]
            # numpy computes A^T A as a symmetric update, half the work of a general product.
            return cls(weight, left_mean, left_mean, _float64(centred.T @ centred))
        right_mean = _mean(right, weights, weight)
        other = right - right_mean.astype(right.dtype)
        if weights is not None:
            other *= weights.astype(right.dtype)[:, None]
        return cls(weight, left_mean, right_mean, _float64(centred.T @ other))

    @property
    def covariance(self) -> FloatArray:
        """The covariance under the weights, of shape (D, E)."""
        return self.products / self.weight

    def add(self, other: Scatter) -> Self:
        """Take in the scatter of other rows, in place."""
        weight = self.weight + other.weight
        share = other.weight / weight
        left_step = other.left_mean - self.left_mean
        single = self.right_mean is self.left_mean
        right_step = left_step if single else other.right_mean - self.right_mean
        self.products += other.products
        # In place where it can be: BLAS takes the transpose for a matrix in columns.
        step = self.weight * share
        self.products = blas.dger(
            step, right_step, left_step, a=self.products.T, overwrite_a=True
        ).T
        self.left_mean = self.left_mean + share * left_step
        self.right_mean = self.left_mean if single else self.right_mean + share * right_step
        self.weight = weight
        return self

    def copy(self) -> Scatter:
        """Give a copy that can be added to on its own."""
        return Scatter(self.weight, self.left_mean, self.right_mean, self.products.copy())

    def project(self, left: FloatArray, right: FloatArray | None = None) -> Scatter:
        """Give the scatter of ``f @ left`` and ``g @ right``; of ``f @ left`` alone when None."""
        single = self.right_mean is self.left_mean
        left_mean = self.left_mean @ left
        if single:
            return Scatter(self.weight, left_mean, left_mean, left.T @ self.products @ left)
        if right is None:
            return Scatter(self.weight, left_mean, self.right_mean, left.T @ self.products)
        return Scatter(
            self.weight, left_mean, self.right_mean @ right, left.T @ self.products @ right
        )


def joined(one: Scatter | None, other: Scatter | None) -> Scatter | None:
    """Add one scatter to another, in place; None stands for no rows yet."""
    if other is None or one is None:
        return one if other is None else other.copy()
    return one.add(other)


def _mean(values: NDArray[Any], weights: FloatArray | None, total: float) -> FloatArray:
    if weights is None:
        return np.asarray(values.mean(axis=0, dtype=np.float64))
    # About the first row, so that a large common part does not cost digits.
    origin = values[0].astype(np.float64)
    return np.asarray(origin + weights @ (values - origin) / total)


def _float64(products: NDArray[Any]) -> FloatArray:
    return products.astype(np.float64, copy=False)
