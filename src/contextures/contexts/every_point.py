"""Neighbours by exact distances: of candidates, or of every point."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray, IntArray

_CHUNK_VALUES = 8_000_000


def distances_to(rows: FloatArray, points: FloatArray, candidates: IntArray) -> FloatArray:
    """Give the distances of rows, of shape (n, p), to candidates of each, of shape (n, k)."""
    n, k = candidates.shape
    squared = np.empty((n, k))
    step = max(1, _CHUNK_VALUES // max(1, k * rows.shape[1]))
    for start in range(0, n, step):
        part = slice(start, start + step)
        difference = points[candidates[part]] - rows[part, None, :]
        squared[part] = np.einsum("ijk,ijk->ij", difference, difference)
    distances: FloatArray = np.sqrt(squared)
    return distances


def select_all(rows: FloatArray, points: FloatArray, k: int) -> IntArray:
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


def rank_all(rows: FloatArray, points: FloatArray, k: int) -> IntArray:
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


def resolve(rows: FloatArray, points: FloatArray, k: int) -> IntArray:
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
