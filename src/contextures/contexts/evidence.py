"""Widths of a kernel learned from labels, by the evidence (marginal likelihood) for them.

The kernel is the one of :mod:`contextures.contexts.level_kernel`. Its common scale, or the scale of
each column, is what the labels are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts.level_kernel import LEVELS, Widths, levels_of, squared_distances

LEAST_NOISE = 1e-4
"""The noise that is always there, in units of the targets' variance."""

SHIFT = 1.5
"""The spread of columns' scales about the common one, before labels are looked at (logarithms)."""

LOOSE = 3.0
"""The same of the sizes of the kernel's parts and of the noise."""

JITTER = 1e-10

NEVER = 1e25
"""The negative logarithm of the evidence of what is no kernel."""

MOST_COLUMNS = 200
"""Columns up to which each has a width of its own; more share one."""

N_SIZES = 5
"""The sizes of three levels, of the slope and of the noise, which come before the scales."""

EXPECTED = np.log([0.3, 0.3, 0.1, 0.2, 0.2])
"""Their logarithms before labels are looked at, in units of the targets' variance."""


def learn_widths(
    rows: FloatArray,
    targets: FloatArray,
    *,
    by_column: bool,
    start: Widths | None = None,
    most_steps: int = 60,
) -> Widths:
    """Learn one width for all columns, or one for each, by the evidence of labels.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows; n^3 is what a step costs.
    targets : ndarray of shape (n, q)
        Their targets, about mean zero, which share the kernel and the noise.
    by_column : bool
        Whether each column has a width of its own.
    start : Widths, optional
        What to start from, and what columns' widths are held to.
    most_steps : int
        Steps of L-BFGS.

    Returns
    -------
    Widths
        Those of largest evidence times a wide prior on logarithms.

    References
    ----------
    Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), section 5.4.
    """
    variance = float(np.mean(targets**2)) or 1.0
    begin = _first_guess(rows) if start is None else _logarithms(start, variance)
    sizes, scales = begin[:N_SIZES], begin[N_SIZES:]
    # One width for all is one step away from where the columns begin.
    first = np.concatenate([sizes, scales if by_column else [0.0]])
    expected = np.concatenate([EXPECTED, first[N_SIZES:]])
    wide = np.full(len(first), LOOSE)
    wide[N_SIZES:] = SHIFT if by_column else LOOSE
    scaled = targets / np.sqrt(variance)

    def expanded(found: FloatArray) -> FloatArray:
        if by_column:
            return found
        return np.concatenate([found[:N_SIZES], scales + found[-1]])

    def loss(found: FloatArray) -> tuple[float, FloatArray]:
        value, slopes = negative_evidence(expanded(found), rows, scaled)
        if not by_column:
            slopes = np.append(slopes[:N_SIZES], slopes[N_SIZES:].sum())
        return value, slopes

    result = most_evident(loss, first, expected, wide, most_steps)
    found = expanded(result)
    values = np.exp(found)
    return Widths(
        scales=values[N_SIZES:],
        sizes=values[:3] * variance,
        slope=float(values[3]) * variance,
        noise=(float(values[4]) + LEAST_NOISE) * variance,
    )


def most_evident(
    negative: Callable[[FloatArray], tuple[float, FloatArray]],
    first: FloatArray,
    expected: FloatArray,
    wide: FloatArray,
    most_steps: int,
) -> FloatArray:
    """Find the logarithms of largest evidence times a wide prior, by L-BFGS.

    Parameters
    ----------
    negative : callable
        The negative logarithm of the evidence, and its slopes.
    first, expected, wide : ndarray of shape (r,)
        Where to start, and the prior's means and standard deviations; nothing goes further from
        the means than four of these down, or two and a half up.
    most_steps : int
        Steps at most.

    Returns
    -------
    ndarray of shape (r,)
        The logarithms.
    """
    from scipy.optimize import minimize

    def loss(found: FloatArray) -> tuple[float, FloatArray]:
        value, slopes = negative(found)
        away = (found - expected) / wide
        return value + 0.5 * float(away @ away), slopes + away / wide

    low, high = expected - 4.0 * wide, expected + 2.5 * wide
    result: Any = minimize(
        loss,
        np.clip(first, low, high),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(low, high, strict=True)),
        options={"maxiter": most_steps, "ftol": 1e-5},
    )
    return np.asarray(result.x)


def evidence_of(gram: FloatArray, targets: FloatArray) -> tuple[float, FloatArray] | None:
    """Compute the negative logarithm of the evidence of a kernel with its noise.

    Parameters
    ----------
    gram : ndarray of shape (n, n)
        The kernel between rows, the noise on its diagonal.
    targets : ndarray of shape (n, q)
        Their targets.

    Returns
    -------
    value : float
        Up to a constant.
    outer : ndarray of shape (n, n)
        Its derivatives by the kernel's entries. None for both where the kernel is not positive.
    """
    from scipy.linalg import lapack

    factor, failed = lapack.dpotrf(gram, lower=1, clean=1)
    if failed:
        return None
    inverse, _ = lapack.dpotri(factor, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    dual = inverse @ targets
    q = targets.shape[1]
    value = 0.5 * float(np.sum(targets * dual)) + q * float(np.sum(np.log(np.diag(factor))))
    return value, 0.5 * (q * inverse - dual @ dual.T)


def column_slopes(pull: FloatArray, rows: FloatArray) -> FloatArray:
    """Compute sum_ij W_ij (x_i - x_j)^2 of each column, for a symmetric W."""
    return np.asarray(2.0 * (pull.sum(axis=1) @ rows**2 - np.sum(rows * (pull @ rows), axis=0)))


def negative_evidence(
    logarithms: FloatArray, rows: FloatArray, targets: FloatArray
) -> tuple[float, FloatArray]:
    """Compute the negative logarithm of the evidence, and its slopes.

    Parameters
    ----------
    logarithms : ndarray of shape (5 + p,)
        Of the three sizes, the slope, the noise beyond ``LEAST_NOISE``, and the columns' scales.
    rows : ndarray of shape (n, p)
        Rows.
    targets : ndarray of shape (n, q)
        Targets.

    Returns
    -------
    value : float
        Up to a constant.
    slopes : ndarray of shape (5 + p,)
        Its derivatives.
    """
    sizes, (slope, noise) = np.exp(logarithms[:3]), np.exp(logarithms[3:5])
    scales = np.exp(logarithms[5:])
    n, p = rows.shape
    levels = levels_of(squared_distances(rows * scales, rows * scales))
    for size, level in zip(sizes, levels, strict=True):
        level *= size
    linear = (slope / p) * (rows @ rows.T)
    gram = 1.0 + linear
    for level in levels:
        gram += level
    gram.flat[:: n + 1] += noise + LEAST_NOISE + JITTER
    found = evidence_of(gram, targets)
    if found is None:
        return NEVER, np.zeros(len(logarithms))
    value, outer = found
    slopes = np.empty(len(logarithms))
    slopes[:3] = [float(np.sum(outer * level)) for level in levels]
    slopes[3] = float(np.sum(outer * linear))
    slopes[4] = noise * float(np.trace(outer))
    pull = sum(c * level for c, level in zip(LEVELS, levels, strict=True)) * outer
    slopes[5:] = -2.0 * scales**2 * column_slopes(pull, rows)
    return value, slopes


def _first_guess(rows: FloatArray) -> FloatArray:
    """Set the sizes as before labels are seen, and the width to the median distance."""
    from contextures.contexts.rbf import median_distance

    scale = -0.5 * np.log(median_distance(rows))
    return np.concatenate([EXPECTED, np.full(rows.shape[1], scale)])


def _logarithms(known: Widths, variance: float) -> FloatArray:
    sizes = np.append(known.sizes, known.slope) / variance
    noise = max(known.noise / variance - LEAST_NOISE, 1e-6)
    values = np.concatenate([np.maximum(sizes, 1e-8), [noise], known.scales])
    return np.asarray(np.log(values))
