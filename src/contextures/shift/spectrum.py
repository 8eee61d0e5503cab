"""What becomes of an encoder's functions under another population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.evaluation.arrays import representation, unit_variance
from contextures.exceptions import InputError
from contextures.shift.coordinates import check_enough

HALF = 0.5
"""A function of which less than this share is left is named."""

NOTHING = 1e-10
"""Share of the largest variance below which a direction has none."""


@dataclass(frozen=True, eq=False)
class ShiftedSpectrum:
    """An encoder's functions under a new population, where they had mean 0 and covariance I.

    Attributes
    ----------
    second_moment : ndarray of shape (d, d)
        E_new[mu mu^T]; the identity under the old population.
    mean_shift : ndarray of shape (d,)
        E_new[mu].
    variances : ndarray of shape (d,)
        Of each function; 1 under the old population.
    own : ndarray of shape (d,)
        The share of each function's variance that those before it do not explain, adjusted for
        their number; 1 under the old population.
    lost_support : list of int
        Functions, counted from 0, with less than half of their variance.
    lost_orthogonality : list of int
        Functions of whose variance those before explain more than half.
    singular_values : ndarray of shape (d,)
        Of the encoder's dual kernel sum_i s_i^2 mu_i(x) mu_i(y) under the new population.
    n_kept : int
        k, the functions that are kept.
    angles : ndarray of shape (k,)
        Principal angles, in radians and ascending, between the first k functions and the best k
        under the new population, in its inner product; a function without variance is at a right
        angle.
    lost : float
        The share of the best k functions' ratio trace that the first k do not have; 0 under the old
        population.
    """

    second_moment: FloatArray
    mean_shift: FloatArray
    variances: FloatArray
    own: FloatArray
    lost_support: list[int]
    lost_orthogonality: list[int]
    singular_values: FloatArray
    n_kept: int
    angles: FloatArray
    lost: float


def shifted_spectrum(encoder: Any, new: Any, *, n_components: int | None = None) -> ShiftedSpectrum:
    r"""Say what becomes of an encoder's functions under a new population.

    Where rows come from a new law, the functions are no more centred, of unit variance and
    uncorrelated, and the first k need not be the best k. The dual kernel
    :math:`\sum_i s_i^2 \mu_i(x) \mu_i(y)` is taken as pretraining left it, and its singular
    functions are found anew in the new law's inner product, among the encoder's functions.

    Parameters
    ----------
    encoder : fitted encoder
        Gives the functions and their singular values.
    new : array-like of shape (m, p)
        Rows of the new population, at least 20, which the encoder was not fitted to.
    n_components : int, optional
        k, how many of the d functions are kept; half of them when None, since all of them hold
        whatever they can.

    Returns
    -------
    ShiftedSpectrum
        Moments, functions that lost support or orthogonality, angles, and the share of the ratio
        trace lost. All are estimates of rows: of few rows also an unchanged law loses a little.

    Raises
    ------
    InputError
        If there are fewer than 20 rows, ``n_components`` is more than there are, or the functions
        are constant on the new rows.

    References
    ----------
    Derived. Zhai et al. (2025), "Contextures", for the ratio trace.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import KNNContext
    >>> from contextures.shift import shifted_spectrum
    >>> rows = np.random.default_rng(0).standard_normal((900, 2)) * [2.0, 1.0]
    >>> encoder = SpectralEncoder(KNNContext(20), n_components=4).fit(rows[:400])
    >>> fresh, narrow = rows[400:], rows[400:] * [0.01, 1.0]
    >>> shifted_spectrum(encoder, fresh).lost < 0.1
    True
    >>> 0 in shifted_spectrum(encoder, narrow).lost_support
    True
    """
    plain = unit_variance(encoder)
    singular_values = np.asarray(plain.singular_values_, dtype=np.float64)
    mu = representation(plain, new, "new", least=1).astype(np.float64, copy=False)
    check_enough(mu, "new")
    d = mu.shape[1]
    k = max(1, d // 2) if n_components is None else check_positive_int(n_components, "n_components")
    if k > d:
        raise InputError(f"n_components={k} is more than the encoder's {d}; give at most {d}")
    return spectrum_of_moments(mu.T @ mu / len(mu), mu.mean(axis=0), singular_values, k, len(mu))


def spectrum_of_moments(
    second_moment: FloatArray,
    mean: FloatArray,
    singular_values: FloatArray,
    k: int,
    n: float = np.inf,
) -> ShiftedSpectrum:
    """Do :func:`shifted_spectrum` on moments, of n rows or of a population.

    Parameters
    ----------
    second_moment : ndarray of shape (d, d)
        E_new[mu mu^T].
    mean : ndarray of shape (d,)
        E_new[mu].
    singular_values : ndarray of shape (d,)
        Of the functions.
    k : int
        How many are kept.
    n : float
        The number of rows behind the moments.

    Returns
    -------
    ShiftedSpectrum
        What :func:`shifted_spectrum` says.
    """
    covariance = second_moment - np.outer(mean, mean)
    variances = np.clip(np.diag(covariance), 0, None)
    weighted = singular_values[:, None] * covariance * singular_values
    values, vectors = np.linalg.eigh((weighted + weighted.T) / 2)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    if values[0] <= NOTHING * float(singular_values[0]) ** 2:
        raise InputError(
            "the encoder's functions are constant on the new rows, so nothing can be told of them; "
            "give rows that differ"
        )
    root = _inverse_root(covariance[:k, :k])
    # The first k functions made orthonormal, and the best ones, by their coefficients of mu.
    kept = np.vstack([root, np.zeros((len(mean) - k, root.shape[1]))])
    there = values[:k] > NOTHING * values[0]
    best = singular_values[:, None] * vectors[:, :k][:, there] / np.sqrt(values[:k][there])
    cosines = np.zeros(k)
    common = np.linalg.svd(kept.T @ covariance @ best, compute_uv=False)
    cosines[: len(common)] = np.clip(common, 0, 1)
    trace = float(((singular_values[:, None] * (covariance @ kept)) ** 2).sum())
    own = _own_shares(covariance, n)
    return ShiftedSpectrum(
        second_moment,
        mean,
        variances,
        own,
        np.flatnonzero(variances < HALF).tolist(),
        np.flatnonzero(own < HALF).tolist(),
        np.sqrt(values),
        k,
        np.arccos(cosines),
        float(np.clip(1 - trace / values[:k].sum(), 0, 1)),
    )


def _inverse_root(covariance: FloatArray) -> FloatArray:
    """Columns that make functions with a covariance orthonormal, as many as its rank."""
    values, vectors = np.linalg.eigh(covariance)
    there = values > NOTHING * max(float(values[-1]), NOTHING)
    found: FloatArray = vectors[:, there] / np.sqrt(values[there])
    return found


def _own_shares(covariance: FloatArray, n: float) -> FloatArray:
    """Give the share of each variance that the functions before it do not explain.

    One without variance, which lost its support, counts as its own.
    """
    variances = np.diag(covariance)
    own = np.ones(len(variances))
    for i in range(1, len(variances)):
        if variances[i] <= NOTHING:
            continue
        told = _inverse_root(covariance[:i, :i]).T @ covariance[:i, i]
        left = 1 - float(told @ told) / variances[i]
        # As many functions explain a share by chance as there are, of all the rows.
        room = 1.0 if np.isinf(n) else (n - 1) / max(n - 1 - i, 1)
        own[i] = np.clip(left * room, 0, 1)
    return own
