"""Rows that settings are chosen on, and the folds that they are chosen by."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from contextures._arrays import FloatArray
from contextures.evaluation.representations.task import Task

MOST_TUNING_ROWS = 3000
"""Rows that settings are chosen on; models are then fitted to all training rows."""

FEWEST_TESTED = 4
"""Rows of a fold that R^2 is computed on."""


def tuning_rows(
    task: Task, rows: FloatArray, labels: Any, most: int = MOST_TUNING_ROWS
) -> tuple[FloatArray, Any]:
    """Draw the rows that settings are chosen on: all where they are few, two of each class."""
    if len(rows) <= most:
        return rows, labels
    chosen = np.random.default_rng(task.seed).choice(len(rows), most, replace=False)
    if task.kind == "classification":
        # Two rows of each class, so that a rare one is not lost.
        _, first = np.unique(labels, return_index=True)
        _, last = np.unique(labels[::-1], return_index=True)
        chosen = np.union1d(chosen, np.concatenate([first, len(labels) - 1 - last]))
    return rows[chosen], labels[chosen]


def folds(task: Task, labels: Any, n_folds: int) -> Any:
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
    parts = [np.sort(tested[start::n_folds]) for start in range(min(n_folds, len(tested)))]
    return [(np.setdiff1d(np.arange(n), test), test) for test in parts]
