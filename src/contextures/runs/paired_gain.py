"""What a linear model gains from coordinates over the raw features, row by row on held-out rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.evaluation import (
    Task,
    paired_bootstrap_interval,
    paired_hits_interval,
    paired_mean_interval,
)
from contextures.evaluation.metrics import USUAL, Metric
from contextures.evaluation.representations.probe import Told, classes_of


@dataclass(frozen=True)
class Gain:
    """How much better one model is than another on the same rows.

    Attributes
    ----------
    value : float
        The difference of scores, above zero where the first is better.
    low, high : float
        The ends of its 95 % interval, from paired rows.
    n : int
        How many rows.
    """

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values; None for an end that is infinite."""
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in asdict(self).items()
        }


def gain_over_raw(
    task: Task, target: tuple[Any, Any], told: dict[str, Told], groups: Any = None
) -> Gain:
    """Compare the linear model on coordinates with that on raw features, row by row.

    Parameters
    ----------
    task : Task
        What is predicted.
    target : tuple of ndarray
        Training and held-out targets.
    told : dict of str to Told
        What the models predicted for the held-out rows.
    groups : ndarray of shape (n,), optional
        The group of each held-out row; the interval then draws groups whole.

    Returns
    -------
    Gain
        What the coordinates gain.
    """
    truth, classes = np.asarray(target[1]), classes_of(task, target)
    ours, theirs = told["contexture"].values, told["raw_linear"].values
    if gain_metric(task) in USUAL.values():
        if classes is not None:
            ours, theirs = classes[ours.argmax(axis=1)], classes[theirs.argmax(axis=1)]
        found = paired_gain(task.kind, truth, ours, theirs)
        if groups is None:
            return found
        # Exact and Student's intervals are of rows that are independent.
        low, high = _ends(USUAL[task.kind], truth, ours, theirs, task.seed, groups)
        return replace(found, low=low, high=high)
    how: dict[str, Any] = {"classes": classes, "positive": task.positive}
    value = task.value(truth, ours, classes) - task.value(truth, theirs, classes)
    ends = _ends(task.metric, truth, ours, theirs, task.seed, groups, **how)
    return Gain(float(value), *ends, len(truth))


def _ends(
    metric: Metric, truth: Any, ours: Any, theirs: Any, seed: int, groups: Any, **how: Any
) -> tuple[float, float]:
    low, high = paired_bootstrap_interval(
        metric, truth, ours, theirs, seed=seed, groups=groups, **how
    )
    return (-np.inf, np.inf) if np.isnan(low) else (low, high)


def gain_metric(task: Task) -> Metric:
    """Give the metric that a gain is of: the task's, or the usual one for losses."""
    return task.metric if task.measure.larger else USUAL[task.kind]


def paired_gain(kind: str, truth: NDArray[Any], ours: NDArray[Any], theirs: NDArray[Any]) -> Gain:
    """Compare two predictions of the same rows.

    Parameters
    ----------
    kind : {"classification", "regression"}
        What is predicted.
    truth, ours, theirs : ndarray of shape (n,)
        The targets, and two predictions of them.

    Returns
    -------
    Gain
        For classes the difference of accuracies with its exact interval; for numbers that of R²
        with Student's, the variance of the target taken as it is.
    """
    n = len(truth)
    if kind == "classification":
        first, second = ours == truth, theirs == truth
        return Gain(float(first.mean() - second.mean()), *paired_hits_interval(first, second), n)
    numbers = truth.astype(np.float64)
    spread = float(numbers.var())
    if spread == 0:
        return Gain(0.0, -np.inf, np.inf, n)
    differences = ((numbers - theirs) ** 2 - (numbers - ours) ** 2) / spread
    return Gain(float(differences.mean()), *paired_mean_interval(differences), n)
