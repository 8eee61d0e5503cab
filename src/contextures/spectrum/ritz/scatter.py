"""Means and sums of products about them, in float64, that chunks of rows add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

from contextures._arrays import Array, FloatArray, given_back, is_tensor, to_numpy
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
        for part in blocks(len(left), left.shape[1], 0 if right is None else right.shape[1]):
            own = None if weights is None else weights[part]
            one = Centred.of(left[part], own)
            other = None if right is None else Centred.of(right[part], own)
            total = joined(total, cls.between(one, other))
        if total is None:
            raise InputError("there are no rows to take means of; give at least one")
        return total  # type: ignore[return-value]

    @classmethod
    def between(cls, left: Centred, right: Centred | None = None) -> Self:
        """Compute the scatter of a block that is centred already; of ``left`` alone when None."""
        if right is None:
            # numpy computes A^T A as a symmetric update, half the work of a general product.
            products = left.values.T @ left.values
            return cls(left.weight, left.mean, left.mean, _float64(products))
        products = left.values.T @ right.values
        return cls(left.weight, left.mean, right.mean, _float64(products))

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


class Centred(NamedTuple):
    """A block of rows: its weight, its mean, and sqrt(w_i) (f_i - mean)."""

    weight: float
    mean: FloatArray
    values: Array

    @classmethod
    def of(cls, values: NDArray[Any], weights: FloatArray | None) -> Centred:
        """Centre a block of rows; of a tensor on its device."""
        if is_tensor(values):
            return cls._of_tensor(values, weights)
        if weights is None:
            mean = np.asarray(values.mean(axis=0, dtype=np.float64))
            return cls(float(len(values)), mean, values - mean.astype(values.dtype))
        weight = float(weights.sum())
        # About the first row, so that a large common part does not cost digits.
        origin = values[0].astype(np.float64)
        mean = np.asarray(origin + weights @ (values - origin) / weight)
        centred = values - mean.astype(values.dtype)
        centred *= np.sqrt(weights).astype(values.dtype)[:, None]
        return cls(weight, mean, centred)

    @classmethod
    def _of_tensor(cls, values: Array, weights: FloatArray | None) -> Centred:
        if weights is None:
            mean = values.mean(dim=0)
            return cls(float(len(values)), to_numpy(mean), values - mean)
        shares, weight = given_back(weights, values), float(weights.sum())
        mean = values[0] + shares @ (values - values[0]) / weight
        return cls(weight, to_numpy(mean), (values - mean) * shares.sqrt()[:, None])

    @classmethod
    def average(cls, views: Sequence[Centred]) -> Centred:
        """Give the block of mean values of views of the same rows."""
        if len(views) == 1:
            return views[0]
        mean = np.mean([view.mean for view in views], axis=0)
        values = sum((view.values for view in views[1:]), views[0].values) / len(views)
        return cls(views[0].weight, mean, values)


def blocks(n: int, *widths: int) -> Iterator[slice]:
    """Give the parts of n rows of which centred copies are held at a time."""
    step = max(256, BLOCK_VALUES // max(1, *widths))
    for start in range(0, n, step):
        yield slice(start, start + step)


def joined(one: Scatter | None, other: Scatter | None) -> Scatter | None:
    """Add one scatter to another, in place; None stands for no rows yet."""
    return other if one is None else one if other is None else one.add(other)


def copied(scatter: Scatter | None) -> Scatter | None:
    """Copy a scatter, if there is one."""
    return None if scatter is None else scatter.copy()


def _float64(products: NDArray[Any]) -> FloatArray:
    return to_numpy(products).astype(np.float64, copy=False)
