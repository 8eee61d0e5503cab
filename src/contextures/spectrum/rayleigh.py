"""From covariances to ordered functions: the Rayleigh-Ritz step, one-sided and two-sided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg

from contextures.contexts.checks import FloatArray
from contextures.exceptions import InputError, RankError
from contextures.spectrum.signs import signs

CUTOFF = 1e-10
"""Eigenvalues of the correlation matrix below this share of the largest count as zero."""

SINGLE_CUTOFF = 1e-5
"""The same where products were formed in float32."""

NEGLIGIBLE = 1e-10
"""Squared singular values below this are rounding."""


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
        """Compute mu from values of phi, of shape (n, D)."""
        return np.asarray((functions - self.mean) @ self.coefficients)

    def right(self, functions: Any) -> FloatArray:
        """Compute nu from values of psi, of shape (n, E)."""
        if self.context_mean is None or self.context_coefficients is None:
            raise InputError(
                "these functions were learned without a basis on the side of A; learn them from "
                "pairs (phi(x), psi(a)) to have both sides"
            )
        return np.asarray((functions - self.context_mean) @ self.context_coefficients)

    def truncated(self, n_components: int) -> RitzFunctions:
        """Give the first ``n_components`` functions."""
        other = self.context_coefficients
        return replace(
            self,
            singular_values=self.singular_values[:n_components],
            coefficients=self.coefficients[:, :n_components],
            context_coefficients=None if other is None else other[:, :n_components],
        )


class Whitening:
    """The eigenvectors of a covariance, scaled so that functions become uncorrelated.

    The covariance is first scaled to a correlation matrix, so that neither the cut-off nor the
    ridge depends on the units of a function; constant functions are left out.

    Parameters
    ----------
    covariance : ndarray of shape (D, D)
        C.
    cutoff : float
        Eigenvalues of the correlation matrix below this share of the largest are left out.
    """

    def __init__(self, covariance: FloatArray, cutoff: float = CUTOFF) -> None:
        variances = np.diag(covariance)
        spread = np.sqrt(np.clip(variances, 0.0, None))
        varies = spread > 1e-14 * spread.max(initial=0.0)
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
        correlation = covariance * inverse[:, None] * inverse
        values, vectors = scipy.linalg.eigh(correlation, overwrite_a=True, check_finite=False)
        kept = values > max(cutoff * values[-1], 0.0) if len(values) else values > 0
        self.eigenvalues: FloatArray = values[kept][::-1]
        self.directions: FloatArray = inverse[:, None] * vectors[:, kept][:, ::-1]

    @property
    def rank(self) -> int:
        """The number of independent functions."""
        return len(self.eigenvalues)

    def scales(self, ridge: float) -> FloatArray:
        """Give what the directions are multiplied by: 1 / sqrt(eigenvalue + ridge)."""
        return np.asarray(1.0 / np.sqrt(self.eigenvalues + ridge))


def one_sided(
    covariance: FloatArray, operator: FloatArray, n_components: int, ridge: float, cutoff: float
) -> tuple[FloatArray, FloatArray, int]:
    """Solve B v = s^2 (C + ridge) v, then order the span found under C itself.

    Parameters
    ----------
    covariance, operator : ndarray of shape (D, D)
        C and B.
    n_components : int
        d.
    ridge : float
        What is added to C, in units of the variance of each function.
    cutoff : float
        See :class:`Whitening`.

    Returns
    -------
    tuple
        s^2 (d,), clipped to [0, 1]; coefficients (D, d); the rank of C.
    """
    white = Whitening(covariance, cutoff)
    scaled = white.directions * white.scales(ridge)
    squares, vectors = top_eigen(scaled.T @ operator @ scaled, n_components)
    coefficients = scaled @ vectors
    if ridge and coefficients.shape[1]:
        inner = Whitening(coefficients.T @ covariance @ coefficients, cutoff)
        rotation = inner.directions * inner.scales(0.0)
        within = coefficients @ rotation
        squares, vectors = top_eigen(within.T @ operator @ within, n_components)
        coefficients = within @ vectors
    return np.clip(squares, 0.0, 1.0), coefficients, white.rank


def two_sided(
    covariances: tuple[FloatArray, FloatArray],
    cross: FloatArray,
    n_components: int,
    ridge: float,
    cutoff: float,
) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    """Find the canonical functions of two sides, which is Ritz with B = Cxa Caa^-1 Cax.

    Parameters
    ----------
    covariances : tuple of ndarray of shape (D, D), (E, E)
        Cxx and Caa.
    cross : ndarray of shape (D, E)
        Cxa.
    n_components, ridge, cutoff
        As for :func:`one_sided`; the ridge goes to both sides.

    Returns
    -------
    tuple
        s^2 (d,), clipped to [0, 1]; coefficients (D, d) and (E, d); the rank of Cxx.
    """
    sides = [Whitening(covariance, cutoff) for covariance in covariances]
    left, right = (side.directions * side.scales(ridge) for side in sides)
    values, u, v = top_singular(left.T @ cross @ right, n_components)
    left, right = left @ u, right @ v
    if ridge and left.shape[1]:
        inner = [
            Whitening(within.T @ covariance @ within, cutoff)
            for within, covariance in zip((left, right), covariances, strict=True)
        ]
        left, right = (
            within @ (side.directions * side.scales(0.0))
            for within, side in zip((left, right), inner, strict=True)
        )
        values, u, v = top_singular(left.T @ cross @ right, n_components)
        left, right = left @ u, right @ v
    return np.clip(values, 0.0, 1.0) ** 2, left, right, sides[0].rank


def top_eigen(matrix: FloatArray, n_components: int) -> tuple[FloatArray, FloatArray]:
    """Compute the largest eigenvalues and vectors of a symmetric matrix, largest first."""
    side = len(matrix)
    if side == 0:
        return np.empty(0), np.empty((0, 0))
    window = [max(0, side - n_components), side - 1]
    values, vectors = scipy.linalg.eigh(matrix, subset_by_index=window, check_finite=False)
    return values[::-1], vectors[:, ::-1]


def top_singular(
    matrix: FloatArray, n_components: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the largest singular values and vectors s, U, V of a matrix, largest first."""
    if min(matrix.shape) <= 500:
        left, values, right = scipy.linalg.svd(matrix, full_matrices=False, check_finite=False)
        return values[:n_components], left[:, :n_components], right[:n_components].T
    # By the smaller Gram matrix, then exactly within the span that it gives.
    wide = matrix.shape[0] <= matrix.shape[1]
    _, vectors = top_eigen(matrix @ matrix.T if wide else matrix.T @ matrix, n_components)
    if wide:
        inner, values, right = scipy.linalg.svd(vectors.T @ matrix, full_matrices=False)
        return values, vectors @ inner, right.T
    left, values, inner = scipy.linalg.svd(matrix @ vectors, full_matrices=False)
    return values, left, vectors @ inner.T


def effective_rank(covariance: FloatArray) -> float:
    """Compute the exponential of the entropy of the eigenvalues of a covariance.

    Parameters
    ----------
    covariance : ndarray of shape (D, D)
        C.

    Returns
    -------
    float
        From 1 (one direction holds everything) to D (all alike); 0 when nothing varies.

    References
    ----------
    Roy and Vetterli, "The effective rank: a measure of effective dimensionality" (2007).
    """
    values = np.clip(scipy.linalg.eigvalsh(covariance, check_finite=False), 0.0, None)
    total = values.sum()
    if total <= 0:
        return 0.0
    shares = values[values > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def check_rank(squares: FloatArray, n_components: int, rank: int) -> None:
    """Refuse when fewer functions with an association were found than asked for."""
    found = int(np.count_nonzero(squares > NEGLIGIBLE))
    if found >= n_components:
        return
    if rank < n_components:
        raise RankError(
            f"n_components={n_components} is above the number of independent functions in the "
            f"basis, {rank}; give n_components={max(found, 1)} or less, or a larger basis"
            if rank
            else "the functions are all constant, so they carry no association; give others",
            found,
        )
    raise RankError(
        f"n_components={n_components} is above the rank of the context in the span of these "
        f"functions: only {found} singular values are not zero; "
        + (f"give n_components={found} or less" if found else "the context carries nothing on X"),
        found,
    )


def functions_of(
    squares: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
    mean: FloatArray,
    rank: int,
    right: tuple[FloatArray, FloatArray] | None = None,
) -> RitzFunctions:
    """Put a solution together, its signs fixed.

    A function's sign is that of its largest covariance with a given function, which, unlike its
    coefficients, does not depend on how nearly dependent ones share it.
    """
    sign = signs(covariance @ coefficients)
    return RitzFunctions(
        singular_values=np.sqrt(squares),
        mean=mean,
        coefficients=coefficients * sign,
        context_mean=None if right is None else right[0],
        context_coefficients=None if right is None else right[1] * sign,
        rank=rank,
        effective_rank=effective_rank(covariance),
    )
