"""log P+(a | x) of contexts that are given by a recipe for draws, where the recipe says it."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts import MaskedTokensContext, NoiseContext, RandomMaskContext, SCARFContext
from contextures.exceptions import InputError


@singledispatch
def log_likelihood(context: Any, A: FloatArray, X: FloatArray) -> FloatArray:
    """Compute log P+(a | x) between draws and rows, up to a term that depends on a alone.

    Parameters
    ----------
    context : NoiseContext, SCARFContext, RandomMaskContext or MaskedTokensContext
        A fitted context: SCARF with its empirical marginals.
    A : ndarray of shape (v, q)
        Draws of A.
    X : ndarray of shape (n, p)
        The rows that the context was fitted to.

    Returns
    -------
    ndarray of shape (v, n)
        Logarithms; minus infinity where a cannot come from x.

    Raises
    ------
    InputError
        If the context's law is not known in closed form.
    """
    raise InputError(
        f"the density of A given x is not known for {context!r}; give log ratios of your own to "
        "complexity_from_log_ratios, or wrap a sampler of few values in MonteCarloContext and use "
        "context_complexity"
    )


@log_likelihood.register
def _(context: NoiseContext, A: FloatArray, X: FloatArray) -> FloatArray:
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(A, X, "sqeuclidean") / (-2 * context.sigma**2))


@log_likelihood.register
def _(context: SCARFContext, A: FloatArray, X: FloatArray) -> FloatArray:
    if context.marginal != "empirical":
        raise InputError(
            f"the density of A is known for marginal='empirical', not {context.marginal!r}; give "
            "log ratios of your own to complexity_from_log_ratios"
        )
    kept, replaced = np.log1p(-context.corruption_rate), np.log(context.corruption_rate)
    total = np.zeros((len(A), len(X)))
    for drawn, column in zip(A.T, X.T, strict=True):
        ordered = np.sort(column)
        counts = np.searchsorted(ordered, drawn, "right") - np.searchsorted(ordered, drawn, "left")
        anew = replaced + np.log(counts / len(ordered))
        same = np.logaddexp(kept, anew)
        total += np.where(drawn[:, None] == column, same[:, None], anew[:, None])
    return total


@log_likelihood.register
def _(context: RandomMaskContext, A: FloatArray, X: FloatArray) -> FloatArray:
    p = X.shape[1]
    possible = np.ones((len(A), len(X)), dtype=bool)
    for drawn, hidden, column in zip(A[:, :p].T, A[:, p:].T, X.T, strict=True):
        possible &= (hidden > 0)[:, None] | (drawn[:, None] == column)
    # Which features are hidden does not depend on x.
    return np.where(possible, 0.0, -np.inf)


@log_likelihood.register
def _(context: MaskedTokensContext, A: FloatArray, X: FloatArray) -> FloatArray:
    possible = np.ones((len(A), len(X)), dtype=bool)
    for drawn, column in zip(A.T, X.T, strict=True):
        hidden = (drawn == context.mask_token)[:, None] & (column != context.pad_token)
        possible &= hidden | (drawn[:, None] == column)
    # How many tokens are hidden, and how many might have been, is seen in a.
    return np.where(possible, 0.0, -np.inf)
