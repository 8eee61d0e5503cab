"""Members that need no unlabelled rows: plain kernels of the columns."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts.rbf import median_distance
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.contexts import with_others
from contextures.prediction.members.penalized import Penalized, averaged, fit_penalized
from contextures.regression.ridge import Ridge

WIDTHS = (0.25, 1.0, 4.0)
"""The Gaussians that are evenly mixed, in units of the inverse median squared distance."""

REACH = 0.5
"""How far along the ranks of one column, which run from 0 to 1, the additive kernel reaches."""

MOST_RANKS = 2000
"""Values of a column that ranks are told from."""

BLOCK_ENTRIES = 131_072
"""Entries of a kernel that are worked on at a time: a megabyte, which a cache holds."""


class KernelMember(Member):
    """Kernel ridge regression on a plain kernel.

    Parameters
    ----------
    name : {"linear", "gaussian", "laplace", "additive"}
        "linear" and "gaussian" (three widths, evenly mixed) are kernels of standardised columns;
        "laplace", exp(-|r - r'|_1 / its median), and "additive", the mean over columns of
        exp(-2 |r_j - r'_j|), of the columns' ranks among all rows.

    Examples
    --------
    >>> from contextures.prediction import KernelMember
    >>> KernelMember("additive").prior
    1.0
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(self, problem: Problem) -> FittedMember:
        """Fit the labelled rows, up to 2,000 of them; see :meth:`Member.fit`."""
        kernel = PlainKernel(self.name, problem.rows)
        points = problem.rows[problem.labelled[problem.core]]
        targets = problem.targets[problem.core]
        if self.name == "linear" and points.shape[1] < len(points):  # rows are its factor
            ridge = averaged(Ridge(points, targets, np.ones(len(points))), targets)
        else:
            ridge = fit_penalized(kernel.between(points, points), targets)
        found = _Fitted(kernel, points, ridge)
        found.left_out = with_others(found, problem, ridge.left_out)
        return found


class PlainKernel:
    """One of the kernels of :class:`KernelMember`, its widths and ranks taken from all rows.

    Parameters
    ----------
    name : str
        Which.
    rows : ndarray of shape (n, p)
        All rows.
    """

    # Not among the attributes that are written: they follow from the rest, once they are needed.
    __slots__ = ("__dict__", "__weakref__", "_ranked", "_steps")

    def __init__(self, name: str, rows: FloatArray) -> None:
        self.name = name
        places = np.linspace(0, len(rows) - 1, min(len(rows), MOST_RANKS)).astype(np.intp)
        self.ordered = np.sort(rows, axis=0)[places]
        if name == "gaussian":
            self.width = median_distance(rows)
        elif name == "laplace":
            from scipy.spatial.distance import pdist

            far = pdist(self._ranks(rows[places[:: max(1, len(places) // 500)]]), "cityblock")
            self.width = float(np.median(far)) or 1.0

    def between(self, rows: FloatArray, points: FloatArray) -> FloatArray:
        """Compute the kernel between rows and points."""
        if self.name == "linear":
            return np.asarray(rows @ points.T)
        from scipy.spatial.distance import cdist

        if self.name == "gaussian":
            squared = cdist(rows, points, "sqeuclidean") / self.width
            return np.asarray(sum(np.exp(-each * squared) for each in WIDTHS) / len(WIDTHS))
        ranks, others = self._ranks(rows), self._ranks_of_points(points)
        if self.name == "laplace":
            far = cdist(ranks, others, "cityblock")
            far /= -self.width
            return np.asarray(np.exp(far, out=far))
        columns = zip(ranks.T, others.T, strict=True)
        parts = (np.exp(-np.abs(one[:, None] - other) / REACH) for one, other in columns)
        return np.asarray(sum(parts) / ranks.shape[1])

    def _ranks(self, rows: FloatArray) -> FloatArray:
        """Give the share of fitted rows below, those that are equal counted half.

        Between fitted values it rises evenly, so that a value that was rounded otherwise on its way
        through a file keeps its rank.
        """
        if not hasattr(self, "_steps"):
            self._steps = [_steps_of(ordered) for ordered in self.ordered.T]
        found = np.empty_like(rows)
        for column, (values, shares) in enumerate(self._steps):
            found[:, column] = np.interp(rows[:, column], values, shares)
        return found

    def _ranks_of_points(self, points: FloatArray) -> FloatArray:
        """Give the ranks of points that are asked about again and again."""
        known = getattr(self, "_ranked", None)
        if known is None or known[0] is not points:
            known = self._ranked = (points, self._ranks(points))
        return known[1]


def _steps_of(ordered: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, counts = np.unique(ordered, return_counts=True)
    return values, (np.cumsum(counts) - counts / 2) / len(ordered)


class _Fitted(FittedMember):
    in_blocks = True

    def __init__(self, kernel: PlainKernel, points: FloatArray, ridge: Penalized) -> None:
        self._kernel, self._points = kernel, points
        self._dual, self._constant = ridge.dual, ridge.constant

    def values(self, rows: FloatArray) -> FloatArray:
        """Give the kernel's function, block by block."""
        if self._kernel.name == "linear":
            return np.asarray(rows @ (self._points.T @ self._dual)) + self._constant
        found = np.empty((len(rows), len(self._constant)))
        step = max(1, BLOCK_ENTRIES // len(self._points))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            found[part] = self._kernel.between(rows[part], self._points) @ self._dual
        return found + self._constant
