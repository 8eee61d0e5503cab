"""Metrics of many resamples of the same rows at once, from how often each row was drawn.

The values are scikit-learn's with these counts as ``sample_weight``, which would sort the rows
again for each resample.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from contextures._arrays import FloatArray
from contextures.evaluation.metrics import Metric, Read, whole_chances

Weighing = Callable[[FloatArray], FloatArray]
"""From counts of shape (r, n) to scores of shape (r,)."""


def weighing(metric: Metric, read: Read) -> Weighing:
    """Prepare a metric of resampled rows.

    Parameters
    ----------
    metric : str
        The metric.
    read : Read
        The rows.

    Returns
    -------
    callable
        Takes counts of rows, shape (r, n), and gives r scores; NaN where one is undefined.
    """
    truth, told = read.truth, read.told
    if metric in ("roc-auc", "average-precision"):
        parts = [_ranked(metric, truth == each, told[:, each]) for each in read.columns]
        return lambda counts: _mean_of_known(np.stack([part(counts) for part in parts]))
    if metric == "balanced-accuracy":
        return _balanced(truth, truth == told)
    if metric == "r2":
        return _r2(truth, told)
    if metric == "rmse":
        mean = _mean((truth - told) ** 2)
        return lambda counts: np.sqrt(mean(counts))
    if metric == "mae":
        return _mean(np.abs(truth - told))
    if metric == "log-loss":
        own = whole_chances(told)[np.arange(len(truth)), truth]
        return _mean(-np.log(np.maximum(own, np.finfo(np.float64).eps)))
    return _mean((truth == told).astype(np.float64))


def _mean(values: FloatArray) -> Weighing:
    return lambda counts: np.asarray(counts @ values / counts.sum(axis=1))


def _balanced(truth: FloatArray, hits: FloatArray) -> Weighing:
    members = (truth[:, None] == np.unique(truth)).astype(np.float64)

    def recalls(counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return _mean_of_known(((counts @ (members * hits[:, None])) / (counts @ members)).T)

    return recalls


def _r2(truth: FloatArray, told: FloatArray) -> Weighing:
    # Centred once for digits; the mean of each resample is taken away below.
    centred, lost = truth - truth.mean(), (truth - told) ** 2

    def shares(counts: FloatArray) -> FloatArray:
        n = counts.sum(axis=1)
        spread = counts @ centred**2 / n - (counts @ centred / n) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1.0 - counts @ lost / n / np.where(spread > 0, spread, np.nan))

    return shares


def _ranked(metric: Metric, own: FloatArray, chances: FloatArray) -> Weighing:
    """Rows of equal chances are one step of the order, passed at once."""
    order = np.argsort(-chances, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chances[order]) != 0])
    own = own[order].astype(np.float64)

    def scores(counts: FloatArray) -> FloatArray:
        sorted_counts = counts[:, order]
        hits = np.add.reduceat(sorted_counts * own, starts, axis=1)
        misses = np.add.reduceat(sorted_counts * (1 - own), starts, axis=1)
        above, wrong = hits.cumsum(axis=1), misses.cumsum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            if metric == "roc-auc":
                area = ((above - hits / 2) * misses).sum(axis=1)
                return np.asarray(area / (above[:, -1] * wrong[:, -1]))
            steps = np.where(hits > 0, hits * above / (above + wrong), 0.0).sum(axis=1)
            undefined = (above[:, -1] == 0) | (wrong[:, -1] == 0)
            return np.asarray(np.where(undefined, np.nan, steps / above[:, -1]))

    return scores


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Average columns over what is known in each; NaN where nothing is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))
