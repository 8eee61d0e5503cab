"""The complexity of contexts that are given by a recipe for draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import logsumexp
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int, check_rows
from contextures.contexts import Context
from contextures.evaluation.bounds.complexity import (
    QUANTILES,
    ContextComplexity,
    complexity_from_log_ratios,
)
from contextures.evaluation.bounds.likelihoods import log_likelihood
from contextures.exceptions import InputError

_BLOCK_VALUES = 4_000_000
"""Densities that are held at a time."""


def sampled_complexity(
    context: Context,
    X: Any,
    n_views: int = 200,
    n_rows: int = 500,
    levels: Sequence[float] = QUANTILES,
    random_state: Any = 0,
) -> ContextComplexity:
    """Estimate the complexity of a context in sampler form whose density is known.

    For draws a from P+(. | x) the ratio P(a | x) / P_A(a) has mean k_X+(x, x), where P_A is the
    mean of P(. | x') over the fitted rows. All is computed from logarithms.

    Parameters
    ----------
    context : NoiseContext, SCARFContext, RandomMaskContext or MaskedTokensContext
        A fitted context: SCARF with its empirical marginals.
    X : array-like of shape (n, p)
        The rows that it was fitted to.
    n_views : int, default=200
        Draws for each row.
    n_rows : int, default=500
        How many evenly spaced rows are drawn for; P_A is the mean over all of them.
    levels : sequence of float, default=(0.5, 0.9, 0.99)
        Which quantiles of k(X, X) to report.
    random_state : int, RandomState or None, default=0
        Seeds the draws.

    Returns
    -------
    ContextComplexity
        The estimate, and how many draws it rests on.

    Raises
    ------
    InputError
        If the context's density is not known, or X is not what it was fitted to.

    Notes
    -----
    O(n_rows n_views n p) time. This is the context of the sample, in which k(x, x) is at most n:
    where that is met, the rows say nothing of how much larger it is among all inputs. There,
    take ratios from a model of P(x | a) and give them to :func:`complexity_from_log_ratios`.

    References
    ----------
    Derived; arXiv 2306.00788 for the quantity.

    Examples
    --------
    >>> import itertools
    >>> import numpy as np
    >>> from contextures.contexts import RandomMaskContext
    >>> from contextures.evaluation import sampled_complexity
    >>> cube = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    >>> context = RandomMaskContext(mask_rate=0.5).fit(cube)  # kappa^2 = (2 - 0.5)^4 = 5.06
    >>> found = sampled_complexity(context, cube, n_views=2000)
    >>> bool(abs(found.average / 1.5**4 - 1) < 0.02)
    True
    """
    check_is_fitted(context)
    check_positive_int(n_views, "n_views")
    check_positive_int(n_rows, "n_rows")
    rows = check_rows(X)
    n = len(context.input_weights_)
    if len(rows) != n:
        raise InputError(
            f"X has {len(rows)} rows, but the context was fitted to {n}; give the rows that it "
            "was fitted to, which make up P_A"
        )
    if context.form != "sampler":
        raise InputError(
            f"{context!r} is not in sampler form, so its complexity is known exactly; use "
            "context_complexity"
        )
    chosen = np.unique(np.linspace(0, n - 1, min(n, n_rows)).astype(np.intp))
    seed = check_random_state(random_state).randint(2**31 - 1)
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK_VALUES // (n * n_views))
    parts = [
        _log_ratios(context, rows, chosen[start : start + step], n_views, rng)
        for start in range(0, len(chosen), step)
    ]
    return complexity_from_log_ratios(np.hstack(parts), None, levels)


def _log_ratios(
    context: Context, rows: FloatArray, chosen: IntArray, n_views: int, rng: np.random.Generator
) -> FloatArray:
    """Compute log P(a | x) - log P_A(a), of shape (n_views, k), at draws for some rows."""
    drawn = context.sample(rows[chosen], rng, n_views).reshape(n_views * len(chosen), -1)
    log_densities = log_likelihood(context, drawn, rows)
    log_means = logsumexp(log_densities, axis=1) - np.log(len(rows))
    own = log_densities[np.arange(len(drawn)), np.tile(chosen, n_views)]
    return np.asarray((own - log_means).reshape(n_views, len(chosen)))
