"""What a representation is worth: linear probes and, on the same rows, its rivals."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray
from contextures._checks import check_length, check_rows, check_type
from contextures.evaluation.intervals import bootstrap_interval
from contextures.evaluation.representations.boosting import tuned_boosting
from contextures.evaluation.representations.folds import Apart
from contextures.evaluation.representations.rivals import Fitted, baseline, random_forest
from contextures.evaluation.representations.task import HeldOutScore, Task, score_of, told_by
from contextures.evaluation.representations.tuning import folds, part_of, tuning_rows
from contextures.exceptions import InputError

PENALTIES = np.logspace(-3, 5, 17)
_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)


def linear_probe(task: Task, features: FloatArray, target: Any, apart: Apart | None = None) -> Any:
    """Fit a linear model on standardised features, its penalty chosen by cross-validation.

    Ridge by leave-one-out for numbers; logistic regression by 3 folds for classes. What is best
    is told by the task's metric. Rows that are kept apart get folds that do so.
    """
    if task.kind == "regression":
        return make_pipeline(StandardScaler(), ridge(task, target, apart)).fit(features, target)
    return _logistic(_choose(task, features, target, apart)).fit(features, target)


def _linear(task: Task, features: FloatArray, target: Any, apart: Apart | None) -> Fitted:
    words = "ridge regression" if task.kind == "regression" else "logistic regression"
    return Fitted(linear_probe(task, features, target, apart), words)


def ridge(task: Task, target: Any = None, apart: Apart | None = None) -> Any:
    """Make a ridge regression whose penalty has the best left-out predictions by the metric."""
    # R^2 and the root are best where the mean squared error is, which it follows by itself.
    scoring = "neg_mean_absolute_error" if task.metric == "mae" else None
    if apart is None:
        return RidgeCV(alphas=PENALTIES, scoring=scoring)
    try:
        parts = folds(task, target, 3, apart)
    except InputError:  # of one group: nothing to choose a penalty on
        return Ridge(alpha=1.0)
    return RidgeCV(alphas=PENALTIES[::2], cv=parts, scoring=scoring or "neg_mean_squared_error")


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
        features), ``gradient_boosting`` (on the features, the best of ten random settings),
        ``random_forest`` (on the features), ``contexture_plus_raw`` (linear probe on both) and
        ``baseline`` (the shares of the classes, of which the commonest is predicted, or the
        mean), each with its seconds. Every setting is chosen on training rows alone, by the
        task's metric.

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
    told = held_out_predictions(task, embedding, raw, target, apart)
    return scores_of(task, target, told)


@dataclass(frozen=True)
class Told:
    """What a model predicted for held-out rows.

    Attributes
    ----------
    values : ndarray of shape (n,) or (n, q)
        Numbers, or for classes the chances of all, sorted.
    seconds : float
        How long it took, choices included.
    words : str
        The model.
    """

    values: NDArray[Any]
    seconds: float
    words: str


def held_out_predictions(
    task: Task,
    embedding: tuple[FloatArray, FloatArray],
    raw: tuple[FloatArray, FloatArray],
    target: tuple[Any, Any],
    apart: Apart | None = None,
) -> dict[str, Told]:
    """Give the predictions that :func:`compare` scores."""
    both = tuple(np.hstack(pair) for pair in zip(embedding, raw, strict=True))
    classes = classes_of(task, target)
    entries = {
        "contexture": (_linear, embedding),
        "raw_linear": (_linear, raw),
        "gradient_boosting": (tuned_boosting, raw),
        "random_forest": (random_forest, raw),
        "contexture_plus_raw": (_linear, both),
        "baseline": (baseline, raw),
    }
    found = {}
    for name, (fit, (train, test)) in entries.items():
        started = time.perf_counter()
        fitted = fit(task, train, target[0], apart)
        values = told_by(task, fitted.model, test, classes)
        found[name] = Told(values, time.perf_counter() - started, fitted.words)
    return found


def scores_of(
    task: Task, target: tuple[Any, Any], told: dict[str, Told], groups: Any = None
) -> dict[str, HeldOutScore]:
    """Score predictions of held-out rows, of ``groups``; see :func:`compare`."""
    more = {"classes": classes_of(task, target), "groups": groups}
    return {
        name: score_of(task, target[1], one.values, **more, seconds=one.seconds, model=one.words)
        for name, one in told.items()
    }


def classes_of(task: Task, target: tuple[Any, ...]) -> Any:
    """Give all classes, sorted; None for numbers."""
    if task.kind == "regression":
        return None
    return np.unique(np.concatenate([np.asarray(part) for part in target]))


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
        (d, score, low, high), with the mean over folds and two standard errors to each side. Where
        the metric is undefined on folds, for want of a class, it is that of all rows' predictions
        by the models that had not seen them, with its bootstrap interval.

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
    rows, labels, apart = tuning_rows(task, coordinates, target, apart=apart)
    classes = classes_of(task, (labels,))
    parts = folds(task, labels, n_folds, apart)
    points = []
    for d in dimensions:
        told = []
        for train, test in parts:
            model = _quick_probe(task, labels[train], part_of(apart, train))
            model.fit(rows[train, :d], labels[train])
            told.append(told_by(task, model, rows[test, :d], classes))
        points.append((int(d), *_over_folds(task, labels, [test for _, test in parts], told)))
    return points


def _over_folds(
    task: Task, labels: Any, tested: list[Any], told: list[Any]
) -> tuple[float, float, float]:
    classes = classes_of(task, (labels,))
    scores = [
        task.value(labels[test], part, classes) for test, part in zip(tested, told, strict=True)
    ]
    if np.isfinite(scores).all():
        mean = float(np.mean(scores))
        error = float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
        return mean, mean - 2 * error, mean + 2 * error
    truth, pooled = labels[np.concatenate(tested)], np.concatenate(told)
    how: dict[str, Any] = {"classes": classes, "positive": task.positive}
    low, high = bootstrap_interval(task.metric, truth, pooled, seed=task.seed, **how)
    return task.value(truth, pooled, classes), low, high


def best_of(task: Task, curve: Sequence[tuple[int, float, float, float]]) -> int:
    """Give the number of coordinates whose score is best, the fewest of those."""
    gains = [score if task.measure.larger else -score for _, score, *_ in curve]
    return curve[int(np.argmax(np.nan_to_num(gains, nan=-np.inf)))][0]


def _quick_probe(task: Task, target: Any, apart: Apart | None) -> Any:
    return ridge(task, target, apart) if task.kind == "regression" else _logistic(1.0)


def _logistic(strength: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, tol=1e-3, C=strength))


def _choose(task: Task, features: FloatArray, target: Any, apart: Apart | None) -> float:
    """Pick the strength with the best mean score over 3 folds of (some of) the training rows."""
    rows, labels, apart = tuning_rows(task, features, np.asarray(target), apart=apart)
    parts, classes = folds(task, labels, 3, apart), classes_of(task, (labels,))

    def score(strength: float) -> float:
        told = [
            told_by(task, _logistic(strength).fit(rows[train], labels[train]), rows[test], classes)
            for train, test in parts
        ]
        value = _over_folds(task, labels, [test for _, test in parts], told)[0]
        return -np.inf if not np.isfinite(value) else value if task.measure.larger else -value

    return max(_STRENGTHS, key=score)
