"""The fitted rows that are most alike, by their coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int
from contextures.contexts.neighbor_search import TREE_FEATURES, Algorithm, NeighborSearch
from contextures.exceptions import InputError

EXACT_ROWS = 100_000
"""Among up to as many rows the search is exact unless told otherwise."""


class NearestRows:
    """What an encoder is that finds the fitted rows nearest to given ones."""

    _coordinates: Any
    """Gives the coordinates of rows as an array, whatever ``transform`` puts them into."""

    def nearest(
        self, X: Any = None, k: int = 10, *, reference: Any = None, algorithm: Algorithm = "auto"
    ) -> tuple[IntArray, FloatArray]:
        """Find the fitted rows that are most alike, for rows seen at fit time or new.

        Rows are compared by the Euclidean distance of their coordinates: with all functions and a
        ``spectral_power`` of 2t, the diffusion distance after t steps of T T*. A fitted row finds
        itself too, and rows of the same context, at a distance of about zero.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The rows to look from, as for ``transform``.
        k : int, default=10
            How many to find, at most the number of fitted rows.
        reference : array-like of shape (m, d), optional
            The coordinates to look among, as ``transform`` gives them, with the same power. Only
            a ``SpectralEncoder`` that was not read from a file keeps those of its fitted rows, and
            does without.
        algorithm : {"auto", "tree", "brute", "ivf", "hnsw"}, default="auto"
            How. "auto" is exact among up to 100,000 rows; beyond, more than ten coordinates are
            looked up in an approximate index where faiss is installed and exact search is slow.

        Returns
        -------
        tuple of ndarray
            Indices of fitted rows, or of rows of ``reference``, and their distances, both of shape
            (n, k), nearest first and ties by index.

        Raises
        ------
        InputError
            If ``reference`` is needed or does not fit, or there are fewer than k rows.

        Warns
        -----
        ContextWarning
            If the approximate index misses more than one neighbour in a hundred.
        """
        coordinates: FloatArray = self._coordinates(X)
        if reference is None:
            reference = self._kept_coordinates()
        if reference is None:
            raise InputError(
                f"this {type(self).__name__} does not hold the coordinates of its fitted rows; "
                "give reference=coordinates, which transform makes of them"
            )
        return nearest_rows(coordinates, reference, k, algorithm)

    def _kept_coordinates(self) -> FloatArray | None:
        """Give those of the fitted rows, where they are kept."""
        return None


def nearest_rows(
    coordinates: FloatArray, reference: Any, k: int, algorithm: Algorithm = "auto"
) -> tuple[IntArray, FloatArray]:
    """Find the rows of ``reference`` that are nearest to each row of ``coordinates``.

    Parameters
    ----------
    coordinates : ndarray of shape (n, d)
        Where to look from.
    reference : array-like of shape (m, d)
        Where to look.
    k : int
        How many to find.
    algorithm : {"auto", "tree", "brute", "ivf", "hnsw"}, default="auto"
        See :class:`~contextures.contexts.neighbor_search.NeighborSearch`; "auto" is exact among up
        to 100,000 rows.

    Returns
    -------
    tuple of ndarray
        Indices and Euclidean distances of shape (n, k), nearest first and ties by index.

    Raises
    ------
    InputError
        If ``reference`` is not finite numbers of d columns, or has fewer than k rows.
    """
    points = _check_reference(reference, coordinates.shape[1])
    m, d = points.shape
    check_positive_int(k, "k")
    if k > m:
        raise InputError(f"k={k} is more than the {m} rows to look among; give k of at most {m}")
    if algorithm == "auto" and m <= EXACT_ROWS:
        algorithm = "tree" if d <= TREE_FEATURES else "brute"
    search = NeighborSearch(points, algorithm, len(coordinates))
    search.settle(coordinates, k)
    found = search.query(coordinates, k)
    return found, search.distances(coordinates, found)


def _check_reference(reference: Any, d: int) -> FloatArray:
    try:
        points = np.asarray(reference, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != d or not len(points):
        raise InputError(
            f"reference must hold coordinates of shape (m, {d}), as transform gives them; its "
            f"shape is {np.shape(reference)}"
        )
    if not np.isfinite(points).all():
        raise InputError("reference holds values that are missing or infinite; leave them out")
    return points
