"""Means of transitions: of those under several masks of the columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, Matrix, compact
from contextures.exceptions import InputError


class Total:
    """A running sum of transitions that turns dense once that is the smaller form."""

    def __init__(self) -> None:
        self.sum: Matrix | None = None
        self.count = 0

    def add(self, transition: Matrix) -> None:
        """Add one transition."""
        self.count += 1
        if self.sum is None:
            self.sum = transition.copy()
        elif sparse.issparse(self.sum):
            total = self.sum + transition
            self.sum = compact(total) if sparse.issparse(total) else np.asarray(total)
        elif sparse.issparse(transition):
            n = transition.shape[0]
            per_row = np.diff(transition.indptr)
            # A row's columns are distinct, so no entry is hit twice.
            self.sum[np.repeat(np.arange(n), per_row), transition.indices] += transition.data
        else:
            self.sum += transition

    def mean(self) -> Matrix:
        """Give the mean of what was added."""
        if self.sum is None:
            raise InputError("there is nothing to average; give at least one mask")
        return compact(self.sum * (1.0 / self.count))


def visible_parts(X: FloatArray, masks: np.ndarray[Any, Any]) -> Iterator[FloatArray]:
    """Give the visible columns of ``X`` under each mask in turn."""
    for mask in masks:
        yield np.ascontiguousarray(X[:, ~mask])
