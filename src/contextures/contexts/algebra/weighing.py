"""Weights of a convex combination that are found rather than given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.optimize import linprog, minimize
from scipy.spatial.distance import pdist, squareform

from contextures._arrays import FloatArray, IntArray, to_numpy
from contextures._checks import labels_of
from contextures.contexts.algebra.compared import kernels_between
from contextures.contexts.base import Context
from contextures.contexts.labels import label_task, missing_labels
from contextures.exceptions import InputError

WAYS = ("min-max", "pseudo-tasks", "labels")

MOST_ROWS = 300
"""Rows by which weights are found."""

CLOSE, MOST_CUTS = 1e-3, 100
"""The duality gap at which min-max weights are settled, and steps at most."""

BANDWIDTH = 0.3
"""Of the smooth random tasks: over the median squared distance of rows."""

LEAST = 1e-6
"""The least weight of a part."""

RIDGES = np.log(10.0) * np.arange(-4.0, 2.0)
"""Logarithms of ridges to begin from, beside the kernel's mean diagonal."""


class Weighed(NamedTuple):
    """Weights, and how far they may be from the best: the relative duality gap."""

    weights: FloatArray
    gap: float | None


def find_weights(way: str, contexts: Sequence[Context], X: Any, y: Any, rank: int) -> Weighed:
    """Find the weights of a convex combination.

    Parameters
    ----------
    way : {"min-max", "pseudo-tasks", "labels"}
        How.
    contexts : sequence of Context
        The parts, unfitted.
    X, y
        The rows to fit, and their labels where these are needed.
    rank : int
        How many functions min-max weights are for.

    Returns
    -------
    Weighed
        Weights that sum to one, and the gap.

    Raises
    ------
    InputError
        If what the way needs is missing, or a part only draws what was observed.
    """
    rows, targets = _tasks(way, X, y)
    kernels = kernels_between(contexts, X, y, rows)
    if way == "min-max":
        return min_max(kernels, rank)
    return Weighed(least_left_out(kernels, targets), None)


def min_max(kernels: Sequence[FloatArray], rank: int) -> Weighed:
    """Find the weights for which the encoder of all does best for the context it serves worst.

    With RT_j the ratio trace of an encoder under context j, relative to the best there is for j,
    max over encoders of min_j RT_j is the least over weights of the sum of the top eigenvalues of
    sum_j w_j T_j: a convex function, which cutting planes bound from below.

    Parameters
    ----------
    kernels : sequence of ndarray of shape (n, n)
        The dual kernels of the parts less one, between the same rows.
    rank : int
        d.

    Returns
    -------
    Weighed
        Weights of the dual kernels, and the relative duality gap.

    References
    ----------
    Derived, in place of the update by z-scores, which sees no more than an order.
    """
    n = len(kernels[0])
    d = min(rank, n - 1)
    operators = [_centred(kernel) / n for kernel in kernels]
    best = np.array([_top(operator, d)[0].sum() for operator in operators])
    if (best <= 0).any():
        raise InputError(
            "a context carries nothing on X, so there is nothing to weigh; leave it out"
        )
    operators = [each / size for each, size in zip(operators, best, strict=True)]
    r = len(operators)
    cuts: list[FloatArray] = []
    upper, chosen, lower = np.inf, np.full(r, 1.0 / r), 0.0
    tried = chosen
    for _ in range(MOST_CUTS):
        _, functions = _top(sum(w * each for w, each in zip(tried, operators, strict=True)), d)
        cut = np.array([np.einsum("ij,ij->", functions, each @ functions) for each in operators])
        cuts.append(cut)
        if cut @ tried < upper:
            upper, chosen = float(cut @ tried), tried
        # The least of the largest of all cuts so far, which lie below the function.
        table = np.column_stack([np.array(cuts), -np.ones(len(cuts))])
        found = linprog(
            np.append(np.zeros(r), 1.0),
            A_ub=table,
            b_ub=np.zeros(len(cuts)),
            A_eq=np.append(np.ones(r), 0.0)[None, :],
            b_eq=[1.0],
            bounds=[(0, None)] * r + [(None, None)],
        )
        lower, tried = float(found.fun), found.x[:r]
        if upper - lower <= CLOSE * upper:
            break
    weights = np.maximum(chosen, LEAST) / best
    return Weighed(weights / weights.sum(), (upper - lower) / upper)


def least_left_out(kernels: Sequence[FloatArray], targets: FloatArray) -> FloatArray:
    """Find the weights of least expected leave-one-out error of kernel ridge regression.

    Parameters
    ----------
    kernels : sequence of ndarray of shape (n, n)
        The dual kernels of the parts less one.
    targets : ndarray of shape (n, n)
        The covariance of random tasks, or y y^T of one.

    Returns
    -------
    ndarray of shape (r,)
        The weights; the ridge is found beside them and not kept.

    References
    ----------
    Derived: with A = (K + a I)^-1 the error at row i is (A f)_i / A_ii, and its expected square
    (A E[f f^T] A)_ii / A_ii^2.
    """
    n, r = len(targets), len(kernels)
    # By their sizes, or the strong would outweigh the weak by orders of magnitude.
    sizes = np.array([max(float(np.trace(kernel)) / n, 1e-300) for kernel in kernels])
    scaled = np.array(kernels) / sizes[:, None, None]

    def error(parameters: FloatArray) -> float:
        kernel = np.tensordot(_shares(parameters[:-1]), scaled, 1)
        return expected_error(kernel, float(np.exp(parameters[-1])), targets)

    # Even weights, and nearly all of it to one part: the error has several minima.
    logits = [np.zeros(r), *(6.0 * np.eye(r))]
    start = min((np.append(one, ridge) for one in logits for ridge in RIDGES), key=error)
    bounds = [(-7.0, 7.0)] * r + [(RIDGES[0], RIDGES[-1])]
    found = minimize(error, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
    weights = np.maximum(_shares(found.x[:-1]), LEAST) / sizes
    return np.asarray(weights / weights.sum())


def expected_error(kernel: FloatArray, ridge: float, targets: FloatArray) -> float:
    """Compute the expected leave-one-out error of kernel ridge regression on random tasks.

    Parameters
    ----------
    kernel : ndarray of shape (n, n)
        The kernel.
    ridge : float
        The penalty, beside the kernel's mean diagonal.
    targets : ndarray of shape (n, n)
        The covariance of the tasks.

    Returns
    -------
    float
        The mean over rows.
    """
    n = len(targets)
    size = max(float(np.trace(kernel)) / n, 1e-300)
    kernel = kernel / size + 1.0  # the mean is left free
    kernel[np.diag_indices(n)] += ridge
    inverse = cho_solve(cho_factor(kernel, lower=True), np.eye(n))
    squares = np.einsum("ij,ji->i", inverse @ targets, inverse)
    return float(np.mean(squares / np.diag(inverse) ** 2))


def _shares(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def _top(operator: Any, d: int) -> tuple[FloatArray, FloatArray]:
    n = len(operator)
    values, functions = eigh(operator, subset_by_index=[n - d, n - 1])
    return np.clip(values, 0.0, None), functions


def _centred(kernel: FloatArray) -> FloatArray:
    mean = kernel.mean(axis=0)
    return np.asarray(kernel - mean - mean[:, None] + mean.mean())


def _tasks(way: str, X: Any, y: Any) -> tuple[IntArray, FloatArray]:
    """Choose rows, and give the covariance of the tasks on them."""
    if way == "labels":
        if y is None:
            raise InputError("weights='labels' needs labels; call fit(X, y), or give the weights")
        labels = labels_of(y)
        rows = _spaced(np.flatnonzero(~missing_labels(labels)))
        if len(rows) < 2:
            raise InputError("weights='labels' needs at least 2 labels; give the weights instead")
        known = labels[rows]
        if known.ndim == 1 and label_task(known) == "classification":
            values = (known[:, None] == np.unique(known)).astype(np.float64)
        else:
            values = known.astype(np.float64).reshape(len(known), -1)
        values = values - values.mean(axis=0)
        return rows, values @ values.T
    n = len(X) if X is not None else 0
    numbers = np.ndim(X) == 2 and to_numpy(X).dtype.kind in "fiub"
    if n == 0 or (way == "pseudo-tasks" and not numbers):
        raise InputError(f"weights={way!r} needs rows of numbers; give the weights instead")
    rows = _spaced(np.arange(n))
    if way == "min-max":
        return rows, np.zeros((0, 0))
    return rows, pseudo_tasks(to_numpy(X)[rows].astype(np.float64))


def pseudo_tasks(rows: FloatArray) -> FloatArray:
    """Give the covariance of random tasks that are smooth in the columns of unit variance.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows.

    Returns
    -------
    ndarray of shape (n, n)
        Half of it is that of random linear functions, half that of random smooth ones; centred.
    """
    spread = rows.std(axis=0)
    values = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    squared = squareform(pdist(values, "sqeuclidean"))
    smooth = np.exp(-BANDWIDTH * squared / (np.median(squared) or 1.0))
    return _centred(0.5 * values @ values.T / values.shape[1] + 0.5 * smooth)


def _spaced(rows: IntArray) -> IntArray:
    if len(rows) <= MOST_ROWS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.intp)]
