"""How good given functions are for a context, judged on rows they were not learned from.

The ratio trace tr(C^-1 B) of functions is invariant to invertible maps of them and at most
s_1^2 + ... + s_d^2. B on a sample of rows is a U-statistic: pairs of a row with itself are left
out, because k(x, x) is of the order of the sample's size for a strong context.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context, DescribedRows
from contextures.exceptions import InputError
from contextures.spectrum.ritz.pair_moments import PairMoments
from contextures.spectrum.ritz.problem import Whitening
from contextures.spectrum.ritz.scatter import Scatter


def tied_rows(context: Context, X: Any = None) -> DescribedRows:
    """Describe rows that a fitted context's kernel ties to one another; see :func:`ratio_trace`."""
    if not context.has_rows and context.form != "transition":
        raise InputError(
            f"{type(context).__name__} is given by draws here, so no kernel ties rows together; "
            "use pair_score with functions of both sides"
        )
    return context.describe(X)


def tied_ratio_trace(
    functions: Any,
    blocks: Sequence[tuple[IntArray, DescribedRows]],
    weights: FloatArray | None = None,
) -> float:
    """Compute the ratio trace of functions on rows that are tied within blocks only.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Values of the functions.
    blocks : sequence of tuple of ndarray of int and DescribedRows
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
    return described_ratio_trace(functions, tied_rows(context, X), weights)


def described_ratio_trace(
    functions: Any, rows: DescribedRows, weights: FloatArray | None = None
) -> float:
    """Compute the ratio trace of functions on rows that are described already.

    Parameters
    ----------
    functions : ndarray of shape (n, d)
        Values of the functions.
    rows : DescribedRows
        The rows, fitted or new.
    weights : ndarray of shape (n,), optional
        P_X on the rows; uniform when None. A row of weight zero counts as one that is not there.

    Returns
    -------
    float
        tr(C^-1 B); see :func:`ratio_trace`.
    """
    return tied_ratio_trace(functions, [(np.arange(len(rows)), rows)], weights)


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
    Derived: the trace of T T* is E k(x, x), of which the constant mode is a part.
    """
    weights, rows = context.input_weights_, context.describe()
    mean = rows.mean(weights)
    total = float(weights @ rows.own) - rows.constant - float(rows.scales @ mean**2)
    return max(total, 0.0)


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
