"""Tasks that follow the data: smooth along a local context, where rows form clusters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray
from contextures.contexts import KNNContext
from contextures.contexts.distinct import distinct_rows

POWER = 4
"""p of the prior's kernel K^p."""

NEIGHBOURS, ROWS = 10, 1500
"""K of its context, up to so many rows; from there K grows as the square root of their number."""

FEWEST_ROWS = 100
"""With fewer rows nothing is said of clusters."""

START, WIDTH, MOST = 2.0, 1.0, 0.7
"""The share of local tasks: none where the local association is up to START times that of a
Gaussian copula, growing evenly over WIDTH to MOST. Settled by leaving tables out; see
``benchmarks.local_priors``."""


def local_share(strength: float) -> float:
    """Say which share of tasks is expected to follow clusters.

    Parameters
    ----------
    strength : float
        As from :func:`relative_strength`.

    Returns
    -------
    float
        From 0 to ``MOST``.
    """
    return float(MOST * np.clip((strength - START) / WIDTH, 0.0, 1.0))


def relative_strength(rows: FloatArray, random_state: Any = 0) -> float:
    """Say how strong the local association of rows is, beside what columns explain in pairs.

    sum_i s_i^(2p) of nearest neighbours counts, roughly, the parts that rows fall into. A smooth
    surface of few dimensions has many too, and so have columns of few values; both are
    matched by rows with the same distribution of each column and the same correlations of normal
    scores: a Gaussian copula. What is left is curvature and clusters.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    random_state : int, default=0
        Draws the copula.

    Returns
    -------
    float
        The association over that of the copula; about one where there is no more to the rows.
    """
    own = _strength(_round_trip(rows))
    copula = _strength(_round_trip(gaussian_copula(rows, np.random.default_rng(random_state))))
    return own / max(copula, 1e-12)


def local_kernel(rows: FloatArray, n_last: int) -> FloatArray:
    """Give K^p of a local context between the last rows, K^p(x, x') = sum_i s_i^(2p) mu_i mu_i'.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        All rows; the context is fitted to them.
    n_last : int
        Between how many of them the kernel is wanted.

    Returns
    -------
    ndarray of shape (n_last, n_last)
        The kernel.
    """
    half = _power(_round_trip(rows))[len(rows) - n_last :]
    return np.asarray((half @ half.T).toarray() * len(rows) - 1.0)


def all_rows(reference: FloatArray, parts: list[FloatArray]) -> FloatArray:
    """Put rows together, those that are in the reference already only once.

    Parameters
    ----------
    reference : ndarray of shape (n, p)
        Rows.
    parts : list of ndarray
        Others, which come last. A part all of whose rows are in the reference counts as drawn from
        it: copies of rows would otherwise be each other's neighbours.

    Returns
    -------
    ndarray of shape (N, p)
        The rows.
    """
    sizes = np.cumsum([len(reference), *(len(part) for part in parts)])
    _, codes = distinct_rows(np.vstack([reference, *parts]))
    left = np.arange(sizes[0])
    for start, stop in pairwise(sizes):
        wanted = np.bincount(codes[start:stop], minlength=codes.max() + 1)
        if (np.bincount(codes[left], minlength=len(wanted)) >= wanted).all():
            order = left[np.argsort(codes[left], kind="stable")]
            _, first, place = np.unique(codes[order], return_index=True, return_inverse=True)
            copies = np.arange(len(order)) - first[place]
            left = np.sort(order[copies >= wanted[codes[order]]])
    return np.vstack([reference[left], *parts])


def gaussian_copula(rows: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw rows with the values of each column and its correlations, but nothing else.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    rng : numpy.random.Generator
        Draws.

    Returns
    -------
    ndarray of shape (n, p)
        Each column holds the same values in another order, that of normal variables whose
        correlations are those of the columns' normal scores.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    n = len(rows)
    scores = ndtri((rankdata(rows, axis=0) - 0.5) / n)
    scores -= scores.mean(axis=0)
    normal = rng.standard_normal((n, n)) @ scores
    drawn = np.empty_like(rows)
    np.put_along_axis(drawn, np.argsort(normal, axis=0), np.sort(rows, axis=0), axis=0)
    return drawn


def _round_trip(rows: FloatArray) -> Any:
    """Give M M^T of nearest neighbours, that of x -> a -> x'; its first eigenvalue is one."""
    n = len(rows)
    k = round(NEIGHBOURS * max(1.0, n / ROWS) ** 0.5)
    described = KNNContext(max(1, min(k, n // 3))).fit(rows).describe()
    entries = sparse.csr_array(described.entries) @ sparse.diags_array(
        np.sqrt(described.scales / n)
    )
    return sparse.csr_array(entries @ entries.T)


def _power(walk: Any) -> Any:
    """Give the matrix to the power p / 2."""
    half = walk
    for _ in range(POWER // 2 - 1):
        half = half @ walk
    return half


def _strength(walk: Any) -> float:
    """Give sum_i s_i^(2p) without the constant: the trace of the p-th power, less one."""
    half = _power(walk)
    return float((half.multiply(half)).sum() - 1.0)
