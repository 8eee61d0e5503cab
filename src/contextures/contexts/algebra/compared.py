"""The dual kernels of several contexts between the same rows, for weights to be found by.

What has a transition or a kernel gives it. Of what only draws it is learned: T T* on the smoothest
functions of the rows, onto functions of A that draws of A span. Beside such a context the others
are seen on the same functions, or they would be known better for no merit of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import cdist
from sklearn.base import clone

from contextures._arrays import FloatArray, IntArray, to_numpy
from contextures._checks import brief, labels_of
from contextures.contexts.algebra.revealed import drawn
from contextures.contexts.base import Context
from contextures.contexts.drawing import draws_like
from contextures.contexts.rbf import median_distance
from contextures.exceptions import InputError

MOST_FUNCTIONS, ROWS_A_FUNCTION = 100, 3
"""Functions of the rows, at most, and rows for each of them."""

N_POINTS = 150
"""Draws of A that functions of A are made of."""

N_VIEWS = 20
"""Draws of A for each row in each of two halves."""

LEVELS = (0.3, 1.0, 4.0)
"""Inverse squared widths of Gaussians, over the median squared distance, beside a linear part."""

NEGLIGIBLE = 1e-8
"""Functions whose eigenvalue is below this share of the largest are left out."""


def kernels_between(
    contexts: Sequence[Context], X: Any, y: Any, rows: IntArray
) -> list[FloatArray]:
    """Give the dual kernels less one of several contexts between the same rows.

    Parameters
    ----------
    contexts : sequence of Context
        Contexts, unfitted.
    X, y
        The rows to fit, and their labels where these are needed.
    rows : ndarray of int of shape (k,)
        Between which of the rows.

    Returns
    -------
    list of ndarray of shape (k, k)
        The kernels: of contexts that are as strong among these rows as those fitted to all.

    Raises
    ------
    InputError
        If a context only draws, and its kernel cannot be learned from draws.
    """
    found = [_fitted(context, X, y, rows) for context in contexts]
    if not any(isinstance(each, Context) for each in found):
        return [each for each in found if not isinstance(each, Context)]
    given = to_numpy(X)
    if given.ndim < 2 or given.dtype.kind not in "fiub" or any(c.added_tokens for c in contexts):
        raise InputError(
            "weights are found for contexts that only draw where X is rows of numbers; give the "
            "weights"
        )
    flat = given[rows].reshape(len(rows), -1).astype(np.float64)
    functions = smooth_functions(flat, min(MOST_FUNCTIONS, max(1, len(rows) // ROWS_A_FUNCTION)))
    return [
        learned_kernel(each, given, rows, functions)
        if isinstance(each, Context)
        else functions @ (functions.T @ each @ functions / len(rows) ** 2) @ functions.T
        for each in found
    ]


def smooth_functions(rows: FloatArray, most: int) -> FloatArray:
    """Find the smoothest functions of rows: uncorrelated, of mean zero and variance one.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows.
    most : int
        How many functions at most.

    Returns
    -------
    ndarray of shape (n, r)
        Their values: the leading eigenfunctions of a kernel of several widths.
    """
    n = len(rows)
    kernel = _Smooth(rows).between(rows)
    mean = kernel.mean(axis=0)
    values, vectors = eigh(
        kernel - mean - mean[:, None] + mean.mean(), subset_by_index=[max(0, n - most), n - 1]
    )
    kept = values > NEGLIGIBLE * values[-1]
    return np.asarray(np.sqrt(n) * vectors[:, kept])


def learned_kernel(context: Context, X: Any, rows: IntArray, functions: FloatArray) -> FloatArray:
    """Learn the dual kernel less one of a context that only draws, in the span of functions.

    Parameters
    ----------
    context : Context
        A fitted context.
    X : array-like of shape (n, ...)
        The rows that it was fitted to.
    rows : ndarray of int of shape (k,)
        Between which of them.
    functions : ndarray of shape (k, r)
        Uncorrelated functions of these rows, of mean zero and variance one.

    Returns
    -------
    ndarray of shape (k, k)
        The kernel.

    References
    ----------
    Derived: B = C_xa C_aa^-1 C_ax with the two C of independent draws, whose noise then has the
    mean zero.
    """
    rng = np.random.default_rng(0)
    first = _draw(context, X, rows, rng)
    chosen = rng.permutation(first.reshape(-1, first.shape[-1]))[:N_POINTS]
    smooth = _Smooth(chosen)
    values, vectors = eigh(smooth.between(chosen))
    kept = values > NEGLIGIBLE * values[-1]
    onto = vectors[:, kept] / np.sqrt(values[kept])
    crosses, means, squares = [], 0.0, 0.0
    for half in (first, _draw(context, X, rows, rng)):
        cross = 0.0
        for view in half:
            told = smooth.between(view) @ onto
            cross = cross + functions.T @ told / (len(rows) * len(half))
            means = means + told.mean(axis=0) / (2 * len(half))
            squares = squares + told.T @ told / (2 * len(half) * len(rows))
        crosses.append(cross)
    spread, directions = eigh(squares - np.outer(means, means))
    kept = spread > NEGLIGIBLE * spread[-1]
    white = directions[:, kept] / np.sqrt(spread[kept])
    operator = (crosses[0] @ white) @ (crosses[1] @ white).T
    values, vectors = eigh(0.5 * (operator + operator.T))
    turned = functions @ vectors
    return np.asarray(turned * np.clip(values, 0.0, None) @ turned.T)


class _Smooth:
    """A kernel of several widths and a linear part, in columns of unit variance."""

    def __init__(self, points: FloatArray) -> None:
        spread = points.std(axis=0)
        self._mean, self._spread = points.mean(axis=0), np.where(spread > 0, spread, np.inf)
        self._points = (points - self._mean) / self._spread
        self._median = median_distance(self._points) or 1.0

    def between(self, rows: FloatArray) -> FloatArray:
        near = (rows - self._mean) / self._spread
        far = cdist(near, self._points, "sqeuclidean") / self._median
        linear = near @ self._points.T / near.shape[1]
        return np.asarray(1.0 + linear + sum(np.exp(-level * far) for level in LEVELS))


def _draw(context: Context, X: Any, rows: IntArray, rng: np.random.Generator) -> FloatArray:
    """Draw A of rows, of shape (N_VIEWS, k, q)."""
    found = drawn(context, X, draws_like(X, rows, rng), N_VIEWS, rows)
    return np.asarray(found, dtype=np.float64)


def _fitted(context: Context, X: Any, y: Any, rows: IntArray) -> FloatArray | Context:
    """Give the dual kernel less one between rows; of what only draws, the fitted context."""
    n = len(X)
    whole = len(rows) == n or context.takes != "array" or context.form == "sampler"
    if not whole:
        labels = None if y is None else labels_of(y)[rows]
        few = context.subsampled(len(rows) / n).fit(to_numpy(X)[rows], labels)
        if few.form != "sampler":
            return np.asarray(few.fitted_kernel() - 1.0)
    fitted: Context = clone(context).fit(X, y)
    if fitted.form != "sampler":
        return np.asarray(fitted.fitted_kernel(rows) - 1.0)
    if fitted.observed:
        raise InputError(
            f"{brief(context)} gives the A that was observed, once for each row, which is too "
            "little to find weights by; give the weights"
        )
    return fitted
