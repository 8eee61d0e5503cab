"""The expected loss in another population, told by rows of this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, t
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int, check_rows, random_state_of
from contextures.exceptions import InputError
from contextures.shift.coordinates import check_enough
from contextures.shift.losses import check_losses

ROUNDS, RATE, LEAVES, LEAF_ROWS = 60, 0.08, 8, 20
"""Of the trees that tell a loss from a row: few and shallow, since losses are noisy."""
SURE = 0.975
SHARES = np.linspace(0, 1, 1001)
"""Of a disagreement that may be loss."""


@dataclass(frozen=True)
class PredictedLoss:
    """The expected loss of a model in a population that it was moved to.

    Attributes
    ----------
    value : float
        The expected loss.
    interval : tuple of float
        Its 95 % interval: by leaving out parts of the reference rows, and by all that a rival's
        disagreement may mean where no reference row lies; or with labels by what they say beyond
        the prediction. It knows nothing of a change in what labels rows have.
    held_out : float
        The mean loss of the reference rows.
    per_row : ndarray of shape (m,)
        The expected loss of each new row.
    n_labels : int
        New rows whose loss was known.
    """

    value: float
    interval: tuple[float, float]
    held_out: float
    per_row: FloatArray
    n_labels: int


def predicted_loss(
    losses: Any,
    reference: Any,
    new: Any,
    *,
    apart: tuple[Any, Any] | None = None,
    known: tuple[Any, Any] | None = None,
    n_folds: int = 8,
    random_state: Any = None,
) -> PredictedLoss:
    """Predict the mean loss of new rows from the losses of reference rows.

    Boosted trees learn which rows have large losses, and say how large those of the new rows are.
    Weights that make the reference rows like the new ones (:func:`density_ratio`) estimate the same
    without such a model; their few large weights make them the noisier of the two. Both suppose
    that equal rows have equal labels on average. A few labels of new rows check that, and correct
    it: the mean of what they lost beyond the prediction is added, which is right on average
    whatever the trees say.

    Neither can tell what lies beyond the reference rows. How far another model is from this one is
    known there too, without labels. The trees foretell it as they do the losses, and what they miss
    of it is seen; of that miss, as much is added to the losses as a loss rises with it among the
    reference rows (a control variate), between none and all. Whether there it is none or all
    nobody knows, and the interval is wider by all of it.

    Parameters
    ----------
    losses : array-like of shape (n,)
        The loss of each reference row, by a model that was not fitted to it.
    reference, new : array-like of shape (n, p) and (m, p)
        What tells losses: the columns that rows have in both populations, best with the model's own
        predictions or chances beside them. At least 20 rows of each.
    apart : tuple of array-like of shape (n,) and (m,), optional
        How far another model is from this one at each reference and each new row, as a loss between
        the two; see :func:`rival_disagreement`.
    known : tuple of array-like, optional
        Places among the new rows, drawn at random, and the losses there; two at least.
    n_folds : int, default=8
        Parts of the reference rows, each of which is left out once.
    random_state : int, numpy.random.RandomState or None
        Deals the parts.

    Returns
    -------
    PredictedLoss
        The expected loss and its interval.

    Raises
    ------
    InputError
        If rows are too few or unlike, or a loss or a disagreement is not finite.

    References
    ----------
    Derived for the control variate; Efron and Stein (1981) for the interval without labels;
    Angelopoulos et al. (2023), "Prediction-powered inference", for that with some.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.shift import predicted_loss
    >>> rng = np.random.default_rng(0)
    >>> here, there = rng.random((800, 2)), rng.random((500, 2)) ** [0.5, 1.0]
    >>> noise = rng.standard_normal(800) ** 2
    >>> found = predicted_loss(here[:, 0] * noise, here, there, random_state=0)
    >>> found.interval[0] < 2 / 3 < found.interval[1], found.held_out < 0.6 < found.value
    (True, True)
    """
    values = np.asarray(check_losses(np.asarray(losses)), dtype=np.float64)
    old, moved = check_rows(reference, least=1), check_rows(new, least=1)
    check_enough(old, "reference")
    check_enough(moved, "new")
    if len(values) != len(old) or old.shape[1] != moved.shape[1]:
        raise InputError(
            f"losses has {len(values)} values, reference the shape {old.shape} and new "
            f"{moved.shape}; give a loss for each reference row, and the same columns of both"
        )
    n_folds = check_positive_int(n_folds, "n_folds", least=2)
    rng = random_state_of(random_state)
    parts = list(KFold(min(n_folds, len(old)), shuffle=True, random_state=rng).split(old))
    told, missed = _told(values, old, moved, parts), 0.0
    if apart is not None:
        near, far = (_disagreement(*each) for each in zip(apart, (old, moved), strict=True))
        short = far.mean() - _told(near, old, moved, parts).mean(axis=1)
        told = _raised(told, _rise(values, near) * short, far, float(values.min()))
        missed = float(short.mean())
    rows: FloatArray = told.mean(axis=0)
    value, drawn = float(rows.mean()), float(rows.var() / len(rows))
    if known is None:
        means = told.mean(axis=1)
        jackknife = (len(told) - 1) / len(told) * float(((means - value) ** 2).sum())
        half = np.hypot(float(norm.ppf(SURE)) * np.sqrt(jackknife + drawn), missed)
        return PredictedLoss(value, _around(value, half, values), float(values.mean()), rows, 0)
    places, seen = _known(known, len(moved))
    beyond = seen - rows[places]
    value += float(beyond.mean())
    error = np.sqrt(float(beyond.var(ddof=1)) / len(seen) + drawn)
    half = float(t.ppf(SURE, len(seen) - 1) * error)
    ends = _around(value, half, values)
    return PredictedLoss(value, ends, float(values.mean()), rows, len(seen))


def _told(values: FloatArray, old: FloatArray, moved: FloatArray, parts: list[Any]) -> FloatArray:
    """Tell values of new rows from those of old ones, once without each part of these."""
    told = np.array([_trees().fit(old[fit], values[fit]).predict(moved) for fit, _ in parts])
    # Trees that are added up may go beyond what was ever seen.
    return np.asarray(np.clip(told, values.min(), values.max()))


def _rise(losses: FloatArray, apart: FloatArray) -> float:
    """Say how a loss rises with a disagreement: by none of it to all, evenly likely beforehand.

    The slope that least squares find is known by so much only: the mean of its law within 0 and 1.
    """
    centred = apart - apart.mean()
    spread = float(centred @ centred)
    if spread <= 0:
        return 0.5
    slope = float(centred @ losses) / spread
    left = losses - losses.mean() - slope * centred
    error = float(np.sqrt(centred**2 @ left**2)) / spread
    if error < SHARES[1]:
        return float(np.clip(slope, 0.0, 1.0))
    logs = -(((SHARES - slope) / error) ** 2) / 2
    chances = np.exp(logs - logs.max())
    return float(chances @ SHARES / chances.sum())


def _raised(told: FloatArray, by: FloatArray, far: FloatArray, least: float) -> FloatArray:
    """Raise losses that were told, each line by so much on average, where models are far apart.

    What is to be taken off is taken off in proportion: never more than there is.
    """
    spread = far / far.mean() if far.mean() > 0 else np.ones_like(far)
    more, less = np.clip(by, 0.0, None)[:, None], np.clip(-by, 0.0, None)[:, None]
    over = told - least
    mean = over.mean(axis=1, keepdims=True)
    kept = np.where(less > 0, mean / (mean + np.where(less > 0, less, 1.0)), 1.0)
    return np.asarray(least + over * kept + more * spread)


def _disagreement(given: Any, rows: FloatArray) -> FloatArray:
    found = np.asarray(check_losses(np.asarray(given), "apart"), dtype=np.float64)
    if len(found) != len(rows):
        raise InputError(
            f"apart has {len(found)} values where there are {len(rows)} rows; give a disagreement "
            "for each reference row, and one for each new row"
        )
    return found


def _trees() -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=ROUNDS,
        learning_rate=RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAF_ROWS,
        random_state=0,
    )


def _around(value: float, half: Any, losses: FloatArray) -> tuple[float, float]:
    """Give both ends; the lower is not below zero where no loss is."""
    low = value - half
    return float(max(low, min(0.0, value)) if losses.min() >= 0 else low), float(value + half)


def _known(known: tuple[Any, Any], n_rows: int) -> tuple[Any, FloatArray]:
    places, seen = np.asarray(known[0]), check_losses(np.asarray(known[1]), "known")
    fits = places.shape == seen.shape and places.dtype.kind in "iu" and len(places) >= 2
    if not fits or places.min() < 0 or places.max() >= n_rows:
        raise InputError(
            f"known must hold the numbers of new rows, from 0 to {n_rows - 1}, and as many losses, "
            "of two rows at least"
        )
    return places, np.asarray(seen, dtype=np.float64)
