"""Rows that settings are chosen on, and the folds that they are chosen by."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.evaluation.representations import folds as parting
from contextures.evaluation.representations.folds import Apart, Folds
from contextures.evaluation.representations.task import Task

MOST_TUNING_ROWS = 3000
"""Rows that settings are chosen on; models are then fitted to all training rows."""

MOST_SMALL = 300
"""Groups up to which each keeps two of the rows drawn."""


def tuning_rows(
    task: Task,
    rows: FloatArray,
    labels: Any,
    most: int = MOST_TUNING_ROWS,
    apart: Apart | None = None,
) -> tuple[FloatArray, Any, Apart | None]:
    """Draw the rows that settings are chosen on: all where they are few, two of each class."""
    if len(rows) <= most:
        return rows, labels, apart
    chosen = np.random.default_rng(task.seed).choice(len(rows), most, replace=False)
    # Two rows of each class, and of each of a few groups, so that a rare one is not lost.
    kinds = [labels] if task.kind == "classification" else []
    if apart is not None and len(np.unique(apart.codes)) <= MOST_SMALL:
        kinds.append(apart.codes)
    for codes in kinds:
        _, first = np.unique(codes, return_index=True)
        _, last = np.unique(codes[::-1], return_index=True)
        chosen = np.union1d(chosen, np.concatenate([first, len(labels) - 1 - last]))
    return rows[chosen], labels[chosen], part_of(apart, chosen)


def folds(task: Task, labels: Any, n_folds: int, apart: Apart | None = None) -> Folds:
    """Give folds of a task's rows, as the module ``folds`` deals them."""
    classes = task.kind == "classification"
    return parting.folds(labels, n_folds, classes=classes, seed=task.seed, apart=apart)


def part_of(apart: Apart | None, rows: IntArray) -> Apart | None:
    """Give what keeps some rows apart; None where nothing does."""
    return None if apart is None else apart.of(rows)
