"""The member for targets that few columns tell: a linear function by the lasso."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lasso_path

from contextures._arrays import FloatArray
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.contexts import with_others
from contextures.prediction.members.estimators import folds
from contextures.regression.choice import weigh

PENALTIES = np.geomspace(3.0, 0.01, 25)
"""The same whatever the labels, which would have had a say in their own predictions else; numbers
have unit variance and columns about, so that the first ones leave no column."""

N_FOLDS = 5

MOST_STEPS = 500
"""Steps of coordinate descent for one penalty: the last ones of a path are hardly ever needed."""


class SparseMember(Member):
    """Linear regression with the lasso's penalty, averaged over penalties.

    Classes are their indicators, as for the kernels. Each labelled row is predicted by paths that
    its fold had no part in, weighed by errors of the other folds that it had no part in either.
    Where few of many columns matter it is far ahead of the kernels, which use all; elsewhere it
    adds little, so its weight before labels are looked at is less than theirs.

    References
    ----------
    Tibshirani, "Regression shrinkage and selection via the lasso" (1996).

    Examples
    --------
    >>> from contextures.prediction import SparseMember
    >>> SparseMember().name
    'sparse'
    """

    name, prior = "sparse", 0.7

    def fit(self, problem: Problem) -> FittedMember:
        """Fit the labelled rows, up to 2,000 of them; see :meth:`Member.fit`."""
        rows = problem.rows[problem.labelled[problem.core]]
        targets = problem.targets[problem.core]
        fold = folds(targets, problem.classes, N_FOLDS, problem.seed)
        fits: dict[frozenset[int], tuple[FloatArray, FloatArray]] = {}

        def told(place: int, *gone: int) -> FloatArray:
            """Predict a fold by all paths of rows outside some folds, fitted once for each pair."""
            key = frozenset(gone)
            if key not in fits:
                kept = ~np.isin(fold, gone)
                fits[key] = paths(rows[kept], targets[kept])
            slopes, constants = fits[key]
            return np.asarray(rows[fold == place] @ slopes + constants[:, None])

        without = np.empty((len(PENALTIES), *targets.shape))
        left_out = np.empty_like(targets)
        for one in np.unique(fold):
            away = fold == one
            without[:, away] = told(one, one)
            # Others' errors tell of this fold's labels, unless they are predicted without it.
            others = np.empty_like(without)
            for other in np.unique(fold[~away]):
                others[:, fold == other] = told(other, other, one)
            shares = _shares(targets[~away], others[:, ~away])
            left_out[away] = np.tensordot(shares, without[:, away], 1)
        shares = _shares(targets, without)
        slopes, constants = paths(rows, targets)
        found = _Fitted(np.tensordot(shares, slopes, 1), shares @ constants)
        found.left_out = with_others(found, problem, left_out)
        return found


def _shares(targets: FloatArray, without: FloatArray) -> FloatArray:
    if not len(targets):
        return np.full(len(PENALTIES), 1.0 / len(PENALTIES))
    errors = np.sum((targets - without) ** 2, axis=2).mean(axis=1)
    return weigh(errors, len(targets))


def paths(rows: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit linear functions, of each target for each of ``PENALTIES``.

    A penalty is the factor of the sum of absolute slopes, beside half the mean squared error.

    Parameters
    ----------
    rows : ndarray of shape (k, p)
        Rows; without any, all is zero.
    targets : ndarray of shape (k, q)
        Their targets.

    Returns
    -------
    slopes : ndarray of shape (a, p, q)
        Of each target's function.
    constants : ndarray of shape (a, q)
        What is added.
    """
    slopes = np.zeros((len(PENALTIES), rows.shape[1], targets.shape[1]))
    if not len(rows):
        return slopes, np.zeros((len(PENALTIES), targets.shape[1]))
    centre, mean = rows.mean(axis=0), targets.mean(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for place, target in enumerate((targets - mean).T):
            if np.ptp(target) > 0:
                how = {"alphas": PENALTIES, "max_iter": MOST_STEPS, "tol": 1e-4}
                slopes[:, :, place] = lasso_path(rows - centre, target, **how)[1].T
    return slopes, mean - np.einsum("p,apq->aq", centre, slopes)


class _Fitted(FittedMember):
    in_blocks = True

    def __init__(self, slopes: FloatArray, constants: FloatArray) -> None:
        self._slopes, self._constants = slopes, constants

    def values(self, rows: FloatArray) -> FloatArray:
        """Give the linear function."""
        return np.asarray(rows @ self._slopes) + self._constants
