"""What is predicted, by which metric it is judged, and a score with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.evaluation.intervals import bootstrap_interval
from contextures.evaluation.metrics import MEASURES, USUAL, Measure, Metric, check_metric
from contextures.evaluation.metrics import metric_value as value_of


@dataclass(frozen=True)
class Task:
    """What is predicted, and by what it is judged.

    Attributes
    ----------
    kind : {"classification", "regression"}
        Decides the models.
    seed : int
        Seeds folds, subsamples and boosting.
    judged_by : Metric or None
        What scores are, and what settings are chosen by: for classes "accuracy" (the default),
        "balanced-accuracy", "roc-auc", "average-precision" or "log-loss"; for numbers "r2" (the
        default), "mae" or "rmse".
    positive : label or None
        Of two classes, the one that average precision is of; None for the rarer of the rows scored.
    """

    kind: Literal["classification", "regression"]
    seed: int = 0
    judged_by: Metric | None = None
    positive: Any = None

    def __post_init__(self) -> None:
        if self.judged_by is not None:
            check_metric(self.judged_by, self.kind, "judged_by")

    @property
    def metric(self) -> Metric:
        """The metric; by default accuracy for classes, R^2 for numbers."""
        return self.judged_by or USUAL[self.kind]

    @property
    def measure(self) -> Measure:
        """What is known of the metric."""
        return MEASURES[self.metric]

    def value(self, truth: Any, told: Any, classes: Any = None) -> float:
        """Score predictions by the metric.

        Parameters
        ----------
        truth : array-like of shape (n,)
            The targets.
        told : array-like of shape (n,) or (n, q)
            What was predicted: numbers, or for classes their chances.
        classes : array-like of shape (q,), optional
            What the columns of chances are of.

        Returns
        -------
        float
            The score.
        """
        return value_of(self.metric, truth, told, classes=classes, positive=self.positive)

    def gain(self, truth: Any, told: Any, classes: Any = None) -> float:
        """Score predictions so that larger is better; the worst where the metric is undefined.

        Parameters
        ----------
        truth : array-like of shape (n,)
            The targets.
        told : array-like of shape (n,) or (n, q)
            What was predicted: numbers, or for classes their chances.
        classes : array-like of shape (q,), optional
            What the columns of chances are of.

        Returns
        -------
        float
            The score.
        """
        value = self.value(truth, told, classes)
        if not np.isfinite(value):
            return -np.inf
        return value if self.measure.larger else -value


@dataclass(frozen=True)
class HeldOutScore:
    """A score on held-out rows, with its 95 % bootstrap interval over those rows.

    Attributes
    ----------
    score : float
        The value of the task's metric.
    interval : tuple of float
        The lower and the upper end.
    also : dict of str to HeldOutScore
        Accuracy or R^2 where the metric is another.
    seconds : float or None
        How long fitting took, every choice included, and predicting.
    model : str
        What was fitted, in words.
    """

    score: float
    interval: tuple[float, float]
    also: dict[str, HeldOutScore] = field(default_factory=dict)
    seconds: float | None = None
    model: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give plain values.

        Returns
        -------
        dict
            The score, its interval, and what else is known.
        """
        plain: dict[str, Any] = {"score": self.score, "interval": list(self.interval)}
        if self.also:
            plain["also"] = {name: found.to_dict() for name, found in self.also.items()}
        if self.seconds is not None:
            plain["seconds"] = round(self.seconds, 3)
        if self.model:
            plain["model"] = self.model
        return plain


def score_of(
    task: Task,
    truth: Any,
    told: Any,
    classes: Any = None,
    *,
    seconds: float | None = None,
    model: str = "",
    groups: Any = None,
) -> HeldOutScore:
    """Score predictions by a task's metric, and beside it by the usual one.

    Parameters
    ----------
    task : Task
        What is predicted.
    truth : array-like of shape (n,)
        The targets.
    told : array-like of shape (n,) or (n, q)
        Numbers; or for classes, their chances.
    classes : array-like of shape (q,), optional
        What the columns of chances are of.
    seconds : float, optional
        How long it took.
    model : str
        What predicted.
    groups : array-like of shape (n,), optional
        The group of each row; the interval then draws groups whole.

    Returns
    -------
    HeldOutScore
        The score.
    """

    def one(metric: Metric) -> HeldOutScore:
        how: dict[str, Any] = {"classes": classes, "positive": task.positive}
        return HeldOutScore(
            value_of(metric, truth, told, **how),
            bootstrap_interval(metric, truth, told, seed=task.seed, groups=groups, **how),
        )

    usual = USUAL[task.kind]
    also = {} if task.metric == usual else {str(usual): one(usual)}
    found = one(task.metric)
    return HeldOutScore(found.score, found.interval, also, seconds, model)


def told_by(task: Task, model: Any, rows: FloatArray, classes: NDArray[Any]) -> NDArray[Any]:
    """Give a fitted model's numbers, or its chances with a column for each of ``classes``.

    A class that the model has not seen has no chance.
    """
    if task.kind == "regression":
        return np.asarray(model.predict(rows))
    return aligned(np.asarray(model.predict_proba(rows)), model.classes_, classes)


def aligned(chances: FloatArray, own: Any, classes: NDArray[Any]) -> FloatArray:
    """Give chances of the classes ``own`` a column for each of ``classes``."""
    found = np.zeros((len(chances), len(classes)))
    for column, each in enumerate(np.asarray(own).tolist()):
        found[:, np.flatnonzero(classes == each)] = chances[:, [column]]
    return found
