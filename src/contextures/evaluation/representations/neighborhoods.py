"""How far two representations put the same rows next to each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int
from contextures.contexts.neighbor_search import TREE_FEATURES, NeighborSearch
from contextures.evaluation.arrays import paired
from contextures.evaluation.jackknife import seeded
from contextures.exceptions import InputError
from contextures.spectrum.ritz.problem import CUTOFF, SINGLE_CUTOFF, Whitening
from contextures.spectrum.ritz.scatter import Scatter

QUERY_ROWS = 2_000
"""Rows looked up at a time."""


def mutual_knn_alignment(
    F: Any,
    G: Any,
    n_neighbors: int = 10,
    whiten: bool = True,
    *,
    n_queries: int | None = 10_000,
    random_state: Any = None,
    X: Any = None,
) -> float:
    """Compute the share of nearest neighbours that two representations have in common.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        One representation of n rows.
    G : array-like of shape (n, e) or fitted transformer
        Another one of the same rows in the same order.
    n_neighbors : int, default=10
        K. A row is not its own neighbour here.
    whiten : bool, default=True
        Make the coordinates of each representation uncorrelated with unit variance first, so that
        invertible linear maps of either change nothing.
    n_queries : int or None, default=10_000
        Look up the neighbours of so many random rows (among all rows); None stands for all.
    random_state : int, RandomState or None, default=None
        Draws these rows; None stands for a fixed seed.
    X : array-like of shape (n, p), optional
        The rows, where F or G is a transformer.

    Returns
    -------
    float
        The mean over rows of the share of their K neighbours that is the same, between zero and
        one; about K / n for independent representations. Of 10,000 rows out of more the standard
        error is at most .005, and :func:`neighbor_overlap` tells what it is.

    Raises
    ------
    InputError
        If the rows do not match, there are not more than K of them, or values are missing.

    Notes
    -----
    Neighbours are exact, ties by index: by tree up to ten coordinates, else by brute force, which
    takes O(n_queries n d) operations. Memory is a few copies of the representations.

    References
    ----------
    Huh, Cheung, Wang and Isola, arXiv 2405.07987; whitened features and K = 10 as in arXiv
    2505.01557 (ICML 2025), figure 1.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import mutual_knn_alignment
    >>> F = np.random.default_rng(0).standard_normal((500, 3))
    >>> mutual_knn_alignment(F, F @ [[2.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 3.0]] + 5)
    1.0
    """
    overlap = neighbor_overlap(
        F, G, n_neighbors, whiten, n_queries=n_queries, random_state=random_state, X=X
    )
    return float(overlap.mean())


def neighbor_overlap(
    F: Any,
    G: Any,
    n_neighbors: int = 10,
    whiten: bool = True,
    *,
    n_queries: int | None = 10_000,
    random_state: Any = None,
    X: Any = None,
) -> FloatArray:
    """Compute, row by row, the share of neighbours that two representations have in common.

    Its mean is :func:`mutual_knn_alignment`; ``np.std(overlap) / np.sqrt(len(overlap))`` is the
    standard error of that mean where not all rows were looked up.

    Parameters
    ----------
    F, G, n_neighbors, whiten, n_queries, random_state, X
        As for :func:`mutual_knn_alignment`.

    Returns
    -------
    ndarray of shape (min(n, n_queries),)
        The shares, in the order of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import neighbor_overlap
    >>> F = np.random.default_rng(0).normal(size=(200, 2))
    >>> neighbor_overlap(F, 2 * F).mean()
    np.float64(1.0)
    """
    check_positive_int(n_neighbors, "n_neighbors")
    first, second = paired(F, G, X)
    n = len(first)
    if n_neighbors >= n:
        raise InputError(
            f"n_neighbors={n_neighbors} needs more than {n_neighbors} rows, but there are {n}; "
            f"give n_neighbors={n - 1} or less"
        )
    chosen = np.arange(n)
    if n_queries is not None and check_positive_int(n_queries, "n_queries") < n:
        chosen = np.sort(seeded(random_state).choice(n, n_queries, replace=False))
    near = _neighbors(first, chosen, n_neighbors, whiten)
    other = _neighbors(second, chosen, n_neighbors, whiten)
    return _shared(near, other) / n_neighbors


def _neighbors(values: NDArray[Any], chosen: IntArray, k: int, whiten: bool) -> IntArray:
    """Find the nearest other rows of the chosen ones."""
    points = _white(values) if whiten else values.astype(np.float64, copy=False)
    if not points.shape[1]:
        # A constant representation tells no rows apart: ties by index, as everywhere.
        points = np.zeros((len(values), 1))
    search = NeighborSearch(points, "tree" if points.shape[1] <= TREE_FEATURES else "brute")
    found = np.empty((len(chosen), k), dtype=np.intp)
    for start in range(0, len(chosen), QUERY_ROWS):
        rows = chosen[start : start + QUERY_ROWS]
        near = search.query(points[rows], k + 1)
        # The row itself is left out, or the farthest where equal rows come before it.
        itself = near == rows[:, None]
        itself[~itself.any(axis=1), -1] = True
        found[start : start + QUERY_ROWS] = near[~itself].reshape(len(rows), k)
    return found


def _white(values: NDArray[Any]) -> FloatArray:
    """Make coordinates uncorrelated with unit variance; those that are rounding are left out."""
    scatter = Scatter.of(values)
    cutoff = SINGLE_CUTOFF if values.dtype == np.float32 else CUTOFF
    white = Whitening(scatter.covariance, cutoff, scatter.left_mean).white()
    return np.asarray((values - scatter.left_mean) @ white)


def _shared(one: IntArray, other: IntArray) -> FloatArray:
    """Count for each row the indices that both lists hold."""
    both = np.sort(np.hstack([one, other]), axis=1)
    return np.asarray((both[:, 1:] == both[:, :-1]).sum(axis=1), dtype=np.float64)
