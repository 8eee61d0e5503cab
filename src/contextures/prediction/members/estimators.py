"""An estimator of somebody else's as a member, cross-fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int
from contextures.exceptions import InputError
from contextures.prediction.members.base import FittedMember, Member, Problem


class EstimatorMember(Member):
    """A scikit-learn estimator, fitted to the labelled rows.

    Its labelled rows are predicted by clones that were fitted without their fold.

    Parameters
    ----------
    estimator : estimator
        With ``predict_proba`` for classes, ``predict`` for numbers. It gets columns of mean zero
        and unit variance, numbers likewise, and classes as whole numbers from zero.
    name : str, optional
        The name on the leaderboard; the estimator's class when None.
    prior : float
        The weight before labels are looked at.
    n_folds : int
        How many folds, at most one for each label.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from contextures.prediction import EstimatorMember
    >>> EstimatorMember(LogisticRegression()).name
    'LogisticRegression'
    """

    def __init__(
        self, estimator: Any, *, name: str | None = None, prior: float = 1.0, n_folds: int = 5
    ) -> None:
        self.estimator = estimator
        self.name = type(estimator).__name__ if name is None else name
        self.prior = prior
        self.n_folds = check_positive_int(n_folds, "n_folds", least=2)

    def fit(self, problem: Problem) -> FittedMember:
        """Fit the estimator, and once without each fold; see :meth:`Member.fit`."""
        if problem.classes and not hasattr(self.estimator, "predict_proba"):
            raise InputError(
                f"{type(self.estimator).__name__} has no predict_proba; give a classifier that "
                "tells chances"
            )
        rows, targets = problem.rows[problem.labelled], problem.targets
        fold = folds(targets, problem.classes, self.n_folds, problem.seed)
        left_out = np.empty_like(targets)
        for each in np.unique(fold):
            away = fold == each
            part = self._fitted(rows[~away], targets[~away], problem.classes)
            left_out[away] = part.values(rows[away])
        found = self._fitted(rows, targets, problem.classes)
        found.left_out = left_out
        return found

    def _fitted(self, rows: FloatArray, targets: FloatArray, classes: bool) -> _Fitted:
        given = targets.argmax(axis=1) if classes else targets[:, 0]
        if classes and len(np.unique(given)) < 2:  # which most classifiers refuse
            return _Fitted(None, classes, targets.mean(axis=0))
        model = clone(self.estimator).fit(rows, given)
        return _Fitted(model, classes, targets.mean(axis=0))


class _Fitted(FittedMember):
    def __init__(self, model: Any, classes: bool, mean: FloatArray) -> None:
        self._model, self._classes, self._mean = model, classes, mean

    def values(self, rows: FloatArray) -> FloatArray:
        """Ask the estimator; classes that it has not seen have no chance."""
        if self._model is None:
            return np.tile(self._mean, (len(rows), 1))
        if not self._classes:
            return np.asarray(self._model.predict(rows), dtype=np.float64).reshape(-1, 1)
        found = np.zeros((len(rows), len(self._mean)))
        found[:, self._model.classes_] = self._model.predict_proba(rows)
        return found


def folds(targets: FloatArray, classes: bool, n_folds: int, seed: int) -> IntArray:
    """Deal labelled rows to folds at random, each class evenly.

    Parameters
    ----------
    targets : ndarray of shape (k, q)
        The targets.
    classes : bool
        Whether they are indicators of classes.
    n_folds : int
        How many folds, if there are as many rows.
    seed : int
        Of the draw.

    Returns
    -------
    ndarray of int of shape (k,)
        The fold of each row.
    """
    order = np.random.default_rng(seed).permutation(len(targets))
    if classes:
        order = order[np.argsort(targets[order].argmax(axis=1), kind="stable")]
    fold = np.empty(len(targets), dtype=np.intp)
    fold[order] = np.arange(len(targets)) % min(n_folds, len(targets))
    return fold
