"""Linear models that are good for the worst subpopulations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, logsumexp
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from contextures._arrays import FloatArray
from contextures.shift.convex import logistic_losses, softmax_losses
from contextures.shift.robust import Robust


class DistributionallyRobustRegressor(RegressorMixin, Robust):
    """Ridge regression for the worst subpopulations, or without outliers.

    Minimises R(l) + penalty / 2 |w|^2 with l half the squared error of each row and R one of the
    risks. The problem is convex where ``epsilon`` is 0, and solved to a certified gap.

    Parameters
    ----------
    risk : {"cvar", "chi_square", "mean", "group"}, default="cvar"
        Of the losses; ``"mean"`` is ridge regression, and ``"group"`` the largest mean of the
        groups that ``fit`` is given (group DRO).
    alpha : float, default=0.25
        The least share of the subpopulations to guard; 1 for the mean.
    epsilon : float, default=0.0
        The share of outliers to leave out (DORO). The problem is not convex then: rows are left out
        and the model fitted in turn, to a local minimum.
    penalty : float, default=1e-3
        On the squared coefficients; the intercept's is a millionth.
    tol : float, default=1e-4
        The gap to reach, relative to the objective.
    max_iter : int, default=1000
        Of each minimisation.

    Attributes
    ----------
    coef_ : ndarray of shape (d,)
        Coefficients.
    intercept_ : float
        Intercept.
    dual_gap_ : float
        The objective is at most this far above its least value; with outliers left out, given
        which.
    objective_ : float
        Risk and penalty.
    groups_ : ndarray of shape (g,)
        The groups, with ``risk="group"`` only.
    group_weights_ : ndarray of shape (g,)
        The mixture of these groups that the certificate is of, near the least favourable one.
    n_iter_ : int
        Iterations, over all minimisations.

    References
    ----------
    Zhai et al. (2021), "DORO"; dissertation, chapter 6; for groups, Sagawa et al. (2020). The
    certificate is derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.shift import DistributionallyRobustRegressor
    >>> x = np.concatenate([np.zeros(9), np.ones(1)])[:, None]
    >>> model = DistributionallyRobustRegressor(alpha=0.1, penalty=1e-6).fit(x, 2 * x[:, 0] + 1)
    >>> model.predict([[1.0]]).round(2)
    array([3.])
    """

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> DistributionallyRobustRegressor:
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows, best of like scale: coordinates of an encoder, for example.
        y : array-like of shape (n,)
            Numbers.
        sample_weight : array-like of shape (n,), optional
            How much each row counts.
        groups : array-like of shape (n,), optional
            The group of each row, for ``risk="group"``.

        Returns
        -------
        DistributionallyRobustRegressor
            Itself.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = np.asarray(y, dtype=np.float64)
        centre = float(y.mean())

        def losses_of(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
            error = scores[:, 0] - (y - centre)
            return error**2 / 2, error[:, None]

        found = self._solve(X, losses_of, 1, sample_weight, groups)
        self.coef_ = found.weights[:-1, 0]
        self.intercept_ = found.weights[-1, 0] + centre
        return self

    def predict(self, X: Any) -> FloatArray:
        """Predict numbers.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.

        Returns
        -------
        ndarray of shape (n,)
            Predictions.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        found: FloatArray = X @ self.coef_ + self.intercept_
        return found


class DistributionallyRobustClassifier(ClassifierMixin, Robust):
    """Logistic regression for the worst subpopulations, or without outliers.

    Minimises R(l) + penalty / 2 |W|^2 with l the log-loss of each row and R one of the risks. The
    problem is convex where ``epsilon`` is 0, and solved to a certified gap. Deterministic
    classifiers that minimise CVaR of the zero-one loss are those that minimise its mean; the
    log-loss is what makes a difference here.

    Parameters
    ----------
    risk : {"cvar", "chi_square", "mean", "group"}, default="cvar"
        Of the losses; ``"mean"`` is logistic regression, and ``"group"`` the largest mean of the
        groups that ``fit`` is given (group DRO).
    alpha : float, default=0.25
        The least share of the subpopulations to guard; 1 for the mean.
    epsilon : float, default=0.0
        The share of outliers to leave out (DORO). The problem is not convex then: rows are left out
        and the model fitted in turn, to a local minimum.
    penalty : float, default=1e-3
        On the squared coefficients; the intercepts' is a millionth.
    tol : float, default=1e-4
        The gap to reach, relative to the objective.
    max_iter : int, default=1000
        Of each minimisation.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The classes.
    coef_ : ndarray of shape (1 or k, d)
        Coefficients, one row for two classes.
    intercept_ : ndarray of shape (1 or k,)
        Intercepts.
    dual_gap_ : float
        The objective is at most this far above its least value; with outliers left out, given
        which.
    objective_ : float
        Risk and penalty.
    groups_ : ndarray of shape (g,)
        The groups, with ``risk="group"`` only.
    group_weights_ : ndarray of shape (g,)
        The mixture of these groups that the certificate is of, near the least favourable one.
    n_iter_ : int
        Iterations, over all minimisations.

    References
    ----------
    Zhai et al. (2021), "DORO"; dissertation, chapter 6; for groups, Sagawa et al. (2020). The
    certificate is derived.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures.shift import DistributionallyRobustClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = DistributionallyRobustClassifier("chi_square", alpha=0.5, penalty=0.01).fit(X, y)
    >>> model.score(X, y) > 0.95, model.dual_gap_ < 1e-3
    (True, True)
    """

    classes_: Any

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> DistributionallyRobustClassifier:
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows, best of like scale: coordinates of an encoder, for example.
        y : array-like of shape (n,)
            Classes.
        sample_weight : array-like of shape (n,), optional
            How much each row counts.
        groups : array-like of shape (n,), optional
            The group of each row, for ``risk="group"``.

        Returns
        -------
        DistributionallyRobustClassifier
            Itself.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        k = len(self.classes_)
        if k < 2:
            raise ValueError(
                f"y has one class only, {self.classes_[0]!r}; a classifier needs at least 2 classes"
            )
        losses_of = logistic_losses(codes) if k == 2 else softmax_losses(codes)
        found = self._solve(X, losses_of, 1 if k == 2 else k, sample_weight, groups)
        self.coef_, self.intercept_ = found.weights[:-1].T, found.weights[-1]
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Give the scores.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.

        Returns
        -------
        ndarray of shape (n,) or (n, k)
            Log-odds of the second class of two, or a score for each class.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scores: FloatArray = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict_proba(self, X: Any) -> FloatArray:
        """Give the chances of the classes.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.

        Returns
        -------
        ndarray of shape (n, k)
            Chances; rows sum to one.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            second: FloatArray = expit(scores)
            return np.column_stack([1 - second, second])
        found: FloatArray = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        return found

    def predict(self, X: Any) -> Any:
        """Predict classes.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.

        Returns
        -------
        ndarray of shape (n,)
            The likeliest class of each row.
        """
        scores = self.decision_function(X)
        codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[codes]
