"""Honest chances: a temperature, and how far chances are from shares."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from contextures._arrays import FloatArray, IntArray

N_BINS = 10


def tempered(chances: FloatArray, floor: float, sharpness: float) -> FloatArray:
    """Give log-chances in proportion to max(p, floor)^sharpness.

    Parameters
    ----------
    chances : ndarray of shape (n, q)
        p.
    floor : float
        What few labels cannot tell from zero.
    sharpness : float
        One over the temperature.

    Returns
    -------
    ndarray of shape (n, q)
        Logarithms; their exponentials sum to one.
    """
    return np.asarray(log_softmax(sharpness * np.log(np.maximum(chances, floor)), axis=1))


def best_sharpness(left_out: FloatArray, indicators: FloatArray, floor: float) -> float:
    """Choose the sharpness by the log-loss of left-out chances.

    A standard normal prior on its logarithm keeps it finite where all rows are predicted right.

    Parameters
    ----------
    left_out : ndarray of shape (k, q)
        Chances of labelled rows that did not see their labels.
    indicators : ndarray of shape (k, q)
        Their classes.
    floor : float
        As for :func:`tempered`.

    Returns
    -------
    float
        Above zero.
    """

    def loss(logarithm: float) -> float:
        found = tempered(left_out, floor, float(np.exp(logarithm)))
        return float(-np.sum(indicators * found) + 0.5 * logarithm**2)

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def cross_tempered(
    left_out: FloatArray, indicators: FloatArray, floor: float, fold: IntArray
) -> FloatArray:
    """Temper left-out chances by a sharpness that did not see their rows' labels either.

    Parameters
    ----------
    left_out, indicators, floor
        As for :func:`best_sharpness`.
    fold : ndarray of int of shape (k,)
        Each fold's sharpness is that of the other folds.

    Returns
    -------
    ndarray of shape (k, q)
        Chances.
    """
    found = np.empty_like(left_out)
    for each in np.unique(fold):
        away = fold == each
        sharpness = best_sharpness(left_out[~away], indicators[~away], floor)
        found[away] = np.exp(tempered(left_out[away], floor, sharpness))
    return found


def calibration_error(chances: FloatArray, indicators: FloatArray) -> float:
    """Compute the expected calibration error of the most likely classes.

    The mean over rows of |accuracy - mean chance| within ten bins of even width.

    Parameters
    ----------
    chances : ndarray of shape (k, q)
        Rows sum to one.
    indicators : ndarray of shape (k, q)
        The classes.

    Returns
    -------
    float
        From 0 to 1. Of few rows it is far above zero by chance alone.
    """
    told = chances.max(axis=1)
    right = np.take_along_axis(indicators, chances.argmax(axis=1)[:, None], axis=1)[:, 0]
    bins = np.minimum((told * N_BINS).astype(np.intp), N_BINS - 1)
    gaps = np.bincount(bins, weights=right - told, minlength=N_BINS)
    return float(np.abs(gaps).sum() / len(told))
