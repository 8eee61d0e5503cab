"""Rows as a context describes them: a feature map of its dual kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, Matrix, compact
from contextures._repr import short_repr

MANY_ROWS = 5_000
"""Rows from which on a product of two transitions is formed only where it is smaller than both."""

SOME_ROWS = 100
"""Rows by which is seen how large it would be."""


@dataclass(frozen=True)
class DescribedRows:
    """Rows under a context: k_X+(x, x') = constant + sum_j scales_j E_j(x) E_j(x').

    Transitions and kernels are one value: E holds P+(a_j | x) with the scales 1 / P_A(a_j) and no
    constant, or the kernel's features z(x) with scales and constant of one.

    Attributes
    ----------
    entries : ndarray or csr_array of shape (n, m)
        E.
    scales : ndarray of shape (m,)
        What products of entries are multiplied by; zero where a_j has no probability.
    constant : float
        The part of the kernel that is the same for all pairs of rows and not in E.

    References
    ----------
    Derived: arXiv 2505.01557 (ICML 2025), section 2, gives the dual kernel of a transition.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> rows = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit().describe()
    >>> rows.entries.tolist(), rows.scales.tolist()
    ([[0.8, 0.2], [0.2, 0.8]], [2.0, 2.0])
    >>> rows.kernel().round(2)
    array([[1.36, 0.64],
           [0.64, 1.36]])
    """

    __repr__ = short_repr

    entries: Matrix
    scales: FloatArray
    constant: float = 0.0

    @classmethod
    def by_transition(cls, transition: Matrix, context_weights: FloatArray) -> DescribedRows:
        """Describe rows by P+(a_j | x) and P_A; support points of probability zero count nothing.

        Parameters
        ----------
        transition : ndarray or csr_array of shape (n, m)
            P+(a_j | x_i).
        context_weights : ndarray of shape (m,)
            P_A.

        Returns
        -------
        DescribedRows
            The rows.
        """
        weights = np.asarray(context_weights, dtype=np.float64)
        scales = np.divide(1.0, weights, out=np.zeros_like(weights), where=weights > 0)
        return cls(transition, scales)

    @classmethod
    def by_features(cls, features: Matrix) -> DescribedRows:
        """Describe rows by the features of a kernel 1 + z . z'.

        Parameters
        ----------
        features : ndarray or csr_array of shape (n, r)
            z(x_i).

        Returns
        -------
        DescribedRows
            The rows.
        """
        return cls(features, np.ones(features.shape[1]), 1.0)

    @property
    def factors(self) -> tuple[Matrix, Matrix] | None:
        """Two matrices whose product E is, where applying both takes less than applying E."""
        return None

    def __len__(self) -> int:
        return int(self.entries.shape[0])

    @cached_property
    def own(self) -> FloatArray:
        """k(x_i, x_i), of shape (n,)."""
        if sparse.issparse(self.entries):
            squares = np.asarray(self.entries.power(2) @ self.scales)
        else:
            squares = np.einsum("ij,ij,j->i", self.entries, self.entries, self.scales)
        return np.asarray(self.constant + squares)

    def take(self, rows: Any) -> DescribedRows:
        """Give some of the rows, by number.

        Parameters
        ----------
        rows : array-like of int of shape (k,)
            Which.

        Returns
        -------
        DescribedRows
            They.
        """
        return DescribedRows(self.entries[rows], self.scales, self.constant)

    def kernel(self, other: DescribedRows | None = None) -> FloatArray:
        """Compute the dual kernel between rows.

        Parameters
        ----------
        other : DescribedRows, optional
            Rows of the same context; these when None.

        Returns
        -------
        ndarray of shape (n, m)
            k(x_i, x_j').
        """
        right = self.entries if other is None else other.entries
        product = (self.entries * self.scales[None, :]) @ right.T
        values = product.toarray() if sparse.issparse(product) else np.asarray(product)
        return values + self.constant

    def mean(self, weights: FloatArray) -> FloatArray:
        """Compute the mean row of E: with the roots of the scales, the constant mode.

        Parameters
        ----------
        weights : ndarray of shape (n,)
            P_X on the rows; sums to one.

        Returns
        -------
        ndarray of shape (m,)
            E_X[E].
        """
        return np.asarray(self.entries.T @ weights, dtype=np.float64)

    def pairs(self, functions: FloatArray, shares: FloatArray) -> tuple[FloatArray, float]:
        """Sum over pairs of different rows, which leaves out the bias of a row beside itself.

        Parameters
        ----------
        functions : ndarray of shape (n, d)
            Values f of centred functions.
        shares : ndarray of shape (n,)
            Weights of the rows.

        Returns
        -------
        ndarray of shape (d, d)
            The sum of w_i w_j k(x_i, x_j) f_i f_j^T.
        float
            The sum of w_i w_j.
        """
        weighted = functions * shares[:, None]
        gathered = np.asarray(self.entries.T @ weighted)
        operator = gathered.T @ (gathered * self.scales[:, None])
        if self.constant:
            total = weighted.sum(axis=0)
            operator += self.constant * np.outer(total, total)
        operator -= weighted.T @ (weighted * self.own[:, None])
        return operator, float(shares.sum() ** 2 - shares @ shares)


class ProductRows(DescribedRows):
    """Rows of a transition that is one after another, E = left @ right, formed only when asked for.

    Parameters
    ----------
    left : csr_array of shape (n, k)
        Where rows lead first.
    right : csr_array of shape (k, m)
        Where one goes from there.
    scales : ndarray of shape (m,)
        As in :class:`DescribedRows`.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from contextures.contexts.rows import ProductRows
    >>> half = sparse.csr_array([[0.5, 0.5], [0.0, 1.0]])
    >>> ProductRows(half, half, np.ones(2)).entries
    array([[0.25, 0.75],
           [0.  , 1.  ]])
    """

    def __init__(self, left: Matrix, right: Matrix, scales: FloatArray) -> None:
        # As a frozen dataclass does it, but for the entries.
        self.__dict__.update(left=left, right=right, scales=scales, constant=0.0)

    @classmethod
    def if_smaller(cls, left: Matrix, right: Matrix, weights: FloatArray) -> ProductRows | None:
        """Describe rows by two transitions, where their product takes more than they do.

        Parameters
        ----------
        left, right : ndarray or csr_array of shape (n, k) and (k, m)
            The transitions.
        weights : ndarray of shape (m,)
            P_A.

        Returns
        -------
        ProductRows or None
            None for few rows, of which the product costs nothing, and where it is the smaller.
        """
        n = left.shape[0]
        if n < MANY_ROWS or not (sparse.issparse(left) and sparse.issparse(right)):
            return None
        few = np.linspace(0, n - 1, SOME_ROWS).astype(np.intp)
        formed = (left[few] @ right).nnz * (n / len(few))
        if formed <= left.nnz + right.nnz:
            return None
        return cls(left, right, DescribedRows.by_transition(right, weights).scales)

    @property
    def factors(self) -> tuple[Matrix, Matrix]:
        """The transitions."""
        return self.__dict__["left"], self.__dict__["right"]

    @cached_property
    def entries(self) -> Matrix:
        """E."""
        left, right = self.factors
        product = sparse.csr_array(left @ right)
        product.sort_indices()
        return compact(product)

    def __len__(self) -> int:
        return int(self.factors[0].shape[0])

    def take(self, rows: Any) -> DescribedRows:
        """Give some of the rows, by number; see :meth:`DescribedRows.take`."""
        left, right = self.factors
        return DescribedRows(compact(sparse.csr_array(left[rows] @ right)), self.scales)
