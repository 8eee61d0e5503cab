"""How alike two representations of the same rows are, whatever their coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray, svd
from contextures.evaluation.arrays import Columns, paired, parts, triangle
from contextures.evaluation.hsic import LEAST_ROWS, unbiased_hsic


def cca_alignment(F: Any, G: Any, X: Any = None) -> float:
    """Compute the mean squared canonical correlation of two representations.

    It is one when one representation's span holds the other's, and unchanged by invertible linear
    maps and shifts of either, as a linear probe is.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        One representation of n rows.
    G : array-like of shape (n, e) or fitted transformer
        Another one of the same rows in the same order.
    X : array-like of shape (n, p), optional
        The rows, where F or G is a transformer.

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
    Cost O(n (d + e)^2), with O((d + e)^2) memory beside the representations and a block of rows.
    Two independent representations have max(d, e) / (n - 1) in expectation, so compare on many
    more rows than coordinates.

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
    first, second = paired(F, G, X)
    left, right = Columns(first), Columns(second)
    if not left.width or not right.width:
        return 0.0
    factor = triangle(left, right)
    overlap = _orthonormal(factor[:, : left.width], left.tolerance).T @ _orthonormal(
        factor[:, left.width :], right.tolerance
    )
    return float((overlap**2).sum() / min(first.shape[1], second.shape[1]))


def cka_alignment(F: Any, G: Any, debiased: bool = True, X: Any = None) -> float:
    """Compute the linear centred kernel alignment of two representations.

    It is |Cov(F, G)|^2 / (|Cov(F)| |Cov(G)|) in Frobenius norms: unchanged by shifts, rotations
    and a common scale of either representation, but not by other linear maps. Directions of large
    variance decide it; :func:`cca_alignment` counts all alike.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        One representation of n rows.
    G : array-like of shape (n, e) or fitted transformer
        Another one of the same rows in the same order.
    debiased : bool, default=True
        Estimate the three norms by U-statistics, in which no row is paired with itself. Without,
        independent representations look alike where coordinates are many beside rows.
    X : array-like of shape (n, p), optional
        The rows, where F or G is a transformer.

    Returns
    -------
    float
        At most one; at least zero, or where debiased at least minus one, with expectation about
        zero for independent representations. Zero where one is constant.

    Raises
    ------
    InputError
        If the rows do not match, values are missing or infinite, or there are fewer than four rows
        to debias on.

    Notes
    -----
    Cost O(n (d + e)^2), with O((d + e)^2) memory beside the representations and a block of rows.

    References
    ----------
    Kornblith, Norouzi, Lee and Hinton, arXiv 1905.00414, for linear CKA; Nguyen, Raghu and
    Kornblith, arXiv 2010.15327, section 3, for the unbiased estimate.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import cka_alignment
    >>> F, G = np.random.default_rng(0).standard_normal((2, 100, 50))
    >>> round(cka_alignment(F, 3 * F[:, ::-1] + 5), 6)
    1.0
    >>> round(cka_alignment(F, G), 2), round(cka_alignment(F, G, debiased=False), 2)
    (-0.05, 0.3)
    """
    first, second = paired(F, G, X, least=LEAST_ROWS if debiased else 2)
    sides = Columns(first), Columns(second)
    if not sides[0].width or not sides[1].width:
        return 0.0
    norms = _debiased_norms(*sides) if debiased else _norms(*sides)
    scale = np.sqrt(max(norms[0], 0.0) * max(norms[2], 0.0))
    return float(norms[1] / scale) if scale > 0 else 0.0


def _orthonormal(columns: FloatArray, tolerance: float) -> FloatArray:
    """Give an orthonormal basis of centred columns."""
    # A column's scale must not decide whether it counts.
    spread = np.linalg.norm(columns, axis=0)
    left, sizes, _ = svd(columns / spread)
    return np.asarray(left[:, sizes > tolerance * sizes[0]])


def _norms(left: Columns, right: Columns) -> tuple[float, float, float]:
    """Compute |F'F|^2, |F'G|^2 and |G'G|^2."""
    products = _products(left, right)
    return tuple(float((product**2).sum()) for product in products)  # type: ignore[return-value]


def _debiased_norms(left: Columns, right: Columns) -> tuple[float, float, float]:
    """Compute the U-statistics of the same norms."""
    sums = np.zeros(5)
    for part in parts(left, right):
        k, own = (
            np.einsum("ij,ij->i", side, side) for side in (left.block(part), right.block(part))
        )
        sums += [k @ k, k @ own, own @ own, k.sum(), own.sum()]
    kk, joint, ll, first, second = (float(value) for value in sums)
    ff, fg, gg = _products(left, right)
    n = len(left)
    return (
        unbiased_hsic(ff, kk, first, first, n),
        unbiased_hsic(fg, joint, first, second, n),
        unbiased_hsic(gg, ll, second, second, n),
    )


def _products(left: Columns, right: Columns) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute F'F, F'G and G'G."""
    d, e = left.width, right.width
    products = np.zeros((d, d)), np.zeros((d, e)), np.zeros((e, e))
    for part in parts(left, right):
        f, g = left.block(part), right.block(part)
        for held, new in zip(products, (f.T @ f, f.T @ g, g.T @ g), strict=True):
            held += new
    return products
