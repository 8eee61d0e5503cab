"""What a representation is worth: linear probes and, on the same rows, strong baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray
from contextures._checks import check_length, check_rows, check_type
from contextures.evaluation.intervals import Metric, bootstrap_interval, metric_value
from contextures.exceptions import InputError

MOST_TUNING_ROWS = 3000
"""Rows that settings are chosen on; models are then fitted to all training rows."""

FEWEST_TESTED = 4
"""Rows of a fold that R^2 is computed on."""

_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
_BOOSTING: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1, "max_iter": 100, "max_leaf_nodes": 31},
    {"learning_rate": 0.05, "max_iter": 200, "max_leaf_nodes": 15, "l2_regularization": 1.0},
    {"learning_rate": 0.1, "max_iter": 60, "max_depth": 3, "min_samples_leaf": 10},
)


@dataclass(frozen=True)
class Task:
    """What is predicted.

    Attributes
    ----------
    kind : {"classification", "regression"}
        Decides the models and the score.
    seed : int
        Seeds folds, subsamples and boosting.
    """

    kind: Literal["classification", "regression"]
    seed: int = 0

    @property
    def metric(self) -> Metric:
        """Accuracy for classes, R^2 for numbers."""
        return "accuracy" if self.kind == "classification" else "r2"


@dataclass(frozen=True)
class HeldOutScore:
    """A score on held-out rows, with its 95 % bootstrap interval over those rows.

    Attributes
    ----------
    score : float
        R^2, or accuracy.
    interval : tuple of float
        The lower and the upper end.
    """

    score: float
    interval: tuple[float, float]


def linear_probe(task: Task, features: FloatArray, target: Any) -> Any:
    """Fit a linear model on standardised features, its penalty chosen by cross-validation.

    Ridge by leave-one-out for numbers; logistic regression by 3 folds for classes.
    """
    if task.kind == "regression":
        model = RidgeCV(alphas=np.logspace(-3, 5, 17))
        return make_pipeline(StandardScaler(), model).fit(features, target)
    settings = [{"C": strength} for strength in _STRENGTHS]
    best = _choose(task, settings, _logistic, features, target)
    return _logistic(best).fit(features, target)


def boosting(task: Task, features: FloatArray, target: Any) -> Any:
    """Fit scikit-learn's histogram gradient boosting, settings chosen by 3 folds."""
    best = _choose(task, list(_BOOSTING), lambda s: _boosting(task, s), features, target)
    return _boosting(task, best).fit(features, target)


def compare(
    task: Task,
    embedding: tuple[FloatArray, FloatArray],
    raw: tuple[FloatArray, FloatArray],
    target: tuple[Any, Any],
) -> dict[str, HeldOutScore]:
    """Score a representation and its rivals on the same held-out rows.

    Parameters
    ----------
    task : Task
        What is predicted.
    embedding, raw : tuple of ndarray
        Training and test rows as coordinates, and as prepared features.
    target : tuple of array-like
        Training and test targets.

    Returns
    -------
    dict of str to HeldOutScore
        ``contexture`` (linear probe on the coordinates), ``raw_linear`` (the same on the
        features), ``gradient_boosting`` (on the features) and ``contexture_plus_raw`` (linear
        probe on both). Every setting is chosen on training rows alone.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import Task, compare
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = X[:, 0] ** 2
    >>> Z = X**2  # a representation in which the target is linear
    >>> scores = compare(
    ...     Task("regression"), (Z[:150], Z[150:]), (X[:150], X[150:]), (y[:150], y[150:])
    ... )
    >>> round(scores["contexture"].score, 2), scores["raw_linear"].score < 0.5
    (1.0, True)
    """
    check_type(task, Task, "task", "a Task")
    for name, pair in (("embedding", embedding), ("raw", raw), ("target", target)):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InputError(f"{name} must be a pair, of the training and of the held-out rows")
    both = tuple(np.hstack(pair) for pair in zip(embedding, raw, strict=True))
    entries = {
        "contexture": (linear_probe, embedding),
        "raw_linear": (linear_probe, raw),
        "gradient_boosting": (boosting, raw),
        "contexture_plus_raw": (linear_probe, both),
    }
    scores = {}
    for name, (fit, (train, test)) in entries.items():
        predicted = fit(task, train, target[0]).predict(test)
        scores[name] = HeldOutScore(
            metric_value(task.metric, target[1], predicted),
            bootstrap_interval(task.metric, target[1], predicted, seed=task.seed),
        )
    return scores


def probe_curve(
    task: Task, coordinates: FloatArray, target: Any, dimensions: Sequence[int], n_folds: int = 5
) -> list[tuple[int, float, float, float]]:
    """Cross-validate the linear probe on the first d coordinates, for several d.

    Parameters
    ----------
    task : Task
        What is predicted.
    coordinates : ndarray of shape (n, D)
        Ordered coordinates of training rows.
    target : array-like of shape (n,)
        Their targets.
    dimensions : sequence of int
        The d to try.
    n_folds : int, default=5
        How many folds.

    Returns
    -------
    list of tuple
        (d, score, low, high), with the mean over folds and two standard errors to each side.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import Task, probe_curve
    >>> Z = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = Z[:, 0] + Z[:, 1]
    >>> curve = probe_curve(Task("regression"), Z, y, dimensions=[1, 2, 3])
    >>> [(d, round(score, 1)) for d, score, low, high in curve]
    [(1, 0.5), (2, 1.0), (3, 1.0)]
    """
    check_type(task, Task, "task", "a Task")
    coordinates = check_rows(coordinates, least=2)
    check_length(target, len(coordinates), "target")
    target = np.asarray(target)
    rows, labels = _tuning_rows(task, coordinates, np.asarray(target))
    points = []
    for d in dimensions:
        scores = []
        for train, test in _folds(task, labels, n_folds):
            model = _quick_probe(task).fit(rows[train, :d], labels[train])
            scores.append(metric_value(task.metric, labels[test], model.predict(rows[test, :d])))
        mean, error = float(np.mean(scores)), float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
        points.append((int(d), mean, mean - 2 * error, mean + 2 * error))
    return points


def _quick_probe(task: Task) -> Any:
    if task.kind == "regression":
        return RidgeCV(alphas=np.logspace(-3, 5, 17))
    return _logistic({"C": 1.0})


def _logistic(settings: dict[str, Any]) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, tol=1e-3, **settings))


def _boosting(task: Task, settings: dict[str, Any]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = (
        HistGradientBoostingRegressor
        if task.kind == "regression"
        else HistGradientBoostingClassifier
    )
    return kind(random_state=task.seed, **settings)


def _choose(
    task: Task, settings: list[dict[str, Any]], build: Any, features: FloatArray, target: Any
) -> dict[str, Any]:
    """Pick the setting with the best mean score over 3 folds of (some of) the training rows."""
    rows, labels = _tuning_rows(task, features, np.asarray(target))
    folds = list(_folds(task, labels, 3))

    def score(setting: dict[str, Any]) -> float:
        return float(
            np.mean(
                [
                    metric_value(
                        task.metric,
                        labels[test],
                        build(setting).fit(rows[train], labels[train]).predict(rows[test]),
                    )
                    for train, test in folds
                ]
            )
        )

    return max(settings, key=score)


def _tuning_rows(task: Task, rows: FloatArray, labels: Any) -> tuple[FloatArray, Any]:
    if len(rows) <= MOST_TUNING_ROWS:
        return rows, labels
    chosen = np.random.default_rng(task.seed).choice(len(rows), MOST_TUNING_ROWS, replace=False)
    if task.kind == "classification":
        # Two rows of each class, so that a rare one is not lost.
        _, first = np.unique(labels, return_index=True)
        _, last = np.unique(labels[::-1], return_index=True)
        chosen = np.union1d(chosen, np.concatenate([first, len(labels) - 1 - last]))
    return rows[chosen], labels[chosen]


def _folds(task: Task, labels: Any, n_folds: int) -> Any:
    """Give folds that test every row once, each class spread evenly over them.

    Numbers get fewer folds where few rows would be tested at a time, of which R^2 says nothing. A
    class of a single row stays in every training part: tested, it could not have been learned.
    """
    n = len(labels)
    if task.kind == "regression":
        n_folds = max(2, min(n_folds, n // FEWEST_TESTED))
        return KFold(n_folds, shuffle=True, random_state=task.seed).split(labels)
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() >= n_folds and n > 2 * n_folds:
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=task.seed)
        return list(splitter.split(labels, codes))
    order = np.random.default_rng(task.seed).permutation(n)
    order = order[np.argsort(codes[order], kind="stable")]
    tested = order[counts[codes[order]] > 1]
    if not len(tested):
        tested = order
    # Dealt out class by class, so that those of a class lie in different folds as far as they can.
    if n <= 2 * n_folds:
        n_folds = len(tested)
    folds = [np.sort(tested[start::n_folds]) for start in range(min(n_folds, len(tested)))]
    return [(np.setdiff1d(np.arange(n), test), test) for test in folds]
