"""Points that repeat: neighbours are found among distinct ones, then all copies put back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures.contexts.distinct import distinct_rows, some_repeat

_CHUNK_ENTRIES = 8_000_000


class Copies:
    """Which points are copies of which.

    Parameters
    ----------
    codes : ndarray of int of shape (m,)
        The number of each point among the distinct ones, which are in order of appearance.
    """

    def __init__(self, codes: IntArray) -> None:
        self.members = np.argsort(codes, kind="stable")
        self.counts = np.bincount(codes)
        self.starts = np.cumsum(self.counts) - self.counts

    def enough(self, k: int) -> int:
        """Say how many distinct points hold k points, whichever they are."""
        fewest = np.cumsum(np.sort(self.counts))
        return int(np.searchsorted(fewest, k)) + 1

    def put_back(
        self, groups: IntArray, distances: FloatArray, k: int
    ) -> tuple[IntArray, NDArray[np.bool_]]:
        """Give the k nearest points, nearest first, ties by index.

        Parameters
        ----------
        groups : ndarray of int of shape (n, g)
            The nearest distinct points of each row, nearest first, ties by index; at least
            :meth:`enough` of them.
        distances : ndarray of shape (n, g)
            Their distances.
        k : int
            How many points.

        Returns
        -------
        nearest : ndarray of int of shape (n, k)
            Indices of points.
        settled : ndarray of bool of shape (n,)
            False where more distinct points, tied with the last one given, might have copies of a
            lower index. With k distinct points none has: they are in the order of first copies.
        """
        nearest = np.empty((len(groups), k), dtype=np.intp)
        settled = np.empty(len(groups), dtype=bool)
        step = max(1, _CHUNK_ENTRIES // (2 * k + groups.shape[1]))
        for start in range(0, len(groups), step):
            part = slice(start, start + step)
            nearest[part], settled[part] = self._put_back(groups[part], distances[part], k)
        return nearest, settled

    def _put_back(
        self, groups: IntArray, distances: FloatArray, k: int
    ) -> tuple[IntArray, NDArray[np.bool_]]:
        # Computed in another order than they were ranked in, distances may go down by rounding.
        distances = np.maximum.accumulate(distances, axis=1)
        counts = np.minimum(self.counts[groups], k)
        last = (np.cumsum(counts, axis=1) >= k).argmax(axis=1)
        bound = np.take_along_axis(distances, last[:, None], axis=1)
        needed = distances <= bound
        rows, places = np.nonzero(needed)
        sizes = counts[rows, places]
        # The first copies of each needed group, one group after the other.
        begin = self.starts[groups[rows, places]] - (np.cumsum(sizes) - sizes)
        points = self.members[np.repeat(begin, sizes) + np.arange(sizes.sum())]
        totals = np.where(needed, counts, 0).sum(axis=1)
        firsts = np.cumsum(totals) - totals
        tied = (needed[:, 1:] & (np.diff(distances, axis=1) == 0)).any(axis=1)
        if tied.any():
            # Copies of groups at one distance take turns by index.
            chosen = np.repeat(tied, totals)
            far = np.repeat(distances[rows, places], sizes)[chosen]
            of = np.repeat(np.arange(len(groups)), totals)[chosen]
            points[chosen] = points[chosen][np.lexsort((points[chosen], far, of))]
        return points[firsts[:, None] + np.arange(k)], bound[:, 0] < distances[:, -1]


def without_copies(points: FloatArray) -> tuple[FloatArray, Copies | None]:
    """Give the distinct points, and where their copies are; None where there are none."""
    if not some_repeat(points):
        return points, None
    distinct, codes = distinct_rows(points)
    return (distinct, Copies(codes)) if len(distinct) < len(points) else (points, None)


def once(rows: FloatArray) -> tuple[FloatArray, Any]:
    """Give distinct rows, and what puts results for them back to all rows."""
    if not some_repeat(rows):
        return rows, slice(None)
    return distinct_rows(rows)
