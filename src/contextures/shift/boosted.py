"""A randomised classifier whose worst subpopulation is better than any single model's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    has_fit_parameter,
    validate_data,
)

from contextures._arrays import FloatArray
from contextures._checks import (
    check_positive_int,
    check_positive_real,
    check_share,
    random_state_of,
)
from contextures.exceptions import InputError
from contextures.shift.programs import EnsembleWeights, ensemble_program, regularized_program

Method = Literal["ada_lp", "lp", "regularized_lp"]
RATES = {"ada_lp": 1.0, "lp": 1.0, "regularized_lp": 100.0}
"""Learning rates where none is given: of the weights' exponent, and of the entropy's inverse."""


class BoostedCVaRClassifier(ClassifierMixin, BaseEstimator):
    r"""Classify at random among models, so that the worst subpopulation fares best.

    No single classifier has a lower CVaR of its zero-one losses than one with the fewest errors.
    One that draws a model anew for each row has: its loss on a row is the weight of the models that
    are wrong there. Each model is fitted to rows weighed by how often those before it were wrong,
    and the weights of the models minimise CVaR on held-out rows, by a linear program.

    Parameters
    ----------
    estimator : classifier, optional
        What is fitted again and again, with ``sample_weight`` where its ``fit`` takes it and to
        drawn rows otherwise; a decision tree of depth 3 when None.
    alpha : float, default=0.1
        The least share of the subpopulations to guard. Other shares need no other fit: see
        :meth:`weights_for`.
    method : {"ada_lp", "lp", "regularized_lp"}, default="ada_lp"
        How rows are weighed: by exp(learning_rate times their losses so far), which comes with a
        guarantee; by the linear program that is the worst case for the models so far; or by that
        with entropy over ``learning_rate``.
    n_estimators : int, default=30
        T, the number of models.
    learning_rate : float, optional
        See ``method``; 1 for ``"ada_lp"`` and 100 for ``"regularized_lp"`` when None.
    validation_fraction : float, default=0.2
        The share of rows that only the models' weights see; at 0 they see the training rows.
    random_state : int, numpy.random.RandomState or None
        Holds rows out, and seeds the models.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The classes.
    estimators_ : list of classifier
        The models; the first is fitted to all rows alike.
    weights_ : ndarray of shape (T,)
        The chance of each model.
    cvar_ : float
        CVaR of the losses on the held-out rows, which the weights were chosen by.
    duality_gap_ : float
        At most so far is ``cvar_`` above the least of any weights.
    losses_ : ndarray of shape (T, n)
        Zero-one losses of the models on the rows that they were fitted to.
    round_losses_ : ndarray of shape (T,)
        The mean of these under the weights that each was fitted by.
    validation_losses_ : ndarray of shape (T, m)
        Zero-one losses on the held-out rows.

    References
    ----------
    Zhai et al. (2021), "Boosted CVaR classification"; the guarantee with the constant of Hedge.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from contextures.shift import BoostedCVaRClassifier, cvar
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = BoostedCVaRClassifier(alpha=0.1, n_estimators=10, random_state=0).fit(X, y)
    >>> model.cvar_ <= cvar(model.validation_losses_[0], 0.1)  # that of the first alone
    True
    >>> model.weights_for([0.05, 0.5]).shape
    (2, 10)
    """

    classes_: Any
    estimators_: list[Any]

    def __init__(
        self,
        estimator: Any = None,
        alpha: float = 0.1,
        method: Method = "ada_lp",
        n_estimators: int = 30,
        learning_rate: float | None = None,
        validation_fraction: float = 0.2,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.alpha = alpha
        self.method = method
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the models, and their weights.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.
        y : array-like of shape (n,)
            Classes.
        sample_weight : array-like of shape (n,), optional
            How much each row counts.

        Returns
        -------
        BoostedCVaRClassifier
            Itself.
        """
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        if self.method not in RATES:
            raise InputError(
                f"method={self.method!r} is not known; give one of: {', '.join(RATES)}"
            )
        alpha = check_share(self.alpha, "alpha", one=True)
        share = check_share(self.validation_fraction, "validation_fraction", zero=True)
        rounds = check_positive_int(self.n_estimators, "n_estimators")
        rate = RATES[self.method] if self.learning_rate is None else self.learning_rate
        check_positive_real(rate, "learning_rate")
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if weight.sum() <= 0:
            raise InputError("sample_weight is zero everywhere; give some row a weight")
        X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class only, {self.classes_[0]!r}; a classifier needs at least 2 classes"
            )
        rng = random_state_of(self.random_state)
        train, held = _held_out(codes, share, rng)
        self._boost(X[train], codes[train], weight[train], alpha, rounds, rate, rng)
        self.validation_losses_ = self._zero_one(X[held], codes[held])
        self._held_weights = weight[held] / weight[held].sum()
        found = self._program(alpha)
        self.weights_, self.cvar_, self.duality_gap_ = found.models, found.value, found.gap
        return self

    def _boost(
        self,
        X: Any,
        codes: Any,
        weight: FloatArray,
        alpha: float,
        rounds: int,
        rate: float,
        rng: Any,
    ) -> None:
        total = float(weight.sum())
        p = weight / total
        base = DecisionTreeClassifier(max_depth=3) if self.estimator is None else self.estimator
        weighs = has_fit_parameter(base, "sample_weight")
        q, models = p, None
        self.estimators_ = []
        losses, means = np.empty((0, len(X))), []
        for _ in range(rounds):
            model = _seeded(clone(base), rng)
            if weighs:
                model.fit(X, self.classes_[codes], sample_weight=q * total)
            else:
                drawn = _drawn(codes, q, rng)
                model.fit(X[drawn], self.classes_[codes[drawn]])
            self.estimators_.append(model)
            wrong = (self._codes(model, X) != codes).astype(np.float64)
            losses = np.vstack([losses, wrong])
            means.append(float(q @ wrong))
            if self.method == "ada_lp":
                tilt = rate * losses.sum(axis=0)
                q = p * np.exp(tilt - tilt.max())
                q = q / q.sum()
            elif self.method == "lp":
                q = ensemble_program(losses, p, alpha).rows
            else:
                start: FloatArray | None = None if models is None else np.r_[models, 0.0]
                models, q, _, _ = regularized_program(losses, p, alpha, rate, start)
        self.losses_, self.round_losses_ = losses, np.array(means)

    def _codes(self, model: Any, X: Any) -> Any:
        return np.searchsorted(self.classes_, model.predict(X))

    def _zero_one(self, X: Any, codes: Any) -> FloatArray:
        return np.array([self._codes(each, X) != codes for each in self.estimators_], dtype=float)

    def _program(self, alpha: float) -> EnsembleWeights:
        return ensemble_program(self.validation_losses_, self._held_weights, alpha)

    def weights_for(self, alpha: float | Sequence[float] | FloatArray) -> FloatArray:
        """Give the models' weights for other shares, by the same models.

        Parameters
        ----------
        alpha : float or sequence of float
            The share, or k of them.

        Returns
        -------
        ndarray of shape (T,) or (k, T)
            Weights that minimise CVaR of each share on the held-out rows.
        """
        check_is_fitted(self)
        shares = [
            check_share(each, "alpha", one=True) for each in np.ravel(np.asarray(alpha)).tolist()
        ]
        found = np.array([self._program(share).models for share in shares])
        return found[0] if np.ndim(alpha) == 0 else found

    def guarantee(self, alpha: float | None = None) -> float:
        r"""Bound CVaR of the evenly weighted models on the rows that they were fitted to.

        It is at most :math:`g + \log(1/\alpha) / (\eta T) + \eta / 8` with g the largest of
        ``round_losses_`` and eta the learning rate, whatever the rows are; the best weights on
        these rows do no worse.

        Parameters
        ----------
        alpha : float, optional
            The share; that of the fit when None.

        Returns
        -------
        float
            The bound; above 1 it says nothing.

        Raises
        ------
        InputError
            If the rows were not weighed by ``method="ada_lp"``, for which alone it holds.
        """
        check_is_fitted(self)
        if self.method != "ada_lp":
            raise InputError(f"method={self.method!r} has no such guarantee; fit with 'ada_lp'")
        alpha = check_share(self.alpha if alpha is None else alpha, "alpha", one=True)
        rate = RATES["ada_lp"] if self.learning_rate is None else self.learning_rate
        steps = len(self.estimators_)
        return float(self.round_losses_.max() - math.log(alpha) / (rate * steps) + rate / 8)

    def predict_proba(self, X: Any) -> FloatArray:
        """Give the chances with which the randomised classifier says each class.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.

        Returns
        -------
        ndarray of shape (n, k)
            The weight of the models that say each class; rows sum to one.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        chances = np.zeros((len(X), len(self.classes_)))
        places = np.arange(len(X))
        for weight, model in zip(self.weights_, self.estimators_, strict=True):
            if weight > 0:
                chances[places, self._codes(model, X)] += weight
        return chances

    def predict(self, X: Any) -> Any:
        """Give the class that the randomised classifier most often says.

        That is a single classifier, whose worst subpopulation nothing here guards; draw from
        :meth:`predict_proba` for the randomised one.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows.

        Returns
        -------
        ndarray of shape (n,)
            Classes.
        """
        chances = self.predict_proba(X)
        return self.classes_[chances.argmax(axis=1)]


def _held_out(codes: Any, share: float, rng: Any) -> tuple[Any, Any]:
    """Divide rows; every class stays among those to learn from."""
    everything = np.arange(len(codes))
    if share == 0:
        return everything, everything
    single = np.bincount(codes)[codes] == 1
    several = everything[~single]
    if len(several) < 2:
        return everything, everything
    try:
        train, held = train_test_split(
            several, test_size=share, random_state=rng, stratify=codes[several]
        )
    except ValueError:  # more classes than rows to hold out
        return everything, everything
    return np.sort(np.r_[train, everything[single]]), np.sort(held)


def _seeded(model: Any, rng: Any) -> Any:
    given = model.get_params()
    names = [each for each in sorted(given) if each.split("__")[-1] == "random_state"]
    missing = {each: int(rng.randint(2**31 - 1)) for each in names if given[each] is None}
    return model.set_params(**missing)


def _drawn(codes: Any, q: FloatArray, rng: Any) -> Any:
    """Draw as many rows as there are, and the likeliest of each class that none was drawn of."""
    drawn = rng.choice(len(codes), size=len(codes), p=q)
    for code in np.setdiff1d(codes, codes[drawn]):
        drawn = np.r_[drawn, np.argmax(np.where(codes == code, q, -1))]
    return drawn
