"""From a context to its singular functions."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.contexts import Context
from contextures.contexts.montecarlo import with_expansion
from contextures.exceptions import ContextWarning, InputError, RankError
from contextures.spectrum.operator import NormalizedOperator
from contextures.spectrum.result import Spectrum
from contextures.spectrum.signs import signs
from contextures.spectrum.solve import (
    GRAM_SIDE,
    NEGLIGIBLE,
    choose_solver,
    top_triplets,
    top_values,
)

CONFIRMED = 0.9
"""Singular values that draws of their own confirm to less than this share are doubtful."""


def decompose(
    context: Context,
    X: Any,
    n_components: int,
    y: Any = None,
    solver: str = "auto",
    random_state: Any = None,
) -> Spectrum:
    """Compute the top singular values and functions of a context on a sample.

    Parameters
    ----------
    context : Context
        The context; a clone of it is fitted. Where it only draws, its draws are counted: see
        :class:`contextures.contexts.MonteCarloContext`.
    X : array-like of shape (n, p)
        The inputs (None stands for all nodes or rows of a graph or finite context).
    n_components : int
        d, the number of singular functions, at most the rank of the operator.
    y : array-like of shape (n,), optional
        Labels, or the observed context of each row, for the contexts that need them.
    solver : {"auto", "dense", "gram", "lanczos", "propack"}, default="auto"
        "auto" takes the dense SVD while the smaller side has up to 500 entries, the eigenvectors
        of the smaller Gram matrix for larger dense operators and for many components, and PROPACK
        on the sparse operator otherwise.
    random_state : int, RandomState or None, default=None
        Draws the starting vector of the iterative solvers. The result does not depend on it
        beyond rounding; None stands for a fixed one.

    Returns
    -------
    Spectrum
        Singular values and functions, the constant left out, signs fixed.

    Raises
    ------
    InputError
        If d is above the rank, or the context cannot be fitted.

    Warns
    -----
    ContextWarning
        If several singular values are one: the context splits into parts; or if some, counted
        from draws, are uncertain.

    Notes
    -----
    A sparse transition with K entries a row costs O(n K + n d) a Krylov step and about 2 d steps,
    with O(n (K + d)) memory. No n x n matrix is formed unless n is small or the transition dense.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Lemmas 3 and 4.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import GraphContext
    >>> from contextures.spectrum import decompose
    >>> cycle = np.roll(np.eye(5), 1, axis=1) + np.roll(np.eye(5), -1, axis=1)
    >>> decompose(GraphContext(cycle), None, 4).singular_values.round(4)
    array([0.809, 0.809, 0.309, 0.309])
    """
    check_positive_int(n_components, "n_components")
    return decompose_fitted(with_expansion(context, X, y), n_components, solver, random_state)


def decompose_fitted(
    context: Context, n_components: int, solver: str = "auto", random_state: Any = None
) -> Spectrum:
    """Compute the singular functions of a context on the rows it was fitted to.

    Parameters
    ----------
    context : Context
        A fitted context.
    n_components, solver, random_state
        As in :func:`decompose`.

    Returns
    -------
    Spectrum
        As from :func:`decompose`.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit()
    >>> from contextures.spectrum import decompose_fitted
    >>> spectrum = decompose_fitted(context, n_components=1)
    >>> spectrum.singular_values.round(3)
    array([0.6])
    >>> spectrum.left.round(3)
    array([[ 1.],
           [-1.]])
    """
    check_positive_int(n_components, "n_components")
    _check_finite_form(context)
    operator = NormalizedOperator(context)
    most = operator.most
    if n_components > most:
        raise RankError(
            f"n_components={n_components} is above the largest possible rank, {most}, for "
            f"{operator.shape[0]} rows and {operator.shape[1]} context values; "
            f"give n_components={most} or less"
            if most > 0
            else f"there is no association to decompose with {operator.shape[0]} sample(s) and "
            f"{operator.shape[1]} context value(s); give more rows",
            max(most, 0),
        )
    chosen = choose_solver(solver, operator, n_components)
    seed = 0 if random_state is None else check_random_state(random_state).randint(2**31 - 1)
    left, values, right = top_triplets(operator, n_components, chosen, np.random.default_rng(seed))
    rank = int(np.count_nonzero(values > NEGLIGIBLE))
    if rank < n_components:
        raise RankError(
            f"n_components={n_components} is above the rank of the context: only {rank} singular "
            f"values are not zero; "
            + (f"give n_components={rank} or less" if rank else "the context carries nothing on X"),
            rank,
        )
    spectrum = _as_spectrum(operator, left, values, right, chosen)
    if context.counted:
        spectrum = _corrected(spectrum, context)
    if spectrum.n_parts > 1 and context.mend_parts:
        warnings.warn(_parts_message(spectrum, context.mend_parts), ContextWarning, stacklevel=3)
    return spectrum


def leading_functions(context: Context, n_components: int) -> Spectrum:
    """Compute as many top singular functions of a fitted context as it has, up to a number.

    Parameters
    ----------
    context : Context
        A fitted context. Singular values counted from draws are left as they were counted.
    n_components : int
        How many at most.

    Returns
    -------
    Spectrum
        With fewer functions where the rank is lower, and none where X and A are independent.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit()
    >>> from contextures.spectrum import leading_functions
    >>> leading_functions(context, n_components=5).n_components
    1
    """
    check_positive_int(n_components, "n_components")
    _check_finite_form(context)
    operator = NormalizedOperator(context)
    side = min(operator.shape)
    wanted = min(n_components, operator.most)
    # With many of the functions wanted the Gram matrix is quickest, sparse or not.
    solver = "gram" if side <= GRAM_SIDE else choose_solver("auto", operator, wanted)
    left, values, right = top_triplets(operator, wanted, solver, np.random.default_rng(0))
    order = np.argsort(-values, kind="stable")
    kept = order[: int(np.count_nonzero(values > NEGLIGIBLE))]
    return _as_spectrum(operator, left[:, kept], values[kept], right[:, kept], solver)


def singular_values(context: Context, n_components: int) -> FloatArray:
    """Compute the top singular values of a fitted context, without its functions.

    Parameters
    ----------
    context : Context
        A fitted context.
    n_components : int
        How many; fewer come back when the context has fewer.

    Returns
    -------
    ndarray of shape (d,)
        Singular values in [0, 1], largest first, the trivial s_0 = 1 left out.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit()
    >>> from contextures.spectrum import singular_values
    >>> singular_values(context, n_components=1).round(3)
    array([0.6])
    """
    _check_finite_form(context)
    operator = NormalizedOperator(context)
    if context.counted:  # which functions are needed to correct
        most = min(n_components, operator.most)
        chosen = choose_solver("auto", operator, most)
        left, values, right = top_triplets(operator, most, chosen, np.random.default_rng(0))
        left = left / operator.root_x[:, None]
        squares = values**2 - context.excess(left, _right_functions(operator, right), values)
        return np.sort(np.sqrt(np.clip(squares, 0.0, 1.0)))[::-1]
    return np.clip(top_values(operator, n_components), 0.0, 1.0)


def _as_spectrum(
    operator: NormalizedOperator,
    left: FloatArray,
    values: FloatArray,
    right: FloatArray,
    solver: str,
) -> Spectrum:
    """Turn singular vectors into functions with their signs fixed."""
    sign = signs(left)
    return Spectrum(
        singular_values=np.clip(values, 0.0, 1.0),
        left=left * sign / operator.root_x[:, None],
        right=_right_functions(operator, right * sign),
        input_weights=operator.input_weights,
        context_weights=operator.context_weights,
        solver=solver,
    )


def _check_finite_form(context: Context) -> None:
    if context.form == "sampler":
        raise InputError(
            f"{context!r} has no transition and no kernel on its rows, so there is nothing to "
            "decompose; learn from draws with RitzEncoder or NeuralEncoder, group A into bins, or "
            "wrap a sampler of few values in MonteCarloContext"
        )


def _corrected(spectrum: Spectrum, context: Context) -> Spectrum:
    """Take from counted singular values what counting adds to them, and order by what is left."""
    counted = spectrum.singular_values
    squares = counted**2 - context.excess(spectrum.left, spectrum.right, counted)
    order = np.argsort(-squares, kind="stable")
    squares = squares[order]
    mend = context.mend_excess
    positive = int(np.count_nonzero(squares > NEGLIGIBLE))
    if positive < len(squares):
        raise RankError(
            f"n_components={len(squares)} is more than the draws can tell from none: only "
            f"{positive} singular values are above zero; give n_components={positive} or less, or "
            f"{mend}",
            positive,
        )
    confirmed = context.held_out(spectrum.left[:, order])
    doubtful = np.flatnonzero(np.sqrt(confirmed) < CONFIRMED * np.sqrt(squares))
    if len(doubtful):
        worst = doubtful[np.argmin(confirmed[doubtful] / squares[doubtful])]
        warnings.warn(
            f"{len(doubtful)} of {len(squares)} singular values are uncertain by the few draws "
            f"behind them: number {worst + 1} lies between about {np.sqrt(confirmed[worst]):.2f} "
            f"and {np.sqrt(squares[worst]):.2f}; {mend}",
            ContextWarning,
            stacklevel=4,
        )
    return replace(
        spectrum,
        singular_values=np.sqrt(np.clip(squares, 0.0, 1.0)),
        left=spectrum.left[:, order],
        right=spectrum.right[:, order],
        counted_values=counted[order],
    )


def _right_functions(operator: NormalizedOperator, right: FloatArray) -> FloatArray:
    functions = np.zeros((operator.n_support, right.shape[1]))
    functions[operator.kept] = right * operator.root_scales[:, None]
    return functions


def _parts_message(spectrum: Spectrum, mend: str) -> str:
    n_ones = spectrum.n_parts - 1
    return (
        f"{n_ones} singular value{'s are' if n_ones > 1 else ' is'} one: the context splits into "
        f"at least {spectrum.n_parts} unconnected parts, which the first {n_ones} coordinate"
        f"{'s tell' if n_ones > 1 else ' tells'} apart; {mend}"
    )
