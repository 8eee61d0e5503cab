"""Weights of members, from predictions that never saw the row's own label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax

from contextures._arrays import FloatArray
from contextures.prediction.calibration import best_sharpness, tempered, with_companions
from contextures.prediction.members.estimators import folds
from contextures.prediction.say import say_of_rows

SHRINK = 0.2
"""How strongly weights are held to the prior: times k^(-1/2) and the median member's error."""

DOUBT = 1.0
"""Of few numbers, members up to 1 + DOUBT k^(-1/2) times the error of the mean are weighed: so far
off by chance is what k squared errors may be. Chances were brought to the labels' scale before, so
that members of classes which are worse than the mean are so for a reason."""

LIGHT = 1.0
"""The same with many labels: times 1 / k and the least error. It is what one label has to say."""

N_FOLDS = 20
"""Folds by which weights are cross-fitted."""

SOUND = 6.0
"""Labels beyond the first of each class at which left-out errors have half the say in the weights.
It is the number of errors that tells what weights are worth, not how many there are of a class."""


@dataclass(frozen=True)
class Prior:
    """What is known of members before labels are looked at.

    Attributes
    ----------
    shares : ndarray of shape (M,)
        Weights, up to a factor.
    few : ndarray of shape (M,)
        Weights where there are too few labels of each class to choose by, up to a factor.
    mean : int
        Which member is the mean of the labels.
    """

    shares: FloatArray
    few: FloatArray
    mean: int


@dataclass(frozen=True)
class Pool:
    """Weighted members.

    Attributes
    ----------
    weights : ndarray of shape (M,)
        At least zero, summing to one.
    sharpness : ndarray of shape (M,)
        The power of each member's chances; empty for numbers.
    floor : float
        What chances are not believed to be below.
    geometric : bool
        Whether logarithms of chances are averaged rather than chances.
    """

    weights: FloatArray
    sharpness: FloatArray
    floor: float = 0.0
    geometric: bool = False

    def adjusted(self, place: int, values: FloatArray) -> FloatArray:
        """Give one member's predictions as they are averaged."""
        if not len(self.sharpness):
            return values
        return np.exp(tempered(values, self.floor, float(self.sharpness[place])))

    def average(self, values: Mapping[int, FloatArray] | FloatArray) -> FloatArray:
        """Average members' predictions: of all, of shape (M, n, q), or of those with a weight."""
        places = values.items() if isinstance(values, Mapping) else enumerate(values)
        parts = [(self.weights[place], self.adjusted(place, each)) for place, each in places]
        if not self.geometric:
            return np.asarray(sum(weight * each for weight, each in parts))
        # A power of a chance may be too small for a number; its logarithm is not.
        tiny = np.finfo(np.float64).tiny
        total = sum(weight * np.log(np.maximum(each, tiny)) for weight, each in parts)
        return np.asarray(softmax(total, axis=1))


def fit_pool(
    left_out: FloatArray, targets: FloatArray, prior: Prior, classes: bool, many: bool = False
) -> Pool:
    """Weigh members, and for classes bring their chances to one scale first.

    A ridge shrinks chances towards each other, a forest does not, so that an average would follow
    whoever is boldest. Each member's chances are raised to the power that its left-out predictions
    deserve, and weighed then. With k labels of q classes the weights are, to a share of
    (k - q) / (k - q + SOUND), those that left-out errors ask for, and ``prior.few`` for the rest:
    one label a class cannot be left out at all.

    Parameters
    ----------
    left_out : ndarray of shape (M, k, q)
        The members' predictions.
    targets : ndarray of shape (k, q)
        What they predict.
    prior : Prior
        What is known before.
    classes : bool
        Whether the targets are indicators of classes.
    many : bool
        Whether there are so many labels that they alone decide; logarithms of chances are averaged
        then.

    Returns
    -------
    Pool
        The weights and powers.
    """
    if not classes:
        doubt, errors = 0.0 if many else DOUBT, targets - left_out
        if many:  # of few labels the tails say too much to do without
            errors = errors * np.sqrt(say_of_rows(errors))[:, None]
        weights = pool_weights(errors, prior.shares, prior.mean, many=many, doubt=doubt)
        return Pool(weights, np.empty(0))
    few = prior.few / prior.few.sum()
    k, q = targets.shape
    floor = 0.5 / (k + q)
    # A row that is the only one of its class is left out along with the class.
    told = np.flatnonzero(with_companions(targets))
    if not len(told):
        return Pool(few, np.ones(len(few)), floor)
    left_out, targets = left_out[:, told], targets[told]
    sharpness = np.array([best_sharpness(each, targets, floor) for each in left_out])
    pool = Pool(few, sharpness, floor)
    if many:
        chances = [pool.adjusted(place, each) for place, each in enumerate(left_out)]
        weights = log_weights(np.array(chances), targets, prior.shares, prior.mean)
        return Pool(weights, sharpness, floor, geometric=True)
    errors = targets - np.array([pool.adjusted(*each) for each in enumerate(left_out)])
    beyond = k - q
    trusted = beyond / (beyond + SOUND) if beyond > 0 else 0.0
    chosen = pool_weights(errors, prior.shares, prior.mean)
    return Pool(trusted * chosen + (1 - trusted) * few, sharpness, floor)


def pool_weights(
    errors: FloatArray, prior: FloatArray, mean: int, *, many: bool = False, doubt: float = 0.0
) -> FloatArray:
    """Weigh members on the simplex.

    Minimises the squared left-out error of the weighted average, plus SHRINK k^(-1/2) e times the
    chi-squared distance sum_m (w_m - p_m)^2 / p_m to the prior p, where e is the median error of
    the members. Members that predict worse than the mean does, by more than ``doubt`` allows, are
    left out first, so one that is wildly off has no say, however strong the shrinkage.

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
    many : bool
        With many labels the penalty is LIGHT / k times the least error of a member instead.
    doubt : float
        Members up to 1 + doubt k^(-1/2) times the error of the mean are weighed.

    Returns
    -------
    ndarray of shape (M,)
        At least zero, summing to one.
    """
    k = errors.shape[1]
    flat = errors.reshape(len(errors), -1)
    sizes = np.array([_size(each, k) for each in flat])
    size = float(sizes[mean])
    kept = np.flatnonzero(sizes <= size * (1.0 + doubt * k**-0.5))
    weights = np.zeros(len(errors))
    if not size > 0:  # all labels are alike
        weights[mean] = 1.0
        return weights
    moments = flat[kept] @ flat[kept].T / (k * size)
    shares = prior[kept] / prior[kept].sum()
    sizes = np.diag(moments)
    strength = LIGHT / k * sizes.min() if many else SHRINK * k**-0.5 * np.median(sizes)
    # The floor keeps Q definite where members make no error at all.
    moments += np.diag(max(float(strength), 1e-9) / shares)
    found = _nonnegative(moments)
    weights[kept] = found / found.sum()
    return weights


def log_weights(
    chances: FloatArray, targets: FloatArray, prior: FloatArray, mean: int
) -> FloatArray:
    """Weigh members for an average of logarithms of chances.

    Minimises over v >= 0 the left-out log-loss of chances in proportion to prod_m p_m^(v_m), plus
    LIGHT / 2k times the chi-squared distance to the prior; members of a larger log-loss than the
    mean's are left out first. The weights are v over its sum: how sharp the average is to be, its
    own power says.

    Parameters
    ----------
    chances : ndarray of shape (M, k, q)
        Left-out chances, none of them zero.
    targets : ndarray of shape (k, q)
        Indicators of the classes.
    prior, mean
        As for :func:`pool_weights`.

    Returns
    -------
    ndarray of shape (M,)
        At least zero, summing to one.

    References
    ----------
    Genest and Zidek, "Combining probability distributions" (1986), section 3: logarithmic pools.
    """
    from scipy.optimize import minimize

    logs = np.log(np.maximum(chances, np.finfo(np.float64).tiny))
    truth = np.einsum("mkq,kq->mk", logs, targets)
    losses = -truth.mean(axis=1)
    # The mean would only shift all rows alike.
    kept = np.flatnonzero(losses < losses[mean])
    if not len(kept):
        return np.asarray(np.arange(len(chances)) == mean, dtype=np.float64)
    shares, k = prior[kept] / prior[kept].sum(), len(targets)
    logs, told = logs[kept], truth[kept].mean(axis=1)

    def loss(powers: FloatArray) -> tuple[float, FloatArray]:
        total = np.tensordot(powers, logs, 1)
        found = log_softmax(total, axis=1)
        value = float(np.mean(total[:, 0] - found[:, 0])) - float(powers @ told)
        slopes = np.einsum("mkq,kq->m", logs, np.exp(found)) / k - told
        away = (powers - shares) / shares
        return (
            value + LIGHT / (2 * k) * float(away @ (powers - shares)),
            slopes + LIGHT / k * away,
        )

    result = minimize(loss, shares, jac=True, method="L-BFGS-B", bounds=[(0.0, 20.0)] * len(kept))
    weights = np.zeros(len(chances))
    weights[kept] = result.x
    if not weights.sum() > 0:
        weights[mean] = 1.0
    return np.asarray(weights / weights.sum())


def pooled_left_out(
    left_out: FloatArray,
    targets: FloatArray,
    prior: Prior,
    classes: bool,
    many: bool = False,
) -> FloatArray:
    """Average left-out predictions by a pool that did not see the row's label either.

    Weights and powers are fitted without each of 20 folds of the labelled rows, and average that
    fold.

    Parameters
    ----------
    left_out, targets, prior, classes, many
        As for :func:`fit_pool`.

    Returns
    -------
    ndarray of shape (k, q)
        The pool's predictions.
    """
    fold = folds(targets, classes, N_FOLDS, seed=0)
    pooled = np.empty_like(targets)
    for each in np.unique(fold):
        away = fold == each
        pool = fit_pool(left_out[:, ~away], targets[~away], prior, classes, many)
        pooled[away] = pool.average(left_out[:, away])
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
