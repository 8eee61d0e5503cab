"""Parts of a context that no label reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from contextures._arrays import IntArray
from contextures.contexts import Context
from contextures.regression.kernels import LinearFunctions


def unreached(context: Context, labelled: IntArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find rows, and values of A, that no path of shared contexts joins to a labelled row.

    Parameters
    ----------
    context : Context
        A fitted context.
    labelled : ndarray of int
        Which fitted rows have labels.

    Returns
    -------
    rows : ndarray of bool of shape (n,)
        Fitted rows without a label in their part.
    values : ndarray of bool of shape (m,)
        Values of A without one. A kernel's features join all rows.
    """
    entries = context.describe().entries
    n, m = entries.shape
    nowhere = np.zeros(n, dtype=bool), np.zeros(m, dtype=bool)
    if context.form == "kernel" or (not sparse.issparse(entries) and entries.all()):
        return nowhere
    pattern = sparse.csr_array(entries)
    n_parts, part = connected_components(
        sparse.block_array([[None, pattern], [pattern.T, None]], format="csr"), directed=False
    )
    if n_parts == 1:
        return nowhere
    reached = np.zeros(n_parts, dtype=bool)
    reached[part[labelled]] = True
    return ~reached[part[:n]], ~reached[part[n:]]


def with_prior(
    functions: LinearFunctions, values: NDArray[np.bool_], prior: NDArray[np.float64]
) -> LinearFunctions:
    """Let functions be ``prior`` on rows that hold unreached values of A only.

    The entries of a transition's row sum to one, so it is enough to change the slopes there.
    """
    slopes = functions.slopes.copy()
    slopes[values] = prior - functions.start
    return LinearFunctions(slopes, functions.start)
