"""The normalised expectation operator of a fitted context."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from contextures._arrays import FloatArray, Matrix
from contextures.contexts import Context


class NormalizedOperator:
    """M = D_x^(1/2) P D_a^(-1/2) less its constant part, whose singular values are s_1, s_2, ...

    Support points of zero probability are left out. For a context in kernel form,
    M = D_x^(1/2) Z, less its mean.

    Parameters
    ----------
    context : Context
        A fitted context.

    Attributes
    ----------
    scaled : ndarray or csr_array of shape (n, m')
        M before the constant part is taken away, sparse if the transition is.
    shape : tuple of int
        (n, m').
    """

    def __init__(self, context: Context) -> None:
        self.input_weights = context.input_weights_
        self.root_x: FloatArray = np.sqrt(self.input_weights)
        expansion = context.expansion_
        self.n_support = expansion.shape[1]
        self.is_transition = context.form == "transition"
        self.context_weights: FloatArray | None = None
        self.kept: Any = slice(None)
        if self.is_transition:
            self.context_weights = context.context_weights_
            positive = self.context_weights > 0
            if not positive.all():
                self.kept = positive
                expansion = expansion[:, np.flatnonzero(positive)]
            self.root_a: FloatArray = np.sqrt(self.context_weights[self.kept])
            self.scaled = _scale(expansion, self.root_x, 1.0 / self.root_a)
        else:
            self.scaled = expansion * self.root_x[:, None]
            self.root_a = self.scaled.T @ self.root_x
        self.shape: tuple[int, int] = self.scaled.shape

    @property
    def is_sparse(self) -> bool:
        """Whether the operator is stored sparsely."""
        return bool(sparse.issparse(self.scaled))

    def linear_operator(self) -> LinearOperator:
        """Give M as a LinearOperator: one sparse product and one rank-one correction a step."""
        return _Products(self)

    def dense(self) -> FloatArray:
        """Give M as an array, of n x m' numbers."""
        full = self.scaled.toarray() if self.is_sparse else self.scaled
        return np.asarray(full - np.outer(self.root_x, self.root_a))

    def smaller_gram(self) -> FloatArray:
        """Give M M^T or M^T M, whichever is smaller."""
        wide = self.shape[0] <= self.shape[1]
        if wide and not self.is_transition:
            full = self.dense()
            return np.asarray(full @ full.T)
        # The constant pair (root_x, root_a) is an exact singular pair, or, in kernel form, what
        # centring takes away: either way the correction has rank one.
        gram = self.scaled @ self.scaled.T if wide else self.scaled.T @ self.scaled
        root = self.root_x if wide else self.root_a
        return np.asarray((gram.toarray() if self.is_sparse else gram) - np.outer(root, root))

    def apply(self, right: FloatArray) -> FloatArray:
        """Compute M V for a block V."""
        return np.asarray(self.scaled @ right - np.outer(self.root_x, self.root_a @ right))

    def apply_adjoint(self, left: FloatArray) -> FloatArray:
        """Compute M^T U for a block U."""
        return np.asarray(self.scaled.T @ left - np.outer(self.root_a, self.root_x @ left))


def _scale(matrix: Matrix, rows: FloatArray, columns: FloatArray) -> Matrix:
    if sparse.issparse(matrix):
        scaled = sparse.csr_array(matrix, copy=True)
        scaled.data *= np.repeat(rows, np.diff(scaled.indptr))
        scaled.data *= columns[scaled.indices]
        return scaled
    return matrix * rows[:, None] * columns[None, :]


class _Products(LinearOperator):
    """Products with M and its transpose; a subclass, because closures cost a call more a step."""

    def __init__(self, operator: NormalizedOperator) -> None:
        super().__init__(np.float64, operator.shape)
        self.operator = operator
        scaled = operator.scaled
        # In rows both ways, which is the quicker order for a product with a vector.
        self.forward = scaled
        self.backward = scaled.T.tocsr() if operator.is_sparse else scaled.T

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
        return self.operator.apply_adjoint(X)
