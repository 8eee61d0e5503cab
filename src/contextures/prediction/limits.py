"""What keeps one member's prediction from being absurd."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray

MARGIN = 0.5
"""How far outside the labels' range numbers are believed, in units of that range."""


def limit_numbers(values: FloatArray, labels: FloatArray) -> FloatArray:
    """Clip numbers to the labels' range and half of it more on either side.

    Parameters
    ----------
    values : ndarray of shape (n, 1)
        Predictions.
    labels : ndarray of shape (k,)
        All labels.

    Returns
    -------
    ndarray of shape (n, 1)
        Without missing values, for which the labels' mean is taken.
    """
    low, high = float(labels.min()), float(labels.max())
    return _clip(values, low, high, float(labels.mean()))


def limit_left_out(values: FloatArray, labels: FloatArray) -> FloatArray:
    """Do the same for left-out predictions, with the range of the other rows' labels.

    Parameters
    ----------
    values : ndarray of shape (k, 1)
        Predictions.
    labels : ndarray of shape (k,)
        All labels, two or more.

    Returns
    -------
    ndarray of shape (k, 1)
        Entry i does not depend on label i.
    """
    k = len(labels)
    ordered = np.sort(labels)
    low = np.where(labels == ordered[0], ordered[1], ordered[0])
    high = np.where(labels == ordered[-1], ordered[-2], ordered[-1])
    others = (labels.sum() - labels) / (k - 1)
    return _clip(values, low[:, None], high[:, None], others[:, None])


def limit_chances(values: FloatArray, shares: FloatArray) -> FloatArray:
    """Give regression values of indicators as chances: none below zero, rows summing to one.

    Parameters
    ----------
    values : ndarray of shape (n, q)
        Predictions.
    shares : ndarray of shape (q,) or (n, q)
        What is taken where a row has no value that is a number and above zero.

    Returns
    -------
    ndarray of shape (n, q)
        The chances.
    """
    with np.errstate(invalid="ignore"):
        clipped = np.clip(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
    totals = clipped.sum(axis=1, keepdims=True)
    known = totals > 0
    return np.asarray(np.where(known, clipped / np.where(known, totals, 1.0), shares))


def _clip(values: FloatArray, low: object, high: object, mean: object) -> FloatArray:
    below, above = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    room = MARGIN * (above - below)
    found = np.where(np.isnan(values), np.asarray(mean, dtype=np.float64), values)
    return np.asarray(np.clip(found, below - room, above + room))
