"""How well a score without labels agrees with the error that labels show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from benchmarks.common import FloatArray


@dataclass(frozen=True)
class Agreement:
    """Agreement over the contexts of one table; a lower score should mean a lower error.

    Attributes
    ----------
    pearson, distance, spearman : float
        Correlations of the score with the error.
    regret : float
        The error of the context with the lowest score over the lowest error, less one.
    """

    pearson: float
    distance: float
    spearman: float
    regret: float


def agreement(score: ArrayLike, error: ArrayLike) -> Agreement:
    """Compare a score with the error, over contexts that have both.

    Parameters
    ----------
    score, error : array-like of shape (c,)
        One entry a context; those with a NaN are left out.

    Returns
    -------
    Agreement
        NaN correlations where the score or the error is the same everywhere.
    """
    scores, errors = np.asarray(score, dtype=np.float64), np.asarray(error, dtype=np.float64)
    both = np.isfinite(scores) & np.isfinite(errors)
    scores, errors = scores[both], errors[both]
    if len(scores) < 3 or np.ptp(scores) == 0 or np.ptp(errors) == 0:
        correlations = (np.nan, np.nan, np.nan)
    else:
        correlations = (
            float(np.corrcoef(scores, errors)[0, 1]),
            distance_correlation(scores, errors),
            float(spearmanr(scores, errors)[0]),
        )
    return Agreement(*correlations, regret(scores, errors))


def regret(score: Sequence[float] | FloatArray, error: Sequence[float] | FloatArray) -> float:
    """Give the error of the context with the lowest score over the lowest error, less one."""
    errors = np.asarray(error)
    return float(errors[np.argmin(score)] / errors.min() - 1.0)


def distance_correlation(x: ArrayLike, y: ArrayLike) -> float:
    """Compute the sample distance correlation of two lists of numbers.

    Parameters
    ----------
    x, y : array-like of shape (n,)
        Numbers.

    Returns
    -------
    float
        Between zero and one; one for a linear relation, and zero in the limit of many numbers only
        if they are independent.

    References
    ----------
    Szekely, Rizzo and Bakirov, "Measuring and testing dependence by correlation of distances",
    Annals of Statistics 35 (2007), definition 5.
    """
    a, b = _centred_distances(x), _centred_distances(y)
    spread = np.sqrt((a * a).mean() * (b * b).mean())
    return float(np.sqrt(max((a * b).mean(), 0.0) / spread)) if spread > 0 else 0.0


def _centred_distances(values: ArrayLike) -> FloatArray:
    distances = squareform(pdist(np.asarray(values, dtype=np.float64)[:, None]))
    means = distances.mean(axis=0)
    return np.asarray(distances - means[:, None] - means[None, :] + means.mean())
