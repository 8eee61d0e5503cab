"""The complexity of a context: how much A says about the inputs it says most about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import logsumexp
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, Matrix
from contextures._checks import as_numbers, check_share
from contextures._repr import short_repr
from contextures.contexts import Context
from contextures.exceptions import InputError

QUANTILES = (0.5, 0.9, 0.99)
"""Which quantiles of k(x, x) are reported unless others are asked for."""

FEW_DRAWS = 10.0
"""Where a mean over draws rests on fewer than this many, it is not to be relied on."""


@dataclass(frozen=True)
class ContextComplexity:
    """Context complexity, its average and its quantiles, all as logarithms.

    kappa^2 = ess sup_x k_X+(x, x), and k_X+(x, x) = 1 + chi^2(P+(. | x) || P_A). Real contexts
    have kappa^2 of the order of 1e100, hence the logarithms.

    Attributes
    ----------
    log_kappa_squared : float
        log kappa^2: the largest log k(x, x) over the rows. The supremum over all inputs may be
        larger; for some contexts (noise on normal inputs) it is infinite.
    log_average : float
        log S, where S = E k(X, X) = 1 + s_1^2 + s_2^2 + ...
    levels : tuple of float
        The levels of the quantiles.
    log_quantiles : ndarray of shape (q,)
        Quantiles of log k(X, X) at these levels.
    log_diagonal : ndarray of shape (n,)
        log k(x, x) for each row.
    effective_draws : float or None
        For an estimate from draws, how many of them its means rest on, for the row that rests on
        the fewest; None where the values are exact.

    References
    ----------
    arXiv 2306.00788 (augmentation complexity); arXiv 2504.19792, chapter 5.
    """

    __repr__ = short_repr

    log_kappa_squared: float
    log_average: float
    levels: tuple[float, ...]
    log_quantiles: FloatArray
    log_diagonal: FloatArray
    effective_draws: float | None = None

    @property
    def kappa_squared(self) -> float:
        """kappa^2; infinite where it is too large for a number."""
        return exp_or_infinity(self.log_kappa_squared)

    @property
    def average(self) -> float:
        """S; infinite where it is too large for a number."""
        return exp_or_infinity(self.log_average)

    @property
    def information(self) -> float:
        """The chi-square information between X and A, S - 1."""
        return float(np.expm1(self.log_average)) if self.log_average < 700 else float("inf")

    @property
    def reliable(self) -> bool:
        """Whether the values are exact, or every mean rests on ten draws or more.

        Where a few draws make up a mean, rarer and larger ones were likely missed, and the truth
        is larger.
        """
        return self.effective_draws is None or self.effective_draws >= FEW_DRAWS


def context_complexity(
    context: Context, X: Any = None, levels: Sequence[float] = QUANTILES
) -> ContextComplexity:
    """Compute the complexity of a fitted context, exactly, on rows.

    Parameters
    ----------
    context : Context
        A fitted context in transition or kernel form.
    X : array-like of shape (n, p), optional
        Rows, each as likely as another; the fitted rows with their weights when None.
    levels : sequence of float, default=(0.5, 0.9, 0.99)
        Which quantiles of k(X, X) to report.

    Returns
    -------
    ContextComplexity
        kappa^2, S and quantiles.

    Raises
    ------
    InputError
        If the context can only be drawn from (use :func:`sampled_complexity`).

    Notes
    -----
    O(nnz(P)); no n x n matrix is formed. On the fitted rows the context is the one of the sample,
    in which kappa^2 is at most 1 / min P_X; what a larger sample would give may differ.

    References
    ----------
    arXiv 2306.00788; k(x, x) = 1 + chi^2 is derived.

    Examples
    --------
    >>> from contextures.contexts import LabelContext
    >>> from contextures.evaluation import context_complexity
    >>> context = LabelContext().fit([[0.0]] * 10, [0, 1, 1, 1, 2, 2, 2, 2, 2, 2])
    >>> found = context_complexity(context)  # 1 / P(rarest label), and the number of labels
    >>> round(found.kappa_squared, 6), round(found.average, 6)
    (10.0, 3.0)
    """
    check_is_fitted(context)
    if not context.has_rows:
        raise InputError(
            f"{context!r} is given by draws here, so its kernel is not known; use "
            "sampled_complexity, or complexity_from_log_ratios with densities of your own"
        )
    rows = context.describe(X)
    weights = context.input_weights_ if X is None else None
    with np.errstate(divide="ignore"):
        return _summary(np.log(rows.own), weights, levels)


def complexity_from_log_ratios(
    log_ratios: ArrayLike,
    weights: ArrayLike | None = None,
    levels: Sequence[float] = QUANTILES,
) -> ContextComplexity:
    """Estimate the complexity of a context from log-density ratios at draws of A.

    log k(x, x) = log E_{A|x}[P(x | A) / P(x)], by log-sum-exp over draws.

    Parameters
    ----------
    log_ratios : array-like of shape (n_views, n)
        log P(x_i | a) - log P(x_i), or the same number log P(a | x_i) - log P(a), for draws a
        from P+(. | x_i): such as what a masked language model says of the hidden tokens.
    weights : array-like of shape (n,), optional
        P_X on the rows; uniform when None.
    levels : sequence of float, default=(0.5, 0.9, 0.99)
        Which quantiles of k(X, X) to report.

    Returns
    -------
    ContextComplexity
        The estimate, and how many draws it rests on.

    Raises
    ------
    InputError
        If a ratio is missing or infinite: the density must be positive at what was drawn.

    Notes
    -----
    The mean of draws is unbiased for k(x, x), so its logarithm is too small on average, the more
    so the fewer draws carry it; the largest of noisy values is too large. Neither overflows.

    References
    ----------
    The estimator is derived; arXiv 2306.00788 estimates the complexity of masked language
    modelling, of the order of 1e100.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import complexity_from_log_ratios
    >>> found = complexity_from_log_ratios(np.full((5, 3), 700.0))  # k(x, x) = e^700
    >>> found.log_kappa_squared, found.log_average
    (700.0, 700.0)
    """
    ratios = as_numbers(log_ratios, "log_ratios")
    if ratios.ndim != 2 or 0 in ratios.shape:
        raise InputError(
            f"log_ratios must have shape (n_views, n) with at least one draw for every row; its "
            f"shape is {ratios.shape}"
        )
    if not np.isfinite(ratios).all():
        raise InputError(
            "log_ratios holds values that are missing or infinite; what was drawn has a positive "
            "density, so check that A was drawn for the same row"
        )
    sums = logsumexp(ratios, axis=0)
    # (sum w)^2 / sum w^2, with the weights w of draws known as logarithms.
    effective = np.exp(2 * sums - logsumexp(2 * ratios, axis=0))
    chances = None if weights is None else _weights(weights, ratios.shape[1])
    return _summary(sums - np.log(len(ratios)), chances, levels, float(effective.min()))


def exp_or_infinity(logarithm: float) -> float:
    """Give exp of a number, infinite where that is too large."""
    with np.errstate(over="ignore"):
        return float(np.exp(logarithm))


def _diagonal(transition: Matrix, context_weights: FloatArray) -> FloatArray:
    """Compute sum_j P(a_j | x)^2 / P_A(a_j), infinite for an A that no fitted row has."""
    if not sparse.issparse(transition):
        transition = sparse.csr_array(transition)
    chances = transition.data
    with np.errstate(divide="ignore", invalid="ignore"):
        # Divided first: P^2 is too small for a number sooner than P / P_A is too large.
        ratios = chances / context_weights[transition.indices]
    terms = np.where(chances > 0, ratios, 0.0) * chances
    return np.asarray(
        sparse.csr_array(
            (terms, transition.indices, transition.indptr), shape=transition.shape
        ).sum(axis=1)
    )


def _summary(
    log_diagonal: FloatArray,
    weights: FloatArray | None,
    levels: Sequence[float],
    effective_draws: float | None = None,
) -> ContextComplexity:
    n = len(log_diagonal)
    chances = np.full(n, 1.0 / n) if weights is None else weights / weights.sum()
    wanted = tuple(check_share(level, "a level") for level in levels)
    possible = chances > 0
    return ContextComplexity(
        log_kappa_squared=float(log_diagonal[possible].max()),
        log_average=float(logsumexp(log_diagonal[possible], b=chances[possible])),
        levels=wanted,
        log_quantiles=_quantiles(log_diagonal[possible], chances[possible], wanted),
        log_diagonal=log_diagonal,
        effective_draws=effective_draws,
    )


def _quantiles(values: FloatArray, weights: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Give the smallest values that have at least each level of the weight at or below them."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.asarray(levels) - 1e-12)
    return np.asarray(values[order][np.minimum(places, len(values) - 1)])


def _weights(weights: ArrayLike, n: int) -> FloatArray:
    chances = np.asarray(weights, dtype=np.float64)
    if chances.shape != (n,) or not (chances >= 0).all() or not 0 < chances.sum() < np.inf:
        raise InputError(
            f"weights must be {n} numbers of at least zero that are not all zero; their shape is "
            f"{chances.shape}"
        )
    return chances
