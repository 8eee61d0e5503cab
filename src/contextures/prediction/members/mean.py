"""The member that the others must beat: the labels' mean, or the classes' shares."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray
from contextures.prediction.members.base import FittedMember, Member, Problem


class MeanMember(Member):
    """The mean of the labels, or the shares of the classes, whatever the row.

    Examples
    --------
    >>> from contextures.prediction import MeanMember
    >>> MeanMember().name
    'mean'
    """

    name, prior = "mean", 1.0

    def fit(self, problem: Problem) -> FittedMember:
        """Take the mean, and for each labelled row that of the others."""
        targets = problem.targets
        found = _Fitted(targets.mean(axis=0))
        found.left_out = (targets.sum(axis=0) - targets) / max(1, len(targets) - 1)
        return found


class _Fitted(FittedMember):
    def __init__(self, mean: FloatArray) -> None:
        self._mean = mean

    def values(self, rows: FloatArray) -> FloatArray:
        """Repeat the mean."""
        return np.tile(self._mean, (len(rows), 1))
