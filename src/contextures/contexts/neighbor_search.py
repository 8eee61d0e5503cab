"""Nearest neighbours that do not depend on the back end, the batch or the order of ties.

The search itself is scipy's, scikit-learn's or faiss's. What is ours is the last step: candidates
are ranked again by their exact distance, ties by index, so that a row gets the same neighbours
whether it is looked up alone, with others, or by another back end. Points that repeat are searched
once: a graph of neighbours (HNSW) loses its way among equal points.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._lazy import missing
from contextures.contexts.copies import Copies, once, without_copies
from contextures.exceptions import ContextWarning, InputError

Algorithm = Literal["auto", "tree", "brute", "hnsw"]

TREE_FEATURES = 10
"""Up to as many features a k-d tree beats brute force (measured on 20,000 rows and above)."""

BRUTE_PAIRS = 4_000_000_000
"""Up to as many pairs exact search stays under about ten seconds on one core."""

EXACT_PAIRS = 20_000_000_000
"""Up to as many pairs exact search, about a minute, replaces an approximate one that fails."""

LEAST_RECALL = 0.98
"""An approximate search that finds less of the neighbours fails."""

HNSW_EFFORT = 128

FEW_ROWS = 8
"""Up to so many rows the checks of scikit-learn's search take longer than the search."""

_CHUNK_VALUES = 8_000_000


class NeighborSearch:
    """Neighbours among fixed points.

    Parameters
    ----------
    points : ndarray of shape (m, p)
        Where neighbours are looked for.
    algorithm : {"auto", "tree", "brute", "hnsw"}
        How. All but "hnsw" are exact; "auto" takes it only if faiss is installed and exact search
        would be slow.
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

    @property
    def exact(self) -> bool:
        """Whether the neighbours found are the nearest for certain."""
        return self.algorithm != "hnsw"

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
        rows, back = once(rows)
        if self.exact and 4 * k >= len(self.points):
            return np.asarray(_rank_all(rows, self.points, k)[back])
        if self._copies is None:
            found = self._nearest(rows, k)
        else:
            found = self._with_copies(self._copies, rows, k)
        return np.asarray(found[back])

    def _with_copies(self, copies: Copies, rows: FloatArray, k: int) -> IntArray:
        """Find the ``k`` nearest points of distinct rows by the nearest distinct points."""
        found = np.empty((len(rows), k), dtype=np.intp)
        left = np.arange(len(rows))
        # k distinct points are always enough; fewer are where each has copies and none is tied.
        for n_groups in (min(copies.enough(k) + 1, k, len(self._distinct)), k):
            groups = self._nearest(rows[left], min(n_groups, len(self._distinct)))
            distances = _distances_to(rows[left], self._distinct, groups)
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
            return _rank_all(rows, points, k)
        wanted = min(m, k + max(8, k // 8))
        candidates = self._candidates(rows, wanted)
        distances = _distances_to(rows, points, candidates)
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
                nearest[cut] = _resolve(rows[cut], points, k)
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
        return _distances_to(rows, self.points, found)

    def query_any_order(self, rows: FloatArray, k: int) -> IntArray:
        """Find the same points as :meth:`query`, in any order, which is quicker for large k."""
        if self.exact and 4 * k >= len(self.points):
            return _select_all(rows, self.points, k)
        return self.query(rows, k)

    def settle(self, rows: FloatArray, k: int, n_checked: int = 500) -> float:
        """Measure the share of nearest points found, and search exactly where that is too low.

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
        if self.exact:
            return 1.0
        chosen = rows[np.unique(np.linspace(0, len(rows) - 1, n_checked).astype(np.intp))]
        found = _distances_to(chosen, self.points, self.query(chosen, k))
        exact = NeighborSearch(self.points, "brute")
        true = _distances_to(chosen, self.points, exact.query(chosen, k))
        recall = float(np.mean(found <= true[:, -1:] * (1 + 1e-12)))
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
        if self.algorithm == "hnsw":
            return self._hnsw_candidates(rows, wanted)
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

    def _hnsw_candidates(self, rows: FloatArray, wanted: int) -> IntArray:
        import faiss

        if self._index is None:
            self._centre = self._distinct.mean(axis=0)
            self._index = faiss.IndexHNSWFlat(self._distinct.shape[1], 16)
            self._index.hnsw.efConstruction = 60
            threads = faiss.omp_get_max_threads()
            faiss.omp_set_num_threads(1)  # a parallel build depends on the order of threads
            try:
                self._index.add(
                    np.ascontiguousarray(self._distinct - self._centre, dtype=np.float32)
                )
            finally:
                faiss.omp_set_num_threads(threads)
        self._index.hnsw.efSearch = max(HNSW_EFFORT, 2 * wanted)
        queries = np.ascontiguousarray(rows - self._centre, dtype=np.float32)
        _, found = self._index.search(queries, wanted)
        missing = np.flatnonzero((found < 0).any(axis=1))
        if len(missing):
            found[missing] = _resolve(rows[missing], self._distinct, wanted)
        return np.asarray(found, dtype=np.intp)


def choose(algorithm: str, shape: tuple[int, ...], n_queries: int) -> Algorithm:
    """Pick the search for points of this shape; see :class:`NeighborSearch`."""
    from importlib.util import find_spec

    if algorithm not in ("auto", "tree", "brute", "hnsw"):
        raise InputError(
            f"algorithm={algorithm!r} is not known; give 'auto', 'tree', 'brute' or 'hnsw'"
        )
    if algorithm == "hnsw" and find_spec("faiss") is None:
        raise missing("faiss", "algorithm='hnsw'")
    if algorithm != "auto":
        return algorithm  # type: ignore[return-value]
    m, p = shape
    if p <= TREE_FEATURES:
        return "tree"
    if m * n_queries > BRUTE_PAIRS and find_spec("faiss") is not None:
        return "hnsw"
    return "brute"


def _distances_to(rows: FloatArray, points: FloatArray, candidates: IntArray) -> FloatArray:
    n, k = candidates.shape
    squared = np.empty((n, k))
    step = max(1, _CHUNK_VALUES // max(1, k * rows.shape[1]))
    for start in range(0, n, step):
        part = slice(start, start + step)
        difference = points[candidates[part]] - rows[part, None, :]
        squared[part] = np.einsum("ijk,ijk->ij", difference, difference)
    distances: FloatArray = np.sqrt(squared)
    return distances


def _select_all(rows: FloatArray, points: FloatArray, k: int) -> IntArray:
    """Find the k nearest points in any order, by looking at every point."""
    from scipy.spatial.distance import cdist

    nearest = np.empty((len(rows), k), dtype=np.intp)
    step = max(1, _CHUNK_VALUES // len(points))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        distances = cdist(rows[part], points)
        chosen = np.argpartition(distances, k - 1, axis=1)[:, :k]
        bound = np.take_along_axis(distances, chosen[:, -1:], axis=1)
        # Where the k-th distance is shared, the lower index wins, as everywhere.
        tied = np.flatnonzero((distances <= bound).sum(axis=1) > k)
        if len(tied):
            chosen[tied] = np.argsort(distances[tied], axis=1, kind="stable")[:, :k]
        nearest[part] = chosen
    return nearest


def _rank_all(rows: FloatArray, points: FloatArray, k: int) -> IntArray:
    """Find neighbours by ranking every point, the quicker way when k is a large share of them."""
    from scipy.spatial.distance import cdist

    nearest = np.empty((len(rows), k), dtype=np.intp)
    step = max(1, _CHUNK_VALUES // len(points))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        distances = cdist(rows[part], points)
        order = np.argsort(distances, axis=1)
        ranked = np.take_along_axis(distances, order, axis=1)
        # The quick sort leaves ties in any order; only rows that have one are sorted again.
        tied = np.flatnonzero((np.diff(ranked, axis=1) == 0).any(axis=1))
        order[tied] = np.argsort(distances[tied], axis=1, kind="stable")
        nearest[part] = order[:, :k]
    return nearest


def _resolve(rows: FloatArray, points: FloatArray, k: int) -> IntArray:
    """Find neighbours by looking at every point; each distinct row once."""
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    nearest = np.empty((len(distinct), k), dtype=np.intp)
    everything = np.arange(len(points))
    for position, row in enumerate(distinct):
        difference = points - row
        distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
        # Only points up to the k-th distance can be among the nearest.
        near = everything[distances <= np.partition(distances, k - 1)[k - 1]]
        nearest[position] = near[np.lexsort((near, distances[near]))[:k]]
    return nearest[np.ravel(inverse)]
