"""The ridge of the Ritz step where contexts are drawn: a usual one, unless another is better."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from contextures._arrays import FloatArray
from contextures.encoders.held_out import RIDGES, choose_ridge

PRIOR_PAIRS = 4
"""So many pairs outweigh the usual ridge.

The more pairs there are, the smaller is the noise that a ridge is there to hold down. A ridge that
is too large gives up functions that the network has made only a little of.
"""

DOUBT = 2.0
"""Standard errors by which another ridge has to be better: it is the best of several."""


def usual_ridge(n_pairs: int) -> float:
    """Give the ridge for so many pairs, which is one of :data:`RIDGES`.

    Parameters
    ----------
    n_pairs : int
        Rows that are learned from, times the draws of each.

    Returns
    -------
    float
        In units of each function's variance.
    """
    candidates = np.array(RIDGES[1:])
    distances = np.abs(np.log(candidates * n_pairs / PRIOR_PAIRS))
    return float(candidates[distances.argmin()])


def choose_for_pairs(
    score: Callable[[float], float], without_blocks: Callable[[float], FloatArray], n_pairs: int
) -> tuple[float, float]:
    """Choose a ridge by held-out rows; give it and its score.

    A few rows far out can make up most of a held-out score, and say little about a ridge. So the
    usual one is kept unless the best is better beyond the noise.

    Parameters
    ----------
    score : callable
        Gives the score of a ridge on held-out rows.
    without_blocks : callable
        Gives its scores without each of several blocks of these rows.
    n_pairs : int
        Pairs that are learned from.

    Returns
    -------
    tuple of float
        The ridge and its score.

    References
    ----------
    Efron and Stein, "The jackknife estimate of variance" (1981).
    """
    usual = usual_ridge(n_pairs)
    best, reached = choose_ridge(score)
    if best == usual:
        return best, reached
    differences = without_blocks(best) - without_blocks(usual)
    if differences.mean() > DOUBT * standard_error(differences):
        return best, reached
    return usual, score(usual)


def standard_error(without: FloatArray) -> float:
    """Give the jackknife's standard error from values without each block."""
    k = len(without)
    return float(np.sqrt((k - 1) * without.var()))
