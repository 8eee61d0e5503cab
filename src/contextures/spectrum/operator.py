"""The normalised expectation operator of a fitted context."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from contextures._arrays import FloatArray, Matrix
from contextures.contexts import Context


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
    scaled : ndarray or csr_array of shape (n, m')
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
        entries, scales = rows.entries, rows.scales
        self.n_support = len(scales)
        self.kept: Any = slice(None)
        if not (scales > 0).all():
            self.kept = np.flatnonzero(scales > 0)
            entries, scales = entries[:, self.kept], scales[self.kept]
        self.root_scales: FloatArray = np.sqrt(scales)
        self.scaled = _scale(entries, self.root_x, self.root_scales)
        self.root_a: FloatArray = np.asarray(self.scaled.T @ self.root_x)
        self.shape: tuple[int, int] = self.scaled.shape
        # A constant that is in the entries takes up one of their dimensions.
        self.holds_constant = rows.constant == 0
        self.most = min(self.shape[0] - 1, self.shape[1] - int(self.holds_constant))

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
        product = self.scaled @ self.scaled.T if wide else self.scaled.T @ self.scaled
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
