"""Nearest neighbours that do not depend on the back end, the batch or the order of ties.

The search itself is scipy's, scikit-learn's or faiss's. What is ours is the last step: candidates
are ranked again by their exact distance, ties by index, so that a row gets the same neighbours
whether it is looked up alone, with others, or by another back end. Points that repeat are searched
once: a graph of neighbours (HNSW) loses its way among equal points. Rows are looked up in parts, so
that what is held beside points and result does not grow with their number.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._lazy import missing
from contextures.contexts.approximate import Cells, Graph
from contextures.contexts.copies import Copies, once, without_copies
from contextures.contexts.every_point import distances_to, rank_all, resolve, select_all
from contextures.exceptions import ContextWarning, InputError

Algorithm = Literal["auto", "tree", "brute", "ivf", "hnsw"]

TREE_FEATURES = 10
"""Up to as many features a k-d tree beats brute force (measured on 20,000 rows and above)."""

BRUTE_PAIRS = 4_000_000_000
"""Up to as many pairs exact search stays under about ten seconds on one core."""

EXACT_PAIRS = 20_000_000_000
"""Up to as many pairs exact search, about a minute, replaces an approximate one that fails."""

WANTED_RECALL = 0.993
"""Cells are looked into until as much of the neighbours is found."""

LEAST_RECALL = 0.99
"""An approximate search that finds less of the neighbours fails."""

FEW_POINTS = 1000
"""Among fewer points cells save nothing, and exact search takes their place."""

FEW_ROWS = 8
"""Up to so many rows the checks of scikit-learn's search take longer than the search."""

_PART = 65_536
"""Rows that are looked up, and points that are looked at, at a time."""


class NeighborSearch:
    """Neighbours among fixed points.

    Parameters
    ----------
    points : ndarray of shape (m, p)
        Where neighbours are looked for.
    algorithm : {"auto", "tree", "brute", "ivf", "hnsw"}
        How. All but "ivf" and "hnsw" are exact; "auto" takes "ivf" only if faiss is installed and
        exact search would be slow.
    n_queries : int or None
        How many rows will be looked up, for "auto"; as many as points when None.
    """

    def __init__(
        self, points: FloatArray, algorithm: Algorithm = "auto", n_queries: int | None = None
    ) -> None:
        self.points = points
        self._distinct, self._copies = without_copies(points)
        # Rows that are looked up are mostly the points, so they repeat as often.
        share = len(self._distinct) / len(points)
        n_queries = max(1, round(share * (n_queries or len(points))))
        self.algorithm = choose(algorithm, self._distinct.shape, n_queries)
        self._index: Any = None
        self._settled = self.exact

    @property
    def exact(self) -> bool:
        """Whether the neighbours found are the nearest for certain."""
        return self.algorithm in ("tree", "brute")

    def query(self, rows: FloatArray, k: int) -> IntArray:
        """Find the ``k`` nearest points of each row, nearest first, ties by index.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            Where to look from.
        k : int
            How many neighbours, at most the number of points.

        Returns
        -------
        ndarray of int of shape (n, k)
            Indices of points.
        """
        if not self._settled:  # where the context was read from disk
            self.settle(self.points, k)
        rows, back = once(rows)
        if self.exact and 4 * k >= len(self.points):
            return np.asarray(rank_all(rows, self.points, k)[back])
        if len(rows) <= _PART:
            return np.asarray(self._some(rows, k)[back])
        found = np.empty((len(rows), k), dtype=np.intp)
        for start in range(0, len(rows), _PART):
            part = slice(start, start + _PART)
            found[part] = self._some(rows[part], k)
        return np.asarray(found[back])

    def _some(self, rows: FloatArray, k: int) -> IntArray:
        if self._copies is None:
            return self._nearest(rows, k)
        return self._with_copies(self._copies, rows, k)

    def _with_copies(self, copies: Copies, rows: FloatArray, k: int) -> IntArray:
        """Find the ``k`` nearest points of distinct rows by the nearest distinct points."""
        found = np.empty((len(rows), k), dtype=np.intp)
        left = np.arange(len(rows))
        # k distinct points are always enough; fewer are where each has copies and none is tied.
        for n_groups in (min(copies.enough(k) + 1, k, len(self._distinct)), k):
            groups = self._nearest(rows[left], min(n_groups, len(self._distinct)))
            distances = distances_to(rows[left], self._distinct, groups)
            found[left], settled = copies.put_back(groups, distances, k)
            if n_groups >= min(k, len(self._distinct)):
                break
            left = left[~settled]
            if not len(left):
                break
        return found

    def _nearest(self, rows: FloatArray, k: int) -> IntArray:
        """Find the ``k`` nearest distinct points of distinct rows."""
        points = self._distinct
        m = len(points)
        if self.exact and 4 * k >= m:
            return rank_all(rows, points, k)
        wanted = min(m, k + max(8, k // 8))
        candidates = self._candidates(rows, wanted)
        distances = distances_to(rows, points, candidates)
        order = np.argsort(distances, axis=1)
        candidates = np.take_along_axis(candidates, order, axis=1)
        distances = np.take_along_axis(distances, order, axis=1)
        # The quick sort leaves ties in any order; only rows that have one are sorted again.
        tied = np.flatnonzero((np.diff(distances, axis=1) == 0).any(axis=1))
        if len(tied):
            order = np.lexsort((candidates[tied], distances[tied]), axis=1)
            candidates[tied] = np.take_along_axis(candidates[tied], order, axis=1)
        nearest = candidates[:, :k].copy()
        if wanted < m and self.exact:
            cut = np.flatnonzero(self._doubtful(rows, distances, k))
            if len(cut):
                nearest[cut] = resolve(rows[cut], points, k)
        return nearest

    def _doubtful(self, rows: FloatArray, distances: FloatArray, k: int) -> NDArray[np.bool_]:
        """Tell where a point that is no candidate may be as near as the k-th that is one.

        A tie that runs past the candidates was cut by the back end's own order. The tree knows
        distances to rounding; brute force expands |x - a|^2, and knows them to rounding of |x|^2
        and |a|^2, which is more than the distance itself among rows that nearly repeat.
        """
        kth, last = distances[:, k - 1], distances[:, -1]
        doubt = 1e-9 * last**2
        if self.algorithm == "brute":
            size = 2 * np.linalg.norm(rows - self._centre, axis=1) + kth
            doubt = doubt + 4 * (rows.shape[1] + 4) * np.finfo(np.float64).eps * size**2
        return np.asarray(kth**2 >= last**2 - doubt)

    def distances(self, rows: FloatArray, found: IntArray) -> FloatArray:
        """Give the exact distances of points that :meth:`query` found for the same rows."""
        return distances_to(rows, self.points, found)

    def query_any_order(self, rows: FloatArray, k: int) -> IntArray:
        """Find the same points as :meth:`query`, in any order, which is quicker for large k."""
        if self.exact and 4 * k >= len(self.points):
            return select_all(rows, self.points, k)
        return self.query(rows, k)

    def settle(self, rows: FloatArray, k: int, n_checked: int = 500) -> float:
        """Measure the share of nearest points found, and look further while that is too low.

        Cells are looked into until it is high enough; where it does not get so, exact search takes
        over if that lasts about a minute.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            Rows that will be looked up; evenly spaced ones are checked.
        k : int
            How many neighbours.
        n_checked : int, default=500
            How many rows to check.

        Returns
        -------
        float
            The recall of what is searched by from now on: one when exact. Points that are as near
            as the k-th count as found.

        Warns
        -----
        ContextWarning
            If it is low and exact search would be slow.
        """
        self._settled = True
        if self.exact:
            return 1.0
        chosen = rows[np.unique(np.linspace(0, len(rows) - 1, n_checked).astype(np.intp))]
        bound = _kth_distance(chosen, self.points, k)[:, None] * (1 + 1e-12)
        recall = 0.0
        while True:
            found = distances_to(chosen, self.points, self.query(chosen, k))
            recall = float(np.mean(found <= bound))
            if recall >= WANTED_RECALL or not self._index.look_further(recall):
                break
        if recall >= LEAST_RECALL:
            return recall
        if len(self._distinct) * len(rows) <= EXACT_PAIRS:
            self.algorithm, self._index = "brute", None
            return 1.0
        warnings.warn(
            f"the approximate search finds {recall:.0%} of the nearest neighbours on "
            f"{len(chosen)} rows that were checked; give algorithm='brute', which is exact and "
            "slower, or fewer n_landmarks",
            ContextWarning,
            stacklevel=2,
        )
        return recall

    def _candidates(self, rows: FloatArray, wanted: int) -> IntArray:
        if self.algorithm == "tree":
            if self._index is None:
                from scipy.spatial import cKDTree

                self._index = cKDTree(self._distinct, leafsize=32)
            _, found = self._index.query(rows, wanted, workers=-1)
            return np.asarray(found, dtype=np.intp).reshape(len(rows), wanted)
        if not self.exact:
            return self._most_candidates(rows, wanted)
        if self._index is None:
            from sklearn.neighbors import NearestNeighbors

            # Centred, because brute force expands |x - a|^2, which loses digits far from zero.
            self._centre = self._distinct.mean(axis=0)
            self._index = NearestNeighbors(algorithm="brute").fit(self._distinct - self._centre)
        if len(rows) <= FEW_ROWS:
            from scipy.spatial.distance import cdist

            far = cdist(rows, self._distinct, "sqeuclidean")
            return np.argpartition(far, wanted - 1, axis=1)[:, :wanted]
        found = self._index.kneighbors(rows - self._centre, wanted, return_distance=False)
        return np.asarray(found, dtype=np.intp)

    def _most_candidates(self, rows: FloatArray, wanted: int) -> IntArray:
        if self._index is None:
            self._index = (Cells if self.algorithm == "ivf" else Graph)(self._distinct)
        found: IntArray = self._index.candidates(rows, wanted)
        missing = np.flatnonzero((found < 0).any(axis=1))
        if len(missing):
            found[missing] = resolve(rows[missing], self._distinct, wanted)
        return found


def choose(algorithm: str, shape: tuple[int, ...], n_queries: int) -> Algorithm:
    """Pick the search for points of this shape; see :class:`NeighborSearch`."""
    from importlib.util import find_spec

    if algorithm not in ("auto", "tree", "brute", "ivf", "hnsw"):
        raise InputError(
            f"algorithm={algorithm!r} is not known; give 'auto', 'tree', 'brute', 'ivf' or 'hnsw'"
        )
    if algorithm in ("ivf", "hnsw") and find_spec("faiss") is None:
        raise missing("faiss", f"algorithm={algorithm!r}")
    m, p = shape
    if algorithm == "ivf" and m < FEW_POINTS:
        return "brute"
    if algorithm != "auto":
        return algorithm  # type: ignore[return-value]
    if p <= TREE_FEATURES:
        return "tree"
    if m * n_queries <= BRUTE_PAIRS:
        return "brute"
    if find_spec("faiss") is not None:
        return "ivf"
    if m * n_queries > EXACT_PAIRS:
        warnings.warn(
            f"exact search for the neighbours of {n_queries:,} rows among {m:,} takes about "
            f"{m * n_queries / EXACT_PAIRS:,.0f} minutes; install faiss-cpu (pip install "
            "'contextures[fast]'), which finds 99% of them much sooner, or give n_landmarks",
            ContextWarning,
            stacklevel=2,
        )
    return "brute"


def _kth_distance(rows: FloatArray, points: FloatArray, k: int) -> FloatArray:
    """Give the distance of the k-th nearest point of each row, by looking at all in parts."""
    nearest = np.empty((len(rows), 0))
    for start in range(0, len(points), _PART):
        search = NeighborSearch(points[start : start + _PART], "brute")
        found = search.query(rows, min(k, len(search.points)))
        nearest = np.hstack([nearest, search.distances(rows, found)])
        if nearest.shape[1] > k:
            nearest = np.partition(nearest, k - 1, axis=1)[:, :k]
    return np.asarray(nearest.max(axis=1))
