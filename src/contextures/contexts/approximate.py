"""Indices that find most of the nearest points without looking at all: faiss's cells and graph.

Both hold the points in single precision, less their mean, beside what finds them. Points are handed
over in parts, so that no second copy of all of them is made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray

GRAPH_EFFORT = 128

MOST_CODES = 128
"""Up to so many columns each has its own code; beyond, neighbouring columns share one."""

_PART = 16_384
"""Points that are added, and rows that are looked up, at a time: faiss holds tables of each."""

_SAMPLE = 64
"""Points for each cell that its centre is learned from."""

_FIRST_CELLS = 16

_ALWAYS_CELLS = 64
"""So many cells are looked into where need be; beyond, half of them at most."""

_REACHES = (3, 6, 12, 24)
"""How many times as many points as wanted are ranked again."""

_GAIN = 0.002
"""Where more cells find less than this more, it is the codes that miss neighbours."""


class Cells:
    """Points in cells around about sqrt(m) centres, with codes of four bits a column.

    A query looks into the nearest cells by codes, which takes a nanosecond a point, and ranks the
    best again by their distance in single precision. How many cells, and how many of the best, is
    for the caller to settle: see :meth:`look_further`.

    Parameters
    ----------
    points : ndarray of shape (m, p)
        The points, more than some hundred, all different.

    References
    ----------
    Jegou, Douze and Schmid, "Product quantization for nearest neighbor search" (2011); Andre,
    Kermarrec and Le Scouarnec, "Quicker ADC" (2019), for codes that are looked up in registers.
    """

    def __init__(self, points: FloatArray) -> None:
        import faiss

        m, p = points.shape
        shared = -(-p // MOST_CODES)
        n_codes = -(-p // shared)
        self._width = n_codes * shared
        self._centre = points.mean(axis=0)
        self._n_cells = int(np.sqrt(m))
        centres = faiss.IndexFlatL2(self._width)
        cells = faiss.IndexIVFPQFastScan(centres, self._width, self._n_cells, n_codes, 4)
        # Codes of the points, not of their way from the centre: one table a query serves all cells.
        cells.by_residual = False
        for clustering in (cells.cp, cells.pq.cp):
            clustering.niter, clustering.min_points_per_centroid = 10, 1
        self._points = points
        self._cells: Any = cells
        self._index: Any = faiss.IndexRefineFlat(cells)
        self._learn()
        self._most = max(min(_ALWAYS_CELLS, self._n_cells), self._n_cells // 2)
        self._cells.nprobe = min(_FIRST_CELLS, self._most)
        self._reach = 0
        self._recall = 0.0
        self._coded = True

    def look_further(self, recall: float) -> bool:
        """Look into more cells; rank more points, and then do without codes, where it is they.

        Parameters
        ----------
        recall : float
            The share of neighbours that is found as it is.

        Returns
        -------
        bool
            False if there is no more to be had at less than half the cost of looking everywhere.
        """
        gained, self._recall = recall - self._recall, recall
        more_cells = self._cells.nprobe < self._most
        if more_cells and (gained > _GAIN or not self._coded):
            self._cells.nprobe = min(self._most, self._cells.nprobe * 3 // 2)
            return True
        if self._coded:
            self._recall = 0.0
            if self._reach + 1 < len(_REACHES):
                self._reach += 1
            else:
                self._without_codes()
            return True
        return False

    def _without_codes(self) -> None:
        """Keep the points themselves in the cells; codes are coarse where columns have outliers."""
        import faiss

        # Centres of its own: those of the others end with them.
        centres = faiss.IndexFlatL2(self._width)
        cells = faiss.IndexIVFFlat(centres, self._width, self._n_cells)
        cells.cp.niter, cells.cp.min_points_per_centroid = 10, 1
        cells.nprobe = self._cells.nprobe
        self._index = self._cells = cells
        self._coded = False
        self._learn()

    def _learn(self) -> None:
        import faiss

        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # what is learned must not depend on the order of threads
        step = max(1, len(self._points) // (_SAMPLE * self._n_cells))
        try:
            self._index.train(self._single(self._points[::step]))
        finally:
            faiss.omp_set_num_threads(threads)
        for start in range(0, len(self._points), _PART):
            self._index.add(self._single(self._points[start : start + _PART]))

    def candidates(self, rows: FloatArray, wanted: int) -> IntArray:
        """Give ``wanted`` points near each row, -1 where fewer are found."""
        if self._coded:
            self._index.k_factor = _REACHES[self._reach]
        found = np.empty((len(rows), wanted), dtype=np.intp)
        for start in range(0, len(rows), _PART):
            part = slice(start, start + _PART)
            found[part] = self._index.search(self._single(rows[part]), wanted)[1]
        return found

    def _single(self, rows: FloatArray) -> NDArray[np.float32]:
        single = np.zeros((len(rows), self._width), dtype=np.float32)
        single[:, : rows.shape[1]] = rows - self._centre
        return single


class Graph:
    """A graph of neighbours (HNSW), walked towards each row.

    Parameters
    ----------
    points : ndarray of shape (m, p)
        The points, all different: a graph loses its way among equal ones.
    """

    def __init__(self, points: FloatArray) -> None:
        import faiss

        self._centre = points.mean(axis=0)
        self._index = faiss.IndexHNSWFlat(points.shape[1], 16)
        self._index.hnsw.efConstruction = 60
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # a parallel build depends on the order of threads
        try:
            self._index.add(np.ascontiguousarray(points - self._centre, dtype=np.float32))
        finally:
            faiss.omp_set_num_threads(threads)

    def look_further(self, recall: float) -> bool:
        """Say that a graph is walked as far as it is."""
        return False

    def candidates(self, rows: FloatArray, wanted: int) -> IntArray:
        """Give ``wanted`` points near each row, -1 where fewer are found."""
        self._index.hnsw.efSearch = max(GRAPH_EFFORT, 2 * wanted)
        queries = np.ascontiguousarray(rows - self._centre, dtype=np.float32)
        _, found = self._index.search(queries, wanted)
        return np.asarray(found, dtype=np.intp)
