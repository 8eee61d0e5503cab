"""Honest chances: a temperature, and how far chances are from shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax

from contextures._arrays import FloatArray, IntArray

N_BINS = 10

USUAL_SCALE = 1.5
"""The logarithm of a softmax's scale before labels are looked at."""


def with_companions(targets: FloatArray) -> NDArray[np.bool_]:
    """Tell which rows are not the only ones of their class.

    Parameters
    ----------
    targets : ndarray of shape (k, q)
        Indicators of classes.

    Returns
    -------
    ndarray of bool of shape (k,)
        Where leaving the row out leaves its class in.
    """
    return np.asarray(targets @ targets.sum(axis=0) > 1)


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


def sharpness_for(
    chances: FloatArray, indicators: FloatArray, floor: float, wanted: float
) -> float:
    """Give the power at which rows' own classes have a chance of ``wanted`` on average.

    Parameters
    ----------
    chances : ndarray of shape (k, q)
        Chances of labelled rows.
    indicators : ndarray of shape (k, q)
        Their classes.
    floor : float
        As for :func:`tempered`.
    wanted : float
        Between 0 and 1.

    Returns
    -------
    float
        Between e^-3 and e^6; the end where no power does it.
    """

    def missing(logarithm: float) -> float:
        told = np.exp(tempered(chances, floor, float(np.exp(logarithm))))
        return wanted - float(np.mean(np.sum(told * indicators, axis=1)))

    low, high = -3.0, 6.0
    if missing(low) <= 0 or missing(high) >= 0:
        return float(np.exp(low if missing(low) <= 0 else high))
    return float(np.exp(brentq(missing, low, high)))


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
    found, sound = np.empty_like(left_out), with_companions(indicators)
    for each in np.unique(fold):
        away = fold == each
        others = ~away & sound
        sharpness = best_sharpness(left_out[others], indicators[others], floor)
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


def scaled_chances(values: FloatArray, scale: float) -> FloatArray:
    """Give the softmax of values times a scale.

    Parameters
    ----------
    values : ndarray of shape (n, q)
        Regression values of indicators.
    scale : float
        Above zero; the larger, the surer.

    Returns
    -------
    ndarray of shape (n, q)
        Chances.
    """
    return np.asarray(softmax(scale * values, axis=1))


def best_scale(left_out: FloatArray, indicators: FloatArray) -> float:
    """Choose the scale of :func:`scaled_chances` by the log-loss of left-out values.

    Parameters
    ----------
    left_out : ndarray of shape (k, q)
        Values of labelled rows that did not see their labels.
    indicators : ndarray of shape (k, q)
        Their classes.

    Returns
    -------
    float
        Above zero.
    """

    def loss(logarithm: float) -> float:
        found = log_softmax(np.exp(logarithm) * left_out, axis=1)
        return float(-np.sum(indicators * found) + 0.5 * (logarithm - USUAL_SCALE) ** 2)

    bounds = (USUAL_SCALE - 3.0, USUAL_SCALE + 3.0)
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
