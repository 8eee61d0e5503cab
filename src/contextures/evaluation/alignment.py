"""How alike two representations of the same rows are, whatever their coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from contextures.contexts.checks import FloatArray
from contextures.exceptions import InputError

_RANK_TOLERANCE = 1e-10
"""Directions with less than this share of the largest standard deviation are rounding."""


def cca_alignment(F: ArrayLike, G: ArrayLike) -> float:
    """Compute the mean squared canonical correlation of two representations.

    It is one when one representation's span holds the other's, and unchanged by invertible linear
    maps and shifts of either, as a linear probe is.

    Parameters
    ----------
    F : array-like of shape (n, d)
        One representation of n rows.
    G : array-like of shape (n, e)
        Another one of the same rows in the same order.

    Returns
    -------
    float
        The mean of min(d, e) squared canonical correlations, between zero and one. A direction
        that a collapsed representation lacks counts as zero.

    Raises
    ------
    InputError
        If the rows do not match, or values are missing or infinite.

    Notes
    -----
    Cost O(n (d^2 + e^2)). Two independent representations have about (d + e) / n in expectation,
    so compare it on many more rows than coordinates.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 3.4 (R^2 of canonical correlation analysis).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import cca_alignment
    >>> F = np.random.default_rng(0).standard_normal((500, 3))
    >>> round(cca_alignment(F, F @ [[2.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 3.0]] + 5), 6)
    1.0
    """
    first, second = _representation(F, "F"), _representation(G, "G")
    if len(first) != len(second):
        raise InputError(
            f"F has {len(first)} rows but G has {len(second)}; give representations of the same "
            "rows in the same order"
        )
    overlap = _orthonormal(first).T @ _orthonormal(second)
    return float((overlap**2).sum() / min(first.shape[1], second.shape[1]))


def _representation(values: ArrayLike, name: str) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape or len(array) < 2:
        raise InputError(
            f"{name} must have shape (n, d) with at least two rows and a column; its shape is "
            f"{array.shape}"
        )
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds values that are missing or infinite; leave them out")
    return array


def _orthonormal(values: FloatArray) -> FloatArray:
    """Give an orthonormal basis of the centred columns."""
    centred = values - values.mean(axis=0)
    # A column's scale must not decide whether it counts.
    spread = np.linalg.norm(centred, axis=0)
    size = np.abs(values).max(axis=0) * np.sqrt(len(values))
    alive = spread > 1e-12 * size
    if not alive.any():
        return np.zeros((len(values), 1))
    left, sizes, _ = np.linalg.svd(centred[:, alive] / spread[alive], full_matrices=False)
    return np.asarray(left[:, sizes > _RANK_TOLERANCE * sizes[0]])
