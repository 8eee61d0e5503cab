"""Classes from few labels or many by a pool of members."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from contextures._arrays import FloatArray
from contextures.prediction.base import PooledPrediction
from contextures.prediction.calibration import (
    best_sharpness,
    calibration_error,
    cross_tempered,
    sharpness_for,
    tempered,
    with_companions,
)
from contextures.prediction.limits import limit_chances
from contextures.prediction.members.estimators import folds
from contextures.prediction.pool import N_FOLDS
from contextures.regression.targets import check_length, read_classes

ONE_EACH = 2 / 3
"""How surely rows with the only label of their class are told: by the rule of succession."""


class ContextureClassifier(ClassifierMixin, PooledPrediction):
    """Classify rows from the labels there are, few or many, by a weighted average of models.

    With few labels, members are kernel ridge regressions of the classes' indicators on label-free
    contexts of all rows, at several levels of association, and on plain kernels, the lasso, and
    forests. From
    300 labels on (and 20 a class) they are kernels whose widths the labels chose, cross-fitted
    boosting, and forests. Each predicts its labelled rows without their own label, and these
    predictions alone decide the weights.

    Parameters
    ----------
    members : list of str, Member or estimator, optional
        As for :class:`ContextureRegressor`.
    effort : {"fast", "default", "best"}, default="default"
        As for :class:`ContextureRegressor`.
    standardize : bool or "auto", default="auto"
        As for :class:`ContextureRegressor`.
    unlabelled : object, default=-1
        What stands for no label in y, besides None and NaN; None for nothing else.
    random_state : int, RandomState or None, default=None
        As for :class:`ContextureRegressor`.
    n_jobs : int, optional
        How many members are fitted at once, in threads: one when None, as many as there are cores
        when -1. More hold more in memory.
    verbose : bool, default=False
        As for :class:`ContextureRegressor`.

    Attributes
    ----------
    classes_ : ndarray of shape (q,)
        The classes among the labels.
    leaderboard_ : pandas.DataFrame
        The members, largest weight first: "member", "weight", "left_out_error" (Brier's score, the
        squared errors summed over classes), "left_out_score" (accuracy) and "seconds" to fit;
        members that share a context share its time, counted with the first of them.
    weights_ : ndarray of shape (M,)
        The weights in the order of ``members``.
    left_out_ : ndarray of shape (k, q)
        Chances of the labelled rows, for which neither the members nor the weights nor the power
        saw the row's label.
    left_out_score_ : float
        Their accuracy: about what is to be expected of new rows. Rows that are the only ones of
        their class are not counted, here and below, since their class is left out with them; NaN
        if all are.
    calibration_error_ : float
        Their expected calibration error, in ten bins of the most likely class's chance. With few
        labels it is far above zero by chance alone.
    n_labelled_ : int
        k, the number of labelled rows.
    n_features_in_ : int
        The number of columns of X.

    Notes
    -----
    As for :class:`ContextureRegressor`, with Brier's score for the squared error; members' values
    below zero count as zero. Each member's chances are raised to a power before they are averaged,
    and the average once more: the one that minimises the log-loss of left-out chances under a
    normal prior on its logarithm. No chance is taken to be below 1 / (2 (k + q)) before.

    With k labels of q classes, left-out errors decide over a share of (k - q) / (k - q + 6) of the
    weights; the rest goes to the member "local". So with one label a class this is nearly
    :class:`contextures.regression.STKRClassifier`.

    With many labels, logarithms of chances are averaged: the weights minimise the left-out log-loss
    of the product of the members' powers (``log_weights`` in ``prediction/pool.py``).

    References
    ----------
    arXiv 2402.00645 (spectrally transformed kernel regression); Genest and Zidek, "Combining
    probability distributions" (1986).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from contextures import ContextureClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> order = np.random.default_rng(0).permutation(150)
    >>> X, y = X[order], y[order]
    >>> model = ContextureClassifier().fit(X, np.where(np.arange(150) < 20, y, -1))
    >>> float(np.mean(model.predict(X[20:]) == y[20:])) > 0.9
    True
    >>> model.leaderboard_.columns.tolist()
    ['member', 'weight', 'left_out_error', 'left_out_score', 'seconds']
    """

    classes_: NDArray[Any]
    left_out_: FloatArray
    left_out_score_: float
    calibration_error_: float

    def __init__(
        self,
        members: Any = None,
        *,
        effort: Any = "default",
        standardize: Any = "auto",
        unlabelled: Any = -1,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: Any = False,
    ) -> None:
        self.members = members
        self.effort = effort
        self.standardize = standardize
        self.unlabelled = unlabelled
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the members to all rows and the labels there are, and weigh them.

        Parameters
        ----------
        X : array-like or data frame of shape (n, p)
            All rows, in columns of numbers.
        y : array-like of shape (n,)
            Their labels; -1 (or ``unlabelled``), None or NaN for those without.

        Returns
        -------
        Self
            The fitted classifier.

        Raises
        ------
        InputError
            If there are not two labelled rows of two classes, a column of X holds no numbers or
            a member is not known.

        Warns
        -----
        ContextWarning
            If a member cannot be fitted to these rows and is left out.
        """
        rows = self._check_rows(X, reset=True)
        self.classes_, codes = read_classes(y, self.unlabelled)
        check_length(len(codes), len(rows))
        labelled = np.flatnonzero(codes >= 0)
        indicators = np.eye(len(self.classes_))[codes[labelled]]
        k = len(indicators)
        self._shares = indicators.mean(axis=0)
        others = (indicators.sum(axis=0) - indicators) / (k - 1)
        pooled, left_out = self._fit_members(
            rows,
            labelled,
            indicators,
            lambda values: limit_chances(values, others),
            classes=True,
        )
        truth = codes[labelled]
        told = with_companions(indicators)
        if not told.any():
            self._start_from_one_each(rows[labelled], indicators)
        right = (
            np.mean(left_out[:, told].argmax(axis=2) == truth[told], axis=1)
            if told.any()
            else np.nan
        )
        # The board is sorted by weight, stably; so are the accuracies.
        order = np.argsort(-self.weights_, kind="stable")
        self.leaderboard_.insert(3, "left_out_score", np.broadcast_to(right, len(order))[order])
        self._sharpness = best_sharpness(pooled[told], indicators[told], self._floor)
        fold = folds(indicators, True, N_FOLDS, seed=0)
        self.left_out_ = cross_tempered(pooled, indicators, self._floor, fold)
        likely = self.left_out_.argmax(axis=1) == truth
        self.left_out_score_ = float(np.mean(likely[told])) if told.any() else float("nan")
        self.calibration_error_ = (
            calibration_error(self.left_out_[told], indicators[told])
            if told.any()
            else float("nan")
        )
        return self

    def _start_from_one_each(self, rows: FloatArray, indicators: FloatArray) -> None:
        """Make up for what one label a class cannot say: how sure to be."""
        standardised = self._standardised(rows)
        for place in np.flatnonzero(self.weights_):
            values = limit_chances(self._members[place].values(standardised), self._shares)
            self._powers[place] = sharpness_for(values, indicators, self._floor, ONE_EACH)

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the class of rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like or data frame of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n,)
            The most likely classes.
        """
        likely = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[likely])

    def predict_proba(self, X: Any) -> FloatArray:
        """Give the chances of the classes.

        Parameters
        ----------
        X : array-like or data frame of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n, q)
            One column for each of ``classes_``; rows sum to one.
        """
        return self._told(self._asked(X))

    def _told(self, rows: FloatArray) -> FloatArray:
        found = self._pooled(rows, lambda values: limit_chances(values, self._shares))
        return np.exp(tempered(found, self._floor, self._sharpness))
