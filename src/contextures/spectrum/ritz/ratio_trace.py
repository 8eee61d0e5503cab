"""How good given functions are for a context, judged on rows they were not learned from.

The ratio trace tr(C^-1 B) of functions is invariant to invertible maps of them and at most
s_1^2 + ... + s_d^2. B on a sample of rows is a U-statistic: pairs of a row with itself are left
out, because k(x, x) is of the order of the sample's size for a strong context.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.spectrum.ritz.pair_moments import PairMoments
from contextures.spectrum.ritz.problem import Whitening
from contextures.spectrum.ritz.scatter import Scatter


class TiedRows:
    """Rows that a dual kernel k(x, x') = sum_j scale_j e_j(x) e_j(x') ties to one another.

    Parameters
    ----------
    expansion : ndarray or csr_array of shape (n, m)
        e(x_i).
    scales : ndarray of shape (m,)
        The scales.

    Attributes
    ----------
    own : ndarray of shape (n,)
        k(x_i, x_i).
    """

    def __init__(self, expansion: Matrix, scales: FloatArray) -> None:
        self._expansion, self._scales = expansion, scales
        if sparse.issparse(expansion):
            self.own: FloatArray = np.asarray(expansion.power(2) @ scales)
        else:
            self.own = np.einsum("ij,ij,j->i", expansion, expansion, scales)

    @classmethod
    def of(cls, context: Context, X: Any = None) -> Self:
        """Tie rows by a fitted context; the fitted rows when None. See :func:`ratio_trace`."""
        if context.form == "sampler" or not hasattr(context, "expansion_"):
            raise InputError(
                f"{type(context).__name__} is given by draws here, so no kernel ties rows "
                "together; use pair_score with functions of both sides"
            )
        expansion = context.expansion_ if X is None else context.expand(X)
        if context.form == "kernel":
            return cls.by_features(expansion)
        return cls.by_transition(expansion, context.context_weights_)

    @classmethod
    def by_transition(cls, transition: Matrix, context_weights: FloatArray) -> Self:
        """Tie rows by P+(a_j | x_i); support points of probability zero are left out."""
        kept = context_weights > 0
        inverse = np.divide(1.0, context_weights, out=np.zeros_like(context_weights), where=kept)
        return cls(transition, inverse)

    @classmethod
    def by_features(cls, features: FloatArray) -> Self:
        """Tie rows by k = 1 + z . z'."""
        padded = np.hstack([np.ones((len(features), 1)), features])
        return cls(padded, np.ones(padded.shape[1]))

    def __len__(self) -> int:
        return len(self.own)

    def ratio_trace(self, functions: Any, weights: FloatArray | None = None) -> float:
        """Compute tr(C^-1 B) of functions on these rows; see :func:`ratio_trace`.

        A row of weight zero counts as one that is not there.
        """
        return tied_ratio_trace(functions, [(np.arange(len(self)), self)], weights)

    def pairs(self, centred: FloatArray, shares: FloatArray) -> tuple[FloatArray, float]:
        """Sum w_i w_j k(x_i, x_j) f_i f_j^T over pairs of different rows, and w_i w_j alone."""
        weighted = centred * shares[:, None]
        gathered = np.asarray(self._expansion.T @ weighted)
        operator = gathered.T @ (gathered * self._scales[:, None])
        operator -= weighted.T @ (weighted * self.own[:, None])
        return operator, float(shares.sum() ** 2 - shares @ shares)


def tied_ratio_trace(
    functions: Any,
    blocks: Sequence[tuple[IntArray, TiedRows]],
    weights: FloatArray | None = None,
) -> float:
    """Compute the ratio trace of functions on rows that are tied within blocks only.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Values of the functions.
    blocks : sequence of tuple of ndarray of int and TiedRows
        The numbers of the rows of each block, and what ties them. C is that of all rows, B of the
        pairs within blocks.
    weights : ndarray of shape (n,), optional
        P_X on the rows; uniform when None. A row of weight zero counts as one that is not there.

    Returns
    -------
    float
        tr(C^-1 B).
    """
    values = np.asarray(functions, dtype=np.float64)
    n = sum(len(rows) for rows, _ in blocks)
    if values.ndim != 2 or len(values) != n:
        raise InputError(
            f"functions must have one row for each of the {n} rows; their shape is {values.shape}"
        )
    _check_rows(n, values.shape[1])
    shares = np.full(n, 1.0 / n) if weights is None else weights / weights.sum()
    scatter = Scatter.of(values, None, shares)
    centred = values - scatter.left_mean
    found = [tied.pairs(centred[rows], shares[rows]) for rows, tied in blocks]
    operator = sum(part for part, _ in found) / sum(total for _, total in found)
    white = Whitening(scatter.covariance, mean=scatter.left_mean).white()
    return float(np.einsum("ij,ij->", white, operator @ white))


def ratio_trace(
    functions: Any,
    context: Context,
    X: Any = None,
    weights: FloatArray | None = None,
) -> float:
    """Compute the ratio trace of functions under a fitted context on rows, fitted or new.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Values of the functions on the rows.
    context : Context
        A fitted context in transition or kernel form. The kernel is that of the fitted context:
        new rows are tied to each other through the fitted support and its P_A.
    X : array-like of shape (n, p), optional
        The rows; those that the context was fitted to when None.
    weights : ndarray of shape (n,), optional
        P_X on the rows; when None, the context's for fitted rows and uniform for new ones.

    Returns
    -------
    float
        tr(C^-1 B) with C and the U-statistic B of these rows.

    Raises
    ------
    InputError
        If the context can only be drawn from (use :func:`pair_score`), or there are not more rows
        than functions.

    Notes
    -----
    O(nnz(P) d + m d^2) for a sparse transition; no n x n matrix is formed. With n rows the
    covariance of d functions is known to about sqrt(d / n): use n well above d.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21; the U-statistic is derived.
    """
    if weights is None and X is None:
        weights = context.input_weights_
    return TiedRows.of(context, X).ratio_trace(functions, weights)


def transition_ratio_trace(
    functions: Any,
    transition: Matrix,
    context_weights: FloatArray,
    weights: FloatArray | None = None,
) -> float:
    """Compute the ratio trace of functions under rows P+(a_j | x_i) and a P_A; see `ratio_trace`.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Values of the functions.
    transition : ndarray or csr_array of shape (n, m)
        P+(a_j | x_i).
    context_weights : ndarray of shape (m,)
        P_A, of rows other than these if they are new. Support points of probability zero are left
        out.
    weights : ndarray of shape (n,), optional
        P_X on the rows; uniform when None.

    Returns
    -------
    float
        tr(C^-1 B).
    """
    return TiedRows.by_transition(transition, context_weights).ratio_trace(functions, weights)


def kernel_ratio_trace(
    functions: Any, features: FloatArray, weights: FloatArray | None = None
) -> float:
    """Compute the ratio trace of functions under k = 1 + z . z'; see :func:`ratio_trace`.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Values of the functions.
    features : ndarray of shape (n, r)
        z(x_i).
    weights : ndarray of shape (n,), optional
        P_X on the rows; uniform when None.

    Returns
    -------
    float
        tr(C^-1 B).
    """
    return TiedRows.by_features(features).ratio_trace(functions, weights)


def total_association(context: Context) -> float:
    """Compute the sum of all squared singular values of a fitted context, without finding them.

    Parameters
    ----------
    context : Context
        A fitted context in transition or kernel form.

    Returns
    -------
    float
        s_1^2 + s_2^2 + ..., the trivial s_0 = 1 left out, on the fitted rows: the most that the
        ratio trace of any functions can be there.

    References
    ----------
    Derived: the trace of T T* is E k(x, x), and s_0^2 = 1 is one of its terms.
    """
    weights = context.input_weights_
    if context.form == "kernel":
        features = context.expansion_
        centred = features - weights @ features
        return float(weights @ np.einsum("ij,ij->i", centred, centred))
    return max(float(weights @ TiedRows.of(context).own) - 1.0, 0.0)


def pair_score(functions: Any, contexts: Any, weights: FloatArray | None = None) -> float:
    """Compute the sum of squared canonical correlations of functions of x and functions of a.

    This is the VAMP-2 score, the constant left out. For functions of both sides that were learned
    on other pairs it estimates, from below, what the functions of x are worth for the context; it
    needs draws only.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Functions of x.
    contexts : ndarray of shape (n, e) or (n_views, n, e)
        Functions of a, for one or several draws of A for each x.
    weights : ndarray of shape (n,), optional
        Weights of the rows.

    Returns
    -------
    float
        ||Cxx^(-1/2) Cxa Caa^(-1/2)||_F^2 on these pairs.

    References
    ----------
    Wu and Noé, arXiv 1707.04659: the VAMP-2 score of functions of both sides.
    """
    moments = PairMoments.of(functions, contexts, weights)
    _check_rows(moments.count, len(moments.mean))
    return moments.ratio_trace()


def _check_rows(n: int, d: int) -> None:
    if n <= d:
        raise InputError(
            f"{n} rows cannot judge {d} functions: their covariance would be singular; give more "
            "rows or fewer functions"
        )
