"""Gaussian transitions of several widths at once, and their means over masks of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, Matrix, compact
from contextures.contexts.averaging import visible_parts
from contextures.contexts.masked_products import masked_products

FEW_ROWS = 8
_NEGLIGIBLE = 1e-16

# Distances of one block of rows, half a megabyte of them.
_BLOCK_VALUES = 65_536

# The same where the squared differences of every column are held beside them.
_SMALL_BLOCK_VALUES = 16_384

# Columns up to which a block's distances are added up by column.
_MOST_COLUMNS = 32

# Entries up to which one thread averages them, and into how many jobs more are dealt.
_ENTRIES_ALONE, _JOBS = 20_000_000, 16

# How far gamma times a distance, which is what weights are the exponential of, may be off.
_OFF = 1e-11


def gaussian_transitions(
    rows: FloatArray, points: FloatArray, gammas: Sequence[float]
) -> list[Matrix]:
    """Give the transitions of rows to points for several gammas.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    points : ndarray of shape (m, p)
        The points.
    gammas : sequence of float
        The inverse squared widths.

    Returns
    -------
    list of ndarray or csr_array of shape (n, m)
        For each, exp(-gamma |x - a|^2) over the sum of its row.
    """
    found = [np.empty((len(rows), len(points))) for _ in gammas]
    squared = _squared_distances(rows, points)
    # What is done with one block of rows stays in the processor's cache.
    for part in _blocks(len(rows), len(points), _BLOCK_VALUES):
        weights = _Weights(squared[part])
        for place in np.argsort(gammas, kind="stable"):
            np.divide(*weights.at(gammas[place]), out=found[place][part])
    # Taken out, because only the smaller form of each is wanted.
    return [compact(found.pop(0)) for _ in gammas]


def masked_gaussians(
    rows: FloatArray, points: FloatArray, gammas: FloatArray, masks: NDArray[np.bool_]
) -> list[Matrix]:
    """Give the means of Gaussian transitions over masks of the columns.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    points : ndarray of shape (m, p)
        The points.
    gammas : ndarray of shape (n_masks, k)
        For each mask, the k gammas.
    masks : ndarray of bool of shape (n_masks, p)
        True where a column is hidden.

    Returns
    -------
    list of ndarray or csr_array of shape (n, m)
        k means.

    Notes
    -----
    Where columns are few, the squared distance of all of them is found once, and each mask takes
    away what it hides, as far as rounding lets it. For one gamma whose weights are none of them
    negligible the exponential is taken once a column: weights under a mask are products.
    """
    n, m = len(rows), len(points)
    totals = [np.zeros((n, m)) for _ in gammas[0]]
    order = np.argsort(gammas, axis=1, kind="stable")
    gamma = float(gammas.flat[0]) if np.ptp(gammas) == 0 else None

    def add(part: slice, squared: FloatArray, which: int) -> None:
        weights = _Weights(squared)
        for place in order[which]:
            found, sums = weights.at(gammas[which, place])
            totals[place][part] += np.multiply(found, 1.0 / sums, out=weights.spare)

    def average(parts: list[slice]) -> None:
        for part in parts:
            columns = np.square(rows[part].T[:, :, None] - points.T[:, None, :])
            if gamma is not None and _all_count(columns, gamma):
                for weights in masked_products(np.exp(-gamma * columns), masks):
                    weights *= 1.0 / weights.sum(axis=1, keepdims=True)
                    totals[0][part] += weights
                continue
            for which, squared in enumerate(_by_column(columns, masks, float(gammas.max()))):
                add(part, squared, which)

    if rows.shape[1] <= _MOST_COLUMNS:
        parts = list(_blocks(n, m, _SMALL_BLOCK_VALUES))
        # Many gammas are a search's, which works on several families at once.
        if len(totals) > 1 or n * m * len(masks) < _ENTRIES_ALONE:
            average(parts)
        else:
            from joblib import Parallel, delayed

            jobs = (delayed(average)(parts[start::_JOBS]) for start in range(_JOBS))
            Parallel(n_jobs=-1, require="sharedmem")(jobs)  # each writes rows of its own
    else:
        both = zip(visible_parts(rows, masks), visible_parts(points, masks), strict=True)
        for which, (visible, seen) in enumerate(both):
            squared = _squared_distances(visible, seen)
            for part in _blocks(n, m, _BLOCK_VALUES):
                add(part, squared[part], which)
    count = len(masks)
    return [compact(np.multiply(one, 1.0 / count, out=one)) for one in totals]


def _blocks(n: int, m: int, values: int) -> Iterator[slice]:
    """Give slices of n rows that hold about so many values, m a row."""
    step = max(1, values // m)
    for start in range(0, n, step):
        yield slice(start, start + step)


def _all_count(columns: FloatArray, gamma: float) -> bool:
    """Tell whether no weight is negligible, whatever is hidden: so far apart are no two rows."""
    farthest = sum(float(column.max(initial=0.0)) for column in columns)
    return bool(gamma * farthest <= -np.log(_NEGLIGIBLE))


def _by_column(columns: FloatArray, masks: NDArray[np.bool_], gamma: float) -> Iterator[FloatArray]:
    """Add the squared differences of the columns up that each mask leaves visible."""
    everything = columns.sum(axis=0)
    rounding = len(columns) * float(np.finfo(np.float64).eps) * float(everything.max(initial=0.0))
    exact = gamma * rounding < _OFF
    for mask in masks:
        hidden, visible = np.flatnonzero(mask), np.flatnonzero(~mask)
        if exact and len(hidden) < len(visible):
            squared = everything.copy()
            for column in hidden:
                squared -= columns[column]
        else:
            squared = columns[visible[0]].copy()
            for column in visible[1:]:
                squared += columns[column]
        yield squared


class _Weights:
    """Gaussian weights of the same distances for growing gamma.

    exp(-4 gamma d) is the fourth power of exp(-gamma d): where gammas are powers of two apart, the
    exponential is taken once.
    """

    def __init__(self, squared: FloatArray) -> None:
        squared -= squared.min(axis=1, keepdims=True)
        self.distances = squared
        self.farthest = float(squared.max(initial=0.0))
        self.gamma = 0.0
        self.weights = np.empty_like(squared)
        self.spare = np.empty_like(squared)

    def at(self, gamma: float) -> tuple[FloatArray, FloatArray]:
        """Give weights, (n, m), for a gamma that is not below the last one, and their row sums."""
        doublings = np.log2(gamma / self.gamma) if self.gamma else 99.0
        if doublings <= 4 and doublings == int(doublings):
            for _ in range(int(doublings)):
                np.square(self.weights, out=self.weights)
        else:
            np.multiply(self.distances, -gamma, out=self.weights)
            np.exp(self.weights, out=self.weights)
        self.gamma = gamma
        if gamma * self.farthest > -np.log(_NEGLIGIBLE):
            np.copyto(self.weights, 0.0, where=self.weights < _NEGLIGIBLE)
        return self.weights, self.weights.sum(axis=1, keepdims=True)


def _squared_distances(X: FloatArray, points: FloatArray) -> FloatArray:
    from scipy.spatial.distance import cdist

    # The product of matrices is quicker for many rows of many columns only.
    if X.shape[1] <= 16 or len(X) <= FEW_ROWS:
        squared: FloatArray = cdist(X, points, "sqeuclidean")
        return squared
    from sklearn.metrics.pairwise import euclidean_distances

    # Centred, because the expansion of |x - a|^2 loses digits far from zero.
    centre = points.mean(axis=0)
    squared = euclidean_distances(X - centre, points - centre, squared=True)
    return squared
