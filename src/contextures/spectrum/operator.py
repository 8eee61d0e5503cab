"""The normalised expectation operator of a fitted context."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from contextures._arrays import FloatArray, Matrix
from contextures.contexts import Context

MANY_VALUES, MANY_ROWS = 4, 500
"""So many values of A for each row, and so many rows, from which on the square is tried."""

_BLOCK = 8192

MOST_PAIRS = 100
"""Pairs of rows that share a value, for each entry, up to which it is formed."""


class NormalizedOperator:
    """M = D_x^(1/2) E diag(scales)^(1/2) less its constant part: its singular values are s_1, ...

    One value of described rows serves transitions, where M = D_x^(1/2) P D_a^(-1/2) less
    sqrt(p_x) sqrt(p_a)^T, and kernels, where it is D_x^(1/2) Z less its mean. Support points of
    probability zero are left out.

    Parameters
    ----------
    context : Context
        A fitted context.

    Attributes
    ----------
    scaled : ndarray, csr_array or Factored of shape (n, m')
        M before the constant part is taken away, sparse if the rows' entries are.
    root_x : ndarray of shape (n,)
        The roots of P_X: the constant function.
    root_a : ndarray of shape (m',)
        The constant mode on the other side; the roots of P_A for a transition.
    shape : tuple of int
        (n, m').
    holds_constant : bool
        Whether the constant function is one of those that the entries span, as for a transition.
    most : int
        The largest possible rank.

    References
    ----------
    Derived: the constant pair is taken away from both forms alike, since
    M = (I - root_x root_x^T) scaled, and so M^T M = scaled^T scaled - root_a root_a^T.
    """

    def __init__(self, context: Context) -> None:
        rows = context.describe()
        self.input_weights = context.input_weights_
        self.root_x: FloatArray = np.sqrt(self.input_weights)
        self.context_weights: FloatArray | None = None
        if context.form == "transition":
            self.context_weights = context.context_weights_
        scales = rows.scales
        self.n_support = len(scales)
        self.kept: Any = slice(None)
        if not (scales > 0).all():
            self.kept = np.flatnonzero(scales > 0)
            scales = scales[self.kept]
        self.root_scales: FloatArray = np.sqrt(scales)
        self.scaled: Any
        if rows.factors is None:
            entries = rows.entries[:, self.kept] if len(scales) < self.n_support else rows.entries
            self.scaled = _scale(entries, self.root_x, self.root_scales)
        else:
            first, second = rows.factors
            second = second[:, self.kept] if len(scales) < self.n_support else second
            between = np.ones(first.shape[1])
            self.scaled = Factored(
                _scale(first, self.root_x, between), _scale(second, between, self.root_scales)
            )
        self.root_a: FloatArray = np.asarray(self.scaled.T @ self.root_x)
        self.shape: tuple[int, int] = self.scaled.shape
        # A constant that is in the entries takes up one of their dimensions.
        self.holds_constant = rows.constant == 0
        self.most = min(self.shape[0] - 1, self.shape[1] - int(self.holds_constant))

    @property
    def is_sparse(self) -> bool:
        """Whether the operator is stored sparsely."""
        return isinstance(self.scaled, Factored) or bool(sparse.issparse(self.scaled))

    def square(self) -> sparse.csr_array | None:
        """Give scaled scaled^T, where rows share so little that it is smaller by far; else None.

        So it is where A takes many more values than there are rows, as for concatenations.
        """
        n, m = self.shape
        if not sparse.issparse(self.scaled) or m < MANY_VALUES * n or n < MANY_ROWS:
            return None
        counts = np.bincount(self.scaled.indices, minlength=m)
        if (counts.astype(np.float64) ** 2).sum() > MOST_PAIRS * self.scaled.nnz:
            return None
        found = sparse.csr_array(self.scaled @ self.scaled.T)
        return found if found.nnz < self.scaled.nnz else None

    def linear_operator(self) -> Products:
        """Give M as a LinearOperator: one sparse product and one rank-one correction a step."""
        return Products(self)

    def dense(self) -> FloatArray:
        """Give M as an array, of n x m' numbers."""
        full = self.scaled.toarray() if self.is_sparse else self.scaled
        return np.asarray(full - np.outer(self.root_x, self.root_a))

    def smaller_gram(self) -> FloatArray:
        """Give M M^T or M^T M, whichever is smaller."""
        wide = self.shape[0] <= self.shape[1]
        whole = self.scaled.whole() if isinstance(self.scaled, Factored) else self.scaled
        product = whole @ whole.T if wide else whole.T @ whole
        gram = np.asarray(product.toarray() if self.is_sparse else product)
        if not wide:
            return gram - np.outer(self.root_a, self.root_a)
        # Centred on both sides: scaled root_a is root_x where the constant pair is a singular one.
        constant = np.asarray(self.scaled @ self.root_a)
        constant -= 0.5 * (self.root_x @ constant) * self.root_x
        gram -= np.outer(constant, self.root_x)
        gram -= np.outer(self.root_x, constant)
        return gram

    def apply(self, right: FloatArray) -> FloatArray:
        """Compute M V for a block V."""
        return _less(self.scaled @ right, self.root_x, self.root_a @ right)

    def apply_adjoint(self, left: FloatArray) -> FloatArray:
        """Compute M^T U for a block U."""
        return _less(self.scaled.T @ left, self.root_a, self.root_x @ left)


def _less(product: FloatArray, column: FloatArray, row: FloatArray) -> FloatArray:
    """Take an outer product away in place, block by block: all of it would be as large again."""
    for start in range(0, len(product), _BLOCK):
        product[start : start + _BLOCK] -= np.outer(column[start : start + _BLOCK], row)
    return product


def _scale(matrix: Matrix, rows: FloatArray, columns: FloatArray) -> Matrix:
    if sparse.issparse(matrix):
        scaled = sparse.csr_array(matrix, copy=True)
        scaled.data *= np.repeat(rows, np.diff(scaled.indptr))
        scaled.data *= columns[scaled.indices]
        return scaled
    return matrix * rows[:, None] * columns[None, :]


class Factored:
    """The product of two sparse matrices, which is applied and not formed.

    Parameters
    ----------
    left, right : csr_array of shape (n, k) and (k, m)
        The matrices.
    """

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = left, right
        self.shape: tuple[int, int] = (left.shape[0], right.shape[1])

    def __matmul__(self, values: Any) -> Any:
        return self.left @ (self.right @ values)

    @property
    def T(self) -> Factored:
        """The transpose."""
        return Factored(self.right.T, self.left.T)

    def tocsr(self) -> Factored:
        """Give the same with both matrices in rows."""
        return Factored(self.left.tocsr(), self.right.tocsr())

    def __getitem__(self, rows: Any) -> Any:
        return sparse.csr_array(self.left[rows] @ self.right)

    def power(self, exponent: int) -> Any:
        """Give a power of each entry of the product."""
        return self.whole().power(exponent)

    def whole(self) -> sparse.csr_array:
        """Give the product."""
        return sparse.csr_array(self.left @ self.right)

    def toarray(self) -> FloatArray:
        """Give the product as an array."""
        return np.asarray(self.whole().toarray())


class Products(LinearOperator):
    """Products with M and its transpose; a subclass, because closures cost a call more a step."""

    def __init__(self, operator: NormalizedOperator) -> None:
        super().__init__(np.float64, operator.shape)
        self.operator = operator
        self.forward = operator.scaled
        self.gram: Any = None

    @cached_property
    def backward(self) -> Any:
        """The transpose, in rows, which is the quicker order for a product with a vector."""
        transposed = self.operator.scaled.T
        return transposed.tocsr() if self.operator.is_sparse else transposed

    def keep_square(self) -> bool:
        """Form the product with its transpose, if that is the smaller; say whether it was."""
        self.gram = self.operator.square()
        return self.gram is not None

    def squared(self, v: FloatArray) -> FloatArray:
        """Compute M M^T v by what :meth:`keep_square` formed."""
        constant = self.operator.root_x
        product: FloatArray = self.gram @ (v - (constant @ v) * constant)
        product -= (constant @ product) * constant
        return product

    def _matvec(self, x: FloatArray) -> FloatArray:
        v = x.ravel()
        product: FloatArray = self.forward @ v
        product -= (self.operator.root_a @ v) * self.operator.root_x
        return product

    def _rmatvec(self, x: FloatArray) -> FloatArray:
        u = x.ravel()
        product: FloatArray = self.backward @ u
        product -= (self.operator.root_x @ u) * self.operator.root_a
        return product

    def _matmat(self, X: FloatArray) -> FloatArray:
        return self.operator.apply(X)

    def _rmatmat(self, X: FloatArray) -> FloatArray:
        return _less(self.backward @ X, self.operator.root_a, self.operator.root_x @ X)
