"""Linear probes under a risk, their penalty chosen by that risk of rows left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray
from contextures._checks import check_length, check_rows, check_type
from contextures.evaluation import Task
from contextures.evaluation.representations.tuning import folds
from contextures.shift.groups import group_risk
from contextures.shift.linear import (
    DistributionallyRobustClassifier,
    DistributionallyRobustRegressor,
)
from contextures.shift.losses import sort_losses
from contextures.shift.weights import RobustRisk, sorted_weights

PENALTIES = np.logspace(-4, 1, 6)
N_FOLDS, ROUGH = 3, 1e-2
"""Folds that the penalty is chosen by, and the gap that is enough for choosing."""
LEAST = 1e-12
"""Chance of a class that a fold has not seen."""


def robust_probe(
    task: Task,
    features: FloatArray,
    target: Any,
    risk: RobustRisk = "cvar",
    *,
    alpha: float = 0.25,
    epsilon: float = 0.0,
    groups: Any = None,
) -> Pipeline:
    """Fit a linear probe that is good for the worst subpopulations, or groups.

    What ``linear_probe`` is for the mean: a linear model on standardised features, whose penalty is
    the best of several by cross-validation; here by the risk of the rows that each fold left out.

    Parameters
    ----------
    task : Task
        What is predicted.
    features : ndarray of shape (n, d)
        Coordinates of the rows.
    target : array-like of shape (n,)
        Their labels.
    risk : {"cvar", "chi_square", "mean", "group"}, default="cvar"
        Of the losses: log-losses of classes, half the squared error of numbers.
    alpha : float, default=0.25
        The least share of the subpopulations to guard.
    epsilon : float, default=0.0
        The share of outliers to leave out.
    groups : array-like of shape (n,), optional
        The group of each row, for ``risk="group"``.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Scaler and model, fitted to all rows.

    Raises
    ------
    InputError
        If a parameter is out of range, or groups are missing or not asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import Task
    >>> from contextures.shift import robust_probe
    >>> Z = np.random.default_rng(0).standard_normal((300, 2))
    >>> few = np.arange(300) % 10 == 0
    >>> y = np.where(few, -1, 1) * Z[:, 0]
    >>> probe = robust_probe(Task("regression"), Z, y, "group", groups=few)
    >>> bool(abs(probe.predict([[1.0, 0.0]])[0]) < 0.1)  # both groups lose alike
    True
    """
    check_type(task, Task, "task", "a Task")
    features = check_rows(features, least=2)
    check_length(target, len(features), "target")
    target = np.asarray(target)
    if groups is not None:
        check_length(groups, len(features), "groups")
        groups = np.asarray(groups)

    def fitted(places: Any, penalty: float, tol: float) -> Pipeline:
        kind: Any = DistributionallyRobustRegressor
        if task.kind == "classification":
            kind = DistributionallyRobustClassifier
        model = kind(risk, alpha=alpha, epsilon=epsilon, penalty=float(penalty), tol=tol)
        probe = Pipeline([("scale", StandardScaler()), ("model", model)])
        some = None if groups is None else groups[places]
        return probe.fit(features[places], target[places], model__groups=some)

    def left_out(penalty: float) -> float:
        losses = np.empty(len(features))
        for train, test in folds(task, target, N_FOLDS):
            probe = fitted(train, penalty, ROUGH)
            losses[test] = _losses(task, probe, features[test], target[test])
        if risk == "group":
            return float(group_risk(losses, groups).worst)
        given = sort_losses(losses)
        weights = sorted_weights(given, risk, alpha, epsilon, "dissertation")
        return float(weights @ given.numbers)

    everything = np.arange(len(features))
    # What cannot be is said before anything is left out.
    fitted(everything, PENALTIES[-1], ROUGH)
    return fitted(everything, min(PENALTIES, key=left_out), 1e-4)


def _losses(task: Task, probe: Pipeline, rows: FloatArray, labels: Any) -> FloatArray:
    if task.kind == "regression":
        found: FloatArray = (probe.predict(rows) - labels) ** 2 / 2
        return found
    classes = probe.named_steps["model"].classes_
    chances = probe.predict_proba(rows)
    place = np.searchsorted(classes, labels).clip(0, len(classes) - 1)
    told = np.where(classes[place] == labels, chances[np.arange(len(rows)), place], 0.0)
    losses: FloatArray = -np.log(np.clip(told, LEAST, None))
    return losses
