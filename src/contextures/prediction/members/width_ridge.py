"""Kernel ridge regression at widths that are known, with exact left-out predictions.

Up to ``MOST_EXACT`` rows the kernel is used as it is. Beyond, functions of x are k(x, .) at some
of the rows (Nystroem's method), so that the cost is linear in the number of rows; which rows, no
label has a say in, so leaving one out is as exact there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.contexts.level_kernel import Widths

MOST_EXACT = 3000
"""Rows up to which the kernel between all of them is used."""

N_LANDMARKS = 2000
"""Rows that functions are spanned by, of more."""

CHUNK_ENTRIES = 4_000_000

HELD_ENTRIES = 40_000_000
"""Features up to which they are held for leverages, in single precision; of more they are made
twice."""

ALONE = 0.99
"""The leverage from which a row is left out in double precision: what remains of one is small."""

FEW_ROWS = 8
"""Rows up to which the kernel is held: what :meth:`Widths.applied` prepares costs more for them."""

SMALLEST = 1e-10


@dataclass(frozen=True)
class WidthFit:
    """f(x) = sum_l k(x, point_l) dual_l.

    Attributes
    ----------
    widths : Widths
        Of k.
    points : ndarray of shape (m, p)
        Rows.
    dual : ndarray of shape (m, q)
        Coefficients.
    """

    widths: Widths
    points: FloatArray
    dual: FloatArray

    def values(self, rows: FloatArray) -> FloatArray:
        """Give f."""
        if len(rows) <= FEW_ROWS:
            return np.asarray(self.widths.between(rows, self.points) @ self.dual)
        return self.widths.applied(rows, self.points, self.dual)


def fit_widths(
    widths: Widths, rows: FloatArray, targets: FloatArray, seed: int = 0
) -> tuple[WidthFit, FloatArray]:
    """Fit kernel ridge regression, whose penalty is the noise.

    Parameters
    ----------
    widths : Widths
        Of the kernel, with the noise.
    rows : ndarray of shape (n, p)
        Rows.
    targets : ndarray of shape (n, q)
        Their targets.
    seed : int
        Of the choice of ``N_LANDMARKS`` rows among more than ``MOST_EXACT``.

    Returns
    -------
    fit : WidthFit
        The function.
    left_out : ndarray of shape (n, q)
        Each row's prediction by the others.
    """
    if len(rows) <= MOST_EXACT:
        return _exact(widths, rows, targets)
    return _spanned(widths, rows, targets, seed)


def _exact(widths: Widths, rows: FloatArray, targets: FloatArray) -> tuple[WidthFit, FloatArray]:
    from scipy.linalg import lapack

    gram = widths.between(rows, rows)
    gram.flat[:: len(rows) + 1] += widths.noise
    factor, failed = lapack.dpotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the kernel of the rows is not positive")
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    diagonal = np.diag(inverse).copy()
    dual = np.tril(inverse) @ targets + np.tril(inverse, -1).T @ targets
    return WidthFit(widths, rows, dual), targets - dual / diagonal[:, None]


def _spanned(
    widths: Widths, rows: FloatArray, targets: FloatArray, seed: int
) -> tuple[WidthFit, FloatArray]:
    from scipy.linalg import cholesky, solve_triangular

    chosen = np.random.default_rng(seed).choice(len(rows), N_LANDMARKS, replace=False)
    points = rows[np.sort(chosen)]
    inner = widths.between(points, points)
    # Enough for rows that are nearly alike, and little beside the noise.
    inner.flat[:: len(points) + 1] += 1e-8 * float(np.trace(inner)) / len(points)
    root = cholesky(inner, lower=True, overwrite_a=True)
    step = max(256, CHUNK_ENTRIES // len(points))
    parts = [slice(start, start + step) for start in range(0, len(rows), step)]
    second = np.zeros((len(points), len(points)))
    first = np.zeros((len(points), targets.shape[1]))
    hold = len(rows) * len(points) <= HELD_ENTRIES
    held = []
    for part in parts:
        cross = widths.between(rows[part], points)
        found = solve_triangular(root, cross.T, lower=True, overwrite_b=True)
        second += found @ found.T
        first += found @ targets[part]
        if hold:
            held.append(found.astype(np.float32))
    second.flat[:: len(points) + 1] += widths.noise
    whole = cholesky(second, lower=True, overwrite_a=True)
    half = solve_triangular(whole, first, lower=True)
    slopes = solve_triangular(whole, half, lower=True, trans="T")
    dual = np.asarray(solve_triangular(root, slopes, lower=True, trans="T"))
    fit = WidthFit(widths, points, dual)

    def in_double(part: slice | IntArray) -> tuple[FloatArray, FloatArray]:
        """Give fitted values, and functions whose squares add up to leverages."""
        cross = widths.between(rows[part], points)
        fitted = cross @ dual
        return fitted, solve_triangular(both(), cross.T, lower=True, overwrite_b=True)

    @cache
    def both() -> FloatArray:
        """Multiply the two triangles, so that one solution serves for two."""
        return np.asfortranarray(root @ whole)

    left_out = np.empty_like(targets)
    if not hold:
        for part in parts:
            left_out[part], _ = _without(targets[part], *in_double(part))
        return fit, left_out
    single, few, leverage = np.float32(whole), np.float32(slopes), np.empty(len(rows))
    for part, found in zip(parts, held, strict=True):
        fitted = found.T @ few
        inner = solve_triangular(single, found, lower=True, overwrite_b=True)
        left_out[part], leverage[part] = _without(targets[part], fitted, inner)
    alone = np.flatnonzero(~(leverage < ALONE))
    if len(alone):
        left_out[alone], _ = _without(targets[alone], *in_double(alone))
    return fit, left_out


def _without(
    targets: FloatArray, fitted: FloatArray, inner: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Predict rows by the others, and give their leverages."""
    leverage = np.sum(inner**2, axis=0)
    free = np.maximum(1.0 - leverage, SMALLEST)
    return targets - (targets - fitted) / free[:, None], leverage
