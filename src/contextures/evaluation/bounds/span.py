"""What a regression bound needs to know of the functions that the regression is over."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray, svd
from contextures._checks import check_positive_int, check_share
from contextures.contexts import Context
from contextures.evaluation.arrays import check_singular_values
from contextures.evaluation.bounds.encoder_span import (
    OUTSIDE,
    all_singular_functions,
    encoder_basis,
    finite_operator,
)
from contextures.exceptions import InputError


@dataclass(frozen=True)
class RegressionSpan:
    """Functions that a regression is over, measured in the RKHS H of the kernel k_X+.

    H is the range of T with |f|_H = min{|g| : T g = f}, and V is the span, of which the constant
    function is one. Then |f|_P <= |f|_H, and what V misses is small where tau is.

    Attributes
    ----------
    n_components : int
        The dimension of V without the constant.
    missed_squared : float
        tau^2, or a bound on it: the largest |f|_P^2 over f that are H-orthogonal to V and have
        |f|_H = 1.
    ratio_trace : float
        RT(V) = E k_V(X, X), with k_V the kernel of V: the constant's 1 and at most
        s_1^2 + ... + s_d^2.
    unlabelled_gap : float, default=0
        The part of ``missed_squared`` that is there because V was learned from finitely many rows.
    n_unlabelled : int or None, default=None
        How many rows V was learned from; None where V is known.
    delta : float, default=0
        The chance that V is worse than this.

    References
    ----------
    Derived, after arXiv 2306.00788.
    """

    n_components: int
    missed_squared: float
    ratio_trace: float
    unlabelled_gap: float = 0.0
    n_unlabelled: int | None = None
    delta: float = 0.0


def measured_span(values: ArrayLike, context: Context) -> RegressionSpan:
    """Measure the span of any encoder's values on the rows of a fitted context, exactly.

    Parameters
    ----------
    values : array-like of shape (n, d)
        The encoder's outputs on the rows that the context was fitted to.
    context : Context
        A fitted context in transition or kernel form.

    Returns
    -------
    RegressionSpan
        tau^2 and RT(V). Combinations of coordinates that T reaches with no g are not in H and
        left out.

    Raises
    ------
    InputError
        If the context can only be drawn from, or the rows differ.

    Notes
    -----
    H-norms need every singular function of the context: O(n m min(n, m)) time and O(n m) memory.

    References
    ----------
    Derived.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit()
    >>> from contextures.evaluation import measured_span
    >>> span = measured_span([[-1.0], [1.0]], context)
    >>> round(span.ratio_trace, 3), round(span.missed_squared, 3)
    (1.36, 0.0)
    """
    operator = finite_operator(context)
    basis = encoder_basis(values, operator.input_weights)
    left, s = all_singular_functions(operator)
    inside = _inside(basis, left)
    # In the basis s_i mu_i, which is orthonormal in H, |f|_P^2 = sum_i s_i^2 beta_i^2.
    span = np.linalg.qr((left.T @ inside) / s[:, None])[0]
    image = s[:, None] * span
    off = s[:, None] * (np.eye(len(s)) - span @ span.T)
    missed = np.linalg.norm(off, 2) if 0 not in off.shape else 0.0
    return RegressionSpan(
        n_components=span.shape[1],
        missed_squared=float(min(missed**2, 1.0)) if span.shape[1] < len(s) else 0.0,
        ratio_trace=1.0 + float((image**2).sum()),
    )


def spectral_span(singular_values: ArrayLike, n_components: int) -> RegressionSpan:
    """Describe the span of the constant and the first d singular functions, known exactly.

    Parameters
    ----------
    singular_values : array-like of shape (D,)
        s_1 >= s_2 >= ..., the trivial s_0 = 1 left out. Values after the last are taken as zero.
    n_components : int
        d.

    Returns
    -------
    RegressionSpan
        tau^2 = s_{d+1}^2 and RT = 1 + s_1^2 + ... + s_d^2.

    Examples
    --------
    >>> from contextures.evaluation import spectral_span
    >>> round(spectral_span([0.8, 0.6, 0.1], n_components=2).ratio_trace, 6)
    2.0
    """
    check_positive_int(n_components, "n_components")
    squares = check_singular_values(singular_values) ** 2
    following = float(squares[n_components]) if n_components < len(squares) else 0.0
    return RegressionSpan(n_components, following, 1.0 + float(squares[:n_components].sum()))


def learned_span(
    singular_values: ArrayLike,
    n_components: int,
    n_unlabelled: int,
    kappa_squared: float,
    average: float | None = None,
    delta: float = 0.05,
) -> RegressionSpan:
    """Bound what kernel PCA misses that has learned d + 1 functions from N unlabelled rows.

    With chance at least 1 - delta over the rows,
    tau^2 <= s_{d+1}^2 + (2 kappa sqrt(S (d + 1)) + kappa^2 sqrt(2 log(2 / delta))) / sqrt(N).

    Parameters
    ----------
    singular_values : array-like of shape (D,)
        s_1 >= s_2 >= ..., the trivial s_0 = 1 left out. Values after the last are taken as zero.
    n_components : int
        d: kernel PCA keeps d + 1 functions, because k_X+ holds the constant.
    n_unlabelled : int
        N, the number of independent rows it learned from.
    kappa_squared : float
        kappa^2, at least the largest k_X+(x, x).
    average : float, optional
        S = E k_X+(X, X), which is 1 plus the sum of all s_i^2; kappa^2, which is no smaller, when
        None.
    delta : float, default=0.05
        The chance that the bound fails.

    Returns
    -------
    RegressionSpan
        The bound on tau^2, with the part that more unlabelled rows would take away.

    Raises
    ------
    InputError
        If S is above kappa^2, or kappa^2 below one.

    References
    ----------
    Derived; arXiv 2402.00645 (Theorem 5) has the same order with other constants.

    Examples
    --------
    >>> from contextures.evaluation import learned_span
    >>> found = learned_span([0.9, 0.1, 0.1], 1, n_unlabelled=10**6, kappa_squared=3.0)
    >>> round(found.missed_squared, 3), round(found.unlabelled_gap, 3)
    (0.027, 0.017)
    """
    known = spectral_span(singular_values, n_components)
    check_positive_int(n_unlabelled, "n_unlabelled")
    check_share(delta, "delta")
    if not kappa_squared >= 1:
        raise InputError(f"kappa_squared={kappa_squared!r} is not possible; k(x, x) is one or more")
    mean = kappa_squared if average is None else average
    if not 1 <= mean <= kappa_squared * (1 + 1e-9):
        raise InputError(
            f"average={average!r} is not possible; S lies between one and kappa_squared="
            f"{kappa_squared:g}"
        )
    # As a product of roots: kappa^2 S may be too large for a number.
    expected = 2 * math.sqrt(kappa_squared) * math.sqrt(mean) * math.sqrt(n_components + 1)
    spread = float(kappa_squared) * math.sqrt(2 * math.log(2 / delta))
    missed = min(known.missed_squared + (expected + spread) / math.sqrt(n_unlabelled), 1.0)
    return RegressionSpan(
        n_components=n_components,
        missed_squared=missed,
        ratio_trace=known.ratio_trace,
        unlabelled_gap=missed - known.missed_squared,
        n_unlabelled=int(n_unlabelled),
        delta=float(delta),
    )


def _inside(basis: FloatArray, left: FloatArray) -> FloatArray:
    """Give independent combinations of an encoder's coordinates that lie in the range of T."""
    off = basis - left @ (left.T @ basis)
    _, outside, mixtures = svd(off)
    return np.asarray(basis @ mixtures[outside < OUTSIDE].T)
