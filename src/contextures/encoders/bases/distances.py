"""Distances that bases choose their widths from, without labels."""

from __future__ import annotations

import numpy as np

from contextures._arrays import Array, FloatArray


def squared_distances(rows: FloatArray, points: FloatArray, centre: FloatArray) -> FloatArray:
    """Compute |x - l|^2 by one matrix product.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        x.
    points : ndarray of shape (m, p)
        l.
    centre : ndarray of shape (p,)
        A point amid both: far from zero the product would lose digits.

    Returns
    -------
    ndarray of shape (n, m)
        Squared distances, at least zero.
    """
    one, other = rows - centre, points - centre
    squared: FloatArray = one @ (-2.0 * other.T)
    squared += np.einsum("ij,ij->i", one, one)[:, None]
    squared += np.einsum("ij,ij->i", other, other)
    np.maximum(squared, 0.0, out=squared)
    return squared


def squared_distances_between(rows: Array, points: Array) -> Array:
    """Compute the same of tensors, on their device."""
    centre = points.mean(dim=0)
    one, other = rows - centre, points - centre
    squared = one @ (-2.0 * other.T)
    squared += (one * one).sum(dim=1)[:, None]
    squared += (other * other).sum(dim=1)
    return squared.clamp_(min=0.0)


def typical_distances(rows: FloatArray, neighbor: int, most: int = 1000) -> tuple[float, float]:
    """Compute the median squared distance to a near neighbour and between any two rows.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    neighbor : int
        Which neighbour is near, counted among the rows looked at.
    most : int
        How many rows are looked at, evenly spaced.

    Returns
    -------
    tuple of float
        Both above zero; one when all rows are equal.
    """
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(np.intp))]
    distinct = np.unique(chosen, axis=0)
    if len(distinct) < 2:
        return 1.0, 1.0
    squared = squared_distances(distinct, distinct, distinct.mean(axis=0))
    place = min(neighbor, len(distinct) - 1)
    near = float(np.median(np.partition(squared, place, axis=1)[:, place]))
    far = float(np.median(squared[np.triu_indices(len(distinct), 1)]))
    return near, max(far, near)
