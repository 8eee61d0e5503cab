"""From a context to its singular functions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.contexts import Context
from contextures.contexts.montecarlo import with_expansion
from contextures.exceptions import ContextWarning, InputError, RankError
from contextures.spectrum.counted import NOTHING, corrected
from contextures.spectrum.operator import NormalizedOperator
from contextures.spectrum.reached import Reached, first, whole
from contextures.spectrum.result import Spectrum
from contextures.spectrum.signs import signs
from contextures.spectrum.solve import (
    COARSE,
    GRAM_SIDE,
    NEGLIGIBLE,
    choose_solver,
    top_triplets,
    top_values,
)
from contextures.spectrum.steep import SOUND


def decompose(
    context: Context,
    X: Any,
    n_components: int,
    y: Any = None,
    solver: str = "auto",
    random_state: Any = None,
    *,
    allow_fewer: bool = False,
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
        "auto" takes the dense SVD while the smaller side has up to 500 entries (and the larger up
        to 4,000), the eigenvectors of the smaller Gram matrix for larger dense operators and for
        many components, and PROPACK on the sparse operator otherwise; beyond 60,000 rows and
        support points Lanczos on one side, which holds half as many vectors. Where A takes many
        more values than there are rows, as in a concatenation, functions of X are found first, by
        Lanczos on a polynomial of the square, and those of A are formed only where they are read.
    random_state : int, RandomState or None, default=None
        Draws the starting vector of the iterative solvers. The result does not depend on it
        beyond rounding; None stands for a fixed one.
    allow_fewer : bool, default=False
        Whether d is the most that is wanted: where the rank is lower, as many functions come back
        as there are and do not rest on rounding (s of 1e-7 or more).

    Returns
    -------
    Spectrum
        Singular values and functions, the constant left out, signs fixed.

    Raises
    ------
    InputError
        If d is above the rank (where fewer are allowed, if there is not one function), or the
        context cannot be fitted.

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
    fitted = with_expansion(context, X, y)
    return decompose_fitted(fitted, n_components, solver, random_state, allow_fewer=allow_fewer)


def decompose_fitted(
    context: Context,
    n_components: int,
    solver: str = "auto",
    random_state: Any = None,
    *,
    allow_fewer: bool = False,
) -> Spectrum:
    """Compute the singular functions of a context on the rows it was fitted to.

    Parameters
    ----------
    context : Context
        A fitted context.
    n_components, solver, random_state, allow_fewer
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
    if most < 1 or (n_components > most and not allow_fewer):
        raise RankError(
            f"n_components={n_components} is above the largest possible rank, {most}, for "
            f"{operator.shape[0]} rows and {operator.shape[1]} context values; "
            f"give n_components={most} or less"
            if most > 0
            else f"there is no association to decompose with {operator.shape[0]} sample(s) and "
            f"{operator.shape[1]} context value(s); give more rows",
            max(most, 0),
        )
    wanted = min(n_components, most)
    chosen = choose_solver(solver, operator, wanted)
    seed = 0 if random_state is None else check_random_state(random_state).randint(2**31 - 1)
    rng = np.random.default_rng(seed)
    spectrum = _top(operator, wanted, chosen, rng, sound=allow_fewer)
    rank = spectrum.n_components
    if rank < (1 if allow_fewer else n_components):
        raise RankError(
            NOTHING
            if allow_fewer
            else f"n_components={n_components} is above the rank of the context: only {rank} "
            "singular values are not zero; "
            + (f"give n_components={rank} or less" if rank else "the context carries nothing on X"),
            rank,
        )
    if context.counted:
        spectrum = corrected(spectrum, context, allow_fewer=allow_fewer)
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
        With fewer functions where the rank is lower, as ``decompose(..., allow_fewer=True)`` finds
        them, and none where X and A are independent.

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
    quickest = side <= GRAM_SIDE and wanted > 0
    solver = "gram" if quickest else choose_solver("auto", operator, wanted)
    return _top(operator, wanted, solver, np.random.default_rng(0), sound=True)


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
        functions = whole(_right_functions(operator, right))
        squares = values**2 - context.excess(left, functions, values)
        return np.sort(np.sqrt(np.clip(squares, 0.0, 1.0)))[::-1]
    return np.clip(top_values(operator, n_components), 0.0, 1.0)


def _top(
    operator: NormalizedOperator,
    n_components: int,
    solver: str,
    rng: np.random.Generator,
    *,
    sound: bool,
) -> Spectrum:
    """Find the top functions that are there, signs fixed; where ``sound``, without rounding."""
    left, values, right = top_triplets(operator, n_components, solver, rng)
    rank = int(np.count_nonzero(values > (SOUND if sound else NEGLIGIBLE)))
    left, values, right = left[:, :rank], values[:rank], first(right, rank)
    if sound and operator.holds_constant and (values < COARSE).any():
        # T keeps constants as they are: what rounding leaves of one in nu comes back in mu(x) as
        # 1 / s of it.
        small, right = values < COARSE, whole(right)
        constant = np.outer(operator.root_a, operator.root_a @ right)
        right = np.where(small, right - constant, right)
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


def _right_functions(operator: NormalizedOperator, right: Any) -> Any:
    if isinstance(right, Reached):
        return right.scaled(operator.root_scales, operator.kept, operator.n_support)
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
