"""Rows by their direction alone, for where nearness in distance makes hubs."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.prediction.members.base import FittedMember, Problem

HUBS = 2.0
"""Skewness above which some rows are everybody's neighbours: that of an exponential law."""


def hubness(context: Context) -> float:
    """Say how unevenly fitted rows are neighbours: the skewness of P_A.

    Among many columns of few values, such as words, the rows nearest to the centre are near to all:
    A is then one of a few hubs, wherever X is, and says little of it.

    Parameters
    ----------
    context : Context
        Fitted nearest neighbours.

    Returns
    -------
    float
        0 where all are neighbours equally often, 2 for an exponential law.

    References
    ----------
    Radovanovic, Nanopoulos and Ivanovic 2010, Hubs in space (JMLR 11).
    """
    often = np.asarray(context.describe().entries.sum(axis=0)).ravel()
    spread = float(often.std())
    # Where all are neighbours equally often the spread is of rounding.
    if not spread > 1e-12 * float(often.mean()):
        return 0.0
    return float(np.mean(((often - often.mean()) / spread) ** 3))


def directions(rows: FloatArray) -> FloatArray:
    """Divide each row by its length; rows of zeros stay."""
    # Squares of very large or small numbers would be infinite, or zero.
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


def turned(problem: Problem) -> Problem:
    """Give the same problem with each row's direction for the row."""
    return Problem(
        directions(problem.rows),
        problem.labelled,
        problem.targets,
        classes=problem.classes,
        random_state=problem.seed,
    )


class ByDirection(FittedMember):
    """A member that learned from directions.

    Parameters
    ----------
    inner : FittedMember
        The member.
    """

    def __init__(self, inner: FittedMember) -> None:
        self.inner, self.left_out = inner, inner.left_out

    def values(self, rows: FloatArray) -> FloatArray:
        """Predict rows by their directions."""
        return self.inner.values(directions(rows))
