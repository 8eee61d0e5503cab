"""The density ratio: how much likelier rows are under the new population, and weighted probes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from contextures._arrays import FloatArray
from contextures._checks import random_state_of
from contextures.exceptions import InputError
from contextures.shift.coordinates import populations

Way = Literal["expansion", "classifier"]


@dataclass(frozen=True)
class DensityRatio:
    """Estimated ratio of the new population's density to the reference's.

    Attributes
    ----------
    reference : ndarray of shape (n,)
        Of the reference rows that were compared; at least 0, with mean one: weights that make them
        like the new rows.
    new : ndarray of shape (m,)
        Of the new rows.
    effective_size : float
        How many reference rows the weighted ones are worth: (sum r)^2 / sum r^2.
    kept : ndarray of shape (n,)
        Which of the given reference rows were compared.
    """

    reference: FloatArray
    new: FloatArray
    effective_size: float
    kept: np.ndarray[Any, np.dtype[np.intp]]


def density_ratio(
    encoder: Any,
    reference: Any,
    new: Any,
    *,
    way: Way = "classifier",
    largest: float = 20.0,
    fitted: bool | None = None,
    random_state: Any = None,
) -> DensityRatio:
    r"""Estimate how much likelier each row is under the new population.

    Parameters
    ----------
    encoder : fitted encoder
        Gives the functions.
    reference, new : array-like of shape (n, p) and (m, p)
        Rows of both populations, at least 20 of each.
    way : {"classifier", "expansion"}, default="classifier"
        Logistic regression on the coordinates s mu, which tells new rows from reference rows and
        whose odds are the ratio; or the truncated expansion
        :math:`1 + \sum_i m_i \mu_i(x)`, the best approximation by the encoder's functions, which
        needs no fit but may be below zero, where it is clipped.
    largest : float, default=20.0
        Ratios above are clipped, because a few huge weights ruin every estimate.
    fitted : bool, optional
        Whether the encoder was fitted to the reference rows; see :func:`drift_test`.
    random_state : int, numpy.random.RandomState or None
        Draws folds and halves.

    Returns
    -------
    DensityRatio
        The ratio of every row, and what the weighted rows are worth.

    Raises
    ------
    InputError
        If there are too few rows, or a parameter is out of range.

    References
    ----------
    Sugiyama et al. (2012), "Density ratio estimation in machine learning"; the expansion derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import RBFContext
    >>> from contextures.shift import density_ratio
    >>> rows = np.random.default_rng(0).standard_normal((900, 1))
    >>> encoder = SpectralEncoder(RBFContext(1.0), n_components=5).fit(rows[:300])
    >>> found = density_ratio(encoder, rows[300:600], rows[600:] + 0.5)
    >>> bool(np.corrcoef(found.reference, rows[300:600, 0])[0, 1] > 0.8)
    True
    """
    rng = random_state_of(random_state)
    both = populations(encoder, reference, new, fitted, rng)
    found = coordinate_ratio(
        both.reference,
        both.new,
        both.singular_values,
        way=way,
        largest=largest,
        random_state=rng,
    )
    return replace(found, kept=both.kept)


def coordinate_ratio(
    reference: FloatArray,
    new: FloatArray,
    singular_values: FloatArray,
    *,
    way: Way = "classifier",
    largest: float = 20.0,
    random_state: Any = None,
) -> DensityRatio:
    """Do :func:`density_ratio` on coordinates that are there already.

    Parameters
    ----------
    reference, new : ndarray of shape (n, d) and (m, d)
        Coordinates mu of rows that were not learned from.
    singular_values : ndarray of shape (d,)
        Of the functions.
    way, largest, random_state
        As for :func:`density_ratio`.

    Returns
    -------
    DensityRatio
        Of all these rows.
    """
    if not largest > 1:
        raise InputError(f"largest={largest!r} is not possible; give a number above 1")
    if way == "expansion":
        centre = reference.mean(axis=0)
        shift = new.mean(axis=0) - centre
        old, moved = (1 + (each - centre) @ shift for each in (reference, new))
    elif way == "classifier":
        rng = random_state_of(random_state)
        old, moved = _odds(reference * singular_values, new * singular_values, rng)
    else:
        raise InputError(f"way={way!r} is not known; give 'classifier' or 'expansion'")
    old, moved = np.clip(old, 0, largest), np.clip(moved, 0, largest)
    mean = float(old.mean())
    if mean <= 0:
        raise InputError(
            "no reference row is like the new rows, so none can stand for them; collect labels "
            "there"
        )
    old, moved = old / mean, moved / mean
    size = float(old.sum() ** 2 / (old**2).sum())
    return DensityRatio(old, moved, size, np.arange(len(reference)))


def _odds(old: FloatArray, moved: FloatArray, rng: Any) -> tuple[FloatArray, FloatArray]:
    rows = np.vstack([old, moved])
    is_new = np.repeat([0, 1], [len(old), len(moved)])
    spread = np.sqrt(rows.var(axis=0).mean())
    folds = min(5, len(old), len(moved))
    search = GridSearchCV(
        LogisticRegression(max_iter=2000),
        {"C": np.logspace(-3, 2, 6)},
        scoring="neg_log_loss",
        cv=StratifiedKFold(folds, shuffle=True, random_state=rng),
    )
    scaled = rows / (spread if spread > 0 else 1.0)
    search.fit(scaled, is_new)
    chances = search.predict_proba(scaled)[:, 1]
    odds = chances / np.clip(1 - chances, 1e-12, None) * (len(old) / len(moved))
    return odds[: len(old)], odds[len(old) :]


def weighted_probe(
    estimator: BaseEstimator, Z: FloatArray, y: Any, ratio: FloatArray
) -> BaseEstimator:
    """Fit a probe to rows weighed to be like the new population.

    Weights help a probe that is regularised or cannot fit every row; one that fits them all is the
    same with any weights (generalised reweighting, Zhai et al. 2022).

    Parameters
    ----------
    estimator : scikit-learn estimator
        With ``sample_weight`` in its ``fit``.
    Z : ndarray of shape (n, d)
        Coordinates of the rows.
    y : array-like of shape (n,)
        Their labels.
    ratio : ndarray of shape (n,)
        Their weights, of :func:`density_ratio`.

    Returns
    -------
    estimator
        A fitted clone.

    Raises
    ------
    InputError
        If the weights are not as many as the rows, or negative.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from contextures.shift import weighted_probe
    >>> Z = np.array([[0.0], [1.0], [2.0]])
    >>> probe = weighted_probe(Ridge(alpha=1e-9), Z, [0.0, 1.0, 4.0], np.array([1.0, 1.0, 0.0]))
    >>> probe.coef_.round(3)
    array([1.])
    """
    weights = np.asarray(ratio, dtype=np.float64)
    if weights.shape != (len(Z),) or not np.isfinite(weights).all() or weights.min() < 0:
        raise InputError(
            f"ratio must be {len(Z)} finite weights of at least zero, one for each row of Z"
        )
    return clone(estimator).fit(Z, y, sample_weight=weights)
