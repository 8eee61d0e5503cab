"""Numbers from few labels or many by a pool of members."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray
from contextures._checks import check_share
from contextures.exceptions import InputError
from contextures.prediction.base import PooledPrediction
from contextures.prediction.limits import limit_left_out, limit_numbers
from contextures.regression.targets import check_length, read_numbers


class ContextureRegressor(RegressorMixin, PooledPrediction):
    """Predict numbers from the labels there are, few or many, by a weighted average of models.

    With few labels, members are kernel ridge regressions on label-free contexts of all rows, at
    several levels of association, and on plain kernels, the lasso, and forests. From 300 labels on
    they are kernels whose widths the labels chose, cross-fitted boosting, and forests. Each
    predicts its labelled rows without their own label, and these predictions alone decide the
    weights.

    Parameters
    ----------
    members : list of str, Member or estimator, optional
        Names of members ("contexts", "contexts^2", "local", "linear", "gaussian", "laplace",
        "additive", "sparse", "trees", "forest", "mean"; for many labels "width", "widths",
        "boosted", "boosted shallow", "boosted random", "boosted slow" and "boosted few" too),
        members of one's own, and estimators of scikit-learn's kind, which are cross-fitted. None
        chooses by the number of labels and the effort; "default" stands for that choice in a list.
        "mean" is always one.
    effort : {"fast", "default", "best"}, default="default"
        How much time the chosen members may take: "fast" fits about half of them, "best" all that
        there are. With few labels "best" is the default.
    standardize : bool or "auto", default="auto"
        Whether each column is brought to unit variance. "auto" does so unless the columns share a
        unit, as pixels, coordinates of an embedding and prepared features do: nine in ten then
        have a range of at most ten times what one in ten have.
    random_state : int, RandomState or None, default=None
        The seed of the forests and of random parts of many rows; None stands for a fixed one.
    n_jobs : int, optional
        How many members are fitted at once, in threads: one when None, as many as there are cores
        when -1. More hold more in memory.
    verbose : bool, default=False
        Whether to print how long the fit is expected to take, right to a factor of three or so. It
        is logged by "contextures.prediction" in any case.

    Attributes
    ----------
    leaderboard_ : pandas.DataFrame
        The members, largest weight first: "member", "weight", "left_out_error" (mean squared, in
        units of the labels' variance), "left_out_score" (R squared) and "seconds" to fit; members
        that share a context share its time, counted with the first of them.
    weights_ : ndarray of shape (M,)
        The weights in the order of ``members``.
    left_out_ : ndarray of shape (k,)
        Predictions of the labelled rows, for which neither the members nor the weights saw the
        row's label.
    left_out_score_ : float
        Their R squared: about what is to be expected of new rows.
    n_labelled_ : int
        k, the number of labelled rows.
    n_features_in_ : int
        The number of columns of X.

    Notes
    -----
    Weights are on the simplex, minimise the squared left-out error and are held to a prior with a
    strength of k^(-1/2) (``prediction/pool.py``); the prior gives little to high powers of local
    contexts, which do harm where there are no clusters. A member that predicts worse than the
    mean, by more than chance explains, is left out, and none is believed further outside the
    labels' range than half of it.

    With many labels the prior's strength is 1 / k instead, so that the left-out errors decide. The
    widths and rounds of members are cross-fitted too: no row's label has a say in its own
    prediction, but for the number of rounds of boosting that all folds share.

    Dense contexts are fitted to 2,000 rows at most and the local one to 20,000, all labelled ones
    and a random part of the others; kernels to 2,000 labelled rows at most. All rows are predicted.

    References
    ----------
    arXiv 2402.00645 (spectrally transformed kernel regression).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures import ContextureRegressor
    >>> angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 800)
    >>> X = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> truth = np.sin(3 * angle)
    >>> model = ContextureRegressor().fit(X, np.where(np.arange(800) < 40, truth, np.nan))
    >>> float(np.corrcoef(model.predict(X), truth)[0, 1]) > 0.95
    True
    >>> model.predict_interval(X, coverage=0.9).shape
    (800, 2)
    """

    left_out_: FloatArray
    left_out_score_: float

    def __init__(
        self,
        members: Any = None,
        *,
        effort: Any = "default",
        standardize: Any = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: Any = False,
    ) -> None:
        self.members = members
        self.effort = effort
        self.standardize = standardize
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
            Their numbers; NaN where there is none.

        Returns
        -------
        Self
            The fitted regressor.

        Raises
        ------
        InputError
            If there are not two labels, y has several columns, a column of X holds no numbers or
            a member is not known.

        Warns
        -----
        ContextWarning
            If a member cannot be fitted to these rows and is left out.
        """
        rows = self._check_rows(X, reset=True)
        numbers = read_numbers(y)
        if numbers.ndim == 2 and numbers.shape[1] != 1:
            raise InputError(
                f"y has {numbers.shape[1]} columns, but one number a row is predicted; fit one "
                "regressor for each column, or STKRRegressor for all"
            )
        if numbers.ndim == 2:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected; give y.ravel()",
                DataConversionWarning,
                stacklevel=2,
            )
            numbers = numbers.ravel()
        check_length(len(numbers), len(rows))
        labelled = np.flatnonzero(~np.isnan(numbers))
        labels = numbers[labelled]
        self._mean, self._scale = float(labels.mean()), float(labels.std()) or 1.0
        self._labels = (labels - self._mean) / self._scale
        pooled, _ = self._fit_members(
            rows,
            labelled,
            self._labels[:, None],
            lambda values: limit_left_out(values, self._labels),
            classes=False,
        )
        total = float(np.mean(self._labels**2)) or 1.0
        score = 1 - self.leaderboard_["left_out_error"] / total
        self.leaderboard_.insert(3, "left_out_score", score)
        residuals = self._labels - pooled[:, 0]
        self.left_out_score_ = 1 - float(np.mean(residuals**2)) / total
        self.left_out_ = self._mean + self._scale * pooled[:, 0]
        self._residuals = np.sort(np.abs(residuals)) * self._scale
        return self

    def predict(self, X: Any) -> FloatArray:
        """Predict the numbers of rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like or data frame of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n,)
            The numbers.
        """
        return self._told(self._asked(X))

    def _told(self, rows: FloatArray) -> FloatArray:
        found = self._pooled(rows, lambda values: limit_numbers(values, self._labels))
        return np.asarray(self._mean + self._scale * found[:, 0])

    def predict_interval(self, X: Any, coverage: float = 0.9) -> FloatArray:
        """Give intervals that hold about a share ``coverage`` of the numbers of new rows.

        The prediction, less and plus a quantile of the left-out residuals, chosen as in conformal
        prediction (the jackknife): all rows have intervals of one width. The coverage is about
        right on average over rows like the labelled ones; it is not guaranteed row by row.

        Parameters
        ----------
        X : array-like or data frame of shape (n, p)
            The rows.
        coverage : float
            Between 0 and 1.

        Returns
        -------
        ndarray of shape (n, 2)
            Lower and upper ends.

        Raises
        ------
        InputError
            If there are too few labels for so high a coverage.
        """
        half, middle = self.half_width(coverage), self.predict(X)
        return np.column_stack([middle - half, middle + half])

    def half_width(self, coverage: float = 0.9) -> float:
        """Give half the width of :meth:`predict_interval`, the same for all rows.

        Parameters
        ----------
        coverage : float
            Between 0 and 1.

        Returns
        -------
        float
            In units of the numbers.

        Raises
        ------
        InputError
            If there are too few labels for so high a coverage.
        """
        check_is_fitted(self)
        return float(self._residuals[_place(coverage, len(self._residuals)) - 1])

    def left_out_interval(self, coverage: float = 0.9) -> FloatArray:
        """Give intervals for the labelled rows, as if they had no label.

        The same about ``left_out_``, with the quantile of the other rows' left-out residuals.

        Parameters
        ----------
        coverage : float
            Between 0 and 1.

        Returns
        -------
        ndarray of shape (k, 2)
            Lower and upper ends.

        Raises
        ------
        InputError
            If there are too few labels for so high a coverage.
        """
        check_is_fitted(self)
        k = len(self._residuals)
        place = _place(coverage, k - 1)
        own = np.abs(self._mean + self._scale * self._labels - self.left_out_)
        # Without its own, the residuals from there on move up by one.
        rank = np.argsort(np.argsort(own, kind="stable"), kind="stable")
        half = np.where(rank < place, self._residuals[place], self._residuals[place - 1])
        return np.column_stack([self.left_out_ - half, self.left_out_ + half])


def _place(coverage: float, k: int) -> int:
    """Say which of k ordered residuals covers so large a share, a new one counted among them."""
    share = check_share(coverage, "coverage")
    place = int(np.ceil(share * (k + 1) - 1e-9))
    if place > k:
        raise InputError(
            f"coverage={coverage} needs at least {int(np.ceil(share / (1 - share) - 1e-9))} "
            f"labelled rows, but there are {k}; give a lower coverage or more labels"
        )
    return place
