"""How sure a held-out score is."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import as_numbers, brief
from contextures.exceptions import InputError

Metric = Literal["accuracy", "r2"]


def metric_value(metric: Metric, truth: ArrayLike, predicted: ArrayLike) -> float:
    """Compute accuracy or R^2 of predictions."""
    return float(_scores(_terms(metric, truth, predicted), metric)[()])


def bootstrap_interval(
    metric: Metric,
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Compute a percentile interval of a score by resampling the test rows.

    Parameters
    ----------
    metric : {"accuracy", "r2"}
        The score.
    truth, predicted : array-like of shape (n,)
        Targets of the test rows and what was predicted for them.
    level : float, default=0.95
        How often such intervals should cover.
    n_resamples : int, default=1000
        How many times the rows are drawn, with replacement.
    seed : int, default=0
        Draws them. With the same seed, intervals of two predictions use the same rows.

    Returns
    -------
    tuple of float
        The ends of the interval.

    Examples
    --------
    >>> from contextures.evaluation import bootstrap_interval
    >>> truth = [0] * 50 + [1] * 50
    >>> predicted = [0] * 45 + [1] * 55
    >>> low, high = bootstrap_interval("accuracy", truth, predicted)
    >>> round(low, 2), round(high, 2)
    (0.91, 0.99)
    """
    terms = _terms(metric, truth, predicted)
    n = terms.shape[1]
    rng = np.random.default_rng(seed)
    scores = np.empty(n_resamples)
    step = max(1, 2_000_000 // n)
    for start in range(0, n_resamples, step):
        count = min(step, n_resamples - start)
        drawn = rng.integers(0, n, (count, n))
        scores[start : start + count] = _scores(terms[:, drawn], metric)
    tail = (1 - level) / 2
    low, high = np.quantile(scores[np.isfinite(scores)], [tail, 1 - tail])
    return float(low), float(high)


def _terms(metric: Metric, truth: ArrayLike, predicted: ArrayLike) -> FloatArray:
    """Give the row-wise terms that the score is made of, shape (2, n)."""
    try:
        y, z = np.asarray(truth), np.asarray(predicted)
    except ValueError:  # rows of several lengths
        y, z = np.empty((0, 0)), np.empty(0)
    if not isinstance(metric, str) or metric not in ("accuracy", "r2"):
        raise InputError(f"the metric {brief(metric)} is not known; give 'accuracy' or 'r2'")
    if y.ndim != 1 or y.shape != z.shape or len(y) == 0:
        raise InputError(
            "truth and predicted must be lists of one value a row, equally long; their shapes are "
            f"{y.shape} and {z.shape}"
        )
    if metric == "accuracy":
        hits = (y == z).astype(np.float64)
        return np.stack([hits, np.ones_like(hits)])
    y, z = as_numbers(y, "truth"), as_numbers(z, "predicted")
    # Centred once for digits; the mean of each resample is taken away below.
    return np.stack([(y - z) ** 2, y - y.mean()])


def _scores(terms: FloatArray, metric: Metric) -> FloatArray:
    if metric == "accuracy":
        return np.asarray(terms[0].mean(axis=-1))
    spread = terms[1].var(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - terms[0].mean(axis=-1) / spread)
