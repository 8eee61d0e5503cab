"""What a representation is worth: linear probes and, on the same rows, strong baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_length, check_rows, check_type
from contextures.evaluation.intervals import Metric, bootstrap_interval, metric_value
from contextures.evaluation.representations.folds import Apart, Folds, folds
from contextures.exceptions import InputError

MOST_TUNING_ROWS = 3000
"""Rows that settings are chosen on; models are then fitted to all training rows."""

PENALTIES = np.logspace(-3, 5, 17)

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


def linear_probe(task: Task, features: FloatArray, target: Any, apart: Apart | None = None) -> Any:
    """Fit a linear model on standardised features, its penalty chosen by cross-validation.

    Ridge by leave-one-out for numbers; logistic regression by 3 folds for classes. Rows that are
    kept apart get folds that do so.
    """
    if task.kind == "regression":
        model = _ridge(task, target, apart)
        return make_pipeline(StandardScaler(), model).fit(features, target)
    settings = [{"C": strength} for strength in _STRENGTHS]
    best = _choose(task, settings, _logistic, features, target, apart)
    return _logistic(best).fit(features, target)


def boosting(task: Task, features: FloatArray, target: Any, apart: Apart | None = None) -> Any:
    """Fit scikit-learn's histogram gradient boosting, settings chosen by 3 folds."""
    # Stopping early looks at rows drawn at random, which need not be apart from the others.
    more = {} if apart is None else {"early_stopping": False}
    settings = [{**setting, **more} for setting in _BOOSTING]
    best = _choose(task, settings, lambda s: _boosting(task, s), features, target, apart)
    return _boosting(task, best).fit(features, target)


def compare(
    task: Task,
    embedding: tuple[FloatArray, FloatArray],
    raw: tuple[FloatArray, FloatArray],
    target: tuple[Any, Any],
    apart: Apart | None = None,
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
    apart : Apart, optional
        What keeps the training rows apart where settings are chosen.

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
        predicted = fit(task, train, target[0], apart).predict(test)
        scores[name] = HeldOutScore(
            metric_value(task.metric, target[1], predicted),
            bootstrap_interval(task.metric, target[1], predicted, seed=task.seed),
        )
    return scores


def probe_curve(
    task: Task,
    coordinates: FloatArray,
    target: Any,
    dimensions: Sequence[int],
    n_folds: int = 5,
    apart: Apart | None = None,
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
    apart : Apart, optional
        What keeps the rows apart.

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
    chosen = _tuning_rows(task, target, apart)
    rows, labels, apart = coordinates[chosen], target[chosen], _of(apart, chosen)
    parts = _folds(task, labels, n_folds, apart)
    points = []
    for d in dimensions:
        scores = []
        for train, test in parts:
            model = _quick_probe(task, labels[train], _of(apart, train))
            told = model.fit(rows[train, :d], labels[train]).predict(rows[test, :d])
            scores.append(_fold_score(task, labels, test, told))
        mean, error = float(np.mean(scores)), float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
        points.append((int(d), mean, mean - 2 * error, mean + 2 * error))
    return points


def _quick_probe(task: Task, target: Any, apart: Apart | None) -> Any:
    if task.kind == "regression":
        return _ridge(task, target, apart)
    return _logistic({"C": 1.0})


def _ridge(task: Task, target: Any, apart: Apart | None) -> Any:
    if apart is None:
        return RidgeCV(alphas=PENALTIES)
    try:
        parts = _folds(task, np.asarray(target), 3, apart)
    except InputError:  # of one group: nothing to choose a penalty on
        return Ridge(alpha=1.0)
    return RidgeCV(alphas=PENALTIES[::2], cv=parts, scoring="neg_mean_squared_error")


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
    task: Task,
    settings: list[dict[str, Any]],
    build: Any,
    features: FloatArray,
    target: Any,
    apart: Apart | None,
) -> dict[str, Any]:
    """Pick the setting with the best mean score over 3 folds of (some of) the training rows."""
    target = np.asarray(target)
    chosen = _tuning_rows(task, target, apart)
    rows, labels = features[chosen], target[chosen]
    parts = _folds(task, labels, 3, _of(apart, chosen))

    def score(setting: dict[str, Any]) -> float:
        return float(
            np.mean(
                [
                    _fold_score(
                        task,
                        labels,
                        test,
                        build(setting).fit(rows[train], labels[train]).predict(rows[test]),
                    )
                    for train, test in parts
                ]
            )
        )

    return max(settings, key=score)


def _fold_score(task: Task, labels: Any, test: IntArray, told: Any) -> float:
    """Score a fold; where its numbers are all alike, beside the variance of all of them."""
    truth = labels[test]
    if task.kind == "regression" and np.ptp(truth) == 0:
        return float(1 - np.mean((truth - told) ** 2) / np.var(labels))
    return metric_value(task.metric, truth, told)


def _tuning_rows(task: Task, labels: Any, apart: Apart | None) -> IntArray:
    n = len(labels)
    if n <= MOST_TUNING_ROWS:
        return np.arange(n)
    chosen = np.random.default_rng(task.seed).choice(n, MOST_TUNING_ROWS, replace=False)
    # Two rows of each class, and of each of a few groups, so that a rare one is not lost.
    kinds = [labels] if task.kind == "classification" else []
    if apart is not None and len(np.unique(apart.codes)) <= MOST_TUNING_ROWS // 10:
        kinds.append(apart.codes)
    for codes in kinds:
        _, first = np.unique(codes, return_index=True)
        _, last = np.unique(codes[::-1], return_index=True)
        chosen = np.union1d(chosen, np.concatenate([first, n - 1 - last]))
    return chosen


def _folds(task: Task, labels: Any, n_folds: int, apart: Apart | None = None) -> Folds:
    classes = task.kind == "classification"
    return folds(labels, n_folds, classes=classes, seed=task.seed, apart=apart)


def _of(apart: Apart | None, rows: IntArray) -> Apart | None:
    return None if apart is None else apart.of(rows)
