"""What every representation must beat: a baseline that looks at no column, and a forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.evaluation.representations.folds import Apart
from contextures.evaluation.representations.task import Task

MOST_ROWS_OF_A_TREE = 10_000
"""Rows that a tree of the forest is grown on, drawn anew for each."""

N_TREES, FEWEST_TREES = 300, 50
"""Trees of a forest: the first, or as many as can be grown in time but not below the second."""

SECONDS = 30.0
"""What growing a forest may take, roughly: by its size, so that a result never hangs on a clock."""


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Attributes
    ----------
    model : estimator
        Of scikit-learn's kind.
    words : str
        What was fitted, and how much of a search went into it.
    """

    model: Any
    words: str


def baseline(task: Task, features: FloatArray, target: Any, apart: Apart | None = None) -> Fitted:
    """Fit scikit-learn's dummy: the shares of the classes and the commonest, or the mean."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if task.kind == "regression":
        return Fitted(DummyRegressor().fit(features, target), "the mean")
    return Fitted(DummyClassifier(strategy="prior").fit(features, target), "the commonest class")


def random_forest(
    task: Task, features: FloatArray, target: Any, apart: Apart | None = None
) -> Fitted:
    """Fit scikit-learn's random forest, of fewer trees where a tree takes long.

    A split looks among the root of the number of columns for classes, and a third for numbers.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    n, p = features.shape
    rows = min(n, MOST_ROWS_OF_A_TREE)
    tried = max(1.0, p**0.5 if task.kind == "classification" else p / 3)
    trees = int(np.clip(SECONDS / (1e-7 * rows * np.log2(rows + 1) * tried), FEWEST_TREES, N_TREES))
    how: dict[str, Any] = {
        "n_estimators": trees,
        "max_samples": rows if rows < n else None,
        "random_state": task.seed,
        "n_jobs": -1,  # trees are the same whoever grows them
    }
    words = f"{trees} trees" + (f" of {rows:,} rows each" if rows < n else "")
    model: Any
    if task.kind == "classification":
        model = RandomForestClassifier(**how).fit(features, target)
    else:
        model = RandomForestRegressor(max_features=1 / 3, **how).fit(features, target)
    model.n_jobs = None  # threads add up trees in any order
    return Fitted(model, words)
