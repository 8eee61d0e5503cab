"""The unbiased Hilbert-Schmidt independence criterion of linear kernels, without n x n matrices.

For kernels K = F F^T and L = G G^T with their diagonals set to zero (a tilde), n rows,

    HSIC = [tr(K~ L~) + 1'K~1 1'L~1 / ((n-1)(n-2)) - 2 1'K~L~1 / (n-2)] / (n(n-3)),

a U-statistic for the squared norm of Cov(F, G). It does not change when either side is shifted.

References
----------
Song, Smola, Gretton, Bedo and Borgwardt, "Feature selection via dependence maximization", JMLR 13
(2012), equation 5; in terms of the features, derived.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray

LEAST_ROWS = 4
"""The statistic takes rows four at a time."""


def combined(trace: Any, first: Any, second: Any, both: Any, n: int) -> Any:
    """Put the statistic together from tr(K~ L~), 1'K~1, 1'L~1 and 1'K~L~1."""
    mixed = first * second / ((n - 1) * (n - 2)) - 2.0 * both / (n - 2)
    return (trace + mixed) / (n * (n - 3))


def unbiased_hsic(products: FloatArray, joint: float, first: float, second: float, n: int) -> float:
    """Compute the statistic from sums over centred rows.

    Parameters
    ----------
    products : ndarray of shape (d, e)
        F^T G.
    joint : float
        sum_i k_i l_i, with k_i = |f_i|^2 and l_i = |g_i|^2.
    first, second : float
        sum_i k_i and sum_i l_i.
    n : int
        The number of rows, four or more.

    Returns
    -------
    float
        An unbiased estimate of the squared Frobenius norm of Cov(F, G).
    """
    trace = float(np.einsum("ij,ij->", products, products)) - joint
    return float(combined(trace, -first, -second, joint, n))


def jackknifed_hsic(features: Any, outputs: FloatArray) -> tuple[float, FloatArray]:
    """Compute the statistic, and what it is with each row left out.

    Parameters
    ----------
    features : ndarray or csr_array of shape (n, d)
        F, centred or not.
    outputs : ndarray of shape (n, q)
        G, centred.

    Returns
    -------
    tuple
        The statistic, and an array of shape (n,) of those without row i.

    Notes
    -----
    O(n d q), or O(nnz q) for sparse features: leaving a row out changes each of the sums by terms
    of that row alone.
    """
    n = len(outputs)
    squared = features.power(2) if hasattr(features, "power") else features**2
    k = np.asarray(squared.sum(axis=1)).ravel()
    own = np.einsum("ij,ij->i", outputs, outputs)
    total = np.asarray(features.sum(axis=0)).ravel()
    products = np.asarray(features.T @ outputs)
    by_output, by_feature = outputs.T @ k, np.asarray(features.T @ own)
    joint = k * own
    sum_k, sum_own, sum_joint = k.sum(), own.sum(), joint.sum()
    norm, length, turn = (products**2).sum(), total @ total, total @ by_feature

    whole = combined(norm - sum_joint, length - sum_k, -sum_own, sum_joint - turn, n)
    towards = np.asarray(features @ total)
    bilinear = np.einsum("ij,ij->i", np.asarray(features @ products), outputs)
    trace = norm - 2.0 * bilinear + 2.0 * joint - sum_joint
    first = length - 2.0 * towards + 2.0 * k - sum_k
    second = 2.0 * own - sum_own
    both = bilinear - outputs @ (products.T @ total) + 2.0 * towards * own - turn
    both += np.asarray(features @ by_feature) + outputs @ by_output + sum_joint - 4.0 * joint
    return float(whole), np.asarray(combined(trace, first, second, both, n - 1))
