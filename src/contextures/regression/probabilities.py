"""From regression values on classes to their chances."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from contextures._arrays import FloatArray

PSEUDO = 1.0
"""Labels that each class counts more than it has where its share is told (Laplace's rule)."""

SPREAD = 1.0
"""How far the logarithm of the factor may stray from its start, in standard deviations of one."""


def class_prior(shares: FloatArray, n_labels: float) -> FloatArray:
    """Estimate the classes' chances from their shares of the labels, by the rule of succession.

    Shares of few labels are mostly chance: one more label for each class keeps them from deciding.

    Parameters
    ----------
    shares : ndarray of shape (k,)
        Of the labels' weight.
    n_labels : float
        How many labels there are.

    Returns
    -------
    ndarray of shape (k,)
        Sums to one.
    """
    counts = shares * n_labels + PSEUDO
    return np.asarray(counts / counts.sum())


def logits(values: FloatArray, shares: FloatArray, prior: FloatArray, factor: float) -> FloatArray:
    """Give log p_c + factor (F_c - m_c): the logarithms of the classes' chances but for a constant.

    Where nothing is known, F_c = m_c, chances are the prior's.

    Parameters
    ----------
    values : ndarray of shape (n, k)
        F: regression values of the classes' indicators.
    shares : ndarray of shape (k,)
        m: the indicators' means over the labels.
    prior : ndarray of shape (k,)
        p: the chances before a row is seen.
    factor : float
        How fast chances move away from the prior.

    Returns
    -------
    ndarray of shape (n, k)
        The logits.
    """
    return np.asarray(np.log(prior) + factor * (values - shares))


def first_factor(
    fitted: FloatArray, codes: FloatArray, shares: FloatArray, labels_each: float
) -> float:
    """Give the factor that takes labelled rows to be right with chance (c + 1) / (c + 2).

    That is what the rule of succession says after c labels that agree. Unlabelled rows, whose
    values move less, are told less surely.

    Parameters
    ----------
    fitted : ndarray of shape (l, k)
        F on the labelled rows.
    codes : ndarray of shape (l, k)
        The indicators of their classes.
    shares : ndarray of shape (k,)
        The indicators' means over the labels.
    labels_each : float
        c: labels a class.

    Returns
    -------
    float
        log((c + 1) (k - 1)) over how far F moves from the shares towards the label.
    """
    moved = float(np.sum((fitted - shares) * (codes - shares)) / np.sum((codes - shares) ** 2))
    return float(np.log((labels_each + 1) * (len(shares) - 1)) / max(moved, 1e-3))


def calibrated_factor(
    left_out: FloatArray,
    codes: FloatArray,
    shares: FloatArray,
    prior: FloatArray,
    weights: FloatArray,
    start: float,
) -> float:
    """Choose the factor by the log-loss of leave-one-out predictions.

    A normal prior on the logarithm of the factor, about ``start``, keeps it finite where all
    labelled rows are predicted right.

    Parameters
    ----------
    left_out : ndarray of shape (l, k)
        F of each labelled row as predicted by the others.
    codes, shares
        As for :func:`first_factor`.
    prior : ndarray of shape (k,)
        As for :func:`logits`.
    weights : ndarray of shape (l,)
        Weights of the labelled rows.
    start : float
        A factor to start from.

    Returns
    -------
    float
        The factor.
    """

    def loss(log_factor: float) -> float:
        chances = log_softmax(logits(left_out, shares, prior, start * np.exp(log_factor)), axis=1)
        return float(-(weights @ (codes * chances).sum(axis=1)) + 0.5 * (log_factor / SPREAD) ** 2)

    found = minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded")
    return float(start * np.exp(found.x))
