"""Ordered functions in the span of given ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._repr import short_repr
from contextures.exceptions import InputError


@dataclass(frozen=True)
class RitzFunctions:
    """Ordered functions in the span of given ones, and their singular values.

    Attributes
    ----------
    singular_values : ndarray of shape (d,)
        s_1 >= s_2 >= ..., clipped to [0, 1].
    mean : ndarray of shape (D,)
        The mean of the given functions phi.
    coefficients : ndarray of shape (D, d)
        mu(x) = (phi(x) - mean) @ coefficients: mean zero, unit variance, uncorrelated.
    context_mean : ndarray of shape (E,) or None
        The mean of psi on the side of A, for functions learned from pairs.
    context_coefficients : ndarray of shape (E, d) or None
        nu(a) = (psi(a) - context_mean) @ context_coefficients, likewise.
    rank : int
        The number of given functions that are linearly independent, up to the cut-off.
    effective_rank : float
        The exponential of the entropy of the eigenvalues of C, each as a share of their sum: a
        value far below D shows dimension collapse.
    """

    __repr__ = short_repr

    singular_values: FloatArray
    mean: FloatArray
    coefficients: FloatArray
    context_mean: FloatArray | None
    context_coefficients: FloatArray | None
    rank: int
    effective_rank: float

    @property
    def n_components(self) -> int:
        """The number of functions."""
        return len(self.singular_values)

    def left(self, functions: Any) -> FloatArray:
        """Compute mu from values of phi.

        Parameters
        ----------
        functions : array-like of shape (n, D)
            phi on rows.

        Returns
        -------
        ndarray of shape (n, d)
            mu on the same rows.
        """
        return np.asarray((functions - self.mean) @ self.coefficients)

    def right(self, functions: Any) -> FloatArray:
        """Compute nu from values of psi.

        Parameters
        ----------
        functions : array-like of shape (..., n, E)
            psi on contexts.

        Returns
        -------
        ndarray of shape (..., n, d)
            nu on the same contexts.

        Raises
        ------
        InputError
            If the functions were learned without psi.
        """
        if self.context_mean is None or self.context_coefficients is None:
            raise InputError(
                "these functions were learned without a basis on the side of A; learn them from "
                "pairs (phi(x), psi(a)) to have both sides"
            )
        return np.asarray((functions - self.context_mean) @ self.context_coefficients)

    def truncated(self, n_components: int) -> RitzFunctions:
        """Give the first ``n_components`` functions.

        Parameters
        ----------
        n_components : int
            How many.

        Returns
        -------
        RitzFunctions
            The first ones.
        """
        other = self.context_coefficients
        return replace(
            self,
            singular_values=self.singular_values[:n_components],
            coefficients=self.coefficients[:, :n_components],
            context_coefficients=None if other is None else other[:, :n_components],
        )
