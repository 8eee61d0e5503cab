"""Columns that describe rows under a context made of others, each with its weight and its kind.

One matrix serves transitions and kernels: a column of a transition with weight w and probability
P_A adds w P(a|x) P(a|x') / P_A(a) to the dual kernel, a column of a kernel w z(x) z(x').
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from contextures._arrays import FloatArray, Matrix, compact

CENTRED = 1e-12
"""Columns whose mean is below this share of their size count as centred, and stay sparse."""


SMALL_SIDE = 300
"""Up to here the norm of a matrix is computed in full."""


@dataclass(frozen=True)
class Columns:
    """Entries of rows, and what each column of them counts as.

    Attributes
    ----------
    entries : ndarray or csr_array of shape (n, m)
        P(a_j | x_i), or z_j(x_i).
    weights : ndarray of shape (m,)
        The weight of the part that a column belongs to.
    kernel : ndarray of bool of shape (m,)
        Whether a column is a feature of a kernel.
    """

    entries: Matrix
    weights: FloatArray
    kernel: NDArray[np.bool_]

    @classmethod
    def of(cls, entries: Matrix, *, kernel: bool) -> Columns:
        """Give the columns of one context."""
        m = entries.shape[1]
        return cls(entries, np.ones(m), np.full(m, kernel))

    @classmethod
    def beside(cls, parts: list[Columns], weights: FloatArray) -> Columns:
        """Put the columns of several contexts side by side, with their weights."""
        return cls(
            side_by_side([part.entries for part in parts]),
            np.concatenate([w * part.weights for w, part in zip(weights, parts, strict=True)]),
            np.concatenate([part.kernel for part in parts]),
        )

    def after(self, transition: Matrix) -> Columns:
        """Give the columns of rows that reach these ones by a transition."""
        return Columns(product(transition, self.entries), self.weights, self.kernel)


@dataclass(frozen=True)
class Finish:
    """How columns become features of the dual kernel: (entries - centre) * scales.

    Attributes
    ----------
    centre : ndarray of shape (m,)
        The mean of kernel columns under P_X; zeros for those of a transition.
    scales : ndarray of shape (m,)
        What columns are multiplied by.
    constant : float
        The part of the kernel that is not in the columns.
    """

    centre: FloatArray
    scales: FloatArray
    constant: float

    @classmethod
    def to_kernel(
        cls, columns: Columns, input_weights: FloatArray, *, foreign: bool = False
    ) -> Finish:
        """Learn it from the fitted rows.

        Kernels are centred. A ``foreign`` one, which is seen through another law than the one that
        it was fitted to (that of the first context of a convolution), is shrunk where an eigenvalue
        would exceed one.
        """
        entries, kernel = columns.entries, columns.kernel
        mean = np.asarray(entries.T @ input_weights, dtype=np.float64)
        size = np.sqrt(_squares(entries).T @ input_weights)
        centre = np.where(kernel & (np.abs(mean) > CENTRED * size), mean, 0.0)
        reached = np.where(kernel, 1.0, mean)
        scales = np.divide(columns.weights, reached, out=np.zeros_like(mean), where=reached > 0)
        constant = max(0.0, 1.0 - float((columns.weights * mean)[~kernel].sum()))
        if foreign and kernel.any():
            features = entries[:, kernel]
            dense = features.toarray() if sparse.issparse(features) else features
            dense = (dense - centre[kernel]) * np.sqrt(input_weights)[:, None]
            top = _norm(dense * np.sqrt(scales[kernel])) ** 2
            if top > constant > 0:
                scales = np.where(kernel, scales * (constant / top), scales)
        return cls(centre, np.sqrt(scales), constant)

    def features(self, entries: Matrix) -> Matrix:
        """Give the features of rows."""
        if self.centre.any():
            entries = (entries.toarray() if sparse.issparse(entries) else entries) - self.centre
        return times_columns(entries, self.scales)


def times_columns(matrix: Matrix, scales: FloatArray) -> Matrix:
    """Multiply each column by a number."""
    if sparse.issparse(matrix):
        scaled = sparse.csr_array(matrix, copy=True)
        scaled.data *= scales[scaled.indices]
        return scaled
    return np.asarray(matrix * scales)


def side_by_side(matrices: list[Matrix]) -> Matrix:
    """Put matrices side by side, sparse if that is the smaller form."""
    if any(sparse.issparse(matrix) for matrix in matrices):
        return compact(sparse.csr_array(sparse.hstack(matrices, format="csr")))
    return np.hstack(matrices)


def product(left: Matrix, right: Matrix) -> Matrix:
    """Multiply matrices; the result is sparse if that is the smaller form."""
    if sparse.issparse(right) and not sparse.issparse(left):
        found: Any = (right.T @ left.T).T
    else:
        found = left @ right
    if sparse.issparse(found):
        found = sparse.csr_array(found)
        found.sort_indices()
        return compact(found)
    return np.ascontiguousarray(found)


def _norm(matrix: FloatArray) -> float:
    if min(matrix.shape) <= SMALL_SIDE:
        return float(np.linalg.norm(matrix, 2))
    start = np.random.default_rng(0).standard_normal(min(matrix.shape))
    return float(svds(matrix, k=1, v0=start, return_singular_vectors=False)[0])


def _squares(matrix: Matrix) -> Matrix:
    return matrix.power(2) if sparse.issparse(matrix) else np.square(matrix)
