"""Linear models that are good for the worst subpopulations."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from contextures._arrays import FloatArray
from contextures._checks import (
    check_not_negative,
    check_positive_int,
    check_positive_real,
    check_share,
)
from contextures.exceptions import InputError
from contextures.shift.convex import (
    Losses,
    Solution,
    logistic_losses,
    softmax_losses,
    solve_robust,
)
from contextures.shift.losses import sort_losses, without_largest
from contextures.shift.weights import RISKS, RiskName

TRIMMINGS = 30


class _Robust(BaseEstimator):
    """What the two share: the parameters, the trimming, the solution."""

    coef_: FloatArray
    intercept_: FloatArray
    dual_gap_: float
    objective_: float
    n_iter_: int

    def __init__(
        self,
        risk: RiskName = "cvar",
        alpha: float = 0.25,
        epsilon: float = 0.0,
        penalty: float = 1e-3,
        tol: float = 1e-4,
        max_iter: int = 1000,
    ) -> None:
        self.risk = risk
        self.alpha = alpha
        self.epsilon = epsilon
        self.penalty = penalty
        self.tol = tol
        self.max_iter = max_iter

    def _solve(self, X: FloatArray, losses_of: Losses, n_scores: int, weight: Any) -> Solution:
        if self.risk not in RISKS:
            raise InputError(f"risk={self.risk!r} is not known; give one of: {', '.join(RISKS)}")
        alpha = check_share(self.alpha, "alpha", one=True)
        epsilon = check_share(self.epsilon, "epsilon", zero=True)
        check_positive_real(self.penalty, "penalty")
        check_not_negative(self.tol, "tol")
        check_positive_int(self.max_iter, "max_iter")
        weights = _check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True)
        if weights.sum() <= 0:
            raise InputError("sample_weight is zero everywhere; give some row a weight")
        p = weights / weights.sum()
        solve = partial(
            solve_robust,
            X,
            losses_of,
            n_scores,
            risk=self.risk,
            alpha=alpha,
            penalty=self.penalty,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        found = solve(p)
        steps = found.n_iter
        rows = np.hstack([X, np.ones((len(X), 1))])
        for _ in range(TRIMMINGS if epsilon > 0 else 0):
            # The risk of what is left is at least DORO's, and equal at this model: it only falls.
            losses = losses_of(rows @ found.weights)[0]
            ordered = sort_losses(losses, p, order=True)
            kept = np.empty(len(X))
            kept[ordered.order] = without_largest(ordered, epsilon).probabilities
            last = found
            found = solve(kept, start=last.weights)
            steps += found.n_iter
            if last.objective - found.objective <= self.tol * abs(found.objective):
                break
        if found.gap > 10 * self.tol * max(abs(found.objective), 1e-12):
            warnings.warn(
                f"the gap to the best is {found.gap:.2g} of an objective of {found.objective:.3g}; "
                "raise max_iter or penalty, or scale the columns",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.dual_gap_, self.objective_, self.n_iter_ = found.gap, found.objective, steps
        return found


class DistributionallyRobustRegressor(RegressorMixin, _Robust):
    """Ridge regression for the worst subpopulations, or without outliers.

    Minimises R(l) + penalty / 2 |w|^2 with l half the squared error of each row and R one of the
    risks. The problem is convex where ``epsilon`` is 0, and solved to a certified gap.

    Parameters
    ----------
    risk : {"cvar", "chi_square", "mean"}, default="cvar"
        Of the losses; ``"mean"`` is ridge regression.
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
    n_iter_ : int
        Iterations, over all minimisations.

    References
    ----------
    Zhai et al. (2021), "DORO"; dissertation, chapter 6. The certificate is derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.shift import DistributionallyRobustRegressor
    >>> x = np.concatenate([np.zeros(9), np.ones(1)])[:, None]
    >>> model = DistributionallyRobustRegressor(alpha=0.1, penalty=1e-6).fit(x, 2 * x[:, 0] + 1)
    >>> model.predict([[1.0]]).round(2)
    array([3.])
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> DistributionallyRobustRegressor:
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows, best of like scale: coordinates of an encoder, for example.
        y : array-like of shape (n,)
            Numbers.
        sample_weight : array-like of shape (n,), optional
            How much each row counts.

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

        found = self._solve(X, losses_of, 1, sample_weight)
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


class DistributionallyRobustClassifier(ClassifierMixin, _Robust):
    """Logistic regression for the worst subpopulations, or without outliers.

    Minimises R(l) + penalty / 2 |W|^2 with l the log-loss of each row and R one of the risks. The
    problem is convex where ``epsilon`` is 0, and solved to a certified gap. Deterministic
    classifiers that minimise CVaR of the zero-one loss are those that minimise its mean; the
    log-loss is what makes a difference here.

    Parameters
    ----------
    risk : {"cvar", "chi_square", "mean"}, default="cvar"
        Of the losses; ``"mean"`` is logistic regression.
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
    n_iter_ : int
        Iterations, over all minimisations.

    References
    ----------
    Zhai et al. (2021), "DORO"; dissertation, chapter 6. The certificate is derived.

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

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> DistributionallyRobustClassifier:
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows, best of like scale: coordinates of an encoder, for example.
        y : array-like of shape (n,)
            Classes.
        sample_weight : array-like of shape (n,), optional
            How much each row counts.

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
        found = self._solve(X, losses_of, 1 if k == 2 else k, sample_weight)
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
