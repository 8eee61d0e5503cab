"""Polynomials of the columns."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.preprocessing import PolynomialFeatures

from contextures._arrays import Array, FloatArray, given_back, side_by_side
from contextures._checks import check_positive_int
from contextures.encoders.bases.base import Basis
from contextures.exceptions import InputError

MOST_FUNCTIONS = 5_000


class PolynomialBasis(Basis):
    """Products of up to ``degree`` standardised columns.

    The span of all polynomials holds the functions of Gaussian contexts (Hermite polynomials) and
    products of different columns those of corrupted cubes (parities).

    Parameters
    ----------
    degree : int, default=2
        How many factors at most.
    interaction_only : bool, default=False
        Whether factors of a product must be different columns.

    Notes
    -----
    Computed by scikit-learn's PolynomialFeatures. D grows as p^degree / degree!.

    Examples
    --------
    >>> from contextures.encoders.bases import PolynomialBasis
    >>> PolynomialBasis(degree=2).fit_transform([[0.0, 1.0], [2.0, 3.0], [4.0, 8.0]]).shape
    (3, 5)
    """

    saved = ("centre_", "scale_")
    centre_: FloatArray
    scale_: FloatArray

    def __init__(self, degree: int = 2, interaction_only: bool = False) -> None:
        self.degree = degree
        self.interaction_only = interaction_only

    def fit_rows(self, rows: FloatArray) -> None:
        """Learn centre and scale of the columns; see :meth:`Basis.fit`."""
        check_positive_int(self.degree, "degree")
        p = rows.shape[1]
        n_functions = self._count(p)
        if n_functions > MOST_FUNCTIONS:
            raise InputError(
                f"degree={self.degree} makes {n_functions} products of {p} columns, too many to "
                "solve for; give a lower degree or fewer columns"
            )
        self.centre_ = rows.mean(axis=0)
        spread = rows.std(axis=0)
        self.scale_ = np.where(spread > 0, spread, 1.0)

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        products = PolynomialFeatures(
            self.degree, interaction_only=self.interaction_only, include_bias=False
        )
        standard = ((rows - self.centre_) / self.scale_).astype(dtype, copy=False)
        return np.asarray(products.fit_transform(standard))

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi on a device, in the same order; see :meth:`Basis.tensor_values`."""
        standard = (rows - given_back(self.centre_, rows)) / given_back(self.scale_, rows)
        chosen = combinations if self.interaction_only else combinations_with_replacement
        products = []
        for degree in range(1, self.degree + 1):
            factors = list(zip(*chosen(range(rows.shape[1]), degree), strict=True))
            if not factors:  # more different columns than there are
                break
            product = standard[:, list(factors[0])]
            for columns in factors[1:]:
                product = product * standard[:, list(columns)]
            products.append(product)
        return side_by_side(products)

    def _count(self, p: int) -> int:
        if self.interaction_only:
            return sum(comb(p, k) for k in range(1, self.degree + 1))
        return comb(p + self.degree, self.degree) - 1
