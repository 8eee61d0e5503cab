"""The largest singular value alone, for whoever needs no function of it."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from contextures._arrays import FloatArray
from contextures.spectrum.operator import NormalizedOperator


def largest_value(operator: NormalizedOperator) -> FloatArray:
    """Compute the largest singular value by Lanczos: some tens of products, whatever the gap.

    A value needs no copies of its vector, and its error is the square of the residual asked for.
    """
    products = LinearOperator(
        (operator.shape[1], operator.shape[1]),
        matvec=lambda vector: operator.apply_adjoint(operator.apply(vector[:, None]))[:, 0],
        dtype=np.float64,
    )
    start = np.random.default_rng(0).standard_normal(operator.shape[1])
    squares = eigsh(products, k=1, v0=start, tol=1e-8, return_eigenvectors=False)
    return np.asarray(np.sqrt(np.clip(squares, 0.0, None)))
