"""Whether anything larger is left over beside the triplets that were found."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from contextures._arrays import FloatArray
from contextures.spectrum.operator import Products


def is_all(
    matrix: LinearOperator,
    triplets: tuple[FloatArray, FloatArray, Any],
    rng: np.random.Generator,
    k: int | None = None,
) -> bool:
    """Tell whether nothing outside the triplets found is larger than the k-th of them.

    Parameters
    ----------
    matrix : LinearOperator of shape (n, m)
        The operator.
    triplets : tuple
        U, s, V, of which V is not looked at where m is at least n.
    rng : numpy.random.Generator
        Draws the starting vector.
    k : int, optional
        Which of them; the last one when None.

    Returns
    -------
    bool
        Whether all were found.
    """
    left, values, right = triplets
    floor = values[-1] if k is None else values[k - 1]
    smaller = left if matrix.shape[0] <= matrix.shape[1] else right
    return bool(_largest(matrix, smaller, values, rng) <= floor + 1e-6 * max(floor, 1e-2))


def _largest(
    matrix: LinearOperator, vectors: FloatArray, values: FloatArray, rng: np.random.Generator
) -> float:
    """Bound from below, closely, the largest singular value outside the triplets found.

    ``vectors`` are those of the smaller side: taking them away from the square costs half of
    taking both sides away from the operator.
    """
    square = square_of(matrix)
    # Single precision halves the cost, and seven digits are what the comparison needs.
    slim = np.ascontiguousarray(vectors, dtype=np.float32)
    squares_found = (values**2).astype(np.float32)

    def rest(v: FloatArray) -> FloatArray:
        found = slim @ (squares_found * (slim.T @ v.ravel().astype(np.float32)))
        return np.asarray(square.matvec(v) - found)

    outside = LinearOperator(square.shape, matvec=rest, dtype=np.float64)
    start = rng.standard_normal(square.shape[0])
    # A copy that was missed stands out from what is left after a few steps, and one that does not
    # is next to equal to the last function found: a looser tolerance halves the products.
    squares = eigsh(outside, k=1, ncv=30, which="LA", tol=3e-4, v0=start, return_eigenvectors=False)
    return float(np.sqrt(max(squares[0], 0.0)))


def square_of(matrix: LinearOperator) -> LinearOperator:
    """Give M M^T or M^T M, whichever is smaller, without forming it.

    Parameters
    ----------
    matrix : LinearOperator of shape (n, m)
        M.

    Returns
    -------
    LinearOperator
        The square.
    """
    n, m = matrix.shape
    if isinstance(matrix, Products) and matrix.gram is not None:
        return LinearOperator((n, n), matvec=matrix.squared, dtype=np.float64)

    def gram(v: FloatArray) -> FloatArray:
        if n <= m:
            return np.asarray(matrix.matvec(matrix.rmatvec(v)))
        return np.asarray(matrix.rmatvec(matrix.matvec(v)))

    return LinearOperator((min(n, m), min(n, m)), matvec=gram, dtype=np.float64)
