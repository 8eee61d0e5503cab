"""Weights of members, from predictions that never saw the row's own label."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray
from contextures.prediction.members.estimators import folds

SHRINK = 0.3
"""How strongly weights are held to the prior: times k^(-1/2) and the median member's error."""

N_FOLDS = 20
"""Folds by which weights are cross-fitted."""


def pool_weights(errors: FloatArray, prior: FloatArray, mean: int) -> FloatArray:
    """Weigh members on the simplex.

    Minimises the squared left-out error of the weighted average, plus SHRINK k^(-1/2) e times the
    chi-squared distance sum_m (w_m - p_m)^2 / p_m to the prior p, where e is the median error of
    the members. Members that predict worse than the mean does are left out first, so one that is
    wildly off has no say, however strong the shrinkage.

    On the simplex the objective is w^T Q w with Q the errors' second moments plus the penalty's
    diagonal, so w is in proportion to the v >= 0 that minimises v^T Q v / 2 - sum v.

    Parameters
    ----------
    errors : ndarray of shape (M, k, q)
        Target less left-out prediction, of each member.
    prior : ndarray of shape (M,)
        p, above zero, up to a factor.
    mean : int
        Which member is the mean.

    Returns
    -------
    ndarray of shape (M,)
        At least zero, summing to one.
    """
    k = errors.shape[1]
    flat = errors.reshape(len(errors), -1)
    sizes = np.array([_size(each, k) for each in flat])
    size = float(sizes[mean])
    kept = np.flatnonzero(sizes <= size)
    weights = np.zeros(len(errors))
    if not size > 0:  # all labels are alike
        weights[mean] = 1.0
        return weights
    moments = flat[kept] @ flat[kept].T / (k * size)
    shares = prior[kept] / prior[kept].sum()
    strength = SHRINK * k**-0.5 * float(np.median(np.diag(moments)))
    # The floor keeps Q definite where members make no error at all.
    moments += np.diag(max(strength, 1e-9) / shares)
    found = _nonnegative(moments)
    weights[kept] = found / found.sum()
    return weights


def pooled_left_out(
    left_out: FloatArray, targets: FloatArray, prior: FloatArray, mean: int, classes: bool
) -> FloatArray:
    """Average left-out predictions by weights that did not see the row's label either.

    Weights are fitted without each of 20 folds of the labelled rows, and average that fold.

    Parameters
    ----------
    left_out : ndarray of shape (M, k, q)
        The members' predictions.
    targets : ndarray of shape (k, q)
        What they predict.
    prior, mean
        As for :func:`pool_weights`.
    classes : bool
        Whether the targets are indicators of classes, which folds hold evenly.

    Returns
    -------
    ndarray of shape (k, q)
        The pool's predictions.
    """
    errors = targets - left_out
    fold = folds(targets, classes, N_FOLDS, seed=0)
    pooled = np.empty_like(targets)
    for each in np.unique(fold):
        away = fold == each
        weights = pool_weights(errors[:, ~away], prior, mean)
        pooled[away] = np.tensordot(weights, left_out[:, away], 1)
    return pooled


def _nonnegative(matrix: FloatArray) -> FloatArray:
    """Minimise v^T Q v / 2 - sum v over v >= 0, by the active sets of Lawson and Hanson."""
    found = np.zeros(len(matrix))
    free = np.zeros(len(matrix), dtype=bool)
    for _ in range(10 * len(matrix)):
        slopes = np.where(free, -np.inf, 1.0 - matrix @ found)
        best = int(slopes.argmax())
        if slopes[best] <= 1e-10:
            break
        free[best] = True
        while True:
            goal = np.zeros(len(matrix))
            goal[free] = np.linalg.solve(matrix[np.ix_(free, free)], np.ones(int(free.sum())))
            bad = free & (goal <= 0)
            if not bad.any():
                found = goal
                break
            # As far as all stay above zero; whoever reaches zero is held there.
            steps = found[bad] / (found[bad] - goal[bad])
            found = np.maximum(found + steps.min() * (goal - found), 0.0)
            free &= found > 1e-14
            found[~free] = 0.0
    return found


def _size(errors: FloatArray, k: int) -> float:
    with np.errstate(over="ignore"):
        size = float(errors @ errors) / k
    return size if np.isfinite(size) else np.inf
